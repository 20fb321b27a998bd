//! Webhooks of contact centres.

use super::Gateway;
use super::problem::Problem;
use super::request::{RequestId, bytes};
use crate::inbound::{Received, WebhookError};
use crate::mailbox::{NotTaken, Refused};
use crate::served::Served;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use handover_host::contract::{Authenticity, Rejection, Webhook};
use std::time::{Duration, Instant};

/// Until a webhook is answered; the contact centre waits for 10 s.
const PATIENCE: Duration = Duration::from_secs(9);

/// What became of a webhook: by what it is counted, for which connection, and the answer.
struct Verdict<'g> {
    outcome: &'static str,
    of: Option<&'g Served>,
    answer: Result<StatusCode, Problem>,
}

/// `POST /handover/{path}`, where the path is a connection's name, or one that several connections share.
pub(super) async fn receive(
    State(gateway): State<Gateway>,
    Path(path): Path<String>,
    RequestId(id): RequestId,
    request: Request,
) -> Result<StatusCode, Problem> {
    let began = Instant::now();
    let judged = tokio::time::timeout(PATIENCE, judge(&gateway, &path, &id, request)).await;
    let verdict = judged.unwrap_or_else(|_| Verdict {
        outcome: "failed",
        of: None,
        answer: Err(Problem::new(503, "too-slow", "this took too long; try again")),
    });
    let connection = verdict.of.map(Served::name).unwrap_or_default();
    gateway.0.metrics.of(connection).webhook(verdict.outcome);
    gateway.0.metrics.webhook_time(began.elapsed());
    match &verdict.answer {
        Ok(_) => tracing::debug!(connection, outcome = verdict.outcome, "a webhook"),
        Err(problem) => {
            tracing::warn!(path, connection, outcome = verdict.outcome, why = problem.detail(), "a webhook is refused");
        }
    }
    verdict.answer
}

async fn judge<'g>(gateway: &'g Gateway, path: &str, id: &str, request: Request) -> Verdict<'g> {
    let here: Vec<_> = gateway.0.served.values().filter(|served| served.listens_at(path)).collect();
    if here.is_empty() {
        let answer = Err(Problem::new(404, "no-connection", "no connection takes webhooks here"));
        return Verdict { outcome: "nobody", of: None, answer };
    }
    let only = if let [only] = here[..] { Some(only) } else { None };
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let method = parts.method.to_string();
    let body = match bytes(Request::from_parts(parts, body), gateway).await {
        Ok(body) => body.to_vec(),
        Err(problem) => {
            let outcome = if problem.is_too_large() { "too-large" } else { "cut-off" };
            return Verdict { outcome, of: only, answer: Err(problem) };
        }
    };
    let webhook = Webhook { method, path: target, headers, body };
    let mut verdict = Verdict {
        outcome: "rejected",
        of: only,
        answer: Err(Problem::new(401, "not-authentic", "the webhook is not believed")),
    };
    for served in in_turn(here, path, &webhook.body) {
        match take(served, path, id, &webhook).await {
            // Of another connection, perhaps, that shares the path.
            Err(WebhookError::Rejected(_)) => {}
            Ok(received) => {
                verdict = Verdict { outcome: "taken", of: Some(served), answer: Ok(StatusCode::OK) };
                // Perhaps of one that shares the secret, too.
                if received.unknown == 0 || received.new + received.repeated > 0 {
                    break;
                }
            }
            Err(error) => return refuse(served, error),
        }
    }
    verdict
}

/// Those whose mark is in the body first.
fn in_turn<'g>(mut here: Vec<&'g Served>, path: &str, body: &[u8]) -> Vec<&'g Served> {
    here.sort_by_key(|served| !(served.name() == path || served.mark().is_some_and(|mark| holds(body, mark))));
    here
}

/// Whether the webhook may be for this connection although others share the path. What operators build names no
/// integration, so that its key alone decides.
fn may_be_for(served: &Served, path: &str, body: &[u8]) -> bool {
    served.name() == path || served.mark().is_none_or(|mark| holds(body, mark))
}

fn holds(body: &[u8], mark: &str) -> bool {
    memchr::memmem::find(body, mark.as_bytes()).is_some()
}

async fn take(served: &Served, path: &str, id: &str, webhook: &Webhook) -> Result<Received, WebhookError> {
    let believed = served.believe(webhook).await?;
    if !matches!(believed.authenticity, Authenticity::Keyed(_)) && !may_be_for(served, path, &webhook.body) {
        return Err(WebhookError::Rejected(Rejection::NotForUs("it does not have the connection's mark".into())));
    }
    let received = served.receive(webhook, believed, id).await?;
    let counts = served.counts();
    counts.webhook_events("new", received.new);
    counts.webhook_events("repeated", received.repeated);
    counts.webhook_events("unknown", received.unknown);
    Ok(received)
}

fn refuse(served: &Served, error: WebhookError) -> Verdict<'_> {
    let told = error.to_string();
    let (outcome, answer) = match error {
        WebhookError::Rejected(_) => {
            ("rejected", Err(Problem::new(401, "not-authentic", "the webhook is not believed")))
        }
        // Sent again it would be no better.
        WebhookError::Malformed(_) => {
            tracing::error!(connection = served.name(), why = told, "an authentic webhook cannot be read: it is lost");
            served.counts().lost();
            ("malformed", Ok(StatusCode::OK))
        }
        WebhookError::NotTaken(NotTaken::Refused(Refused::Replayed)) => {
            ("replayed", Err(Problem::new(403, "replayed", told)))
        }
        WebhookError::NotTaken(NotTaken::Refused(Refused::Contradicts)) => {
            ("contradicts", Err(Problem::new(409, "contradicts", told)))
        }
        WebhookError::NotTaken(NotTaken::Full(_)) => ("full", Err(Problem::new(503, "full", told))),
        WebhookError::Contended => ("failed", Err(Problem::new(503, "contended", told))),
        WebhookError::Store(error) => ("failed", Err(error.into())),
        WebhookError::Call(error) => ("failed", Err(error.into())),
    };
    Verdict { outcome, of: Some(served), answer }
}
