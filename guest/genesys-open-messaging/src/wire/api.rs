//! The fields of Genesys's API responses that this provider reads.

use handover_guest::lenient::{List, Object, Text, Whole};
use serde::Deserialize;

/// The response of `POST /oauth/token`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Token<'a> {
    /// The access token, which is opaque.
    #[serde(borrow)]
    pub access_token: Text<'a>,
    /// The validity in seconds.
    pub expires_in: Whole,
}

/// The body of an OAuth failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OAuthError<'a> {
    /// The cause, such as `authentication failed` or `client not found`.
    #[serde(borrow)]
    pub description: Text<'a>,
}

/// The body of a failure of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// The code, with dots: `bad.request`.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// A message that may repeat the content of the request.
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// One page of a listing.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    /// The objects on the page.
    pub entities: List<Object<T>>,
    /// The number of pages.
    pub page_count: Whole,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { entities: List::default(), page_count: Whole::default() }
    }
}

/// An Open Messaging integration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenIntegration<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The deployment name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The URL to which Genesys sends webhooks.
    #[serde(borrow)]
    pub outbound_notification_webhook_url: Text<'a>,
    /// The supported content profile.
    #[serde(borrow)]
    pub supported_content: Object<Reference<'a>>,
    /// The platform configuration.
    #[serde(borrow)]
    pub messaging_setting: Object<Reference<'a>>,
    /// Its address in the message routing.
    #[serde(borrow)]
    pub recipient: Object<Reference<'a>>,
    /// The progress of its creation: `Initiated`, `Completed` or `Error`.
    #[serde(borrow)]
    pub create_status: Text<'a>,
}

/// A queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Queue<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// The response of the inbound endpoints.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenMessageNormalizedMessage<'a> {
    /// Genesys's id of the message.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The id of the conversation. Present only with `prefetchConversationId=true`.
    #[serde(borrow)]
    pub conversation_id: Text<'a>,
}

/// The response of `GET /api/v2/conversations/messages/{id}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conversation<'a> {
    /// All participants, including those who left.
    #[serde(borrow)]
    pub participants: List<Object<Participant<'a>>>,
}

/// A participant of a conversation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Participant<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The role: `customer`, `external`, `agent`, `user`, `acd`, `workflow` or `bot`.
    #[serde(borrow)]
    pub purpose: Text<'a>,
    /// The state, such as `alerting`, `connected`, `disconnected` or `terminated`.
    #[serde(borrow)]
    pub state: Text<'a>,
    /// The type of disconnection, in lower case with dots: `client`, `transfer.noanswer`.
    #[serde(borrow)]
    pub disconnect_type: Text<'a>,
    /// The name to display.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The user, if the participant is an agent.
    #[serde(borrow)]
    pub user: Object<Reference<'a>>,
    /// The user's id, which notifications contain instead of `user`.
    #[serde(borrow)]
    pub user_id: Text<'a>,
    /// The time of the connection, in ISO 8601.
    #[serde(borrow)]
    pub connected_time: Text<'a>,
    /// The time of the end, in ISO 8601.
    #[serde(borrow)]
    pub end_time: Text<'a>,
    /// The roles in the conversation: `full`, `monitor`, `coach` or `barge-in`.
    #[serde(borrow)]
    pub media_roles: List<Text<'a>>,
    /// The participant that this supervisor monitors.
    #[serde(borrow)]
    pub monitored_participant_id: Text<'a>,
    /// The participant that this supervisor coaches.
    #[serde(borrow)]
    pub coached_participant_id: Text<'a>,
    /// The participant that this supervisor joined to talk to the customer.
    #[serde(borrow)]
    pub barged_participant_id: Text<'a>,
    /// The messages that this participant sent or received.
    #[serde(borrow)]
    pub messages: List<Object<MessageDetails<'a>>>,
}

