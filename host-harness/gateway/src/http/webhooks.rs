//! Webhooks of contact centers.

use super::problem::Problem;
use super::request::{RequestId, bytes};
use super::{Gateway, MOST_WEBHOOK};
use crate::inbound::{Received, WebhookError};
use crate::mailbox::{NoRoom, NotTaken, Refused};
use crate::served::Served;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use handover_host::contract::{Authenticity, Rejection, Webhook};
use std::time::{Duration, Instant};

/// Until a webhook is answered; the contact center waits for 10 s.
const PATIENCE: Duration = Duration::from_secs(9);

/// What became of a webhook: by what it is counted, for which connection, and the answer.
struct Verdict<'g> {
    outcome: &'static str,
    of: Option<&'g Served>,
    /// For the log alone, where the answer must not say it.
    why: Option<String>,
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
        why: None,
        answer: Err(Problem::new(503, "too-slow", "this took too long; try again")),
    });
    let connection = verdict.of.map(Served::name).unwrap_or_default();
    gateway.0.metrics.of(connection).webhook(verdict.outcome);
    gateway.0.metrics.webhook_time(began.elapsed());
    match &verdict.answer {
        Ok(_) => tracing::debug!(connection, outcome = verdict.outcome, "a webhook"),
        // Anybody can send what is refused: the log is not theirs to fill.
        Err(problem) if gateway.0.refusals.check().is_ok() => {
            let why = verdict.why.as_deref().unwrap_or(problem.detail());
            tracing::warn!(path, connection, outcome = verdict.outcome, why, "a webhook is refused");
        }
        Err(_) => {}
    }
    verdict.answer
}

/// Takes webhooks whose URL was entered with a slash at the end, a doubled slash or in other capitals. Everything else
/// that has no route is answered with 404.
pub(super) async fn receive_in_other_spelling(
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
            // The URL of a webhook with too few or too many segments: no connection matches, which is counted and logged.
            receive(gateway, Path(String::new()), id, request).await
        }
        _ => Err(super::problem::not_found().await),
    }
}

async fn judge<'g>(gateway: &'g Gateway, path: &str, id: &str, request: Request) -> Verdict<'g> {
    let here: Vec<_> = gateway.0.served.values().filter(|served| served.listens_at(path)).collect();
    if here.is_empty() {
        let answer = Err(Problem::new(404, "no-connection", "no connection takes webhooks here"));
        return Verdict { outcome: "nobody", of: None, why: None, answer };
    }
    let only = if let [only] = here[..] { Some(only) } else { None };
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let method = parts.method.to_string();
    let body = match bytes(Request::from_parts(parts, body), MOST_WEBHOOK, gateway).await {
        Ok(body) => body.to_vec(),
        Err(problem) => {
            let outcome = if problem.is_too_large() { "too-large" } else { "cut-off" };
            return Verdict { outcome, of: only, why: None, answer: Err(problem) };
        }
    };
    let webhook = Webhook { method, path: target, headers, body };
    let mut verdict = Verdict {
        outcome: "rejected",
        of: only,
        why: None,
        answer: Err(Problem::new(401, "not-authentic", "the webhook is not believed")),
    };
    for served in in_turn(here, path, &webhook.body) {
        match take(served, path, id, &webhook).await {
            // Of another connection, perhaps, that shares the path.
            Err(WebhookError::Rejected(rejection)) => {
                let why = format!("{}: {rejection:?}", served.name());
                let before = verdict.why.take().filter(|_| verdict.answer.is_err());
                verdict.why = Some(before.map_or_else(|| why.clone(), |before| format!("{before}; {why}")));
            }
            Ok(received) => {
                verdict = Verdict { outcome: "taken", of: Some(served), why: None, answer: Ok(StatusCode::OK) };
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

/// Sorts those first whose integration id is in the body.
fn in_turn<'g>(mut here: Vec<&'g Served>, path: &str, body: &[u8]) -> Vec<&'g Served> {
    here.sort_by_key(|served| {
        !(served.name().eq_ignore_ascii_case(path) || served.integration_id().is_some_and(|id| holds(body, id)))
    });
    here
}

/// Whether the webhook may be for this connection although others share the path. What operators build names no
/// integration, so that its key alone decides.
fn may_be_for(served: &Served, path: &str, body: &[u8]) -> bool {
    served.name().eq_ignore_ascii_case(path) || served.integration_id().is_none_or(|id| holds(body, id))
}

/// Ids are hexadecimal digits, which operators copy in either case.
fn holds(body: &[u8], id: &str) -> bool {
    memchr::memmem::find(&body.to_ascii_lowercase(), id.to_ascii_lowercase().as_bytes()).is_some()
}

async fn take(served: &Served, path: &str, id: &str, webhook: &Webhook) -> Result<Received, WebhookError> {
    let believed = served.believe(webhook).await?;
    if !matches!(believed.authenticity, Authenticity::ApiKey(_)) && !may_be_for(served, path, &webhook.body) {
        return Err(WebhookError::Rejected(Rejection::OtherConnection(
            "it does not contain the connection's integration-id".into(),
        )));
    }
    let received = served.receive(webhook, believed, id).await?;
    let counts = served.counts();
    counts.webhook_events("replayed", received.replayed);
    counts.webhook_events("contradicts", received.contradicting);
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
            served.replayed();
            ("replayed", Err(Problem::new(403, "replayed", told)))
        }
        WebhookError::NotTaken(NotTaken::Refused(Refused::Contradicts)) => {
            ("contradicts", Err(Problem::new(409, "contradicts", told)))
        }
        WebhookError::NotTaken(NotTaken::NoRoom(NoRoom::Full(_))) => ("full", Err(Problem::new(503, "full", told))),
        WebhookError::NotTaken(NotTaken::NoRoom(NoRoom::TooLarge(_))) => {
            ("too-large", Err(Problem::new(413, "too-large", told)))
        }
        WebhookError::Contended => ("failed", Err(Problem::new(503, "contended", told))),
        WebhookError::Store(error) => ("failed", Err(error.into())),
        WebhookError::Call(error) => ("failed", Err(error.into())),
    };
    Verdict { outcome, of: Some(served), why: None, answer }
}
