//! Webhooks of contact centres.

use super::Gateway;
use super::problem::Problem;
use super::request::{RequestId, bytes};
use crate::inbound::{Received, WebhookError};
use crate::mailbox::{NotTaken, Refused};
use crate::served::Served;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use handover_host::contract::Webhook;
use std::time::Instant;

/// `POST /handover/{path}`, where the path is a connection's name, or one that several connections share.
pub(super) async fn receive(
    State(gateway): State<Gateway>,
    Path(path): Path<String>,
    RequestId(id): RequestId,
    request: Request,
) -> Result<StatusCode, Problem> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let method = parts.method.to_string();
    let body = bytes(Request::from_parts(parts, body), &gateway).await?.to_vec();
    let webhook = Webhook { method, path: target, headers, body };
    let candidates = candidates(&gateway, &path, &webhook.body);
    if candidates.is_empty() {
        return Err(Problem::new(404, "no-connection", "no connection takes webhooks here"));
    }
    let mut answer = Err(Problem::new(401, "not-authentic", "the webhook is not believed"));
    for served in candidates {
        let outcome = served.receive(&webhook, &id).await;
        count(served, &outcome);
        match outcome {
            // Of another connection, perhaps, that shares the path.
            Err(WebhookError::Rejected(_)) => {}
            // Perhaps of one that shares the secret, too.
            Ok(received) if received.unknown > 0 && received.new + received.repeated == 0 => {
                answer = Ok(StatusCode::OK)
            }
            Ok(_) => {
                answer = Ok(StatusCode::OK);
                break;
            }
            Err(error) => {
                answer = refuse(served, error);
                break;
            }
        }
    }
    if answer.as_ref().is_err_and(Problem::is_unauthorized) {
        tracing::warn!(path, "a webhook is not believed");
        gateway.0.metrics.of("").webhook("rejected");
    }
    gateway.0.metrics.webhook_time(began.elapsed());
    answer
}

/// Those that may be meant: first those whose mark is in the body, then those without one.
fn candidates<'g>(gateway: &'g Gateway, path: &str, body: &[u8]) -> Vec<&'g Served> {
    let body = String::from_utf8_lossy(body);
    let here = || gateway.0.served.values().filter(|served| served.listens_at(path));
    let marked = here().filter(|served| served.name() == path || served.mark().is_some_and(|mark| body.contains(mark)));
    let unmarked = here().filter(|served| served.name() != path && served.mark().is_none());
    marked.chain(unmarked).collect()
}

fn count(served: &Served, outcome: &Result<Received, WebhookError>) {
    let counts = served.counts();
    match outcome {
        Ok(received) => {
            counts.webhook("taken");
            counts.webhook_events("new", received.new);
            counts.webhook_events("repeated", received.repeated);
            counts.webhook_events("unknown", received.unknown);
        }
        // Counted once for all candidates.
        Err(WebhookError::Rejected(_)) => {}
        Err(WebhookError::Malformed(_)) => counts.webhook("malformed"),
        Err(WebhookError::NotTaken(NotTaken::Refused(Refused::Replayed))) => counts.webhook("replayed"),
        Err(WebhookError::NotTaken(NotTaken::Refused(Refused::Contradicts))) => counts.webhook("contradicts"),
        Err(WebhookError::NotTaken(NotTaken::Full(_))) => counts.webhook("full"),
        Err(WebhookError::Call(_) | WebhookError::Store(_) | WebhookError::Contended) => counts.webhook("failed"),
    }
}

fn refuse(served: &Served, error: WebhookError) -> Result<StatusCode, Problem> {
    let told = error.to_string();
    let connection = served.name();
    match error {
        WebhookError::Rejected(_) => Err(Problem::new(401, "not-authentic", "the webhook is not believed")),
        // Sent again it would be no better.
        WebhookError::Malformed(_) => {
            tracing::warn!(connection, why = told, "a webhook cannot be read");
            Ok(StatusCode::OK)
        }
        WebhookError::NotTaken(NotTaken::Refused(Refused::Replayed)) => {
            tracing::warn!(connection, why = told, "a webhook is refused");
            Err(Problem::new(403, "replayed", told))
        }
        WebhookError::NotTaken(NotTaken::Refused(Refused::Contradicts)) => {
            tracing::warn!(connection, why = told, "a webhook is refused");
            Err(Problem::new(409, "contradicts", told))
        }
        WebhookError::NotTaken(NotTaken::Full(_)) => Err(Problem::new(503, "full", told)),
        WebhookError::Contended => Err(Problem::new(503, "contended", told)),
        WebhookError::Store(error) => Err(error.into()),
        WebhookError::Call(error) => Err(error.into()),
    }
}
