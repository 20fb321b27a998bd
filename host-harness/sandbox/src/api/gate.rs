//! What every API request passes: correlation id, ordered faults, token, rate limit, size.

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

/// How much of a body that is too large is read before the refusal. A client that is still sending when the
/// connection closes would see a reset and not the 413.
const MAX_BYTES_READ: usize = 8 * 1024 * 1024;

/// The correlation id that is on every answer of the API.
const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");

/// The gate before `/oauth/token`: no token is needed.
pub(crate) async fn oauth_gate(State(cloud): State<Cloud>, request: Request, next: Next) -> Response {
    guard(&cloud, request, next, |_| Ok(None)).await
}

/// The gate before `/api/v2`.
pub(crate) async fn api_gate(State(cloud): State<Cloud>, request: Request, next: Next) -> Response {
    guard(&cloud, request, next, |headers| admit(&cloud, headers).map(Some)).await
}

/// The gate before the WebSockets of notification channels: a refusal needs its body, and no more.
pub(crate) async fn channel_gate(request: Request, next: Next) -> Response {
    correlated(next.run(request).await)
}

async fn guard(
    cloud: &Cloud,
    request: Request,
    next: Next,
    admit: impl FnOnce(&HeaderMap) -> Result<Option<Caller>, ApiError>,
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
            return until_stopped(cloud).await;
        }
        Some(ApiFault::Cut) | None => match admit(request.headers()) {
            Ok(caller) => pass(request, next, caller).await.unwrap_or_else(IntoResponse::into_response),
            Err(error) => error.into_response(),
        },
    };
    let response = correlated(response);
    let record = incoming.answered(response.status());
    cloud.requests.with(|requests| requests.push(record));
    if fault == Some(ApiFault::Cut) { cut(response).await } else { response }
}

/// Who makes the request, by its bearer token.
fn admit(cloud: &Cloud, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(ApiError::authentication_required)?;
    cloud.tokens.with(|tokens| tokens.admit(token, Timestamp::now())).map_err(|refusal| match refusal {
        TokenRefusal::Unknown => ApiError::bad_credentials(),
        TokenRefusal::Expired => ApiError::credentials_expired(),
        TokenRefusal::Limited { retry_after_seconds } => ApiError::rate_limited(retry_after_seconds),
    })
}

/// Reads the body, if it is not too large, and lets the request through.
async fn pass(request: Request, next: Next, caller: Option<Caller>) -> Result<Response, ApiError> {
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

/// Puts a correlation id on the answer, and writes the body of a refusal, which has it in it too.
fn correlated(mut response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.answer(&id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

/// Promises the whole body, sends half of it and fails, upon which the server closes the connection.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    let failure = async {
        // Failing at once would let the server drop what it has not flushed yet, the head included.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut, as ordered"))
    };
    let halves = stream::once(future::ready(Ok::<Bytes, _>(half))).chain(stream::once(failure));
    Response::from_parts(parts, Body::from_stream(halves))
}

/// Answers nothing for as long as the sandbox runs.
async fn until_stopped(cloud: &Cloud) -> Response {
    let mut stopping = cloud.stopping.clone();
    // An error says that the sender is gone, and so is the sandbox.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    correlated(ApiError::server_error(StatusCode::SERVICE_UNAVAILABLE).into_response())
}
