//! The events of a conversation. Detail events and notifications are made of them.

use jiff::Timestamp;

use crate::state::conversations::participant::Participant;

/// Something that happened to a participant.
#[derive(Clone, Debug)]
pub(crate) struct ConversationEvent {
    pub(crate) kind: EventKind,
    pub(crate) at: Timestamp,
    /// The participant right after the event.
    pub(crate) participant: Participant,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// The customer joined or joined again, and the inbound message flow began.
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
    /// An agent finished the after-call work.
    WrappedUp,
    /// The customer left, which ends the conversation.
    CustomerLeft,
}

/// How the wait in a queue ended.
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
