//! Forwards requests to the agent desk of a local Genesys Cloud, because the page can send requests only to its own
//! server.

use crate::Demo;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

pub(crate) async fn forward(
    State(demo): State<Demo>,
    Path(path): Path<String>,
    method: Method,
    body: Bytes,
) -> Response {
    let Some(origin) = &demo.0.context.desk else { return StatusCode::NOT_FOUND.into_response() };
    // Other characters, encoded or not, could form a path outside the desk API.
    let is_allowed =
        |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !path.split('/').all(is_allowed) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let sent = demo.0.client.request(method, format!("{origin}/sandbox/{path}")).body(body).send().await;
    let Ok(response) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    let status = response.status();
    match response.bytes().await {
        Ok(body) => (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
