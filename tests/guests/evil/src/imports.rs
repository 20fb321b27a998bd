//! Calls imports in ways that the host must refuse or limit.

use crate::bindings::handover::provider::cache;
use crate::bindings::handover::provider::http::{HttpError, Method, Request, Response, send};
use crate::bindings::handover::provider::types::{Check, CheckOutcome};
use crate::bindings::wasi::clocks::wall_clock;
use crate::cases::{Case, on};
use alloc::{format, string::String, vec, vec::Vec};

const PATHS: [&str; 14] = [
    "",
    "evil",
    "//evil",
    "///evil",
    "@evil",
    "\\evil",
    "/\\evil",
    ".evil/",
    ":1/",
    "https://evil/",
    "/a\r\nHost: evil",
    "/a b",
    "/a\0",
    "/a#b",
];

const HEADERS: [(&str, &str); 9] = [
    ("host", "evil"),
    ("Host", "evil"),
    ("content-length", "0"),
    ("Transfer-Encoding", "chunked"),
    ("connection", "upgrade"),
    ("upgrade", "h2c"),
    ("proxy-authorization", "Basic AA=="),
    ("a", "b\r\nhost: evil"),
    ("a\nhost", "evil"),
];

/// Calls an import from a pure function.
pub(crate) fn call_from_pure_function() {
    if on(Case::send_from_a_pure_function) {
        let _ = get("api", "/", vec![]);
    }
    if on(Case::cache_get_from_a_pure_function) {
        let _ = cache::get("key");
    }
    if on(Case::cache_put_from_a_pure_function) {
        cache::put("key", &[1], 60);
    }
    if on(Case::clock_from_a_pure_function) {
        let _ = wall_clock::now();
    }
}

/// Calls imports from a function that is permitted to call them.
pub(crate) fn call_from_effect() -> Vec<Check> {
    if on(Case::origin_that_is_not_granted) {
        return ["evil", "", "API", "https://evil"]
            .iter()
            .map(|origin| response_check(origin, get(origin, "/", vec![])))
            .collect();
    }
    if on(Case::paths_to_elsewhere) {
        return PATHS.iter().map(|path| response_check(path, get("api", path, vec![]))).collect();
    }
    if on(Case::forbidden_headers) {
        let send_header = |(name, value): &(&str, &str)| get("api", "/", vec![((*name).into(), (*value).into())]);
        return HEADERS.iter().map(|header| response_check(header.0, send_header(header))).collect();
    }
    if on(Case::ten_thousand_requests) {
        let sent = (0..10_000).filter(|_| get("api", "/", vec![]).is_ok()).count();
        return vec![response_check("last", get("api", "/", vec![])), check("went", format!("{sent}"))];
    }
    if on(Case::a_request_too_large) {
        let request = Request { body: vec![0; (1 << 20) + 1], ..request("api", "/", vec![]) };
        return vec![response_check("body", send(&request))];
    }
    if on(Case::a_dripping_response) || on(Case::an_endless_response) || on(Case::redirect_to_elsewhere) {
        return vec![response_check("/", get("api", "/", vec![]))];
    }
    if on(Case::the_cache_of_another_connection) {
        let read = |key: &str| check(key, format!("{:?}", cache::get(key)));
        let checks = vec![read("secret"), read("../a/secret"), read("a/secret"), read("a\0secret")];
        cache::put("secret", b"mine", 60);
        return checks;
    }
    if on(Case::cache_values_and_keys_too_long) {
        let long = "k".repeat(129);
        cache::put("large", &vec![0; (16 << 10) + 1], 60);
        cache::put(&long, &[1], 60);
        cache::put("largest", &vec![0; 16 << 10], 60);
        let is_cached = |key: &str| check(key.get(..7).unwrap_or(key), format!("{}", cache::get(key).is_some()));
        return vec![is_cached("large"), is_cached(&long), is_cached("largest")];
    }
    vec![]
}

fn request(origin: &str, path: &str, headers: Vec<(String, String)>) -> Request {
    Request { origin: origin.into(), method: Method::Get, path: path.into(), headers, body: vec![] }
}

fn get(origin: &str, path: &str, headers: Vec<(String, String)>) -> Result<Response, HttpError> {
    send(&request(origin, path, headers))
}

fn response_check(name: &str, result: Result<Response, HttpError>) -> Check {
    let message = match result {
        Ok(response) => format!("{}", response.status),
        Err(HttpError::InvalidRequest(part)) => format!("invalid {part}"),
        Err(error) => format!("{error:?}"),
    };
    check(name, message)
}

fn check(name: &str, message: String) -> Check {
    Check { name: name.into(), outcome: CheckOutcome::Ok, message, remedy: None }
}
