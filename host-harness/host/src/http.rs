//! The provider's HTTP requests: checked, and converted in both directions.

use crate::bindings::handover::provider::http as wit;
use crate::origin::GrantedOrigins;
use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// Sends requests that the host has checked: the origin is allowed, and no header controls the connection.
///
/// [`HttpClient`](crate::HttpClient) is the usual implementation. The future is polled on the provider's stack and may
/// use about 500 KiB of it; spawn a task if it needs more.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole response. Follows no redirect.
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError>;
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing was sent.
    #[error("the server is unreachable")]
    Unreachable,
    /// There was no complete response in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The connection broke before the response was complete.
    #[error("the connection broke")]
    Interrupted,
    /// The response is larger than allowed.
    #[error("the response is too large")]
    TooLarge,
}

impl From<TransportError> for wit::HttpError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Unreachable => Self::Unreachable,
            TransportError::TimedOut => Self::TimedOut,
            TransportError::Interrupted => Self::Interrupted,
            TransportError::TooLarge => Self::ResponseTooLarge,
        }
    }
}

/// The maximum length of a path with its query, in bytes.
const MAX_PATH_BYTES: usize = 8 << 10;
/// The maximum number of headers of a request.
const MAX_HEADERS: usize = 64;

/// Headers that control the connection or identify its endpoints (RFC 9110, section 7.6.1, and the forbidden names of
/// the Fetch standard). The host sets the ones that a request needs.
const RESERVED: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Checks a provider's request and converts it.
pub(crate) fn request(
    guest_request: wit::Request,
    origins: &GrantedOrigins,
    max_body_bytes: usize,
) -> Result<http::Request<Vec<u8>>, wit::HttpError> {
    let origin = origins.get(&guest_request.origin).ok_or(wit::HttpError::OriginNotAllowed)?;
    let invalid = |part: &str| wit::HttpError::InvalidRequest(part.into());
    let url = join(origin, &guest_request.path).ok_or_else(|| invalid("path"))?;
    if guest_request.body.len() > max_body_bytes {
        return Err(invalid("body"));
    }
    let mut request = http::Request::new(guest_request.body);
    *request.method_mut() = match guest_request.method {
        wit::Method::Get => http::Method::GET,
        wit::Method::Post => http::Method::POST,
        wit::Method::Put => http::Method::PUT,
        wit::Method::Patch => http::Method::PATCH,
        wit::Method::Delete => http::Method::DELETE,
    };
    *request.uri_mut() = url.as_str().parse().map_err(|_| invalid("path"))?;
    *request.headers_mut() = headers(&guest_request.headers).ok_or_else(|| invalid("headers"))?;
    Ok(request)
}

/// Joins an origin and a path. No path can change the origin: it must start with one slash and must not contain
/// characters that URL parsers treat specially (`\\` as a slash, spaces as nothing, `#` as the end).
fn join(origin: &Url, path: &str) -> Option<Url> {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
    if path.len() > MAX_PATH_BYTES || !plain || !path.starts_with('/') || path.starts_with("//") {
        return None;
    }
    let url = origin.join(path).ok()?;
    (url.origin() == origin.origin()).then_some(url)
}

fn headers(pairs: &[(String, String)]) -> Option<HeaderMap> {
    if pairs.len() > MAX_HEADERS {
        return None;
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if RESERVED.contains(&name.as_str()) {
            return None;
        }
        // Other characters have no encoding that all servers agree on (RFC 9110, section 5.5).
        if !value.is_ascii() {
            return None;
        }
        headers.append(name, HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}

/// Converts a response.
pub(crate) fn response(response: http::Response<Vec<u8>>) -> wit::Response {
    let (head, body) = response.into_parts();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    wit::Response { status: head.status.as_u16(), headers: headers.collect(), body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Origin;
    use crate::origin::AllowedOrigins;

    fn send(path: &str, headers: &[(&str, &str)]) -> Result<String, wit::HttpError> {
        let mut origins = GrantedOrigins::default();
        let origin = Origin { name: "api".into(), url: "https://api.example.com".into() };
        assert!(origins.grant(&origin, &AllowedOrigins::from_settings(std::slice::from_ref(&origin))).is_ok());
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let guest_request =
            wit::Request { origin: "api".into(), method: wit::Method::Get, path: path.into(), headers, body: vec![] };
        request(guest_request, &origins, 10).map(|request| request.uri().to_string())
    }

    /// Cases that the hosts for other languages test too.
    fn cases<Case: serde::de::DeserializeOwned>(name: &str) -> Vec<Case> {
        let mut file: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/hosts/egress.json")).expect("the file is JSON");
        serde_json::from_value(file[name].take()).expect("the cases have the type")
    }

    #[test]
    fn a_path_cannot_reach_another_origin() {
        for path in cases::<String>("refused-paths") {
            assert!(
                matches!(send(&path, &[]), Err(wit::HttpError::InvalidRequest(part)) if part == "path"),
                "{path:?}"
            );
        }
        for (path, url) in cases::<(String, String)>("paths") {
            assert_eq!(send(&path, &[]).ok(), Some(url), "{path:?}");
        }
    }

    #[test]
    fn refuses_headers_that_control_the_connection() {
        for (name, value) in cases::<(String, String)>("headers") {
            assert!(send("/", &[(&name, &value)]).is_ok(), "{name:?}: {value:?}");
        }
        for (name, value) in cases::<(String, String)>("refused-headers") {
            assert!(send("/", &[(&name, &value)]).is_err(), "{name:?}: {value:?}");
        }
        assert!(send("/", &[("a", "b"); MAX_HEADERS]).is_ok());
        assert!(send("/", &[("a", "b"); MAX_HEADERS + 1]).is_err());
    }

    #[test]
    fn refuses_an_origin_that_was_not_granted() {
        let guest_request = wit::Request {
            origin: "evil".into(),
            method: wit::Method::Get,
            path: "/".into(),
            headers: vec![],
            body: vec![],
        };
        assert!(matches!(
            request(guest_request, &GrantedOrigins::default(), 10),
            Err(wit::HttpError::OriginNotAllowed)
        ));
    }
}
