//! The steps that a handover requests.

use crate::contract::{Agent, AgentMessage, EndReason, HandoverOutcome, LeaveReason, MessageReceipt, QueueState};
use serde::{Deserialize, Serialize};

/// The next action, or the next report to the platform.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The user waits in the queue. Returned only if the state of the queue changed.
    Queued(QueueState),
    /// An agent joined. Returned once for each stay.
    AgentJoined(Agent),
    /// The name of an agent who joined without one.
    AgentNamed(Agent),
    /// An agent left. Others may still be present or join.
    AgentLeft(Agent),
    /// An agent transferred the user. Another agent will join.
    Transferred(Agent),
    /// A message to display, written during the handover.
    Message(AgentMessage),
    /// A message to display that was written after the end ([`AfterEnd::Deliver`](super::AfterEnd::Deliver)).
    LateMessage(AgentMessage),
    /// A message to hold for the next handover ([`AfterEnd::Hold`](super::AfterEnd::Hold)).
    HoldMessage(AgentMessage),
    /// A message to display in another handover, which the message starts
    /// ([`AfterEnd::Reopen`](super::AfterEnd::Reopen)).
    Reopen(AgentMessage),
    /// An agent is typing, for this many milliseconds from the event's time.
    Typing(u32),
    /// A receipt for a message of the platform.
    Receipt(MessageReceipt),
    /// Poll the conversation; one poll answers several of these steps. Call
    /// [`Connection::observe_conversation`](crate::Connection::observe_conversation), then
    /// [`Handover::polled`](super::Handover::polled).
    Poll,
    /// The user has been silent. The platform may ask whether the user is still there.
    InactivityPrompt(InactivityPrompt),
    /// Build and deliver the contract's `leave`.
    Leave(LeaveReason),
    /// The handover ended. Returned once.
    Ended(EndReason),
    /// What an agent recorded. Returned only after the end, for each agent who recorded something; that of the last agent is
    /// the outcome of the handover.
    Outcome(HandoverOutcome),
}

/// The user has been silent for one of the times of the policy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub struct InactivityPrompt {
    /// The number of the prompt since the user became silent, counted from 1.
    pub number: u32,
    /// How long the user has been silent, in seconds.
    pub silent_seconds: u64,
    /// The seconds until the handover ends unless the user writes. Absent if the policy does not end it.
    pub ends_in_seconds: Option<u64>,
}
