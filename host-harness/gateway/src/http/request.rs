//! Common parts of all requests: an id that connects logs, events and callbacks, and extractors.

use super::problem::Problem;
use super::state::Gateway;
use crate::bot_service::BotService;
use crate::connection_service::ConnectionService;
use crate::json_text;
use crate::outbound::IdempotencyKey;
use axum::body::Bytes;
use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, MatchedPath, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The id in Genesys's requests for bots (Bot Connector, section "Request").
const GENESYS_REQUEST_ID: HeaderName = HeaderName::from_static("inin-correlation-id");
/// The maximum size of the body of a request from the platform, in bytes.
const MAX_BODY_BYTES: usize = 1 << 20;
/// The maximum length of a recipient, in bytes.
const MAX_RECIPIENT_BYTES: usize = 256;

/// The id of a request: the caller's, or a new one.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) String);

/// Answers a request that takes longer than this with 503.
pub(super) async fn within(timeout: Duration, request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(timeout, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::new(503, "too-slow", "this took too long; try again").into_response())
}

/// Assigns an id to each request and logs the response. Logs the route instead of the path, because the path contains
/// names.
pub(super) async fn trace(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&REQUEST_ID).or_else(|| request.headers().get(&GENESYS_REQUEST_ID));
    let given = given.and_then(|id| id.to_str().ok());
    let fits = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    let id = given.filter(fits).map_or_else(|| uuid::Uuid::new_v4().to_string(), String::from);
    request.extensions_mut().insert(RequestId(id.clone()));
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let span = tracing::info_span!("request", id, method = %request.method(), path);
    let began = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), milliseconds = began.elapsed().as_millis(), "answered");
        response
    }
    .instrument(span)
    .await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Every request has one.
        parts.extensions.get().cloned().ok_or_else(|| Problem::new(500, "no-request-id", "the request has no id"))
    }
}

/// The connection in a path.
pub(super) struct Connection(pub(super) ConnectionService);

impl FromRequestParts<Gateway> for Connection {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        Ok(Self(gateway.service(&segment(parts, gateway, "connection").await?)?.clone()))
    }
}

/// The connection of a contact center that asks bots, in a path.
pub(super) struct BotConnection(pub(super) BotService);

impl FromRequestParts<Gateway> for BotConnection {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        Ok(Self(gateway.bot_service(&segment(parts, gateway, "connection").await?)?.clone()))
    }
}

/// The session in a path.
pub(super) struct Session(pub(super) String);

impl FromRequestParts<Gateway> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        segment(parts, gateway, "session").await.map(Self)
    }
}

/// The recipient in a path.
pub(super) struct Recipient(pub(super) String);

impl FromRequestParts<Gateway> for Recipient {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Problem> {
        let recipient = segment(parts, gateway, "recipient").await?;
        if recipient.is_empty() || recipient.len() > MAX_RECIPIENT_BYTES || recipient.chars().any(char::is_control) {
            let expected = "expected a recipient of 1 to 256 bytes without control characters";
            return Err(Problem::new(400, "invalid-recipient", expected));
        }
        Ok(Self(recipient))
    }
}

async fn segment(parts: &mut Parts, gateway: &Gateway, name: &str) -> Result<String, Problem> {
    let path = Path::<std::collections::HashMap<String, String>>::from_request_parts(parts, gateway).await;
    let Path(mut path) = path.map_err(|error| Problem::new(400, "invalid-path", error.body_text()))?;
    Ok(path.remove(name).unwrap_or_default())
}

/// The `Idempotency-Key` of a request, if there is one.
pub(super) struct Key(pub(super) Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = key.to_str().ok().map(IdempotencyKey::new).and_then(Result::ok);
        let expected = "expected an Idempotency-Key of 1 to 512 visible ASCII characters";
        key.map(|key| Self(Some(key))).ok_or_else(|| Problem::new(400, "invalid-key", expected))
    }
}

/// The query, without unknown parameters.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|error| Problem::new(400, "invalid-query", error.body_text()))
    }
}

/// The body as JSON.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = bytes(request, MAX_BODY_BYTES, state).await?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| Problem::new(400, "invalid-body", format!("the body is not UTF-8: {error}")))?;
        serde_json::from_str(&json_text::readable(text))
            .map(Self)
            .map_err(|error| Problem::new(400, "invalid-body", error.to_string()))
    }
}

/// Reads the body of a request, of at most `limit` bytes. A body with a larger announced length is refused before it is
/// read.
pub(super) async fn bytes<S: Send + Sync>(mut request: Request, limit: usize, state: &S) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(413, "too-large", format!("the body has more than {limit} bytes"));
    if request.body().size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    Bytes::from_request(request, state).await.map_err(|error| match error.status().as_u16() {
        413 => too_large(),
        _ => Problem::new(400, "invalid-body", "the body cannot be read to its end"),
    })
}
