//! The operator's rules for the sessions of a connection.

use crate::mailbox::CallbackRules;
use handover_host::contract::BotAnswer;
use std::time::Duration;

/// The operator's rules for the sessions of a connection.
#[derive(Clone, PartialEq)]
pub struct SessionRules {
    /// How events reach the platform, and how often a late answer is tried.
    pub callback: CallbackRules,
    /// Whether a handover is followed after the session.
    pub follows_handovers: bool,
    /// The time for an answer, from the arrival of the turn.
    pub answer_within: Duration,
    /// The answer to a turn that the platform did not answer in time, if the contact center accepts no late answer.
    pub timeout_answer: BotAnswer,
}
