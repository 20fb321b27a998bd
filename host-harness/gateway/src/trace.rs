//! What passes through the gateway, told live to whoever watches. Nothing is told, and nothing is made, while nobody
//! does.

use crate::clock::now;
use crate::mailbox::{CallbackOutcome, DeliveryOutcome, LookupOutcome};
use crate::platform_event::PlatformEvent;
use handover_host::contract::{AgentEvent, Authenticity, Conversation, Failure, ProviderRequest, Rejection, Webhook};
use handover_host::{CallError, Connection, VerifiedWebhook};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::broadcast;

/// Entries that a watcher may be behind.
const MAX_BACKLOG: usize = 256;

/// Characters below which a secret is no text to look for: it would be found everywhere.
const MIN_SECRET_BYTES: usize = 4;

/// What passes through the gateway: people's words, and no secrets. Cheap to clone.
#[derive(Clone)]
pub struct Trace(Arc<Inner>);

struct Inner {
    subscribers: broadcast::Sender<Arc<str>>,
    /// In every form, the longest first.
    secrets: RwLock<Vec<String>>,
}

impl Default for Trace {
    fn default() -> Self {
        Self(Arc::new(Inner { subscribers: broadcast::Sender::new(MAX_BACKLOG), secrets: RwLock::default() }))
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace").field("subscribers", &self.0.subscribers.receiver_count()).finish_non_exhaustive()
    }
}

impl Trace {
    /// All that passes from now on, each entry as JSON: `at` in milliseconds since 1970, `connection`, `what` it is
    /// (`webhook`, `event`, `request`, `delivery`, `lookup`, `observation`, `callback`), a `title`, how many `micros` it
    /// took, and its `detail`.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.subscribers.subscribe()
    }

    /// From now on, the secrets of this connection are shown in nothing: a webhook at a path that several share is tried
    /// with each of them.
    pub(crate) fn redact(&self, connection: &Connection) {
        let mut secrets = self.0.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.extend(forms(connection.secrets().map(|setting| setting.value.as_str())));
        longest_first(&mut secrets);
    }

    pub(crate) fn webhook(
        &self,
        connection: &str,
        webhook: &Webhook,
        verified: &Result<Result<VerifiedWebhook, Rejection>, CallError>,
        took: Duration,
    ) {
        self.record(connection, "webhook", Some(took), || {
            let (title, verdict) = match verified {
                Ok(Ok(webhook)) => (variant_name(&webhook.authenticity), json!(webhook.authenticity)),
                Ok(Err(rejection)) => (format!("refused: {}", variant_name(rejection)), json!(rejection)),
                Err(error) => ("not verified".into(), error.to_string().into()),
            };
            let signed = matches!(verified, Ok(Ok(VerifiedWebhook { authenticity: Authenticity::Signed(_), .. })));
            let headers: Vec<_> = webhook.headers.iter().map(|header| shown_header(header, signed)).collect();
            (title, json!({ "verdict": verdict, "headers": headers, "body": read(&webhook.body) }))
        });
        if let Ok(Ok(VerifiedWebhook { events: Ok(events), .. })) = verified {
            for event in events {
                self.record(connection, "event", None, || (variant_name(&event.kind), json!(event)));
            }
        }
    }

    pub(crate) fn requests(&self, connection: &str, requests: &[ProviderRequest], took: Duration) {
        for request in requests {
            self.record(connection, "request", Some(took), || {
                let detail = json!({
                    "idempotency-key": request.idempotency_key,
                    "recipient": request.recipient,
                    "body": read(&request.body),
                });
                (request.operation.clone(), detail)
            });
        }
    }

    pub(crate) fn delivery(
        &self,
        connection: &str,
        request: &ProviderRequest,
        outcome: &DeliveryOutcome,
        took: Duration,
    ) {
        self.record(connection, "delivery", Some(took), || {
            let (title, outcome) = match outcome {
                DeliveryOutcome::Delivered(delivery) => ("delivered", json!(delivery)),
                DeliveryOutcome::Failed(failure) => ("not delivered", json!(failure)),
                DeliveryOutcome::Unknown(why) => ("outcome unknown", json!(why)),
            };
            let detail = json!({
                "operation": request.operation,
                "idempotency-key": request.idempotency_key,
                "outcome": outcome,
            });
            (format!("{title}: {}", request.operation), detail)
        });
    }

    /// Whether a request in doubt had arrived.
    pub(crate) fn lookup(&self, connection: &str, request: &ProviderRequest, found: &LookupOutcome, took: Duration) {
        self.record(connection, "lookup", Some(took), || {
            let (title, outcome) = match found {
                LookupOutcome::Arrived(delivery) => ("had arrived", json!(delivery)),
                LookupOutcome::NotArrived => ("had not arrived", Value::Null),
                LookupOutcome::Unknown => ("nobody can record", Value::Null),
                LookupOutcome::Failed(failure) => ("not answered", json!(failure)),
            };
            let detail = json!({
                "operation": request.operation,
                "idempotency-key": request.idempotency_key,
                "outcome": outcome,
            });
            (format!("{title}: {}", request.operation), detail)
        });
    }

    /// What is true of a conversation, by the contact center.
    pub(crate) fn observation(
        &self,
        connection: &str,
        conversation: &Conversation,
        observed: &Result<Result<Vec<AgentEvent>, Failure>, String>,
        took: Duration,
    ) {
        self.record(connection, "observation", Some(took), || {
            let (title, events) = match observed {
                Ok(Ok(events)) if events.is_empty() => ("nothing".into(), json!([])),
                Ok(Ok(events)) => {
                    (events.iter().map(|event| variant_name(&event.kind)).collect::<Vec<_>>().join(", "), json!(events))
                }
                Ok(Err(failure)) => ("refused".into(), json!(failure)),
                Err(why) => ("not answered".into(), why.as_str().into()),
            };
            (title, json!({ "recipient": conversation.recipient, "conversation": conversation.id, "events": events }))
        });
    }

    /// An event posted to the platform.
    pub(crate) fn callback(&self, connection: &str, event: &PlatformEvent, outcome: &CallbackOutcome, took: Duration) {
        self.record(connection, "callback", Some(took), || {
            let (title, why) = match outcome {
                CallbackOutcome::Accepted => ("accepted", None),
                CallbackOutcome::Retry(_, why) => ("not accepted yet", Some(why)),
                CallbackOutcome::Refused(why) => ("refused", Some(why)),
            };
            (format!("{title}: {}", event.kind), json!({ "event": event, "why": why }))
        });
    }

    fn record(&self, connection: &str, what: &str, took: Option<Duration>, entry: impl FnOnce() -> (String, Value)) {
        if self.0.subscribers.receiver_count() == 0 {
            return;
        }
        let (title, mut detail) = entry();
        redact(&mut detail, &self.0.secrets.read().unwrap_or_else(PoisonError::into_inner));
        let micros = took.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let entry = json!({
            "at": now(), "connection": connection, "what": what, "title": title, "micros": micros, "detail": detail,
        });
        // The last watcher may have gone in between.
        let _ = self.0.subscribers.send(entry.to_string().into());
    }
}

