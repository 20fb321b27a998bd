//! From a contact center that asks bots: verifies and maps a request, stores the turn, and waits for the platform's answer.

use crate::address::Address;
use crate::bot_service::BotService;
use crate::clock::now;
use crate::declared_intents::{self, UnknownBot};
use crate::repository::{ChangeError, Loaded, SaveOutcome};
use crate::session::{NotAsked, Session, StoredTurn, TurnKey};
use crate::store::StoreError;
use handover_host::contract::{
    BotAnswer, BotRequest, BotResponse, MappingError, NextStep, Rejection, Turn, Unsupported, Webhook,
};
use handover_host::{CallError, Error};
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The maximum number of attempts to store a turn that conflicts with other changes.
const MAX_ATTEMPTS: usize = 100;
/// How long a request is awaited after the gateway began to stop. Shorter than the server's grace.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// A response to the contact center, and what it is counted as.
pub(crate) struct Responded {
    pub(crate) response: BotResponse,
    pub(crate) outcome: &'static str,
}

/// Why a request of the contact center has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BotRequestError {
    /// It is not authentic.
    #[error("the request is not verified: {0:?}")]
    Rejected(Rejection),
    /// It is authentic but not readable.
    #[error("the request is not readable: {0:?}")]
    Unreadable(MappingError),
    /// It is not a request of the contact center's.
    #[error("the contact center has no such request; compare the URL and the product with the integration's")]
    Unknown,
    /// The platform has no such bot.
    #[error(transparent)]
    UnknownBot(#[from] UnknownBot),
    /// The session has ended or is full.
    #[error(transparent)]
    NotAsked(#[from] NotAsked),
    /// The provider cannot build the response.
    #[error("the response cannot be built: {0:?}")]
    Unsupported(Unsupported),
    /// The gateway stops. Another one can answer a repeated request.
    #[error("the gateway stops; try again")]
    Stopping,
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

impl From<ChangeError<Infallible>> for BotRequestError {
    fn from(error: ChangeError<Infallible>) -> Self {
        match error {
            ChangeError::Refused(never) => match never {},
            ChangeError::Contended => Self::Contended,
            ChangeError::Store(error) => Self::Store(error),
        }
    }
}

impl From<Error<Unsupported>> for BotRequestError {
    fn from(error: Error<Unsupported>) -> Self {
        match error {
            Error::Provider(unsupported) => Self::Unsupported(unsupported),
            Error::Call(error) => Self::Call(error),
        }
    }
}

/// Responds to a request. Its path is relative to the URL of the connection. What a turn is answered with is durable
/// before this returns.
///
/// # Errors
/// The request is not authentic or not readable, or there is no answer.
pub(crate) async fn respond(
    service: &BotService,
    request: &Webhook,
    correlation: &str,
    stop: &CancellationToken,
) -> Result<Responded, BotRequestError> {
    let began = Instant::now();
    let verified = service.connection().verify_bot_request(request).await;
    service.trace().bot_request(service.name(), request, &verified, began.elapsed());
    verified.map_err(|error| match error {
        Error::Provider(rejection) => BotRequestError::Rejected(rejection),
        Error::Call(error) => BotRequestError::Call(error),
    })?;
    if service.logs_bodies() {
        let body = String::from_utf8_lossy(&request.body);
        tracing::info!(connection = service.name(), %body, "request of the contact center");
    }
    let mapped = service.connection().map_bot_request(request).await.map_err(|error| match error {
        Error::Provider(unreadable) => BotRequestError::Unreadable(unreadable),
        Error::Call(error) => BotRequestError::Call(error),
    })?;
    let listed = |response| Responded { response, outcome: "listed" };
    match mapped {
        BotRequest::Turn(turn) => take_turn(service, turn, &request.body, correlation, stop).await,
        BotRequest::ListBots => Ok(listed(service.connection().build_bot_list(service.bots(), None).await?)),
        BotRequest::GetBot(id) => Ok(listed(service.connection().build_bot_list(service.bots(), Some(&id)).await?)),
        BotRequest::Unknown => Err(BotRequestError::Unknown),
    }
}

async fn take_turn(
    service: &BotService,
    turn: Turn,
    body: &[u8],
    correlation: &str,
    stop: &CancellationToken,
) -> Result<Responded, BotRequestError> {
    declared_intents::versions(service.bots(), &turn)?;
    let address = service.address(&turn.session_id);
    let number = ask(service, &address, &turn, &TurnKey::of(&turn, body), correlation).await?;
    let stored = answered(service, &address, number, stop).await?;
    let answer = stored.response().ok_or(BotRequestError::Contended)?;
    let built = service.connection().build_bot_response(&stored.turn, number, &answer).await;
    service.trace().bot_response(service.name(), number, &answer, &built);
    let outcome = outcome(&stored, &answer);
    Ok(Responded { response: built?, outcome })
}

/// Stores a turn, or finds the same turn whose request is repeated. Returns its number.
async fn ask(
    service: &BotService,
    address: &Address,
    turn: &Turn,
    key: &TurnKey,
    correlation: &str,
) -> Result<u32, BotRequestError> {
    let records = service.sessions().records();
    for _ in 0..MAX_ATTEMPTS {
        let now = now();
        let mut loaded = match records.loaded(address).await? {
            Some(loaded) => loaded,
            None => Loaded::new_session(&turn.session_id, now),
        };
        loaded.state.correlate(Some(correlation.to_owned()));
        let before = loaded.state.clone();
        let number = loaded.state.ask(turn, key.clone(), now, service.rules())?;
        if loaded.state == before {
            return Ok(number);
        }
        if let SaveOutcome::Saved = records.save(address, loaded, service.rules()).await? {
            return Ok(number);
        }
    }
    Err(BotRequestError::Contended)
}

/// Waits until a turn has a response: the platform's answer, or what takes its place at the end of the time.
async fn answered(
    service: &BotService,
    address: &Address,
    number: u32,
    stop: &CancellationToken,
) -> Result<StoredTurn, BotRequestError> {
    let longest = tokio::time::Instant::now() + service.rules().answer_within;
    let awaited = service.sessions().awaited(address);
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT.min(service.rules().answer_within)).await;
    };
    tokio::pin!(stopped);
    loop {
        let change = awaited.next_change();
        tokio::pin!(change);
        change.as_mut().enable();
        let loaded = service.sessions().records().loaded(address).await?.ok_or(BotRequestError::Contended)?;
        let turn = turn_of(Some(&loaded.state), number)?;
        if turn.response().is_some() {
            return Ok(turn);
        }
        // A repeated request has the time that the first one left, because the contact center may count them together.
        let left = Duration::from_millis(turn.deadline.saturating_sub(now()));
        let until = longest.min(tokio::time::Instant::now() + left);
        let may_be_late = turn.turn.permits_late_answer;
        tokio::select! {
            () = &mut change => {}
            () = tokio::time::sleep_until(until) => return run_out(service, address, loaded, number).await,
            // The answer can still be delivered.
            () = stop.cancelled(), if may_be_late => return run_out(service, address, loaded, number).await,
            () = &mut stopped => return Err(BotRequestError::Stopping),
        }
    }
}

