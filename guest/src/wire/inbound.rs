//! What is posted to Genesys's inbound open endpoints (Conversations API, `OpenInboundNormalizedMessage` and
//! `OpenInboundNormalizedEvent`).

use alloc::{collections::BTreeMap, string::String};
use serde::Serialize;

/// Body of `…/inbound/open/message`.
#[derive(Debug, Serialize)]
pub struct OpenInboundNormalizedMessage<'a> {
    /// Who speaks, and when.
    pub channel: Channel<'a>,
    /// The words.
    pub text: &'a str,
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
    pub metadata: Option<ChannelMetadata<'a>>,
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
    pub image: Option<&'a str>,
}

/// Becomes participant data in Architect. Not in the published schema, though every vendor documents it; at the top
/// level of the message it is refused.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelMetadata<'a> {
    /// Values are always strings.
    pub custom_attributes: BTreeMap<&'a str, &'a str>,
}

/// Something that is not said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `Typing` is the only one.
    pub event_type: &'static str,
}
