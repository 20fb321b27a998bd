//! Events of participants, which are not webhooks: the detail events (`v2.detail.events.conversation.{id}.*`)
//! in their envelopes.

use super::api::Participant;
use alloc::{borrow::Cow, string::String};
use handover_guest::lenient::{Id, List, Object, Text, Whole};
use handover_guest::surrogates;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An event of Amazon EventBridge; `detail` is what a notification is on its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BusEvent<'a> {
    /// What Genesys says: a [`Notification`].
    #[serde(borrow)]
    pub detail: Embedded<'a>,
}

/// One frame of a notification channel (Notifications API).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Notification<'a> {
    /// `v2.detail.events.conversation.{id}.user.end`, `channel.metadata` …
    #[serde(borrow)]
    pub topic_name: Text<'a>,
    /// What happened: an [`EventBody`].
    #[serde(borrow)]
    pub event_body: Embedded<'a>,
}

/// The callback of a workflow's data action, which an operator writes: the topic beside the fields of the event, or
/// beside the event as a whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Callback<'a> {
    /// As `topicName`; `conversation.id` where the operator put no id in.
    #[serde(borrow)]
    pub topic: Text<'a>,
    /// The same under its other name.
    #[serde(borrow)]
    pub topic_name: Text<'a>,
    /// The event as a whole: an [`EventBody`].
    #[serde(borrow)]
    pub event_body: Embedded<'a>,
}

/// An object, or a text that holds one: what rules of an event bus and data actions make of it. Anything else is absent.
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
            // In a text inside a text, a half of a surrogate pair shows only now.
            true => surrogates::replace_lone(&serde_json::from_str::<String>(raw).ok()?).into_owned().into(),
            false => Cow::Borrowed(raw),
        };
        json.trim_start().starts_with('{').then_some(json)
    }
}

impl EventBody<'_> {
    /// Whether the event is about a supervisor whom the customer neither sees nor hears.
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

/// What happened (`UserStartEvent`, `UserEndEvent`, `CustomerEndEvent`, `AfterCallWorkEvent` …), or, on the topics of
/// conversations, how a conversation is now.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventBody<'a> {
    /// Milliseconds since 1970, or ISO 8601.
    #[serde(borrow)]
    pub event_time: Text<'a>,
    /// The conversation.
    #[serde(borrow)]
    pub conversation_id: Id<'a>,
    /// Whose stay it is.
    #[serde(borrow)]
    pub participant_id: Id<'a>,
    /// The agent; in the callback that Cognigy documents, the address of the customer.
    #[serde(borrow)]
    pub user_id: Id<'a>,
    /// In capitals: `CLIENT`, `TRANSFER` …
    #[serde(borrow)]
    pub disconnect_type: Text<'a>,
    /// `MESSAGE`.
    #[serde(borrow)]
    pub media_type: Text<'a>,
    /// `OPEN`.
    #[serde(borrow)]
    pub message_type: Text<'a>,
    /// The customer, for the events of users.
    #[serde(borrow)]
    pub address_to: Id<'a>,
    /// How long the agent was really there; 0 for one who never took it.
    pub interacting_duration_ms: Whole,
    /// As of a participant: in no published schema of these events, but operators and conversations' topics may have
    /// it.
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
    /// Of a conversation: its id.
    #[serde(borrow)]
    pub id: Id<'a>,
    /// Of a conversation: everybody who was ever in it.
    #[serde(borrow)]
    pub participants: List<Object<Participant<'a>>>,
}
