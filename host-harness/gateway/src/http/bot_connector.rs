//! Requests of contact centers that ask the platform's bots.

use super::problem::Problem;
use super::request::{RequestId, bytes};
use super::state::Gateway;
use crate::bot_service::BotService;
use crate::bot_turns::{BotRequestError, Responded, respond};
use crate::session::NotAsked;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use handover_host::contract::{BotResponse, Webhook};
use std::time::Duration;

/// The maximum size of a request's body, in bytes. A session keeps several turns.
const MAX_REQUEST_BYTES: usize = 128 << 10;

/// The timeout for reading a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// `/bot-connector/{connection}`
pub(super) async fn at_root(
    State(gateway): State<Gateway>,
    Path(connection): Path<String>,
    id: RequestId,
    request: Request,
) -> Result<Response, Problem> {
    receive(&gateway, &connection, "", &id.0, request).await
}

/// `/bot-connector/{connection}/{path}`
pub(super) async fn below(
    State(gateway): State<Gateway>,
    Path((connection, _)): Path<(String, String)>,
    id: RequestId,
    request: Request,
) -> Result<Response, Problem> {
    // As received, because the provider decodes ids in paths.
    let path = request.uri().path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let path = path.splitn(4, '/').nth(3).unwrap_or_default();
    let path = format!("/{path}");
    receive(&gateway, &connection, &path, &id.0, request).await
}

async fn receive(
    gateway: &Gateway,
    connection: &str,
    path: &str,
    id: &str,
    request: Request,
) -> Result<Response, Problem> {
    let service = gateway.bot_service(connection).inspect_err(|problem| {
        gateway.0.metrics.of_connection("").bot_request("no-connection");
        if gateway.0.refusals.check().is_ok() {
            tracing::warn!(connection, reason = problem.detail(), "request of the contact center refused");
        }
    })?;
    let (parts, body) = request.into_parts();
    let body = bytes(Request::from_parts(parts.clone(), body), MAX_REQUEST_BYTES, gateway);
    // Nobody is authenticated yet, so a slow sender must not hold the connection.
    let body = tokio::time::timeout(BODY_TIMEOUT, body).await;
    let body = body.unwrap_or_else(|_| Err(Problem::new(408, "too-slow", "the body did not arrive in time")))?;
    let request = Webhook { path: path.to_owned(), ..Webhook::from_http(&parts, body) };
    match respond(service, &request, id, &gateway.0.stop).await {
        Ok(Responded { response, outcome }) => {
            service.metrics().bot_request(outcome);
            Ok(into_http(response))
        }
        Err(error) => Err(refuse(gateway, service, error)),
    }
}

fn into_http(built: BotResponse) -> Response {
    let status = StatusCode::from_u16(built.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, built.body).into_response();
    // The body of bytes has a content type of its own.
    response.headers_mut().clear();
    for (name, value) in built.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Genesys repeats a request that is answered with 5xx, and takes the path for failures after 4xx (Digital Bot Connector,
/// section "Response status").
fn refuse(gateway: &Gateway, service: &BotService, error: BotRequestError) -> Problem {
    let detail = error.to_string();
    let (outcome, problem) = match error {
        // The sender must not learn why.
        BotRequestError::Rejected(_) => {
            ("rejected", Problem::new(403, "not-authentic", "the request is not authentic"))
        }
        BotRequestError::Unreadable(_) => ("malformed", Problem::new(400, "malformed", detail.clone())),
        BotRequestError::Unknown => ("unknown", Problem::new(404, "unknown-request", detail.clone())),
        BotRequestError::UnknownBot(_) => ("unknown-bot", Problem::new(404, "unknown-bot", detail.clone())),
        BotRequestError::NotAsked(NotAsked::Over(_)) => ("over", Problem::new(409, "over", detail.clone())),
        BotRequestError::NotAsked(NotAsked::Full(_)) => ("full", Problem::new(503, "full", detail.clone())),
        BotRequestError::Stopping => ("stopping", Problem::new(503, "stopping", detail.clone())),
        BotRequestError::Contended => ("error", Problem::new(503, "contended", detail.clone())),
        BotRequestError::Unsupported(_) => ("error", Problem::new(500, "unsupported", detail.clone())),
        BotRequestError::Store(error) => ("error", error.into()),
        BotRequestError::Call(error) => ("error", error.into()),
    };
    service.metrics().bot_request(outcome);
    // Anyone can send requests that are refused, so the number of log messages is limited.
    if gateway.0.refusals.check().is_ok() {
        tracing::warn!(connection = service.name(), outcome, reason = detail, "request of the contact center refused");
    }
    problem
}
