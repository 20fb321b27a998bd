//! The fields of Genesys's API responses that this provider reads.

use genesys_cloud::wire::Reference;
use handover_guest::json_types;

json_types! {
    /// An Open Messaging integration.
    pub struct OpenIntegration {
        /// The UUID.
        "id" => id: text,
        /// The deployment name.
        "name" => name: text,
        /// The URL to which Genesys sends webhooks.
        "outboundNotificationWebhookUrl" => outbound_notification_webhook_url: text,
        /// The supported content profile.
        "supportedContent" => supported_content: object(Reference),
        /// The platform configuration.
        "messagingSetting" => messaging_setting: object(Reference),
        /// Its address in the message routing.
        "recipient" => recipient: object(Reference),
        /// The progress of its creation: `Initiated`, `Completed` or `Error`.
        "createStatus" => create_status: text,
    }

    /// `OpenMessagingIdentityResolutionConfig`.
    pub struct IdentityResolution {
        /// Whether Genesys looks up the contact records.
        "resolveIdentities" => resolve_identities: boolean,
        /// The division of new contact records.
        "division" => division: object(Reference),
        /// The external source of opaque addresses.
        "externalSource" => external_source: object(Reference),
    }

    /// A queue.
    pub struct Queue {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// The settings of each kind of media.
        "mediaSettings" => media_settings: object(QueueMediaSettings),
    }

    /// The settings of a queue for each kind of media.
    pub struct QueueMediaSettings {
        /// Those for messages.
        "message" => message: object(MessageMediaSettings),
    }

    /// The settings of a queue for messages.
    pub struct MessageMediaSettings {
        /// Whether Genesys acts on inactive conversations.
        "enableInactivityTimeout" => enable_inactivity_timeout: boolean,
        /// When and how it does.
        "inactivityTimeoutSettings" => inactivity_timeout_settings: object(InactivityTimeoutSettings),
    }

    /// What Genesys does with an inactive conversation.
    pub struct InactivityTimeoutSettings {
        /// The time without a message, in seconds.
        "timeoutSeconds" => timeout_seconds: integer,
        /// `DISCONNECT` or `SEND_TO_ARCHITECT_FLOW`.
        "actionType" => action_type: text,
    }

    /// The response of the inbound endpoints.
    pub struct OpenMessageNormalizedMessage {
        /// Genesys's id of the message.
        "id" => id: text,
        /// The id of the conversation. Present only with `prefetchConversationId=true`.
        "conversationId" => conversation_id: text,
    }

    /// The response of `GET /api/v2/conversations/messages/{id}`.
    pub struct Conversation {
        /// All participants, including those who left.
        "participants" => participants: objects(Participant),
    }

    /// A participant of a conversation.
    pub struct Participant {
        /// The UUID.
        "id" => id: text,
        /// The role: `customer`, `external`, `agent`, `user`, `acd`, `workflow` or `bot`.
        "purpose" => purpose: text,
        /// The state, such as `alerting`, `connected`, `disconnected` or `terminated`.
        "state" => state: text,
        /// The type of disconnection, in lower case with dots: `client`, `transfer.noanswer`.
        "disconnectType" => disconnect_type: text,
        /// The name to display.
        "name" => name: text,
        /// The user, if the participant is an agent.
        "user" => user: object(Reference),
        /// The user's id, which notifications contain instead of `user`.
        "userId" => user_id: text,
        /// The queue, if the participant is a queue or an agent.
        "queue" => queue: object(Reference),
        /// The time of the connection, in ISO 8601.
        "connectedTime" => connected_time: text,
        /// The time of the end, in ISO 8601.
        "endTime" => end_time: text,
        /// The roles in the conversation: `full`, `monitor`, `coach` or `barge-in`.
        "mediaRoles" => media_roles: texts,
        /// The participant that this supervisor monitors.
        "monitoredParticipantId" => monitored_participant_id: text,
        /// The participant that this supervisor coaches.
        "coachedParticipantId" => coached_participant_id: text,
        /// The participant that this supervisor joined to talk to the customer.
        "bargedParticipantId" => barged_participant_id: text,
        /// The messages that this participant sent or received.
        "messages" => messages: objects(MessageDetails),
        /// The result of the agent's after-call work.
        "wrapup" => wrapup: object(Wrapup),
    }

    /// The result of an agent's after-call work.
    pub struct Wrapup {
        /// The id of the wrap-up code.
        "code" => code: text,
        /// The name of the wrap-up code.
        "name" => name: text,
        /// The agent's notes.
        "notes" => notes: text,
        /// The agent's tags.
        "tags" => tags: texts,
        /// The duration of the after-call work, in seconds.
        "durationSeconds" => duration_seconds: integer,
        /// Whether the agent may still change it.
        "provisional" => provisional: boolean,
    }
}

