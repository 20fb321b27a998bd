//! Sending webhooks: one lane for each conversation, in which order is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::sleep;
use url::Url;

use crate::config::{RefusedWebhook, Secret};
use crate::conversations::{Conversations, DeliveryState, Ending};
use crate::faults::WebhookFault;
use crate::lane_tasks::LaneTasks;
use crate::lanes::Place;
use crate::outlets::Outlets;
use crate::post::{NotTaken, Post, Poster};
use crate::ring::Ring;
use crate::shared::Shared;
use crate::signature::{SIGNATURE_HEADER, signature};
use crate::wire::time_text;

/// How many attempts are remembered.
const MAX_ATTEMPTS_REMEMBERED: usize = 2_000;

/// Where the webhooks of an integration go, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) url: Url,
    pub(crate) secret: Secret,
    pub(crate) headers: HeaderMap,
}

/// A webhook to send.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) conversation_id: String,
    /// The `id` of the body; of a message of the conversation, whose delivery state the outcome changes.
    pub(crate) event_id: String,
    /// The `type` of the body.
    pub(crate) event_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// `None`: the integration has no webhook URL.
    pub(crate) destination: Option<Destination>,
    pub(crate) fault: Option<WebhookFault>,
}

/// One attempt to send a webhook, as `GET /sandbox/webhooks` lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    conversation_id: String,
    event_id: String,
    #[serde(rename = "type")]
    event_type: &'static str,
    /// From 1; a second delivery of the fault `double` starts at 1 again. 0: nothing was sent.
    attempt: u32,
    /// What the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// When the attempt was over.
    time: String,
}

/// Sends webhooks in the background.
#[derive(Clone, Debug)]
pub(crate) struct Courier {
    poster: Poster,
    pub(crate) lanes: LaneTasks<Webhook>,
    attempts: Shared<Ring<Attempt>>,
    conversations: Shared<Conversations>,
    outlets: Outlets,
}

impl Courier {
    /// A courier that notes delivery states in `conversations`, and tells `outlets` of those that a refusal ends.
    pub(crate) fn new(poster: Poster, conversations: Shared<Conversations>, outlets: Outlets) -> Self {
        Self {
            poster,
            lanes: LaneTasks::default(),
            attempts: Shared::new(Ring::new(MAX_ATTEMPTS_REMEMBERED)),
            conversations,
            outlets,
        }
    }

    /// Puts `webhook` at the end of its conversation's lane.
    pub(crate) fn send(&self, webhook: Webhook) {
        if webhook.destination.is_none() {
            return self.give_up(&webhook, DeliveryState::Undeliverable, "the integration has no webhook URL");
        }
        if webhook.fault == Some(WebhookFault::Lost) {
            self.note_attempt(&webhook, 0, Err("lost, as ordered".to_owned()));
            return self.note_delivery(&webhook, DeliveryState::Sent, Vec::new());
        }
        let conversation_id = webhook.conversation_id.clone();
        let place = if webhook.fault == Some(WebhookFault::Disordered) { Place::AfterTheNext } else { Place::Last };
        let courier = self.clone();
        let deliver = move |webhook| {
            let courier = courier.clone();
            async move { courier.deliver(webhook).await }
        };
        if let Some(webhook) = self.lanes.put(&conversation_id, webhook, place, deliver) {
            self.give_up(&webhook, DeliveryState::Failed, "too many webhooks wait");
        }
    }

    /// Every attempt that is remembered, the oldest first.
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.attempts.with(|attempts| attempts.iter().cloned().collect())
    }

    async fn deliver(&self, webhook: Webhook) {
        let Some(destination) = &webhook.destination else { return };
        if let Some(WebhookFault::Late(ms)) = webhook.fault {
            sleep(Duration::from_millis(ms)).await;
        }
        let post = post(&webhook, destination);
        let note = |attempt, result| self.note_attempt(&webhook, attempt, result);
        match self.poster.send(&post, note).await {
            Ok(()) => self.note_delivery(&webhook, DeliveryState::Sent, Vec::new()),
            Err(NotTaken { why, refused }) => {
                self.note_failure(&webhook, DeliveryState::Failed, &why);
                if refused && self.outlets.unconfirmed.refused_webhook == RefusedWebhook::EndsConversation {
                    self.end_by_error(&webhook.conversation_id);
                }
                return;
            }
        }
        if webhook.fault == Some(WebhookFault::Double) {
            // It was taken once: what becomes of the repeat changes nothing.
            let _ = self.poster.send(&post, note).await;
        }
    }

    fn end_by_error(&self, conversation_id: &str) {
        self.conversations.with(|conversations| {
            if let Some(conversation) = conversations.get_mut(conversation_id) {
                // One that has ended has nothing to end.
                let _ = conversation.end_because(&Ending::Error, Timestamp::now());
            }
            conversations.tell(|conversation, happenings| self.outlets.tell(conversation, &happenings));
        });
    }

    fn give_up(&self, webhook: &Webhook, delivery: DeliveryState, why: &str) {
        self.note_attempt(webhook, 0, Err(why.to_owned()));
        self.note_failure(webhook, delivery, why);
    }

    fn note_failure(&self, webhook: &Webhook, delivery: DeliveryState, why: &str) {
        self.note_delivery(webhook, delivery, vec![json!({ "code": "GeneralError", "message": why })]);
    }

    /// A receipt is about an inbound message, which has come all the way already.
    fn note_delivery(&self, webhook: &Webhook, delivery: DeliveryState, reasons: Vec<Value>) {
        if webhook.event_type != "Receipt" {
            self.conversations.with(|conversations| conversations.note_delivery(&webhook.event_id, delivery, reasons));
        }
    }

    fn note_attempt(&self, webhook: &Webhook, attempt: u32, result: Result<StatusCode, String>) {
        tracing::debug!(event = webhook.event_id, attempt, ?result, "webhook");
        let (status, error) = match result {
            Ok(status) => (Some(status.as_u16()), None),
            Err(error) => (None, Some(error)),
        };
        let attempt = Attempt {
            conversation_id: webhook.conversation_id.clone(),
            event_id: webhook.event_id.clone(),
            event_type: webhook.event_type,
            attempt,
            status,
            error,
            time: time_text(Timestamp::now()),
        };
        self.attempts.with(|attempts| attempts.push(attempt));
    }
}

/// The webhook as it is sent, whole and signed or as its fault wants it.
fn post(webhook: &Webhook, destination: &Destination) -> Post {
    let mut headers = destination.headers.clone();
    let signed = match webhook.fault {
        Some(WebhookFault::WrongSignature) => signature("not the secret of this integration", &webhook.body),
        _ => signature(destination.secret.expose(), &webhook.body),
    };
    if let Ok(value) = HeaderValue::from_str(&signed) {
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), value);
    }
    let body = match webhook.fault {
        Some(WebhookFault::Cut) => webhook.body.get(..webhook.body.len() / 2).unwrap_or_default().to_vec(),
        _ => webhook.body.clone(),
    };
    Post { url: destination.url.clone(), headers, body }
}

/// `webhookHeaders` as HTTP headers; `None` if one cannot be a header.
pub(crate) fn header_map(headers: &BTreeMap<String, String>) -> Option<HeaderMap> {
    headers
        .iter()
        .map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)))
        .collect()
}
