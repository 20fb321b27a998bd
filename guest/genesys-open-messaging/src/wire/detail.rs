//! Events of participants, which are not webhooks: the detail events (`v2.detail.events.conversation.{id}.*`) and their
//! envelopes.

use super::api::Participant;
use alloc::{borrow::Cow, string::String};
use handover_guest::lenient::{Id, List, Object, Text, Whole};
use handover_guest::surrogates;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An event of Amazon EventBridge. Its `detail` is the same as a notification.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BusEvent<'a> {
    /// Genesys's event: a [`Notification`].
    #[serde(borrow)]
    pub detail: Embedded<'a>,
}

/// One frame of a notification channel (Notifications API).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Notification<'a> {
    /// The topic, such as `v2.detail.events.conversation.{id}.user.end` or `channel.metadata`.
    #[serde(borrow)]
    pub topic_name: Text<'a>,
    /// The event: an [`EventBody`].
    #[serde(borrow)]
    pub event_body: Embedded<'a>,
}

/// The callback of a workflow's data action, which an operator writes. It contains the topic, and either the fields of
/// the event or the event as an object.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Callback<'a> {
    /// The topic. It contains the words `conversation.id` if the operator did not insert an id.
    #[serde(borrow)]
    pub topic: Text<'a>,
    /// The topic under its other name.
    #[serde(borrow)]
    pub topic_name: Text<'a>,
    /// The event as an object: an [`EventBody`].
    #[serde(borrow)]
    pub event_body: Embedded<'a>,
}

/// An object, or a string that contains one, because rules of an event bus and data actions may produce either. Any
/// other value counts as absent.
#[derive(Debug, Default)]
pub struct Embedded<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Embedded<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'a RawValue>::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}

impl<'a> Embedded<'a> {
    /// The object as JSON, unless absent.
    #[must_use]
    pub fn object(&self) -> Option<Cow<'a, str>> {
        let raw = self.0?.get();
        let json = match raw.starts_with('"') {
            // A lone surrogate inside the embedded JSON becomes visible only after decoding the string.
            true => surrogates::replace_lone(&serde_json::from_str::<String>(raw).ok()?).into_owned().into(),
            false => Cow::Borrowed(raw),
        };
        json.trim_start().starts_with('{').then_some(json)
    }
}

impl EventBody<'_> {
    /// Returns whether the event is about a supervisor who only monitors or coaches, unnoticed by the customer.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        let watched = [&self.monitored_participant_id, &self.coached_participant_id];
        super::api::is_silent(
            &self.media_roles,
            watched.into_iter().find_map(|id| id.get()),
            self.barged_participant_id.get(),
        )
    }
}

/// An event (`UserStartEvent`, `UserEndEvent`, `CustomerEndEvent`, `AfterCallWorkEvent` …) or, for the topics of
/// conversations, the current state of a conversation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventBody<'a> {
    /// The time, in milliseconds since 1970 or in ISO 8601.
    #[serde(borrow)]
    pub event_time: Text<'a>,
    /// The id of the conversation.
    #[serde(borrow)]
    pub conversation_id: Id<'a>,
    /// The id of the participant that the event is about.
    #[serde(borrow)]
    pub participant_id: Id<'a>,
    /// The id of the agent. In the callback that Cognigy documents, the address of the customer.
    #[serde(borrow)]
    pub user_id: Id<'a>,
    /// The type of disconnection, in capitals, such as `CLIENT` or `TRANSFER`.
    #[serde(borrow)]
    pub disconnect_type: Text<'a>,
    /// The type of media: `MESSAGE`.
    #[serde(borrow)]
    pub media_type: Text<'a>,
    /// The type of message: `OPEN`.
    #[serde(borrow)]
    pub message_type: Text<'a>,
    /// The address of the customer, in the events of users.
    #[serde(borrow)]
    pub address_to: Id<'a>,
    /// The time for which the agent interacted, in milliseconds. 0 if the agent never accepted the conversation.
    pub interacting_duration_ms: Whole,
    /// The roles, as in [`Participant`]. No published schema of these events contains them, but an operator's callback
    /// or the topic of a conversation may.
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
    /// The id, if this is the state of a conversation.
    #[serde(borrow)]
    pub id: Id<'a>,
    /// All participants, including those who left, if this is the state of a conversation.
    #[serde(borrow)]
    pub participants: List<Object<Participant<'a>>>,
}
