//! What passes through the gateway, told live to whoever watches. Nothing is told, and nothing is made, while nobody
//! does.

use crate::mailboxes::now;
use handover_host::contract::{AgentEvent, Authenticity, ProviderRequest, Webhook};
use handover_host::{Believed, CallError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

use crate::mailbox::DeliveryOutcome;
use handover_host::contract::Rejection;

/// Entries that a watcher may be behind.
const BEHIND: usize = 256;

/// What passes through the gateway: people's words, and no secrets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wire(broadcast::Sender<Arc<str>>);

impl Default for Wire {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Wire {
    /// All that passes from now on, each entry as JSON: `at` in milliseconds since 1970, `connection`, `what` it is
    /// (`webhook`, `event`, `request`, `delivery`), a `title`, how many `micros` it took, and its `detail`.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.subscribe()
    }

    pub(crate) fn webhook(
        &self,
        connection: &str,
        webhook: &Webhook,
        judged: &Result<Result<Believed, Rejection>, CallError>,
        took: Duration,
    ) {
        self.tell(connection, "webhook", Some(took), || {
            let verdict = match judged {
                Ok(Ok(believed)) => format!("{:?}", believed.authenticity),
                Ok(Err(rejection)) => format!("{rejection:?}"),
                Err(error) => error.to_string(),
            };
            let signed = matches!(judged, Ok(Ok(Believed { authenticity: Authenticity::Signed(_), .. })));
            let headers: Vec<_> = webhook.headers.iter().map(|header| shown(header, signed)).collect();
            (verdict, json!({ "headers": headers, "body": read(&webhook.body) }))
        });
        if let Ok(Ok(Believed { events: Ok(events), .. })) = judged {
            for event in events {
                self.tell(connection, "event", None, || (kind(event), json!(event)));
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
            let title = match outcome {
                DeliveryOutcome::Delivered(_) => "delivered",
                DeliveryOutcome::Failed(_) => "not delivered",
                DeliveryOutcome::Unknown(_) => "in doubt",
            };
            let detail = json!({
                "operation": request.operation,
                "idempotency-key": request.idempotency_key,
                "outcome": format!("{outcome:?}"),
            });
            (format!("{title}: {}", request.operation), detail)
        });
    }

    fn tell(&self, connection: &str, what: &str, took: Option<Duration>, entry: impl FnOnce() -> (String, Value)) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let (title, detail) = entry();
        let micros = took.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let entry = json!({
            "at": now(), "connection": connection, "what": what, "title": title, "micros": micros, "detail": detail,
        });
        // The last watcher may have gone in between.
        let _ = self.0.send(entry.to_string().into());
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

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

/// The word of the contract for what happened.
fn kind(event: &AgentEvent) -> String {
    match serde_json::to_value(&event.kind) {
        Ok(Value::Object(kind)) => kind.keys().next().cloned().unwrap_or_default(),
        Ok(Value::String(kind)) => kind,
        _ => String::new(),
    }
}