/// Ends the time for an answer. If the platform answered at the same moment, its answer counts.
async fn run_out(
    service: &BotService,
    address: &Address,
    loaded: Loaded<Session>,
    number: u32,
) -> Result<StoredTurn, BotRequestError> {
    let changed = service.sessions().records().change_from(loaded, address, service.rules(), |session| {
        session.run_out(number, now(), service.rules());
        Ok::<_, Infallible>(session.clone())
    });
    turn_of(changed.await?.as_ref(), number)
}

fn turn_of(session: Option<&Session>, number: u32) -> Result<StoredTurn, BotRequestError> {
    // A turn that waits for an answer is never forgotten.
    session.and_then(|session| session.turn(number)).cloned().ok_or(BotRequestError::Contended)
}

fn outcome(turn: &StoredTurn, answer: &BotAnswer) -> &'static str {
    use crate::session::TurnState;
    match (&turn.state, &answer.next) {
        (TurnState::TimedOut(_), _) => "timed-out",
        (TurnState::Postponed | TurnState::AnsweredLate(_), _) => "postponed",
        (_, NextStep::Wait) => "answered",
        (_, NextStep::Complete(_)) => "completed",
        (_, NextStep::Handover(_)) => "handed-over",
        (_, NextStep::Fail(_)) => "failed",
    }
}
