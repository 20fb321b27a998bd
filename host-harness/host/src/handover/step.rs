//! What a handover asks of its host.

use crate::contract::{Agent, AgentMessage, EndReason, LeaveReason, MessageReceipt, QueueState};
use serde::Serialize;

/// What to do, or to tell the platform, next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The user waits in this place; only where that is news.
    Queued(QueueState),
    /// An agent has come. Once for each stay.
    AgentJoined(Agent),
    /// Who an agent is that has come already, without a name.
    AgentNamed(Agent),
    /// An agent has gone; others may be there or come.
    AgentLeft(Agent),
    /// An agent has handed on; another will come.
    Transferred(Agent),
    /// To be shown; said while the handover was open.
    Message(AgentMessage),
    /// To be shown, as said after the end ([`AfterEnd::Deliver`](super::AfterEnd::Deliver)).
    LateMessage(AgentMessage),
    /// To be kept, and shown in the next handover ([`AfterEnd::Hold`](super::AfterEnd::Hold)).
    HoldMessage(AgentMessage),
    /// To be shown in another handover, which begins for it ([`AfterEnd::Reopen`](super::AfterEnd::Reopen)).
    Reopen(AgentMessage),
    /// An agent is typing; for so many milliseconds from the event's time.
    Typing(u32),
    /// News of a message that the platform sent.
    Receipt(MessageReceipt),
    /// To be asked, once for however many of these have come:
    /// [`Connection::observe_conversation`](crate::Connection::observe_conversation), for
    /// [`Handover::observed`](super::Handover::observed).
    Observe,
    /// The contract's `leave`, to be built and delivered.
    Leave(LeaveReason),
    /// The handover is over. Once.
    Ended(EndReason),
}
