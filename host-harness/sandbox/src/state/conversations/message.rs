//! The messages of a conversation, and who writes them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A new message id: 32 hexadecimal digits, as in real answers.
pub(crate) fn new_message_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The sender of inbound messages, as the last one described them (`OpenMessagingFromRecipient`).
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
    /// What the agent's desktop shows. Which of several names wins is unconfirmed.
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

/// Seen from the customer: from them or to them. Genesys's names.
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

/// Who wrote an outbound message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Originator {
    /// An agent.
    Human,
    /// A flow, a bot or an automatic answer.
    Bot,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryState {
    /// Inbound: the agent sees it.
    Received,
    /// Outbound: its webhook is not answered yet.
    Queued,
    /// Outbound: its webhook was answered with 2xx.
    Sent,
    /// Outbound: a receipt said so.
    Delivered,
    /// Outbound: its webhook failed, or a receipt said so. Inbound: its media was not allowed.
    Failed,
    /// Outbound: the integration has no webhook URL.
    Undeliverable,
}

/// A message or typing event of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Genesys's id of it.
    pub(crate) id: String,
    pub(crate) direction: Direction,
    pub(crate) kind: MessageType,
    pub(crate) text: Option<String>,
    /// `content[]` as it is on the wire.
    pub(crate) content: Vec<Value>,
    /// The customer's platform's id of it (`channel.messageId`).
    pub(crate) external_id: Option<String>,
    /// Outbound only.
    pub(crate) originator: Option<Originator>,
    /// Inbound: what `channel.time` said. Outbound: when it was written.
    pub(crate) time: Timestamp,
    /// When the sandbox recorded it.
    pub(crate) recorded_at: Timestamp,
    pub(crate) delivery: DeliveryState,
    /// Why the delivery failed: `{code?, message}` as on the wire.
    pub(crate) reasons: Vec<Value>,
}

impl Message {
    /// An empty one to the customer, whose webhook is not answered yet.
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
