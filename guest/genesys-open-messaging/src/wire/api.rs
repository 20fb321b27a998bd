//! Responses of Genesys's API, as far as they are read.

use handover_guest::lenient::{List, Object, Text, Whole};
use serde::Deserialize;

/// `POST /oauth/token`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Token<'a> {
    /// Opaque.
    #[serde(borrow)]
    pub access_token: Text<'a>,
    /// Seconds.
    pub expires_in: Whole,
}

/// The body of an OAuth failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OAuthError<'a> {
    /// `authentication failed`, `client not found` …
    #[serde(borrow)]
    pub description: Text<'a>,
}

/// The body of a failure of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// Dotted: `bad.request`.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// A text that may repeat what was sent.
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
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The deployment name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Where webhooks go.
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
    /// `Initiated`, `Completed` or `Error`.
    #[serde(borrow)]
    pub create_status: Text<'a>,
}

/// A queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Queue<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// The answer of the inbound endpoints.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenMessageNormalizedMessage<'a> {
    /// Genesys's id of the message.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Only with `prefetchConversationId=true`.
    #[serde(borrow)]
    pub conversation_id: Text<'a>,
}

/// `GET /api/v2/conversations/messages/{id}`.
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
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// `customer`, `external`, `agent`, `user`, `acd`, `workflow`, `bot`.
    #[serde(borrow)]
    pub purpose: Text<'a>,
    /// `alerting`, `connected`, `disconnected`, `terminated` …
    #[serde(borrow)]
    pub state: Text<'a>,
    /// Lower case with dots: `client`, `transfer.noanswer`.
    #[serde(borrow)]
    pub disconnect_type: Text<'a>,
    /// The name to show.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Of an agent.
    #[serde(borrow)]
    pub user: Object<Reference<'a>>,
    /// The same in notifications.
    #[serde(borrow)]
    pub user_id: Text<'a>,
    /// ISO 8601.
    #[serde(borrow)]
    pub connected_time: Text<'a>,
    /// ISO 8601.
    #[serde(borrow)]
    pub end_time: Text<'a>,
    /// What the participant does in the conversation: `full`, `monitor`, `coach`, `barge-in`.
    #[serde(borrow)]
    pub media_roles: List<Text<'a>>,
    /// Of a supervisor: whom they monitor.
    #[serde(borrow)]
    pub monitored_participant_id: Text<'a>,
    /// Of a supervisor: whom they coach.
    #[serde(borrow)]
    pub coached_participant_id: Text<'a>,
    /// Of a supervisor who speaks with the customer: whom they joined.
    #[serde(borrow)]
    pub barged_participant_id: Text<'a>,
    /// What this participant sent, or was sent.
    #[serde(borrow)]
    pub messages: List<Object<MessageDetails<'a>>>,
}

impl Participant<'_> {
    /// Returns whether this is the customer.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        matches!(self.purpose.get(), Some("customer" | "external"))
    }

    /// Returns whether this is an agent. Genesys calls an agent who was not reached through a queue a user.
    #[must_use]
    pub fn is_agent(&self) -> bool {
        matches!(self.purpose.get(), Some("agent" | "user"))
    }

    /// Returns whether the participant is in the conversation now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state.get() == Some("connected")
    }

    /// Returns whether the participant was in the conversation and is not any more.
    #[must_use]
    pub fn has_left(&self) -> bool {
        matches!(self.state.get(), Some("disconnected" | "terminated"))
    }

    /// Returns whether this is a supervisor whom the customer neither sees nor hears.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        is_silent(
            &self.media_roles,
            [&self.monitored_participant_id, &self.coached_participant_id].into_iter().find_map(|id| id.get()),
            self.barged_participant_id.get(),
        )
    }
}

/// Returns whether a participant with these roles only monitors or coaches. Without roles, the watched participant decides.
#[must_use]
pub fn is_silent(roles: &List<Text<'_>>, watched: Option<&str>, barged: Option<&str>) -> bool {
    let mut roles = roles.texts().peekable();
    match roles.peek() {
        Some(_) => roles.all(|role| ["monitor", "coach"].iter().any(|silent| role.eq_ignore_ascii_case(silent))),
        None => watched.is_some() && barged.is_none(),
    }
}

/// A message of a participant's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageDetails<'a> {
    /// Genesys's id of the message.
    #[serde(borrow)]
    pub message_id: Text<'a>,
    /// ISO 8601.
    #[serde(borrow)]
    pub message_time: Text<'a>,
}

/// A message itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageData<'a> {
    /// Genesys's id of it.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The platform's id of it.
    #[serde(borrow)]
    pub provider_message_id: Text<'a>,
    /// The same in the form of all channels.
    #[serde(borrow)]
    pub normalized_message: Object<NormalizedMessage<'a>>,
}

/// `ConversationNormalizedMessage`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NormalizedMessage<'a> {
    /// Where it came from.
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

/// A pointer to another entity.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reference<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
}

/// An Architect flow.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Flow<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// An address in the message routing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Recipient<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The integration's.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Where its messages go.
    #[serde(borrow)]
    pub flow: Object<Flow<'a>>,
}

/// A supported content profile.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContentProfile<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Which files may pass.
    #[serde(borrow)]
    pub media_types: Object<MediaTypes<'a>>,
}

/// Which files may pass.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MediaTypes<'a> {
    /// Which may.
    #[serde(borrow)]
    pub allow: Object<AllowedMedia<'a>>,
}

/// Which files may pass, by direction.
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

/// A kind of file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MediaType<'a> {
    /// `image/png`, `image/*`, `*/*`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
}

/// A platform configuration ("messaging setting").
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessagingSetting<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Which events pass.
    #[serde(borrow)]
    pub event: Object<EventSetting<'a>>,
}

/// Which events pass.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventSetting<'a> {
    /// Typing.
    #[serde(borrow)]
    pub typing: Object<TypingSetting<'a>>,
}

/// Whether typing passes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypingSetting<'a> {
    /// When it begins.
    #[serde(borrow)]
    pub on: Object<Directions<'a>>,
}

/// Whether something passes, by direction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Directions<'a> {
    /// From the customer to the agent: `Enabled` or `Disabled`.
    #[serde(borrow)]
    pub inbound: Text<'a>,
    /// From the agent to the customer.
    #[serde(borrow)]
    pub outbound: Text<'a>,
}
