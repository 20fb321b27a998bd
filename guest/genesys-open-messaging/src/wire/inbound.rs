//! What is posted to Genesys's inbound open endpoints (Conversations API, `OpenInboundNormalized…`).

use alloc::{borrow::Cow, collections::BTreeMap, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Body of `…/inbound/open/message`.
#[derive(Debug, Serialize)]
pub struct OpenInboundNormalizedMessage<'a> {
    /// Who speaks, and when.
    pub channel: Channel<'a>,
    /// The words; one of these and `content` there is.
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

/// A file, by its address.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment<'a> {
    /// `Image`, `Video`, `Audio`, `File`, `Link`.
    pub media_type: &'static str,
    /// Where Genesys fetches it.
    pub url: String,
    /// MIME type.
    pub mime: &'a str,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<&'a str>,
    /// In hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<&'a str>,
}

/// Body of `…/inbound/open/structured/response`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInboundStructuredResponseMessage<'a> {
    /// Who presses, and when.
    pub channel: Channel<'a>,
    /// What was pressed.
    pub button_response: ButtonResponse<'a>,
    /// Genesys's id of the message that held it.
    pub originating_message_id: Cow<'a, str>,
}

/// What was pressed.
#[derive(Debug, Serialize, Deserialize)]
pub struct ButtonResponse<'a> {
    /// `QuickReply`, `Button`, `DatePicker`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// What was on it.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// What it stands for.
    #[serde(borrow)]
    pub payload: Cow<'a, str>,
}

/// Body of `…/inbound/open/receipt`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInboundNormalizedReceipt<'a> {
    /// Genesys's id of the agent's message.
    pub id: &'a str,
    /// Whom it was for.
    pub channel: ReceiptChannel<'a>,
    /// `Delivered` or `Failed`; the schema has more, but Genesys accepts no others.
    pub status: &'static str,
    /// Only of a failure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// No more will follow.
    pub is_final_receipt: bool,
}

/// Whom a message was for, and when it got there.
#[derive(Debug, Serialize)]
pub struct ReceiptChannel<'a> {
    /// The user.
    pub to: To<'a>,
    /// `yyyy-MM-ddTHH:mm:ss.SSSZ`.
    pub time: String,
}

/// The user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct To<'a> {
    /// The thread key.
    pub id: &'a str,
    /// `Email`, `Phone` or `Opaque`.
    pub id_type: &'static str,
}

/// Why a message was not shown.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// One of the receipt reason codes.
    pub code: &'static str,
    /// For the agent.
    pub message: &'static str,
}

/// Body of `…/inbound/open/event`.
#[derive(Debug, Serialize)]
pub struct OpenInboundNormalizedEvent<'a> {
    /// Who does it, and when.
    pub channel: Channel<'a>,
    /// Exactly one.
    pub events: [Event; 1],
}

/// Who speaks, and when.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel<'a> {
    /// The user.
    pub from: From<'a>,
    /// `yyyy-MM-ddTHH:mm:ss.SSSZ`.
    pub time: String,
    /// Unique; absent for events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<&'a str>,
    /// On the first message of a handover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ChannelMetadata>,
}

/// The user. Only `id` and `id_type` are required.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct From<'a> {
    /// The thread key.
    pub id: &'a str,
    /// `Email`, `Phone` or `Opaque`.
    pub id_type: &'static str,
    /// What the agent's desktop shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<&'a str>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// Address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Becomes participant data in Architect. Not in the published schema, though every vendor documents it; at the top
/// level of the message it is refused.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelMetadata {
    /// Values are always strings.
    pub custom_attributes: BTreeMap<String, String>,
}

/// Something that is not said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `Typing` is the only one.
    pub event_type: &'static str,
}

/// Body of `…/messages/agentless`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agentless<'a> {
    /// The integration's id.
    pub from_address: &'a str,
    /// The thread key.
    pub to_address: &'a str,
    /// `open`.
    pub to_address_messenger_type: &'static str,
    /// The words.
    pub text_body: &'a str,
    /// Join a conversation that is there.
    pub use_existing_active_conversation: bool,
}
