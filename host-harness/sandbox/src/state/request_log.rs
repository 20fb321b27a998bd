//! The API requests that are remembered.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use crate::state::ring::Ring;
use crate::wire::json::time_text;

/// How many requests are remembered.
pub(crate) const MAX_REQUESTS: usize = 2_000;

/// The longest path that is remembered in full, in characters.
const MAX_PATH_CHARS: usize = 1_000;

/// The API requests that are remembered.
pub(crate) type RequestLog = Ring<RequestRecord>;

/// An API request, as `GET /sandbox/requests` lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestRecord {
    method: String,
    /// Without the query.
    path: String,
    /// What was answered; `null` for a request that an ordered fault left hanging.
    status: Option<u16>,
    /// When it came.
    time: String,
}

impl RequestRecord {
    /// A request that has come and is not answered yet.
    pub(crate) fn new(method: &str, path: &str, now: Timestamp) -> Self {
        Self {
            method: method.to_owned(),
            path: path.chars().take(MAX_PATH_CHARS).collect(),
            status: None,
            time: time_text(now),
        }
    }

    /// The same, answered.
    pub(crate) fn answered(self, status: StatusCode) -> Self {
        Self { status: Some(status.as_u16()), ..self }
    }
}
