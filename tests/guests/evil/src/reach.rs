//! Reaches for what is not lent.

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

/// From a function that is called pure.
pub(crate) fn out_of_turn() {
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

/// From a function that may.
pub(crate) fn everywhere() -> Vec<Check> {
    if on(Case::origin_that_is_not_lent) {
        return ["evil", "", "API", "https://evil"]
            .iter()
            .map(|origin| told(origin, get(origin, "/", vec![])))
            .collect();
    }
    if on(Case::paths_to_elsewhere) {
        return PATHS.iter().map(|path| told(path, get("api", path, vec![]))).collect();
    }
    if on(Case::forbidden_headers) {
        let with = |(name, value): &(&str, &str)| get("api", "/", vec![((*name).into(), (*value).into())]);
        return HEADERS.iter().map(|header| told(header.0, with(header))).collect();
    }
    if on(Case::ten_thousand_requests) {
        let went = (0..10_000).filter(|_| get("api", "/", vec![]).is_ok()).count();
        return vec![told("last", get("api", "/", vec![])), check("went", format!("{went}"))];
    }
    if on(Case::a_request_too_large) {
        let request = Request { body: vec![0; (1 << 20) + 1], ..request("api", "/", vec![]) };
        return vec![told("body", send(&request))];
    }
    if on(Case::a_dripping_response) || on(Case::an_endless_response) || on(Case::redirect_to_elsewhere) {
        return vec![told("/", get("api", "/", vec![]))];
    }
    if on(Case::the_cache_of_another_connection) {
        let found = |key: &str| check(key, format!("{:?}", cache::get(key)));
        let seen = vec![found("secret"), found("../a/secret"), found("a/secret"), found("a\0secret")];
        cache::put("secret", b"mine", 60);
        return seen;
    }
    if on(Case::cache_values_and_keys_too_long) {
        let long = "k".repeat(129);
        cache::put("large", &vec![0; (16 << 10) + 1], 60);
        cache::put(&long, &[1], 60);
        cache::put("largest", &vec![0; 16 << 10], 60);
        let kept = |key: &str| check(key.get(..7).unwrap_or(key), format!("{}", cache::get(key).is_some()));
        return vec![kept("large"), kept(&long), kept("largest")];
    }
    vec![]
}

fn request(origin: &str, path: &str, headers: Vec<(String, String)>) -> Request {
    Request { origin: origin.into(), method: Method::Get, path: path.into(), headers, body: vec![] }
}

fn get(origin: &str, path: &str, headers: Vec<(String, String)>) -> Result<Response, HttpError> {
    send(&request(origin, path, headers))
}

fn told(name: &str, answer: Result<Response, HttpError>) -> Check {
    let said = match answer {
        Ok(response) => format!("{}", response.status),
        Err(HttpError::InvalidRequest(part)) => format!("invalid {part}"),
        Err(error) => format!("{error:?}"),
    };
    check(name, said)
}

fn check(name: &str, message: String) -> Check {
    Check { name: name.into(), outcome: CheckOutcome::Ok, message, remedy: None }
}
