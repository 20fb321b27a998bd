//! What is posted to make a connection at Genesys.

use serde::Serialize;

/// Body of `POST …/integrations/open` (`OpenIntegrationRequest`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenIntegrationRequest<'a> {
    /// The deployment name.
    pub name: &'a str,
    /// Where webhooks go.
    pub outbound_notification_webhook_url: &'a str,
    /// What they are signed with.
    pub outbound_notification_webhook_signature_secret_token: Token<'a>,
    /// The supported content profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_content: Option<Id<'a>>,
    /// The platform configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_setting: Option<Id<'a>>,
}

/// Body of `PATCH …/integrations/open/{id}` (`OpenIntegrationUpdateRequest`): what changes, and the name, which is
/// required.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenIntegrationUpdateRequest<'a> {
    /// The deployment name.
    pub name: &'a str,
    /// Where webhooks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_notification_webhook_url: Option<&'a str>,
    /// The supported content profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_content: Option<Id<'a>>,
    /// The platform configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_setting: Option<Id<'a>>,
}

/// A secret; prints as nothing.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Token<'a>(pub &'a str);

impl core::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Token")
    }
}

/// A pointer to another entity.
#[derive(Debug, Serialize)]
pub struct Id<'a> {
    /// UUID.
    pub id: &'a str,
}

/// Body of `POST …/messaging/settings`.
#[derive(Debug, Serialize)]
pub struct MessagingSettingRequest<'a> {
    /// Its name.
    pub name: &'a str,
    /// Which events pass.
    pub event: EventSetting,
}

/// Body of `PATCH …/messaging/settings/{id}`: what changes.
#[derive(Debug, Serialize)]
pub struct MessagingSettingPatchRequest {
    /// Which events pass.
    pub event: EventSetting,
}

/// Which events pass.
#[derive(Debug, Serialize)]
pub struct EventSetting {
    /// Typing.
    pub typing: TypingSetting,
}

impl EventSetting {
    /// Typing indicators pass from the customer to the agent and back.
    pub const TYPING_BOTH_WAYS: Self =
        Self { typing: TypingSetting { on: Directions { inbound: "Enabled", outbound: "Enabled" } } };
}

/// Whether typing passes.
#[derive(Debug, Serialize)]
pub struct TypingSetting {
    /// When it begins.
    pub on: Directions,
}

/// Whether something passes, by direction.
#[derive(Debug, Serialize)]
pub struct Directions {
    /// From the customer to the agent.
    pub inbound: &'static str,
    /// From the agent to the customer.
    pub outbound: &'static str,
}

/// Body of `POST /api/v2/routing/queues`.
#[derive(Debug, Serialize)]
pub struct QueueRequest<'a> {
    /// Its name.
    pub name: &'a str,
}

/// Body of `PUT /api/v2/routing/message/recipients/{id}`.
#[derive(Debug, Serialize)]
pub struct RecipientRequest<'a> {
    /// Where its messages go.
    pub flow: Id<'a>,
}
