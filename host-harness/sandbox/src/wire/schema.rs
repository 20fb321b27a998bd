//! Reads the fields of a request body, with the API's errors. Unknown fields are ignored, as Genesys Cloud does. `null`
//! counts as absent.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::wire::error::ApiError;

/// A JSON object in the request body, with its path.
#[derive(Clone, Debug)]
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    /// The path in the body, such as `channel.from`. Empty for the body itself.
    path: String,
}

/// Parses the body as JSON. Returns 415 if the content type is not JSON, and 400 if the body is invalid.
pub(crate) fn json_body(headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = declared.split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::unsupported_media_type());
    }
    serde_json::from_slice(body).map_err(|_| ApiError::malformed())
}

impl<'a> Object<'a> {
    /// Returns the body, which must be an object.
    pub(crate) fn body(value: &'a Value) -> Result<Self, ApiError> {
        let fields = value.as_object().ok_or_else(ApiError::malformed)?;
        Ok(Self { fields, path: String::new() })
    }

    /// Returns the path of the field `name` in the body.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Returns the field, or `None` if it is absent.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn required(&self, name: &str) -> Result<&'a Value, ApiError> {
        self.value(name).ok_or_else(|| ApiError::missing_field(&self.path(name)))
    }

    /// Returns an object, or `None` if it is absent.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let fields = value.as_object().ok_or_else(|| ApiError::malformed_field(&self.path(name)))?;
        Ok(Some(Self { fields, path: self.path(name) }))
    }

    /// Returns a required object.
    pub(crate) fn required_object(&self, name: &str) -> Result<Self, ApiError> {
        self.object(name)?.ok_or_else(|| ApiError::missing_field(&self.path(name)))
    }

    /// Returns a string, or `None` if it is absent.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| ApiError::malformed_field(&self.path(name)))
    }

    /// Returns an owned string, or `None` if it is absent.
    pub(crate) fn owned_text(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.map(str::to_owned))
    }

    /// Returns a required string, which must not be empty.
    pub(crate) fn required_text(&self, name: &str) -> Result<&'a str, ApiError> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(ApiError::missing_field(&self.path(name))),
        }
    }

    /// Returns a boolean, or `None` if it is absent.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| ApiError::malformed_field(&self.path(name)))
    }

    /// Returns an integer, or `None` if it is absent.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.as_i64().map(Some).ok_or_else(|| ApiError::malformed_field(&self.path(name)))
    }

    /// Returns the strings in a list. An absent list counts as empty.
    pub(crate) fn strings(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| ApiError::malformed_field(&self.path(name)))?;
        let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or_else(|| ApiError::malformed_field(&self.path(name)))
    }

    /// Returns the objects in a list. An absent list counts as empty.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| ApiError::malformed_field(&self.path(name)))?;
        let named = items.iter().enumerate().map(|(index, item)| {
            let path = format!("{}[{index}]", self.path(name));
            let fields = item.as_object().ok_or_else(|| ApiError::malformed_field(&path))?;
            Ok(Self { fields, path })
        });
        named.collect()
    }

    /// Returns a map of strings. An absent map counts as empty.
    pub(crate) fn string_map(&self, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
        let Some(map) = self.object(name)? else { return Ok(BTreeMap::new()) };
        let pairs = map.fields.iter().map(|(key, value)| {
            let value = value.as_str().ok_or_else(|| ApiError::malformed_field(&map.path(key)))?;
            Ok((key.clone(), value.to_owned()))
        });
        pairs.collect()
    }

    /// Returns a required point in time.
    pub(crate) fn required_time(&self, name: &str) -> Result<Timestamp, ApiError> {
        self.required(name)?.as_str().and_then(parse_time).ok_or_else(ApiError::invalid_date)
    }

    /// Returns a required string, which must be one of `allowed`. The comparison is case-sensitive.
    pub(crate) fn required_choice(
        &self,
        name: &str,
        field_type: &str,
        allowed: &[&'static str],
    ) -> Result<&'static str, ApiError> {
        self.choice(name, field_type, allowed)?.ok_or_else(|| ApiError::missing_field(&self.path(name)))
    }

    /// Returns a string, which must be one of `allowed`, or `None` if it is absent. The comparison is case-sensitive.
    pub(crate) fn choice(
        &self,
        name: &str,
        field_type: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match allowed.iter().find(|choice| **choice == text) {
            Some(choice) => Ok(Some(choice)),
            None => Err(ApiError::invalid_value(text, field_type, allowed)),
        }
    }

    /// Returns a required string, which must be one of `allowed`, in the spelling of `allowed`. The comparison ignores
    /// case, because Genesys Cloud accepts any case for the `idType` of real connectors.
    pub(crate) fn required_choice_in_any_case(
        &self,
        name: &str,
        field_type: &str,
        allowed: &[&'static str],
    ) -> Result<&'static str, ApiError> {
        let text = self.required_text(name)?;
        match allowed.iter().find(|choice| choice.eq_ignore_ascii_case(text)) {
            Some(choice) => Ok(choice),
            None => Err(ApiError::invalid_value(text, field_type, allowed)),
        }
    }

    /// Returns all fields.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.fields.iter()
    }
}

/// Parses `yyyy-MM-ddTHH:mm:ssZ` or `yyyy-MM-ddTHH:mm:ss.SSSZ`. Unconfirmed: whether Genesys accepts other ISO-8601
/// formats.
fn parse_time(text: &str) -> Option<Timestamp> {
    const SHAPE: &str = "dddd-dd-ddTdd:dd:dd";
    let (head, tail) = text.split_at_checked(SHAPE.len())?;
    let fits = head.chars().zip(SHAPE.chars()).all(|(actual, shape)| match shape {
        'd' => actual.is_ascii_digit(),
        exact => actual == exact,
    });
    let fraction = tail.strip_suffix('Z')?;
    let fraction_fits = fraction.is_empty()
        || fraction
            .strip_prefix('.')
            .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|d| d.is_ascii_digit()));
    if fits && fraction_fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_the_documented_time_formats() {
        for valid in ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.123Z", "2024-02-29T23:59:59.999Z"] {
            assert!(parse_time(valid).is_some(), "{valid}");
        }
        for invalid in [
            "",
            "now",
            "2026-03-01",
            "2026-03-01T10:00:00",
            "2026-03-01 10:00:00Z",
            "2026-03-01T10:00:00+01:00",
            "2026-03-01T10:00:00.1Z",
            "2026-03-01T10:00:00.123456Z",
            "2026-13-01T10:00:00Z",
            "2026-02-30T10:00:00Z",
            "2026-03-01T25:00:00Z",
            "２026-03-01T10:00:00Z",
        ] {
            assert!(parse_time(invalid).is_none(), "{invalid}");
        }
    }
}
