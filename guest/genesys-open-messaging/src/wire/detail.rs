//! Events of participants, which are not webhooks: the detail events (`v2.detail.events.conversation.{id}.*`) and their
//! envelopes.

use super::api::Participant;
use handover_guest::json_types;

json_types! {
    /// An event of Amazon EventBridge. Its `detail` is the same as a notification.
    pub struct BusEvent {
        /// Genesys's event: a [`Notification`].
        "detail" => detail: embedded,
    }

    /// One frame of a notification channel (Notifications API).
    pub struct Notification {
        /// The topic, such as `v2.detail.events.conversation.{id}.user.end` or `channel.metadata`.
        "topicName" => topic_name: text,
        /// The event: an [`EventBody`].
        "eventBody" => event_body: embedded,
    }

    /// The callback of a workflow's data action, which an operator writes. It contains the topic, and either the fields
    /// of the event or the event as an object.
    pub struct Callback {
        /// The topic. It contains the words `conversation.id` if the operator did not insert an id.
        "topic" => topic: text,
        /// The topic under its other name.
        "topicName" => topic_name: text,
        /// The event as an object: an [`EventBody`].
        "eventBody" => event_body: embedded,
    }
}

impl EventBody<'_> {
    /// Returns whether the event is about a supervisor who only monitors or coaches, unnoticed by the customer.
    #[must_use]
    pub fn is_silent(self) -> bool {
        let watched = self.monitored_participant_id().or(self.coached_participant_id());
        super::api::is_silent(self.media_roles(), watched, self.barged_participant_id())
    }
}

json_types! {
    /// An event (`UserStartEvent`, `UserEndEvent`, `CustomerEndEvent`, `AfterCallWorkEvent` …) or, for the topics of
    /// conversations, the current state of a conversation.
    pub struct EventBody {
        /// The time, in milliseconds since 1970 or in ISO 8601.
        "eventTime" => event_time: text,
        /// The id of the conversation.
        "conversationId" => conversation_id: id,
        /// The id of the participant that the event is about.
        "participantId" => participant_id: id,
        /// The id of the agent. In the callback that Cognigy documents, the address of the customer.
        "userId" => user_id: id,
        /// The type of disconnection, in capitals, such as `CLIENT` or `TRANSFER`.
        "disconnectType" => disconnect_type: text,
        /// The type of media: `MESSAGE`.
        "mediaType" => media_type: text,
        /// The type of message: `OPEN`.
        "messageType" => message_type: text,
        /// The address of the customer, in the events of users.
        "addressTo" => address_to: id,
        /// The time for which the agent interacted, in milliseconds. 0 if the agent never accepted the conversation.
        "interactingDurationMs" => interacting_duration_ms: integer,
        /// The id of the wrap-up code that the agent chose.
        "wrapupCode" => wrapup_code: id,
        /// The agent's notes.
        "wrapupNotes" => wrapup_notes: text,
        /// The duration of the after-call work, in milliseconds.
        "wrapupDurationMs" => wrapup_duration_ms: integer,
        /// The roles, as in [`Participant`]. No published schema of these events contains them, but an operator's
        /// callback or the topic of a conversation may.
        "mediaRoles" => media_roles: texts,
        /// The participant that this supervisor monitors.
        "monitoredParticipantId" => monitored_participant_id: text,
        /// The participant that this supervisor coaches.
        "coachedParticipantId" => coached_participant_id: text,
        /// The participant that this supervisor joined to talk to the customer.
        "bargedParticipantId" => barged_participant_id: text,
        /// The id, if this is the state of a conversation.
        "id" => id: id,
        /// All participants, including those who left, if this is the state of a conversation.
        "participants" => participants: objects(Participant),
    }
}
