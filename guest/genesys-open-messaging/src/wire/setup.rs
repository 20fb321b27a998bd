//! The bodies of requests that set up a connection at Genesys.

use serde::Serialize;

/// The body of `POST …/integrations/open` (`OpenIntegrationRequest`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenIntegrationRequest<'a> {
    /// The deployment name.
    pub name: &'a str,
    /// The URL to which Genesys sends webhooks.
    pub outbound_notification_webhook_url: &'a str,
    /// The secret with which Genesys signs webhooks.
    pub outbound_notification_webhook_signature_secret_token: Token<'a>,
    /// The supported content profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_content: Option<Id<'a>>,
    /// The platform configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_setting: Option<Id<'a>>,
}

/// The body of `PATCH …/integrations/open/{id}` (`OpenIntegrationUpdateRequest`): the changes, and the name, which is
/// required.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenIntegrationUpdateRequest<'a> {
    /// The deployment name.
    pub name: &'a str,
    /// The URL to which Genesys sends webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_notification_webhook_url: Option<&'a str>,
    /// The supported content profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_content: Option<Id<'a>>,
    /// The platform configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_setting: Option<Id<'a>>,
}

/// A secret. `Debug` hides it.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Token<'a>(pub &'a str);

impl core::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Token")
    }
}

/// A reference to another object.
#[derive(Debug, Serialize)]
pub struct Id<'a> {
    /// The UUID.
    pub id: &'a str,
}

/// The body of `PUT /api/v2/conversations/messaging/identityresolution/integrations/open/{id}`
/// (`OpenMessagingIdentityResolutionConfig`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityResolutionConfig<'a> {
    /// Whether Genesys looks up the contact records.
    pub resolve_identities: bool,
    /// The division of new contact records, as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<Id<'a>>,
    /// The external source of opaque addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_source: Option<Id<'a>>,
}

/// The body of `POST …/messaging/settings`.
#[derive(Debug, Serialize)]
pub struct MessagingSettingRequest<'a> {
    /// The name.
    pub name: &'a str,
    /// The settings for events.
    pub event: EventSetting,
}

/// The body of `PATCH …/messaging/settings/{id}`: the changes.
#[derive(Debug, Serialize)]
pub struct MessagingSettingPatchRequest {
    /// The settings for events.
    pub event: EventSetting,
}

/// The settings for events.
#[derive(Debug, Serialize)]
pub struct EventSetting {
    /// The settings for typing indicators.
    pub typing: TypingSetting,
}

impl EventSetting {
    /// Forwards typing indicators in both directions.
    pub const TYPING_BOTH_WAYS: Self =
        Self { typing: TypingSetting { on: Directions { inbound: "Enabled", outbound: "Enabled" } } };
}

/// The settings for typing indicators.
#[derive(Debug, Serialize)]
pub struct TypingSetting {
    /// The setting for the start of typing.
    pub on: Directions,
}

/// Whether an event is forwarded, by direction: `Enabled` or `Disabled`.
#[derive(Debug, Serialize)]
pub struct Directions {
    /// From the customer to the agent.
    pub inbound: &'static str,
    /// From the agent to the customer.
    pub outbound: &'static str,
}

/// The body of `POST /api/v2/routing/queues`.
#[derive(Debug, Serialize)]
pub struct QueueRequest<'a> {
    /// The name.
    pub name: &'a str,
}

/// The body of `PUT /api/v2/routing/message/recipients/{id}`.
#[derive(Debug, Serialize)]
pub struct RecipientRequest<'a> {
    /// The flow that receives its messages.
    pub flow: Id<'a>,
}
