//! From the platform: checks answers of bots and stores them before the platform is answered. The request of the contact
//! center that waits for an answer responds with it, or the worker delivers it later.

use crate::bot_service::BotService;
use crate::clock::now;
use crate::declared_intents::{self, Undeclared, UnknownBot};
use crate::repository::SaveOutcome;
use crate::session::{NotAnswered, SessionEnd, SessionFull, Way};
use crate::store::StoreError;
use handover_host::contract::{BotAnswer, Turn, Unsupported};
use handover_host::{CallError, Error, Limit};

/// The maximum number of attempts to store an answer that conflicts with other changes.
const MAX_ATTEMPTS: usize = 100;
/// The maximum size of an answer as JSON, in bytes. A session keeps several.
const MAX_ANSWER_BYTES: usize = 128 << 10;

/// Why an answer was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// There is no such session.
    #[error("no such session")]
    NoSession,
    /// The session has no such turn.
    #[error("the session has no such turn")]
    NoTurn,
    /// The turn has another answer.
    #[error("the turn has another answer already")]
    AlreadyAnswered,
    /// The time is over.
    #[error("the time for the answer is over, and the contact center accepts no late answers")]
    TooLate,
    /// The session has ended.
    #[error("the session has ended ({})", describe(*.0))]
    Over(SessionEnd),
    /// The session has no room.
    #[error(transparent)]
    Full(#[from] SessionFull),
    /// The answer is not readable.
    #[error("the answer is not readable at {line}:{column}; the API's document describes its form")]
    Unreadable {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// The answer is too large.
    #[error("the answer has {0} bytes as JSON, more than {MAX_ANSWER_BYTES}")]
    TooLarge(usize),
    /// The list of bots has no such bot any more.
    #[error(transparent)]
    UnknownBot(#[from] UnknownBot),
    /// The result is not declared.
    #[error(transparent)]
    Undeclared(#[from] Undeclared),
    /// The contact center does not support the answer.
    #[error("the answer cannot be sent: {0:?}")]
    Unsupported(Unsupported),
    /// The plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Every attempt conflicted with another change.
    #[error("the session is changed by others all the time")]
    Contended,
}

impl From<Error<Unsupported>> for AnswerError {
    fn from(error: Error<Unsupported>) -> Self {
        match error {
            Error::Provider(unsupported) => Self::Unsupported(unsupported),
            Error::Call(error) => Self::Call(error),
        }
    }
}

impl AnswerError {
    /// Returns whether the same answer can be accepted later.
    pub(crate) fn is_temporary(&self) -> bool {
        let is_busy = |error: &CallError| {
            matches!(error, CallError::Busy { .. } | CallError::Limit { limit: Limit::CallTime, .. })
        };
        match self {
            Self::Store(_) | Self::Contended | Self::Full(_) => true,
            Self::Call(error) => is_busy(error),
            _ => false,
        }
    }
}

fn describe(end: SessionEnd) -> &'static str {
    match end {
        SessionEnd::Completed => "completed",
        SessionEnd::HandedOver => "handed over",
        SessionEnd::Failed => "failed",
        SessionEnd::Expired => "expired",
    }
}

/// Accepts the platform's answer to a turn. After `Ok`, it is durable. The same answer again has no second effect.
///
/// # Errors
/// The answer is not possible now, or not valid.
pub(crate) async fn answer(
    service: &BotService,
    session: &str,
    number: u32,
    answer: &BotAnswer,
    correlation: Option<&str>,
) -> Result<Way, AnswerError> {
    let bytes = serde_json::to_vec(answer).map_or(usize::MAX, |bytes| bytes.len());
    if bytes > MAX_ANSWER_BYTES {
        return Err(AnswerError::TooLarge(bytes));
    }
    let address = service.address(session);
    let records = service.sessions().records();
    for _ in 0..MAX_ATTEMPTS {
        let now = now();
        let mut loaded = records.loaded(&address).await?.ok_or(AnswerError::NoSession)?;
        loaded.state.correlate(correlation.map(String::from));
        let way = match loaded.state.way(number, answer, now) {
            Ok(way) => way,
            Err(NotAnswered::Repeated(way)) => return Ok(way),
            Err(NotAnswered::NoTurn) => return Err(AnswerError::NoTurn),
            Err(NotAnswered::AlreadyAnswered) => return Err(AnswerError::AlreadyAnswered),
            Err(NotAnswered::TooLate) => return Err(AnswerError::TooLate),
            Err(NotAnswered::Over(end)) => return Err(AnswerError::Over(end)),
            Err(NotAnswered::Full(full)) => return Err(full.into()),
        };
        let turn = loaded.state.turn(number).ok_or(AnswerError::NoTurn)?.turn.clone();
        check(service, &turn, answer)?;
        match way {
            Way::Response => {
                // The response is built again when it is sent.
                service.connection().build_bot_response(&turn, number, answer).await?;
                loaded.state.answer(number, answer.clone(), now, service.rules())?;
            }
            Way::LateAnswer => {
                let request = service.connection().build_late_answer(&turn, answer, now).await?;
                loaded.state.answer_late(number, answer, request, now, service.rules())?;
            }
        }
        if let SaveOutcome::Saved = records.save(&address, loaded, service.rules()).await? {
            tracing::debug!(connection = service.name(), number, ?way, "answer accepted");
            return Ok(way);
        }
    }
    Err(AnswerError::Contended)
}

fn check(service: &BotService, turn: &Turn, answer: &BotAnswer) -> Result<(), AnswerError> {
    let versions = declared_intents::versions(service.bots(), turn)?;
    Ok(declared_intents::check(&versions, turn, answer)?)
}
