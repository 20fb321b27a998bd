//! The bodies of webhooks ("Open Messaging API: outbound notifications"). No I/O.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::conversations::{Conversation, Direction, Message, MessageType};
use crate::wire::json::{json_of, set, time_text, typing_event};

/// The outcome that a receipt for an inbound message reports. Unconfirmed: the exact body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InboundOutcome {
    /// The platform accepted it.
    Published,
    /// Its media type is not in the supported content profile.
    MediaTypeNotAllowed,
}

impl InboundOutcome {
    fn status(self) -> &'static str {
        match self {
            Self::Published => "Published",
            Self::MediaTypeNotAllowed => "Failed",
        }
    }

    /// Returns `reasons[]` of a failure.
    pub(crate) fn reasons(self) -> Vec<Value> {
        match self {
            Self::Published => Vec::new(),
            Self::MediaTypeNotAllowed => vec![json!({
                "code": "MediaTypeNotAllowed",
                "message": "The media type is not allowed by the supported content profile.",
            })],
        }
    }
}

/// Returns the body of the webhook for an outbound `message`.
pub(crate) fn notification(conversation: &Conversation, message: &Message) -> Value {
    let integration = &conversation.integration;
    let mut body = json!({
        "id": message.id,
        "channel": {
            "id": integration.id,
            "platform": "Open",
            "type": "Private",
            "messageId": message.id,
            "to": { "id": conversation.customer.id, "idType": conversation.customer.id_type },
            "from": { "nickname": integration.name, "id": integration.id, "idType": "Opaque" },
            "time": time_text(message.time),
        },
        "type": message.kind,
        "direction": Direction::Outbound,
        "conversationId": conversation.id,
    });
    if message.kind == MessageType::Event {
        set(&mut body, "events", json!([typing_event()]));
        return body;
    }
    if let Some(text) = &message.text {
        set(&mut body, "text", json!(text));
    }
    if !message.content.is_empty() {
        set(&mut body, "content", json!(message.content));
    }
    if let Some(originator) = message.originator {
        set(&mut body, "originatingEntity", json_of(&originator));
    }
    body
}

/// Returns the body of the webhook that reports the outcome of an inbound `message`.
pub(crate) fn receipt(
    conversation: &Conversation,
    message: &Message,
    outcome: InboundOutcome,
    now: Timestamp,
) -> Value {
    let mut body = json!({
        "id": message.id,
        "channel": {
            "id": conversation.integration.id,
            "platform": "Open",
            "type": "Private",
            "to": { "id": conversation.integration.id },
            "from": { "id": conversation.customer.id, "idType": conversation.customer.id_type },
            "time": time_text(now),
        },
        "type": "Receipt",
        "status": outcome.status(),
        "isFinalReceipt": true,
        "direction": Direction::Inbound,
        "reasons": outcome.reasons(),
        "conversationId": conversation.id,
    });
    if let (Some(external_id), Some(channel)) = (&message.external_id, body.get_mut("channel")) {
        set(channel, "messageId", json!(external_id));
    }
    body
}