/// Only what is known to hold no secret: a key may be in any header, and in place of a signature that is not right.
fn shown_header((name, value): &(String, Vec<u8>), signed: bool) -> [String; 2] {
    const HARMLESS: [&str; 6] = ["accept", "content-length", "content-type", "date", "host", "user-agent"];
    let harmless = HARMLESS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let signature = signed && name.to_ascii_lowercase().contains("signature");
    let value = if harmless || signature { String::from_utf8_lossy(value).into_owned() } else { "…".into() };
    [name.clone(), value]
}

/// How a secret may stand in what passes: as it is, or in a URL (RFC 3986, section 2.3).
fn forms<'s>(secrets: impl Iterator<Item = &'s str>) -> impl Iterator<Item = String> {
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let long = secrets.filter(|secret| secret.len() >= MIN_SECRET_BYTES);
    long.flat_map(|secret| [secret.to_owned(), utf8_percent_encode(secret, UNRESERVED).to_string()])
}

/// One secret may begin with another.
fn longest_first(secrets: &mut Vec<String>) {
    secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
}

/// A provider may have to put a secret of the settings into what an agent is told, such as a link; nobody else sees it.
fn redact(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => {
            for secret in secrets {
                *text = text.replace(secret, "…");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| redact(value, secrets)),
        Value::Object(values) => values.values_mut().for_each(|value| redact(value, secrets)),
        _ => {}
    }
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

/// The word of the contract for it.
fn variant_name(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(Value::Object(variant)) => variant.keys().next().cloned().unwrap_or_default(),
        Ok(Value::String(variant)) => variant,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_concealed_although_another_begins_it() {
        let mut secrets: Vec<_> = forms(["abcd", "abcd EFGH", "no"].into_iter()).collect();
        longest_first(&mut secrets);
        let mut shown_header = json!({ "a": ["x abcd EFGH y", "abcd%20EFGH"], "b": "abcd, and no more" });
        redact(&mut shown_header, &secrets);
        assert_eq!(shown_header, json!({ "a": ["x … y", "…"], "b": "…, and no more" }));
    }
}
