//! What passes through the gateway, told live to whoever watches. Nothing is told, and nothing is made, while nobody
//! does.

use crate::mailbox::{CallbackOutcome, DeliveryOutcome, Found};
use crate::mailboxes::now;
use crate::platform_event::PlatformEvent;
use handover_host::contract::{AgentEvent, Authenticity, Conversation, Failure, ProviderRequest, Rejection, Webhook};
use handover_host::{Believed, CallError, Connection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::broadcast;

/// Entries that a watcher may be behind.
const BEHIND: usize = 256;

/// Characters below which a secret is no text to look for: it would be found everywhere.
const SHORTEST: usize = 4;

/// What passes through the gateway: people's words, and no secrets. Cheap to clone.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

struct Inner {
    watchers: broadcast::Sender<Arc<str>>,
    /// In every form, the longest first.
    secrets: RwLock<Vec<String>>,
}

impl Default for Wire {
    fn default() -> Self {
        Self(Arc::new(Inner { watchers: broadcast::Sender::new(BEHIND), secrets: RwLock::default() }))
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("watchers", &self.0.watchers.receiver_count()).finish_non_exhaustive()
    }
}

impl Wire {
    /// All that passes from now on, each entry as JSON: `at` in milliseconds since 1970, `connection`, `what` it is
    /// (`webhook`, `event`, `request`, `delivery`, `lookup`, `observation`, `callback`), a `title`, how many `micros` it
    /// took, and its `detail`.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.watchers.subscribe()
    }

    /// From now on, the secrets of this connection are shown in nothing: a webhook at a path that several share is tried
    /// with each of them.
    pub(crate) fn conceal(&self, connection: &Connection) {
        let mut secrets = self.0.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.extend(forms(connection.secrets().map(|setting| setting.value.as_str())));
        longest_first(&mut secrets);
    }

    pub(crate) fn webhook(
        &self,
        connection: &str,
        webhook: &Webhook,
        judged: &Result<Result<Believed, Rejection>, CallError>,
        took: Duration,
    ) {
        self.tell(connection, "webhook", Some(took), || {
            let (title, verdict) = match judged {
                Ok(Ok(believed)) => (word(&believed.authenticity), json!(believed.authenticity)),
                Ok(Err(rejection)) => (format!("refused: {}", word(rejection)), json!(rejection)),
                Err(error) => ("not judged".into(), error.to_string().into()),
            };
            let signed = matches!(judged, Ok(Ok(Believed { authenticity: Authenticity::Signed(_), .. })));
            let headers: Vec<_> = webhook.headers.iter().map(|header| shown(header, signed)).collect();
            (title, json!({ "verdict": verdict, "headers": headers, "body": read(&webhook.body) }))
        });
        if let Ok(Ok(Believed { events: Ok(events), .. })) = judged {
            for event in events {
                self.tell(connection, "event", None, || (word(&event.kind), json!(event)));
            }
        }
    }

    pub(crate) fn requests(&self, connection: &str, requests: &[ProviderRequest], took: Duration) {
        for request in requests {
            self.tell(connection, "request", Some(took), || {
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
        self.tell(connection, "delivery", Some(took), || {
            let (title, outcome) = match outcome {
                DeliveryOutcome::Delivered(delivery) => ("delivered", json!(delivery)),
                DeliveryOutcome::Failed(failure) => ("not delivered", json!(failure)),
                DeliveryOutcome::Unknown(why) => ("in doubt", json!(why)),
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
    pub(crate) fn lookup(&self, connection: &str, request: &ProviderRequest, found: &Found, took: Duration) {
        self.tell(connection, "lookup", Some(took), || {
            let (title, outcome) = match found {
                Found::Arrived(delivery) => ("had arrived", json!(delivery)),
                Found::Missing => ("had not arrived", Value::Null),
                Found::Unknown => ("nobody can tell", Value::Null),
                Found::Failed(failure) => ("not answered", json!(failure)),
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
        self.tell(connection, "observation", Some(took), || {
            let (title, told) = match observed {
                Ok(Ok(events)) if events.is_empty() => ("nothing".into(), json!([])),
                Ok(Ok(events)) => {
                    (events.iter().map(|event| word(&event.kind)).collect::<Vec<_>>().join(", "), json!(events))
                }
                Ok(Err(failure)) => ("refused".into(), json!(failure)),
                Err(why) => ("not answered".into(), why.as_str().into()),
            };
            (title, json!({ "recipient": conversation.recipient, "conversation": conversation.id, "told": told }))
        });
    }

    /// An event posted to the platform.
    pub(crate) fn callback(&self, connection: &str, event: &PlatformEvent, outcome: &CallbackOutcome, took: Duration) {
        self.tell(connection, "callback", Some(took), || {
            let (title, why) = match outcome {
                CallbackOutcome::Taken => ("taken", None),
                CallbackOutcome::Retry(_, why) => ("not taken yet", Some(why)),
                CallbackOutcome::Never(why) => ("refused", Some(why)),
            };
            (format!("{title}: {}", event.kind), json!({ "event": event, "why": why }))
        });
    }

    fn tell(&self, connection: &str, what: &str, took: Option<Duration>, entry: impl FnOnce() -> (String, Value)) {
        if self.0.watchers.receiver_count() == 0 {
            return;
        }
        let (title, mut detail) = entry();
        conceal(&mut detail, &self.0.secrets.read().unwrap_or_else(PoisonError::into_inner));
        let micros = took.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let entry = json!({
            "at": now(), "connection": connection, "what": what, "title": title, "micros": micros, "detail": detail,
        });
        // The last watcher may have gone in between.
        let _ = self.0.watchers.send(entry.to_string().into());
    }
}

/// Only what is known to hold no secret: a key may be in any header, and in place of a signature that is not right.
fn shown((name, value): &(String, Vec<u8>), signed: bool) -> [String; 2] {
    const HARMLESS: [&str; 6] = ["accept", "content-length", "content-type", "date", "host", "user-agent"];
    let harmless = HARMLESS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let signature = signed && name.to_ascii_lowercase().contains("signature");
    let value = if harmless || signature { String::from_utf8_lossy(value).into_owned() } else { "…".into() };
    [name.clone(), value]
}

/// How a secret may stand in what passes: as it is, or in a URL (RFC 3986, section 2.3).
fn forms<'s>(secrets: impl Iterator<Item = &'s str>) -> impl Iterator<Item = String> {
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let long = secrets.filter(|secret| secret.len() >= SHORTEST);
    long.flat_map(|secret| [secret.to_owned(), utf8_percent_encode(secret, UNRESERVED).to_string()])
}

/// One secret may begin with another.
fn longest_first(secrets: &mut Vec<String>) {
    secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
}

/// A provider may have to put a secret of the settings into what an agent is told, such as a link; nobody else sees it.
fn conceal(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => {
            for secret in secrets {
                *text = text.replace(secret, "…");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| conceal(value, secrets)),
        Value::Object(values) => values.values_mut().for_each(|value| conceal(value, secrets)),
        _ => {}
    }
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

/// The word of the contract for it.
fn word(variant: &impl Serialize) -> String {
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
        let mut shown = json!({ "a": ["x abcd EFGH y", "abcd%20EFGH"], "b": "abcd, and no more" });
        conceal(&mut shown, &secrets);
        assert_eq!(shown, json!({ "a": ["x … y", "…"], "b": "…, and no more" }));
    }
}
