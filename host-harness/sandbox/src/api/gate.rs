//! The middleware of all requests: correlation id, ordered faults, token, rate limit and body size.

use std::io;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, future, stream};
use jiff::Timestamp;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::state::faults::ApiFault;
use crate::state::request_log::RequestRecord;
use crate::state::tokens::{Caller, TokenRefusal};
use crate::wire::error::{ApiError, MAX_BODY_BYTES};

/// The number of bytes of an oversized body that are read before the error response. If the connection closed while the
/// client was still sending, the client would receive a connection reset instead of the 413.
const MAX_BYTES_READ: usize = 8 * 1024 * 1024;

/// The header of the correlation id. Every response of the API has it.
const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");

/// The middleware of `/oauth/token`. It requires no token.
pub(crate) async fn oauth_gate(State(cloud): State<Cloud>, request: Request, next: Next) -> Response {
    guard(&cloud, request, next, |_| Ok(None)).await
}

/// The middleware of `/api/v2`. It requires a token.
pub(crate) async fn api_gate(State(cloud): State<Cloud>, request: Request, next: Next) -> Response {
    guard(&cloud, request, next, |headers| authenticate(&cloud, headers).map(Some)).await
}

/// The middleware of the WebSockets of notification channels. It only writes the bodies of error responses.
pub(crate) async fn channel_gate(request: Request, next: Next) -> Response {
    with_correlation_id(next.run(request).await)
}

async fn guard(
    cloud: &Cloud,
    request: Request,
    next: Next,
    authenticate: impl FnOnce(&HeaderMap) -> Result<Option<Caller>, ApiError>,
) -> Response {
    let incoming = RequestRecord::new(request.method().as_str(), request.uri().path(), Timestamp::now());
    let fault = cloud.faults.with(|faults| faults.for_request(request.uri().path()));
    let response = match fault {
        Some(ApiFault::RateLimited { retry_after_seconds }) => {
            ApiError::rate_limited(retry_after_seconds).into_response()
        }
        Some(ApiFault::ServerError(status)) => ApiError::server_error(status).into_response(),
        Some(ApiFault::Hang) => {
            cloud.requests.with(|requests| requests.push(incoming));
            return hang_until_stopped(cloud).await;
        }
        Some(ApiFault::Cut) | None => match authenticate(request.headers()) {
            Ok(caller) => run_handler(request, next, caller).await.unwrap_or_else(IntoResponse::into_response),
            Err(error) => error.into_response(),
        },
    };
    let response = with_correlation_id(response);
    let record = incoming.with_status(response.status());
    cloud.requests.with(|requests| requests.push(record));
    if fault == Some(ApiFault::Cut) { cut(response).await } else { response }
}

/// Returns the caller that the bearer token identifies, or the error of a missing, unknown, expired or rate-limited
/// token.
fn authenticate(cloud: &Cloud, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(ApiError::authentication_required)?;
    cloud.tokens.with(|tokens| tokens.authenticate(token, Timestamp::now())).map_err(|refusal| match refusal {
        TokenRefusal::Unknown => ApiError::bad_credentials(),
        TokenRefusal::Expired => ApiError::credentials_expired(),
        TokenRefusal::Limited { retry_after_seconds } => ApiError::rate_limited(retry_after_seconds),
    })
}

/// Reads the body and runs the handler. Returns 413 if the body is too large.
async fn run_handler(request: Request, next: Next, caller: Option<Caller>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BYTES_READ).await.map_err(|_| ApiError::too_large())?;
    if body.len() > MAX_BODY_BYTES {
        return Err(ApiError::too_large());
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}

/// Adds a correlation id to the response, and writes the body of an error response, which also contains the id.
fn with_correlation_id(mut response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.into_response_with(&id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

/// Announces the whole body, sends half of it and fails. The server then closes the connection.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    let failure = async {
        // If the body failed immediately, the server would drop all unflushed data, including the headers.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut, as ordered"))
    };
    let halves = stream::once(future::ready(Ok::<Bytes, _>(half))).chain(stream::once(failure));
    Response::from_parts(parts, Body::from_stream(halves))
}

/// Sends no response until the sandbox stops.
async fn hang_until_stopped(cloud: &Cloud) -> Response {
    let mut stopping = cloud.stopping.clone();
    // An error means that the sandbox, which owns the sender, was dropped.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    with_correlation_id(ApiError::server_error(StatusCode::SERVICE_UNAVAILABLE).into_response())
}
