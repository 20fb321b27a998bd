//! The events of a session for the platform.

use handover_host::contract::Turn;
use serde::{Deserialize, Serialize};

/// An event of a session for the platform.
#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "type", content = "data")]
pub enum SessionEvent {
    /// A turn of the user, to be answered.
    Turn(Box<AskedTurn>),
    /// A turn was not answered in time. The gateway answered it as its operator configured.
    TurnTimedOut(TurnNumber),
    /// An answer in the response to a callback is not valid, or the contact center did not accept a late answer.
    AnswerRefused(RefusedAnswer),
    /// The session ended.
    Ended(SessionEnd),
}

/// A turn of the user, to be answered.
#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AskedTurn {
    /// The number of the turn in its session, counted from 1.
    pub number: u32,
    /// When the response to the contact center is due, in RFC 3339. If the turn permits a late answer, it can be answered
    /// later as well.
    pub answer_by: String,
    /// The turn, with the parameters of all turns so far.
    pub turn: Turn,
}

/// The number of a turn.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TurnNumber {
    /// The number of the turn in its session, counted from 1.
    pub number: u32,
}

/// An answer that was not accepted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RefusedAnswer {
    /// The number of the turn that it answers.
    pub number: u32,
    /// Why, for people, in at most 500 characters.
    pub reason: String,
    /// Whether an earlier attempt may have arrived.
    pub may_have_arrived: bool,
}

/// The maximum length of a reason, in characters. It may contain names that the platform or the contact center sent.
const MAX_REASON_CHARS: usize = 500;

impl RefusedAnswer {
    pub(super) fn new(number: u32, reason: &str, may_have_arrived: bool) -> Self {
        Self { number, reason: reason.chars().take(MAX_REASON_CHARS).collect(), may_have_arrived }
    }
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionEnd {
    /// The bot came to a result.
    Completed,
    /// The contact center hands the user over to its agents.
    HandedOver,
    /// The bot failed.
    Failed,
    /// There was no turn for as long as the contact center keeps a session.
    Expired,
}
