//! The messages of a conversation and their senders.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Creates a message id: 32 hexadecimal digits, as in real responses.
pub(crate) fn new_message_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The sender of inbound messages, with the data of the latest message (`OpenMessagingFromRecipient`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) id_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
}

impl Customer {
    /// Returns the name that the agent's desktop shows. Unconfirmed: the precedence of the names.
    pub(crate) fn display_name(&self) -> String {
        if let Some(nickname) = &self.nickname {
            return nickname.clone();
        }
        match (&self.first_name, &self.last_name) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => self.id.clone(),
        }
    }
}

/// The direction of a message, with Genesys's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Direction {
    /// From the customer.
    Inbound,
    /// To the customer.
    Outbound,
}

/// The `type` of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum MessageType {
    /// Text, attachments or both.
    Text,
    /// Quick replies, cards, button responses …
    Structured,
    /// Typing.
    Event,
}

/// The originator of an outbound message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Originator {
    /// An agent.
    Human,
    /// A flow, a bot or an automatic response.
    Bot,
}

/// The delivery state of a message. The order of the variants matters, because the state only advances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryState {
    /// Inbound: the agent sees it.
    Received,
    /// Outbound: its webhook has no response yet.
    Queued,
    /// Outbound: the response to its webhook was 2xx.
    Sent,
    /// Outbound: a receipt reported the delivery.
    Delivered,
    /// Outbound: its webhook failed, or a receipt reported a failure. Inbound: its media type was not allowed.
    Failed,
    /// Outbound: the integration has no webhook URL.
    Undeliverable,
}

/// A message or typing event of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The id that Genesys assigned.
    pub(crate) id: String,
    pub(crate) direction: Direction,
    pub(crate) kind: MessageType,
    pub(crate) text: Option<String>,
    /// `content[]` in the wire format.
    pub(crate) content: Vec<Value>,
    /// The id that the customer's platform assigned (`channel.messageId`).
    pub(crate) external_id: Option<String>,
    /// Outbound only.
    pub(crate) originator: Option<Originator>,
    /// Inbound: `channel.time`. Outbound: the time at which it was sent.
    pub(crate) time: Timestamp,
    /// When the sandbox recorded it.
    pub(crate) recorded_at: Timestamp,
    pub(crate) delivery: DeliveryState,
    /// The reasons of a failed delivery: `{code?, message}` in the wire format.
    pub(crate) reasons: Vec<Value>,
}

impl Message {
    /// Creates a message of the customer that has only a text.
    pub(crate) fn inbound(text: String, now: Timestamp) -> Self {
        Self {
            direction: Direction::Inbound,
            text: Some(text),
            originator: None,
            delivery: DeliveryState::Received,
            ..Self::outbound(MessageType::Text, Originator::Human, now)
        }
    }

    /// Creates an empty outbound message with the state [`DeliveryState::Queued`].
    pub(crate) fn outbound(kind: MessageType, originator: Originator, now: Timestamp) -> Self {
        Self {
            id: new_message_id(),
            direction: Direction::Outbound,
            kind,
            text: None,
            content: Vec::new(),
            external_id: None,
            originator: Some(originator),
            time: now,
            recorded_at: now,
            delivery: DeliveryState::Queued,
            reasons: Vec::new(),
        }
    }
}
