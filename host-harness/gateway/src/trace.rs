//! The live trace of everything that passes through the gateway. Without subscribers, nothing is recorded.

use crate::clock::now;
use crate::mailbox::{CallbackOutcome, DeliveryOutcome, LookupOutcome};
use crate::platform_event::DeliverableEvent;
use handover_host::Error;
use handover_host::contract::{
    AgentEvent, Authenticity, BotAnswer, BotResponse, Conversation, Failure, ProviderRequest, ReceivedWebhook,
    Rejection, Setting, Unsupported, Webhook,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::broadcast;

/// The number of entries that a subscriber may lag behind.
const MAX_BACKLOG: usize = 256;

/// Shorter secrets are not redacted, because they would occur everywhere.
const MIN_SECRET_BYTES: usize = 4;

/// The trace of everything that passes through the gateway: message texts, but no secrets. Cheap to clone.
#[derive(Clone)]
pub struct Trace(Arc<Inner>);

struct Inner {
    subscribers: broadcast::Sender<Arc<str>>,
    /// All forms of all secrets, the longest first.
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
    /// Subscribes to the trace. Each entry is JSON: `at` in milliseconds since 1970, `connection`, `what` it is
    /// (`webhook`, `event`, `request`, `delivery`, `lookup`, `observation`, `bot-request`, `bot-response`, `callback`), a `title`, the duration in
    /// `micros`, and the `detail`.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.subscribers.subscribe()
    }

    /// Redacts the secrets of a connection in all entries, because a webhook at a shared path is verified with the
    /// secrets of each connection.
    pub(crate) fn redact<'s>(&self, settings: impl Iterator<Item = &'s Setting>) {
        let mut secrets = self.0.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.extend(forms(settings.map(|setting| setting.value.as_str())));
        longest_first(&mut secrets);
    }

    pub(crate) fn webhook(
        &self,
        connection: &str,
        webhook: &Webhook,
        verified: &Result<ReceivedWebhook, Error<Rejection>>,
        took: Duration,
    ) {
        self.record(connection, "webhook", Some(took), || {
            let (title, verdict) = match verified {
                Ok(webhook) => (variant_name(&webhook.authenticity), json!(webhook.authenticity)),
                Err(Error::Provider(rejection)) => (format!("refused: {}", variant_name(rejection)), json!(rejection)),
                Err(Error::Call(error)) => ("not verified".into(), error.to_string().into()),
            };
            let signed = matches!(verified, Ok(ReceivedWebhook { authenticity: Authenticity::Signed(_), .. }));
            let headers: Vec<_> = webhook.headers.iter().map(|header| shown_header(header, signed)).collect();
            (title, json!({ "verdict": verdict, "headers": headers, "body": read(&webhook.body) }))
        });
        if let Ok(ReceivedWebhook { events: Ok(events), .. }) = verified {
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

    /// Records the lookup of a request.
    pub(crate) fn lookup(&self, connection: &str, request: &ProviderRequest, found: &LookupOutcome, took: Duration) {
        self.record(connection, "lookup", Some(took), || {
            let (title, outcome) = match found {
                LookupOutcome::Arrived(delivery) => ("arrived", json!(delivery)),
                LookupOutcome::NotArrived => ("not arrived", Value::Null),
                LookupOutcome::Unknown => ("unknown", Value::Null),
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

    /// Records a poll.
    pub(crate) fn poll(
        &self,
        connection: &str,
        conversation: &Conversation,
        polled: &Result<Vec<AgentEvent>, Error<Failure>>,
        took: Duration,
    ) {
        self.record(connection, "observation", Some(took), || {
            let (title, events) = match polled {
                Ok(events) if events.is_empty() => ("nothing".into(), json!([])),
                Ok(events) => {
                    (events.iter().map(|event| variant_name(&event.kind)).collect::<Vec<_>>().join(", "), json!(events))
                }
                Err(Error::Provider(failure)) => ("refused".into(), json!(failure)),
                Err(Error::Call(error)) => ("not answered".into(), error.to_string().into()),
            };
            (title, json!({ "recipient": conversation.recipient, "conversation": conversation.id, "events": events }))
        });
    }

    /// Records a request of a contact center that asks bots.
    pub(crate) fn bot_request(
        &self,
        connection: &str,
        request: &Webhook,
        verified: &Result<u32, Error<Rejection>>,
        took: Duration,
    ) {
        self.record(connection, "bot-request", Some(took), || {
            let title = match verified {
                Ok(_) => "authentic".into(),
                Err(Error::Provider(rejection)) => format!("refused: {}", variant_name(rejection)),
                Err(Error::Call(error)) => error.to_string(),
            };
            let headers: Vec<_> = request.headers.iter().map(|header| shown_header(header, false)).collect();
            (title, json!({ "path": request.path, "headers": headers, "body": read(&request.body) }))
        });
    }

    /// Records the response to a turn.
    pub(crate) fn bot_response(
        &self,
        connection: &str,
        number: u32,
        answer: &BotAnswer,
        built: &Result<BotResponse, Error<Unsupported>>,
    ) {
        self.record(connection, "bot-response", None, || {
            let (title, body) = match built {
                Ok(response) => (variant_name(&answer.next), read(&response.body)),
                Err(Error::Provider(unsupported)) => (format!("not built: {unsupported:?}"), Value::Null),
                Err(Error::Call(error)) => (format!("not built: {error}"), Value::Null),
            };
            (title, json!({ "turn": number, "answer": answer, "body": body }))
        });
    }

    /// Records a callback attempt.
    pub(crate) fn callback(
        &self,
        connection: &str,
        event: &impl DeliverableEvent,
        outcome: &CallbackOutcome,
        took: Duration,
    ) {
        self.record(connection, "callback", Some(took), || {
            let (title, why) = match outcome {
                CallbackOutcome::Accepted => ("accepted", None),
                CallbackOutcome::Retry(_, why) => ("not accepted yet", Some(why)),
                CallbackOutcome::Refused(why) => ("refused", Some(why)),
            };
            (format!("{title}: {}", event.kind()), json!({ "event": event, "why": why }))
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
        // The last subscriber may be gone.
        let _ = self.0.subscribers.send(entry.to_string().into());
    }
}

/// Returns a header, without its value if that may be a secret: any header may contain a key, and an invalid signature
/// may be a key.
fn shown_header((name, value): &(String, Vec<u8>), signed: bool) -> [String; 2] {
    const HARMLESS: [&str; 6] = ["accept", "content-length", "content-type", "date", "host", "user-agent"];
    let harmless = HARMLESS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let signature = signed && name.to_ascii_lowercase().contains("signature");
    let value = if harmless || signature { String::from_utf8_lossy(value).into_owned() } else { "…".into() };
    [name.clone(), value]
}

/// Returns the forms of secrets in texts: as they are, and percent-encoded (RFC 3986, section 2.3).
fn forms<'s>(secrets: impl Iterator<Item = &'s str>) -> impl Iterator<Item = String> {
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let long = secrets.filter(|secret| secret.len() >= MIN_SECRET_BYTES);
    long.flat_map(|secret| [secret.to_owned(), utf8_percent_encode(secret, UNRESERVED).to_string()])
}

/// Orders secrets so that a secret that starts with another one precedes it.
fn longest_first(secrets: &mut Vec<String>) {
    secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
}

/// Redacts secrets. A provider may have to include one in a text for an agent, such as a link.
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

/// Returns the contract's name of a variant.
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
    fn redacts_a_secret_that_starts_with_another() {
        let mut secrets: Vec<_> = forms(["abcd", "abcd EFGH", "no"].into_iter()).collect();
        longest_first(&mut secrets);
        let mut headers = json!({ "a": ["x abcd EFGH y", "abcd%20EFGH"], "b": "abcd, and the rest" });
        redact(&mut headers, &secrets);
        assert_eq!(headers, json!({ "a": ["x … y", "…"], "b": "…, and the rest" }));
    }
}