impl Participant<'_> {
    /// Returns whether the participant is the customer.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        matches!(self.purpose.get(), Some("customer" | "external"))
    }

    /// Returns whether the participant is an agent. Genesys calls an agent who was not reached through a queue a
    /// `user`.
    #[must_use]
    pub fn is_agent(&self) -> bool {
        matches!(self.purpose.get(), Some("agent" | "user"))
    }

    /// Returns whether the participant is in the conversation now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state.get() == Some("connected")
    }

    /// Returns whether the participant was in the conversation and has left it.
    #[must_use]
    pub fn has_left(&self) -> bool {
        matches!(self.state.get(), Some("disconnected" | "terminated"))
    }

    /// Returns whether the participant is a supervisor who only monitors or coaches, unnoticed by the customer.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        is_silent(
            &self.media_roles,
            [&self.monitored_participant_id, &self.coached_participant_id].into_iter().find_map(|id| id.get()),
            self.barged_participant_id.get(),
        )
    }
}

/// Returns whether a participant with these roles only monitors or coaches. Without roles, a participant does so if it
/// watches another one and did not barge in.
#[must_use]
pub fn is_silent(roles: &List<Text<'_>>, watched: Option<&str>, barged: Option<&str>) -> bool {
    let mut roles = roles.texts().peekable();
    match roles.peek() {
        Some(_) => roles.all(|role| ["monitor", "coach"].iter().any(|silent| role.eq_ignore_ascii_case(silent))),
        None => watched.is_some() && barged.is_none(),
    }
}

/// A reference to a message of a participant.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageDetails<'a> {
    /// Genesys's id of the message.
    #[serde(borrow)]
    pub message_id: Text<'a>,
    /// The time of the message, in ISO 8601.
    #[serde(borrow)]
    pub message_time: Text<'a>,
}

/// A message of a conversation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageData<'a> {
    /// Genesys's id of the message.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The platform's id of the message.
    #[serde(borrow)]
    pub provider_message_id: Text<'a>,
    /// The message in the format that all channels share.
    #[serde(borrow)]
    pub normalized_message: Object<NormalizedMessage<'a>>,
}

/// `ConversationNormalizedMessage`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NormalizedMessage<'a> {
    /// The channel that the message came from.
    #[serde(borrow)]
    pub channel: Object<MessageChannel<'a>>,
}

/// `ConversationMessagingChannel`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageChannel<'a> {
    /// The platform's id of the message.
    #[serde(borrow)]
    pub message_id: Text<'a>,
}

/// A reference to another object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reference<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
}

/// An Architect flow.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Flow<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// An address in the message routing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Recipient<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The name of the integration.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The flow that receives its messages.
    #[serde(borrow)]
    pub flow: Object<Flow<'a>>,
}

/// A supported content profile.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContentProfile<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The types of files that the profile allows.
    #[serde(borrow)]
    pub media_types: Object<MediaTypes<'a>>,
}

/// The types of files in a content profile.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MediaTypes<'a> {
    /// The allowed types.
    #[serde(borrow)]
    pub allow: Object<AllowedMedia<'a>>,
}

/// The allowed types of files, by direction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllowedMedia<'a> {
    /// From the customer to the agent.
    #[serde(borrow)]
    pub inbound: List<Object<MediaType<'a>>>,
    /// From the agent to the customer.
    #[serde(borrow)]
    pub outbound: List<Object<MediaType<'a>>>,
}

/// A type of file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MediaType<'a> {
    /// The MIME type or a range of them: `image/png`, `image/*`, `*/*`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
}

/// A platform configuration ("messaging setting").
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessagingSetting<'a> {
    /// The UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The settings for events.
    #[serde(borrow)]
    pub event: Object<EventSetting<'a>>,
}

/// The settings for events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventSetting<'a> {
    /// The settings for typing indicators.
    #[serde(borrow)]
    pub typing: Object<TypingSetting<'a>>,
}

/// The settings for typing indicators.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypingSetting<'a> {
    /// The setting for the start of typing.
    #[serde(borrow)]
    pub on: Object<Directions<'a>>,
}

/// Whether an event is forwarded, by direction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Directions<'a> {
    /// From the customer to the agent: `Enabled` or `Disabled`.
    #[serde(borrow)]
    pub inbound: Text<'a>,
    /// From the agent to the customer: `Enabled` or `Disabled`.
    #[serde(borrow)]
    pub outbound: Text<'a>,
}
