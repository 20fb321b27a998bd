//! A turn of the user, and what became of it.

use handover_host::contract::{BotAnswer, NextStep, Timestamp, Turn};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What identifies a repeated request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnKey {
    /// The contact center's id of the message.
    Message(String),
    /// The digest of the request, from a contact center without ids of messages. The user may say the same again, so it
    /// identifies a request only until the response.
    Digest(String),
}

/// A turn of the user, and what became of it.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredTurn {
    /// The number of the turn in its session, counted from 1.
    pub number: u32,
    /// What identifies a repeated request.
    pub key: TurnKey,
    /// The turn, with the parameters of all turns so far.
    pub turn: Turn,
    /// When the response is due.
    pub deadline: Timestamp,
    /// What became of it.
    pub state: TurnState,
}

/// What became of a turn.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnState {
    /// It waits for the platform's answer.
    Asked,
    /// The platform answered in time, or the session had ended.
    Answered(BotAnswer),
    /// The platform did not answer in time. The response is the operator's answer.
    TimedOut(BotAnswer),
    /// The platform did not answer in time. The response promises a late answer.
    Postponed,
    /// The platform answered after the response. Contains the digest of the answer.
    AnsweredLate(String),
}

impl TurnKey {
    /// Returns the key of a turn with this request body.
    #[must_use]
    pub fn of(turn: &Turn, body: &[u8]) -> Self {
        match &turn.message_id {
            Some(id) => Self::Message(id.clone()),
            None => Self::Digest(hexadecimal(body)),
        }
    }
}

impl StoredTurn {
    /// Returns whether a request with this key is the turn's request again.
    pub(super) fn is_repeated_by(&self, key: &TurnKey, session_is_over: bool) -> bool {
        let is_unanswered = matches!(self.state, TurnState::Asked);
        self.key == *key && (matches!(key, TurnKey::Message(_)) || is_unanswered || session_is_over)
    }

    /// Returns what the response to the contact center contains; `None` if the platform is still asked.
    #[must_use]
    pub fn response(&self) -> Option<BotAnswer> {
        match &self.state {
            TurnState::Asked => None,
            TurnState::Answered(answer) | TurnState::TimedOut(answer) => Some(answer.clone()),
            TurnState::Postponed | TurnState::AnsweredLate(_) => Some(nothing_yet()),
        }
    }
}

/// Returns an answer without messages, after which the bot is waited for.
pub(super) fn nothing_yet() -> BotAnswer {
    BotAnswer { messages: Vec::new(), next: NextStep::Wait, parameters: Vec::new() }
}

/// Returns the digest of an answer, by which a repeated request of the platform is recognized.
pub(super) fn digest(answer: &BotAnswer) -> String {
    hexadecimal(&serde_json::to_vec(answer).unwrap_or_default())
}

fn hexadecimal(bytes: &[u8]) -> String {
    // 96 bits tell the few turns of a session apart.
    Sha256::digest(bytes).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
