//! What happened in a conversation, for those who are told: detail events and notifications are made of it.

use jiff::Timestamp;

use super::Participant;

/// Something that happened to a participant.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) what: What,
    pub(crate) at: Timestamp,
    /// As they were right after it.
    pub(crate) participant: Participant,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The customer came, be it again, and the inbound message flow began.
    CustomerConnected,
    /// The conversation began to wait in a queue.
    QueueEntered,
    /// It waits there no more.
    QueueLeft(AcdOutcome),
    /// It was offered to an agent.
    AgentAlerted,
    /// An agent took it, or joined it.
    AgentConnected,
    /// An agent's part ended, be it that they never took it.
    AgentLeft,
    /// A supervisor came, or does something else than before.
    Supervised,
    /// An agent finished the after-call work.
    WrappedUp,
    /// The customer's part ended, and with it the conversation.
    CustomerLeft,
}

/// How waiting in a queue ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AcdOutcome {
    /// This user took the conversation.
    Answered(String),
    /// The customer left.
    Abandon,
    /// It was moved elsewhere while it waited.
    FlowOut,
    /// Genesys Cloud ended it.
    Unknown,
}
