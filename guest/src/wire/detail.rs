//! What Genesys tells of participants, beside the webhook: the detail events (`v2.detail.events.conversation.{id}.*`)
//! in their envelopes.

use super::api::Participant;
use super::lenient::{Id, List, Object, Text, Whole};
use serde::Deserialize;

/// An event of Amazon EventBridge; `detail` is what a notification is on its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BusEvent<'a> {
    /// What Genesys says.
    #[serde(borrow)]
    pub detail: Object<Notification<'a>>,
}

/// One frame of a notification channel (Notifications API).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Notification<'a> {
    /// `v2.detail.events.conversation.{id}.user.end`, `channel.metadata` …
    #[serde(borrow)]
    pub topic_name: Text<'a>,
    /// What happened.
    #[serde(borrow)]
    pub event_body: Object<EventBody<'a>>,
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
    /// The event as a whole.
    #[serde(borrow)]
    pub event_body: Object<EventBody<'a>>,
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
    /// Of a conversation: its id.
    #[serde(borrow)]
    pub id: Id<'a>,
    /// Of a conversation: everybody who was ever in it.
    #[serde(borrow)]
    pub participants: List<Object<Participant<'a>>>,
}