impl Participant<'_> {
    /// Returns whether the participant is the customer.
    #[must_use]
    pub fn is_customer(self) -> bool {
        matches!(self.purpose(), Some("customer" | "external"))
    }

    /// Returns whether the participant is an agent. Genesys calls an agent who was not reached through a queue a
    /// `user`.
    #[must_use]
    pub fn is_agent(self) -> bool {
        matches!(self.purpose(), Some("agent" | "user"))
    }

    /// Returns whether the participant is a queue.
    #[must_use]
    pub fn is_queue(self) -> bool {
        self.purpose() == Some("acd")
    }

    /// Returns whether the participant is in the conversation now.
    #[must_use]
    pub fn is_connected(self) -> bool {
        self.state() == Some("connected")
    }

    /// Returns whether the participant was in the conversation and has left it.
    #[must_use]
    pub fn has_left(self) -> bool {
        matches!(self.state(), Some("disconnected" | "terminated"))
    }

    /// Returns whether the participant is a supervisor who only monitors or coaches, unnoticed by the customer.
    #[must_use]
    pub fn is_silent(self) -> bool {
        let watched = self.monitored_participant_id().or(self.coached_participant_id());
        is_silent(self.media_roles(), watched, self.barged_participant_id())
    }
}

/// Returns whether a participant with these roles only monitors or coaches. Without roles, a participant does so if it
/// watches another one and did not barge in.
#[must_use]
pub fn is_silent<'d>(roles: impl Iterator<Item = &'d str>, watched: Option<&str>, barged: Option<&str>) -> bool {
    let mut roles = roles.peekable();
    match roles.peek() {
        Some(_) => roles.all(|role| ["monitor", "coach"].iter().any(|silent| role.eq_ignore_ascii_case(silent))),
        None => watched.is_some() && barged.is_none(),
    }
}

json_types! {
    /// A reference to a message of a participant.
    pub struct MessageDetails {
        /// Genesys's id of the message.
        "messageId" => message_id: text,
        /// The time of the message, in ISO 8601.
        "messageTime" => message_time: text,
    }

    /// A message of a conversation.
    pub struct MessageData {
        /// Genesys's id of the message.
        "id" => id: text,
        /// The platform's id of the message.
        "providerMessageId" => provider_message_id: text,
        /// The time, in ISO 8601.
        "timestamp" => timestamp: text,
        /// The direction: `inbound` for a message of the customer, `outbound` for one of an agent or a flow.
        "direction" => direction: text,
        /// The message in the format that all channels share.
        "normalizedMessage" => normalized_message: object(NormalizedMessage),
        /// The message as an outbound webhook would have it, except for an id or a time that only this object has.
        "normalizedMessage" => outbound_message: object,
    }

    /// `ConversationNormalizedMessage`.
    pub struct NormalizedMessage {
        /// The channel that the message came from.
        "channel" => channel: object(MessageChannel),
    }

    /// `ConversationMessagingChannel`.
    pub struct MessageChannel {
        /// The platform's id of the message.
        "messageId" => message_id: text,
    }

    /// An Architect flow.
    pub struct Flow {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
    }

    /// An address in the message routing.
    pub struct Recipient {
        /// The UUID.
        "id" => id: text,
        /// The name of the integration.
        "name" => name: text,
        /// The flow that receives its messages.
        "flow" => flow: object(Flow),
    }

    /// A supported content profile.
    pub struct ContentProfile {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// The types of files that the profile allows.
        "mediaTypes" => media_types: object(MediaTypes),
    }

    /// The types of files in a content profile.
    pub struct MediaTypes {
        /// The allowed types.
        "allow" => allow: object(AllowedMedia),
    }

    /// The allowed types of files, by direction.
    pub struct AllowedMedia {
        /// From the customer to the agent.
        "inbound" => inbound: objects(MediaType),
        /// From the agent to the customer.
        "outbound" => outbound: objects(MediaType),
    }

    /// A type of file.
    pub struct MediaType {
        /// The MIME type or a range of them: `image/png`, `image/*`, `*/*`.
        "type" => kind: text,
    }

    /// A platform configuration ("messaging setting").
    pub struct MessagingSetting {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// The settings for events.
        "event" => event: object(EventSetting),
    }

    /// The settings for events.
    pub struct EventSetting {
        /// The settings for typing indicators.
        "typing" => typing: object(TypingSetting),
    }

    /// The settings for typing indicators.
    pub struct TypingSetting {
        /// The setting for the start of typing.
        "on" => on: object(Directions),
    }

    /// Whether an event is forwarded, by direction.
    pub struct Directions {
        /// From the customer to the agent: `Enabled` or `Disabled`.
        "inbound" => inbound: text,
        /// From the agent to the customer: `Enabled` or `Disabled`.
        "outbound" => outbound: text,
    }
}
