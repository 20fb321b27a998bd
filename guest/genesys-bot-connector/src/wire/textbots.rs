//! The request that asks a bot without a channel (`POST /api/v2/textbots/bots/execute`).

use serde::Serialize;

/// `PostTextRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostTextRequest<'a> {
    pub(crate) bot_id: &'a str,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bot_alias: Option<&'a str>,
    pub(crate) integration_id: &'a str,
    /// A UUID.
    pub(crate) bot_session_id: &'a str,
    pub(crate) post_text_message: PostTextMessage<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language_code: Option<&'a str>,
    /// More than 10.
    pub(crate) bot_session_timeout_minutes: u32,
    /// `Chat`, `Call` or `Messaging`.
    pub(crate) bot_channels: &'a [&'a str],
    pub(crate) messaging_platform_type: &'a str,
}

/// `PostTextMessage`.
#[derive(Serialize)]
pub(crate) struct PostTextMessage<'a> {
    /// `Text`, `Structured`, `Receipt`, `Event`, `Message` or `Unknown`.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    pub(crate) text: &'a str,
}
