//! Webhooks: the requests to the customer's platform, and the effect of their outcome on the message.

use axum::http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::RefusedWebhook;
use crate::delivery::delivery_queue::{Outcome, Posting};
use crate::delivery::event_publisher::EventPublisher;
use crate::delivery::retrying_client::Post;
use crate::delivery::signature::{SIGNATURE_HEADER, signature};
use crate::state::conversations::{Conversations, DeliveryState, Ending};
use crate::state::faults::{DeliveryFault, WebhookFault};
use crate::state::integrations::WebhookDestination;
use crate::state::shared::Shared;

/// The `event_type` of receipts.
pub(crate) const RECEIPT: &str = "Receipt";

/// A webhook to send.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) conversation_id: String,
    /// The `id` in the body. It is the id of the message whose delivery state depends on the outcome.
    pub(crate) event_id: String,
    /// The `type` in the body.
    pub(crate) event_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// `None`: the integration has no webhook URL.
    pub(crate) destination: Option<WebhookDestination>,
    pub(crate) fault: Option<WebhookFault>,
}

/// The description of a webhook in the list of attempts.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookSummary {
    conversation_id: String,
    event_id: String,
    #[serde(rename = "type")]
    event_type: &'static str,
}

/// The state that the outcome of a webhook changes.
#[derive(Clone, Debug)]
pub(crate) struct WebhookContext {
    /// The conversations, whose messages have the delivery states.
    pub(crate) conversations: Shared<Conversations>,
    /// Publishes the end of a conversation that a refused webhook ends.
    pub(crate) event_publisher: EventPublisher,
}

impl Posting for Webhook {
    type Context = WebhookContext;
    type Summary = WebhookSummary;

    fn queue(&self) -> String {
        self.conversation_id.clone()
    }

    fn delivery_fault(&self) -> Option<DeliveryFault> {
        match self.fault {
            Some(WebhookFault::Delivery(fault)) => Some(fault),
            _ => None,
        }
    }

    fn post(&self) -> Result<Post, &'static str> {
        let destination = self.destination.as_ref().ok_or("the integration has no webhook URL")?;
        let mut headers = destination.headers.clone();
        let signed = match self.fault {
            Some(WebhookFault::WrongSignature) => signature("not the secret of this integration", &self.body),
            _ => signature(destination.secret.expose(), &self.body),
        };
        if let Ok(value) = HeaderValue::from_str(&signed) {
            headers.insert(HeaderName::from_static(SIGNATURE_HEADER), value);
        }
        let body = match self.fault {
            Some(WebhookFault::Cut) => self.body.get(..self.body.len() / 2).unwrap_or_default().to_vec(),
            _ => self.body.clone(),
        };
        Ok(Post { url: destination.url.clone(), headers, body })
    }

    fn summary(&self) -> WebhookSummary {
        WebhookSummary {
            conversation_id: self.conversation_id.clone(),
            event_id: self.event_id.clone(),
            event_type: self.event_type,
        }
    }

    fn settled(&self, context: &WebhookContext, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted | Outcome::Lost => self.record(context, DeliveryState::Sent, None),
            Outcome::Failed(reason) => self.record(context, DeliveryState::Failed, Some(reason)),
            Outcome::Refused(reason) => {
                self.record(context, DeliveryState::Failed, Some(reason));
                if context.event_publisher.unconfirmed.refused_webhook == RefusedWebhook::EndsConversation {
                    end_by_error(context, &self.conversation_id);
                }
            }
            Outcome::Undeliverable(reason) => self.record(context, DeliveryState::Undeliverable, Some(reason)),
        }
    }
}

impl Webhook {
    /// Records the delivery state of the message. A receipt does not change it, because its message is inbound and has
    /// already arrived.
    fn record(&self, context: &WebhookContext, delivery: DeliveryState, error: Option<&str>) {
        if self.event_type != RECEIPT {
            let reasons: Vec<Value> =
                error.iter().map(|error| json!({ "code": "GeneralError", "message": error })).collect();
            context.conversations.with(|all| all.record_delivery(&self.event_id, delivery, reasons));
        }
    }
}

fn end_by_error(context: &WebhookContext, conversation_id: &str) {
    context.conversations.with(|conversations| {
        if let Some(conversation) = conversations.get_mut(conversation_id) {
            // A conversation that has already ended does not change.
            let _ = conversation.end_because(&Ending::Error, Timestamp::now());
        }
        conversations.publish(|conversation, events| context.event_publisher.publish(conversation, &events));
    });
}
