//! The events of a conversation. Detail events and notifications are created from them.

use jiff::Timestamp;

use crate::state::conversations::participant::Participant;

/// An event of a participant.
#[derive(Clone, Debug)]
pub(crate) struct ConversationEvent {
    pub(crate) kind: EventKind,
    pub(crate) at: Timestamp,
    /// The participant immediately after the event.
    pub(crate) participant: Participant,
}

/// The kind of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// The customer joined or rejoined, and the inbound message flow started.
    CustomerConnected,
    /// The conversation entered a queue.
    QueueEntered,
    /// The conversation left the queue.
    QueueLeft(AcdOutcome),
    /// The conversation was offered to an agent.
    AgentAlerted,
    /// An agent accepted or joined it.
    AgentConnected,
    /// An agent left it or did not accept it.
    AgentLeft,
    /// A supervisor joined or changed the role.
    Supervised,
    /// An agent completed the after-call work.
    WrappedUp,
    /// The customer left, which ends the conversation.
    CustomerLeft,
}

/// The outcome of waiting in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AcdOutcome {
    /// This user accepted the conversation.
    Answered(String),
    /// The customer left.
    Abandon,
    /// It was transferred while it waited.
    FlowOut,
    /// Genesys Cloud ended it.
    Unknown,
}
