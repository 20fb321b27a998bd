//! Webhooks of contact centers.

use super::problem::Problem;
use super::request::{RequestId, bytes};
use super::state::Gateway;
use crate::connection_service::ConnectionService;
use crate::inbound::{Received, WebhookError};
use crate::mailbox::{NoRoom, NotAccepted, Refused};
use crate::routing;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use handover_host::contract::Webhook;
use std::time::{Duration, Instant};

/// The maximum size of a webhook's body, in bytes: twice what an event bus sends (Amazon EventBridge: 256 KB).
const MAX_WEBHOOK_BYTES: usize = 512 << 10;
/// The timeout for answering a webhook. Genesys waits for 10 s.
const TIMEOUT: Duration = Duration::from_secs(9);

/// The response to a webhook, with the labels of its metric.
struct Verdict<'g> {
    outcome: &'static str,
    service: Option<&'g ConnectionService>,
    /// The reason for the log, if the response must not contain it.
    reason: Option<String>,
    response: Result<StatusCode, Problem>,
}

impl Verdict<'_> {
    fn new(outcome: &'static str, response: Result<StatusCode, Problem>) -> Self {
        Self { outcome, service: None, reason: None, response }
    }
}

/// `POST /handover/{path}`. The path is a connection's name, or a path that several connections share.
pub(super) async fn receive(
    State(gateway): State<Gateway>,
    Path(path): Path<String>,
    RequestId(id): RequestId,
    request: Request,
) -> Result<StatusCode, Problem> {
    let began = Instant::now();
    let outcome = tokio::time::timeout(TIMEOUT, process(&gateway, &path, &id, request)).await;
    let verdict = outcome.unwrap_or_else(|_| {
        Verdict::new("failed", Err(Problem::new(503, "too-slow", "this took too long; try again")))
    });
    let connection = verdict.service.map(ConnectionService::name).unwrap_or_default();
    gateway.0.metrics.of_connection(connection).webhook(verdict.outcome);
    gateway.0.metrics.webhook_time(began.elapsed());
    match &verdict.response {
        Ok(_) => tracing::debug!(connection, outcome = verdict.outcome, "webhook answered"),
        // Anyone can send webhooks that are refused, so the number of log messages is limited.
        Err(problem) if gateway.0.refusals.check().is_ok() => {
            let reason = verdict.reason.as_deref().unwrap_or(problem.detail());
            tracing::warn!(path, connection, outcome = verdict.outcome, reason, "webhook refused");
        }
        Err(_) => {}
    }
    verdict.response
}

/// Accepts webhooks whose URL was configured with a trailing slash, a doubled slash or in different letter case. Every
/// other path without a route is answered with 404.
pub(super) async fn receive_at_other_spelling(
    gateway: State<Gateway>,
    id: RequestId,
    request: Request,
) -> Result<StatusCode, Problem> {
    let path = request.uri().path().to_owned();
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next(), segments.next()) {
        (Some(first), Some(path), None) if first.eq_ignore_ascii_case("handover") => {
            if request.method() != axum::http::Method::POST {
                return Err(super::problem::method_not_allowed().await);
            }
            receive(gateway, Path(path.to_owned()), id, request).await
        }
        _ if path.split('/').any(|segment| segment.eq_ignore_ascii_case("handover"))
            && request.method() == axum::http::Method::POST =>
        {
            // A webhook URL with too few or too many segments: no connection matches, which is counted and logged.
            receive(gateway, Path(String::new()), id, request).await
        }
        _ => Err(super::problem::not_found().await),
    }
}

async fn process<'g>(gateway: &'g Gateway, path: &str, id: &str, request: Request) -> Verdict<'g> {
    let candidates: Vec<_> = gateway.0.services.values().filter(|service| service.receives_at(path)).collect();
    if candidates.is_empty() {
        let detail = "no connection receives webhooks at this path";
        return Verdict::new("no-connection", Err(Problem::new(404, "no-connection", detail)));
    }
    let only = if let [only] = candidates[..] { Some(only) } else { None };
    let webhook = match read(gateway, request).await {
        Ok(webhook) => webhook,
        Err(problem) => {
            let outcome = if problem.is_too_large() { "too-large" } else { "cut-off" };
            return Verdict { service: only, ..Verdict::new(outcome, Err(problem)) };
        }
    };
    let routed = routing::receive(candidates, path, &webhook, id).await;
    let service = routed.service.or(only);
    match routed.outcome {
        Ok(received) => {
            count(service, received);
            Verdict { service, ..Verdict::new("accepted", Ok(StatusCode::OK)) }
        }
        Err(error) => refuse(service, error),
    }
}

/// Reads a request as a webhook.
async fn read(gateway: &Gateway, request: Request) -> Result<Webhook, Problem> {
    let (parts, body) = request.into_parts();
    let body = bytes(Request::from_parts(parts.clone(), body), MAX_WEBHOOK_BYTES, gateway).await?;
    Ok(Webhook::from_http(&parts, body))
}

fn count(service: Option<&ConnectionService>, received: Received) {
    let Some(service) = service else { return };
    let metrics = service.metrics();
    metrics.webhook_events("replayed", received.replayed);
    metrics.webhook_events("contradicts", received.contradicting);
    metrics.webhook_events("too-large", received.too_large);
    metrics.webhook_events("new", received.new);
    metrics.webhook_events("duplicate", received.duplicates);
    metrics.webhook_events("unknown", received.unknown);
}

fn refuse(service: Option<&ConnectionService>, error: WebhookError) -> Verdict<'_> {
    let detail = error.to_string();
    let mut reason = None;
    let (outcome, response) = match error {
        WebhookError::Rejected(_) | WebhookError::RejectedByAll(_) => {
            // The sender must not learn why.
            reason = Some(detail);
            ("rejected", Err(Problem::new(401, "not-authentic", "the webhook is not authentic")))
        }
        // Another attempt would have the same result.
        WebhookError::Unreadable(_) => {
            if let Some(service) = service {
                tracing::error!(
                    connection = service.name(),
                    reason = detail,
                    "an authentic webhook is unreadable and lost"
                );
                service.metrics().lost();
            }
            ("malformed", Ok(StatusCode::OK))
        }
        WebhookError::NotAccepted(NotAccepted::Refused(Refused::Replayed)) => {
            if let Some(service) = service {
                service.warn_of_replay();
            }
            ("replayed", Err(Problem::new(403, "replayed", detail)))
        }
        WebhookError::NotAccepted(NotAccepted::Refused(Refused::Contradicts)) => {
            ("contradicts", Err(Problem::new(409, "contradicts", detail)))
        }
        WebhookError::NotAccepted(NotAccepted::NoRoom(NoRoom::Full(_))) => {
            ("full", Err(Problem::new(503, "full", detail)))
        }
        WebhookError::NotAccepted(NotAccepted::NoRoom(NoRoom::TooLarge(_))) => {
            ("too-large", Err(Problem::new(413, "too-large", detail)))
        }
        WebhookError::Contended => ("failed", Err(Problem::new(503, "contended", detail))),
        WebhookError::Store(error) => ("failed", Err(error.into())),
        WebhookError::Call(error) => ("failed", Err(error.into())),
    };
    Verdict { outcome, service, reason, response }
}
