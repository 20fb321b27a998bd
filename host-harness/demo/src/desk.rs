//! The agent's side of a local Genesys Cloud, passed through: a page may ask its own server alone.

use crate::Demo;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

pub(crate) async fn pass(State(demo): State<Demo>, Path(path): Path<String>, method: Method, body: Bytes) -> Response {
    let Some(origin) = &demo.0.context.desk else { return StatusCode::NOT_FOUND.into_response() };
    // Anything else, encoded or not, could lead out of the desk.
    let fits =
        |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !path.split('/').all(fits) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked = demo.0.client.request(method, format!("{origin}/sandbox/{path}")).body(body).send().await;
    let Ok(answer) = asked else { return StatusCode::BAD_GATEWAY.into_response() };
    let status = answer.status();
    match answer.bytes().await {
        Ok(body) => (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
