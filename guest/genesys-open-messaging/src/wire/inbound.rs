//! The bodies of requests to Genesys's inbound open endpoints (Conversations API, `OpenInboundNormalized…`).

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::Serialize;

/// The body of `…/inbound/open/message`.
#[derive(Debug, Serialize)]
pub struct OpenInboundNormalizedMessage<'a> {
    /// The sender and the time.
    pub channel: Channel<'a>,
    /// The text. A message has a text, `content`, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// The other parts. Genesys accepts one attachment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Content<'a>>,
}

/// A part of a message.
#[derive(Debug, Serialize)]
pub struct Content<'a> {
    /// The only part that Genesys accepts.
    pub attachment: Attachment<'a>,
}

/// A file, identified by its URL.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment<'a> {
    /// The kind: `Image`, `Video`, `Audio`, `File` or `Link`.
    pub media_type: &'static str,
    /// The URL from which Genesys fetches the file.
    pub url: String,
    /// The MIME type.
    pub mime: &'a str,
    /// The file name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<&'a str>,
    /// The SHA-256 digest, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<&'a str>,
}

/// The body of `…/inbound/open/structured/response`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInboundStructuredResponseMessage<'a> {
    /// The sender and the time.
    pub channel: Channel<'a>,
    /// The button that the user pressed.
    pub button_response: ButtonResponse<'a>,
    /// Genesys's id of the message that contained the button.
    pub originating_message_id: &'a str,
}

/// The button that the user pressed.
#[derive(Debug, Serialize)]
pub struct ButtonResponse<'a> {
    /// The kind: `QuickReply`, `Button` or `DatePicker`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The label.
    pub text: &'a str,
    /// The payload.
    pub payload: &'a str,
}

/// The body of `…/inbound/open/receipt`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInboundNormalizedReceipt<'a> {
    /// Genesys's id of the agent's message.
    pub id: &'a str,
    /// The recipient and the time.
    pub channel: ReceiptChannel<'a>,
    /// `Delivered` or `Failed`. The schema has other values, but Genesys does not accept them.
    pub status: &'static str,
    /// The reasons. Empty unless the status is `Failed`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Whether this is the last receipt for the message.
    pub is_final_receipt: bool,
}

/// The recipient of a message, and the time of the receipt.
#[derive(Debug, Serialize)]
pub struct ReceiptChannel<'a> {
    /// The user.
    pub to: To<'a>,
    /// The time, as `yyyy-MM-ddTHH:mm:ss.SSSZ`.
    pub time: String,
}

/// The user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct To<'a> {
    /// The user's address.
    pub id: &'a str,
    /// The type of the address: `Email`, `Phone` or `Opaque`.
    pub id_type: &'static str,
}

/// Why a message was not displayed.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// One of Genesys's receipt reason codes.
    pub code: &'static str,
    /// A text for the agent.
    pub message: &'static str,
}

/// The body of `…/inbound/open/event`.
#[derive(Debug, Serialize)]
pub struct OpenInboundNormalizedEvent<'a> {
    /// The sender and the time.
    pub channel: Channel<'a>,
    /// The events: exactly one.
    pub events: [Event; 1],
}

/// The sender and the time of a message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel<'a> {
    /// The user.
    pub from: From<'a>,
    /// The time, as `yyyy-MM-ddTHH:mm:ss.SSSZ`.
    pub time: String,
    /// The platform's id of the message, which is unique. Absent for events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<&'a str>,
    /// The metadata. Only the first message of a handover has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ChannelMetadata>,
}

/// The user. Only `id` and `id_type` are required.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct From<'a> {
    /// The user's address.
    pub id: &'a str,
    /// The type of the address: `Email`, `Phone` or `Opaque`.
    pub id_type: &'static str,
    /// The name that the agent's desktop displays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    /// The family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<&'a str>,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// The URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Metadata that becomes participant data in Architect. The published schema does not contain it, but every vendor
/// documents it. Genesys refuses it at the top level of the message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelMetadata {
    /// The attributes. Values are always strings.
    pub custom_attributes: BTreeMap<String, String>,
}

/// An event other than a message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The type, which is always `Typing`.
    pub event_type: &'static str,
}

/// The body of `…/messages/agentless`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agentless<'a> {
    /// The integration's id.
    pub from_address: &'a str,
    /// The user's address.
    pub to_address: &'a str,
    /// The type of messenger: `open`.
    pub to_address_messenger_type: &'static str,
    /// The text.
    pub text_body: &'a str,
    /// Whether the message joins an active conversation.
    pub use_existing_active_conversation: bool,
}
