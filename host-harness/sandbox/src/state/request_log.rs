//! The log of API requests.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use crate::state::ring::Ring;
use crate::wire::json::time_text;

/// The number of requests that the log keeps.
pub(crate) const MAX_REQUESTS: usize = 2_000;

/// The length to which paths are truncated, in characters.
const MAX_PATH_CHARS: usize = 1_000;

/// The log of API requests.
pub(crate) type RequestLog = Ring<RequestRecord>;

/// An API request, as `GET /sandbox/requests` lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestRecord {
    method: String,
    /// The path without the query.
    path: String,
    /// The status of the response; `null` for a request with the fault `hang`.
    status: Option<u16>,
    /// The time of arrival.
    time: String,
}

impl RequestRecord {
    /// Creates the record of a request that has no response yet.
    pub(crate) fn new(method: &str, path: &str, now: Timestamp) -> Self {
        Self {
            method: method.to_owned(),
            path: path.chars().take(MAX_PATH_CHARS).collect(),
            status: None,
            time: time_text(now),
        }
    }

    /// Returns the record with the status of the response.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status.as_u16()), ..self }
    }
}
