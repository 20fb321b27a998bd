//! The pages of the API's lists. No I/O.

use serde_json::{Map, Value, json};

use crate::wire::error::ApiError;

const DEFAULT_PAGE_SIZE: usize = 25;

/// The requested page of a list, and the other parameters of the query.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    path: String,
    /// The query without `pageSize` and `pageNumber`. The links to other pages contain it.
    filter: Vec<(String, String)>,
    size: usize,
    number: usize,
}

impl PageRequest {
    /// Reads `pageSize` (default 25) and `pageNumber` (default 1) from the `query` of a request to `path`. Unconfirmed:
    /// a size larger than `max_size` is rejected instead of reduced.
    pub(crate) fn read(path: &str, query: &[(String, String)], max_size: u32) -> Result<Self, ApiError> {
        let size = number(query, "pageSize", DEFAULT_PAGE_SIZE)?;
        if size > usize::try_from(max_size).unwrap_or(usize::MAX) {
            return Err(ApiError::bad_request(format!("The page size {size} exceeds the maximum of {max_size}.")));
        }
        let filter = query.iter().filter(|(name, _)| name != "pageSize" && name != "pageNumber");
        Ok(Self {
            path: path.to_owned(),
            filter: filter.cloned().collect(),
            size,
            number: number(query, "pageNumber", 1)?,
        })
    }

    /// Returns the requested page of `all`.
    pub(crate) fn page(&self, all: Vec<Value>) -> Value {
        let total = all.len();
        let pages = total.div_ceil(self.size);
        let skipped = self.size.saturating_mul(self.number - 1);
        let entities: Vec<_> = all.into_iter().skip(skipped).take(self.size).collect();
        let mut page = Map::new();
        page.insert("entities".to_owned(), Value::Array(entities));
        page.insert("pageSize".to_owned(), json!(self.size));
        page.insert("pageNumber".to_owned(), json!(self.number));
        page.insert("total".to_owned(), json!(total));
        page.insert("pageCount".to_owned(), json!(pages));
        page.insert("firstUri".to_owned(), json!(self.uri(1)));
        page.insert("lastUri".to_owned(), json!(self.uri(pages.max(1))));
        page.insert("selfUri".to_owned(), json!(self.uri(self.number)));
        if self.number < pages {
            page.insert("nextUri".to_owned(), json!(self.uri(self.number + 1)));
        }
        if self.number > 1 {
            page.insert("previousUri".to_owned(), json!(self.uri(self.number - 1)));
        }
        Value::Object(page)
    }

    fn uri(&self, number: usize) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.filter)
            .append_pair("pageSize", &self.size.to_string())
            .append_pair("pageNumber", &number.to_string())
            .finish();
        format!("{}?{query}", self.path)
    }
}

fn number(query: &[(String, String)], name: &str, default: usize) -> Result<usize, ApiError> {
    let Some((_, text)) = query.iter().find(|(key, _)| key == name) else { return Ok(default) };
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| ApiError::malformed_field(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: usize, query: &[(&str, &str)]) -> Result<Value, ApiError> {
        let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let all = (0..total).map(|index| json!(index)).collect();
        Ok(PageRequest::read("/list", &query, 100)?.page(all))
    }

    #[test]
    fn middle_page_links_to_both_neighbors() {
        let page = page(5, &[("name", "a b*"), ("pageSize", "2"), ("pageNumber", "2")]).unwrap();
        assert_eq!(
            page,
            json!({
                "entities": [2, 3], "pageSize": 2, "pageNumber": 2, "total": 5, "pageCount": 3,
                "firstUri": "/list?name=a+b*&pageSize=2&pageNumber=1",
                "previousUri": "/list?name=a+b*&pageSize=2&pageNumber=1",
                "selfUri": "/list?name=a+b*&pageSize=2&pageNumber=2",
                "nextUri": "/list?name=a+b*&pageSize=2&pageNumber=3",
                "lastUri": "/list?name=a+b*&pageSize=2&pageNumber=3",
            }),
        );
    }

    #[test]
    fn default_page_size_is_25() {
        let page = page(26, &[]).unwrap();
        assert_eq!(page["entities"].as_array().unwrap().len(), 25);
        assert_eq!((&page["pageSize"], &page["pageNumber"], &page["pageCount"]), (&json!(25), &json!(1), &json!(2)));
        assert_eq!(page.get("previousUri"), None);
    }

    #[test]
    fn page_after_the_last_is_empty() {
        let page = page(3, &[("pageSize", "2"), ("pageNumber", "9")]).unwrap();
        assert_eq!(page["entities"], json!([]));
        assert_eq!(page.get("nextUri"), None);
    }

    #[test]
    fn rejects_invalid_page_parameters() {
        for (name, value) in
            [("pageSize", "0"), ("pageSize", "101"), ("pageSize", "x"), ("pageNumber", "0"), ("pageNumber", "-1")]
        {
            assert!(page(3, &[(name, value)]).is_err(), "{name}={value}");
        }
        assert!(page(3, &[("pageNumber", "18446744073709551615")]).is_ok());
    }
}
