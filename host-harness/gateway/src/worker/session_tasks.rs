//! Performs the tasks of sessions.

use super::mailbox_tasks::{description, retry};
use super::service::{Leasable, Service};
use crate::address::Address;
use crate::bot_answers::{self, AnswerError};
use crate::bot_service::BotService;
use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::json_text;
use crate::mailbox::{CallbackOutcome, Channel, DeliveryOutcome, NotStarted, QueuedEvent, REQUEST_TIMEOUT};
use crate::mailboxes::LoadedMailbox;
use crate::platform_event::PlatformSessionEvent;
use crate::repository::{ChangeError, Repository, SaveOutcome};
use crate::session::{Session, SessionRules, SessionTask, TurnToAnswer};
use handover_host::contract::{BotAnswer, ProviderRequest, Timestamp};
use handover_host::{CallError, Error};
use std::time::{Duration, Instant};

/// The maximum number of attempts to begin to follow a handover that conflict with other changes.
const MAX_ATTEMPTS: usize = 100;

/// The outcome of a task of a session.
#[derive(Debug)]
pub struct SessionOutcome {
    what: What,
    /// A random number from 0 to 1 that spreads retries.
    chance: f64,
}

#[derive(Debug)]
enum What {
    CalledBack(u64, Called),
    Followed,
    /// The event with this number was given up.
    Abandoned(u64),
    Delivered {
        number: u64,
        outcome: DeliveryOutcome,
        may_be_second: bool,
    },
}

/// The result of a callback.
#[derive(Debug)]
struct Called {
    outcome: CallbackOutcome,
    /// The number of the turn and why its answer in the response is refused.
    refused: Option<(u32, String)>,
}

impl Called {
    fn of(outcome: CallbackOutcome) -> Self {
        Self { outcome, refused: None }
    }
}

impl Leasable for Session {
    type Task = SessionTask;

    fn lease(&mut self, channel: Channel, by: &str, now: Timestamp, rules: &SessionRules) -> Option<SessionTask> {
        Self::lease(self, channel, by, now, rules)
    }

    fn release(&mut self, channel: Channel, by: &str) {
        Self::release(self, channel, by);
    }
}

impl Service for BotService {
    type State = Session;
    type Outcome = SessionOutcome;

    fn name(&self) -> &str {
        Self::name(self)
    }

    fn records(&self) -> &Repository<Session> {
        self.sessions().records()
    }

    fn rules(&self) -> &SessionRules {
        Self::rules(self)
    }

    fn has_callback(&self) -> bool {
        self.callback().is_some()
    }

    fn quarantined(&self, more: i64) {
        self.metrics().quarantined(more);
    }

    fn report_unserved(&self, connection: String, records: i64) {
        self.metrics().not_served(connection, records);
    }

    async fn perform(&self, address: &Address, task: SessionTask) -> Option<SessionOutcome> {
        let what = match task {
            SessionTask::CallBack { id, event, attempts, turn } => {
                What::CalledBack(event.number, call_back(self, address, &id, &event, attempts, turn).await)
            }
            SessionTask::Deliver { number, request, may_have_arrived } => {
                let outcome = deliver(self, &request).await;
                What::Delivered { number, outcome, may_be_second: may_have_arrived }
            }
            SessionTask::Abandon { event, reason } => {
                tracing::error!(
                    connection = self.name(),
                    reason,
                    "an event of a session was given up; the event stream still has it"
                );
                What::Abandoned(event)
            }
            SessionTask::Follow(conversation) => follow(self, &conversation).await?,
            SessionTask::Remove => {
                remove(self, address).await;
                return None;
            }
        };
        Some(SessionOutcome { what, chance: fastrand::f64() })
    }

    fn record(&self, outcome: &SessionOutcome, session: &mut Session, now: Timestamp) {
        let (rules, chance) = (Self::rules(self), outcome.chance);
        match &outcome.what {
            What::Followed => session.followed(),
            What::Abandoned(event) => session.abandoned(*event),
            What::CalledBack(event, Called { outcome, refused }) => {
                let is_new = session.waits_for_callback(*event);
                session.called_back(*event, outcome.clone(), chance, now, rules);
                if let Some((number, reason)) = refused.as_ref().filter(|_| is_new) {
                    session.refused(*number, reason, now);
                }
            }
            What::Delivered { number, outcome, .. } => session.delivered(*number, outcome, chance, now, rules),
        }
    }

    fn count(&self, outcome: &SessionOutcome) {
        let metrics = self.metrics();
        match &outcome.what {
            What::Followed | What::Abandoned(_) => {}
            What::CalledBack(_, called) => metrics.called_back(&called.outcome),
            What::Delivered { outcome, may_be_second, .. } => {
                metrics.delivery(outcome);
                if *may_be_second {
                    metrics.possibly_duplicated();
                }
            }
        }
    }
}

async fn call_back(
    service: &BotService,
    address: &Address,
    id: &str,
    event: &QueuedEvent,
    attempts: u32,
    turn: Option<TurnToAnswer>,
) -> Called {
    let Some(callback) = service.callback() else { return Called::of(CallbackOutcome::Accepted) };
    let event = PlatformSessionEvent::of(address, id, event);
    let attempt = attempts.saturating_add(1);
    let began = Instant::now();
    let (outcome, body) = match turn {
        Some(turn) => callback.ask(&event, attempt, time_left(turn)).await,
        None => (callback.call(&event, attempt).await, None),
    };
    service.trace().callback(service.name(), &event, &outcome, began.elapsed());
    if let CallbackOutcome::Retry(_, why) | CallbackOutcome::Refused(why) = &outcome {
        tracing::warn!(connection = service.name(), event = event.id, why, "the callback failed");
    }
    let (Some(TurnToAnswer { number, .. }), Some(body)) = (turn, body) else { return Called::of(outcome) };
    let refused = answer(service, &address.recipient, number, &body, event.correlation.as_deref()).await;
    match refused {
        Ok(()) => Called::of(outcome),
        // Another attempt can store the answer.
        Err(error) if error.is_temporary() => Called::of(CallbackOutcome::Retry(None, error.to_string())),
        Err(error) => {
            service.metrics().answer("refused");
            tracing::error!(
                connection = service.name(),
                number,
                reason = %error,
                "the answer in the response to a callback is refused"
            );
            Called { outcome, refused: Some((number, error.to_string())) }
        }
    }
}

/// Returns how long the platform's response to a callback is of use.
fn time_left(turn: TurnToAnswer) -> Duration {
    let left = turn.until.map(|until| Duration::from_millis(until.saturating_sub(now())));
    left.map_or(REQUEST_TIMEOUT, |left| left.min(REQUEST_TIMEOUT))
}

/// Accepts the answer in the response to a callback.
async fn answer(
    service: &BotService,
    session: &str,
    number: u32,
    body: &[u8],
    correlation: Option<&str>,
) -> Result<(), AnswerError> {
    let text = String::from_utf8_lossy(body);
    // The error contains no text of the body.
    let given: BotAnswer = serde_json::from_str(&json_text::readable(&text))
        .map_err(|error| AnswerError::Unreadable { line: error.line(), column: error.column() })?;
    bot_answers::answer(service, session, number, &given, correlation).await?;
    service.metrics().answer("accepted");
    Ok(())
}

async fn deliver(service: &BotService, request: &ProviderRequest) -> DeliveryOutcome {
    if service.logs_bodies() {
        let body = String::from_utf8_lossy(&request.body);
        tracing::info!(connection = service.name(), request = request.idempotency_key, %body, "late answer");
    }
    let began = Instant::now();
    let delivered = service.connection().with_call_time(REQUEST_TIMEOUT).deliver_late_answer(request).await;
    let outcome = match delivered {
        Ok(delivery) => DeliveryOutcome::Delivered(delivery),
        Err(Error::Provider(failure)) => {
            service.record_credentials(&failure);
            DeliveryOutcome::Failed(failure)
        }
        // Nothing was sent, so the outcome is known.
        Err(Error::Call(error @ CallError::Busy { .. })) => DeliveryOutcome::Failed(retry(error.to_string())),
        Err(Error::Call(error)) => DeliveryOutcome::Unknown(description(&error)),
    };
    service.trace().delivery(service.name(), request, &outcome, began.elapsed());
    let request = &request.idempotency_key;
    match &outcome {
        DeliveryOutcome::Delivered(_) => tracing::debug!(connection = service.name(), request, "late answer delivered"),
        outcome => tracing::warn!(connection = service.name(), request, ?outcome, "late answer not delivered"),
    }
    outcome
}

/// Begins to follow a handover with the connection that reports what becomes of it. Its recipient is the conversation.
/// Returns `None` if another attempt can succeed.
async fn follow(service: &BotService, conversation: &str) -> Option<What> {
    let Some(connection) = service.followed_by() else { return Some(What::Followed) };
    match begin_to_follow(connection, conversation).await {
        Ok(()) => {}
        Err(ChangeError::Refused(error)) => {
            tracing::warn!(connection = connection.name(), conversation, %error, "a handover cannot be followed");
        }
        Err(error) => {
            tracing::warn!(connection = connection.name(), conversation, %error, "a handover cannot be followed yet");
            return None;
        }
    }
    Some(What::Followed)
}

async fn begin_to_follow(connection: &ConnectionService, conversation: &str) -> Result<(), ChangeError<NotStarted>> {
    let (address, mailboxes, rules) = (connection.address(conversation), connection.mailboxes(), connection.rules());
    let known = mailboxes.recipient(connection.name(), conversation).await?;
    if known.is_some_and(|recipient| recipient != conversation) {
        // Its mailbox reports the handover already.
        tracing::warn!(connection = connection.name(), conversation, "the conversation is one of the platform's own");
        return Ok(());
    }
    // First, so that an event of the conversation finds its mailbox.
    mailboxes.store_conversation(&address, conversation, rules.retention).await?;
    for _ in 0..MAX_ATTEMPTS {
        let mut loaded = match mailboxes.loaded(&address).await? {
            Some(loaded) => loaded,
            None => LoadedMailbox::new_mailbox(conversation),
        };
        loaded.state.follow(conversation, now(), rules).map_err(ChangeError::Refused)?;
        if let SaveOutcome::Saved = mailboxes.save(&address, loaded, rules).await? {
            return Ok(());
        }
    }
    Err(ChangeError::Contended)
}

/// Removes a session that is not needed any more. If it changed in the meantime, it stays.
async fn remove(service: &BotService, address: &Address) {
    let records = service.sessions().records();
    let removed = async {
        match records.loaded(address).await? {
            Some(loaded) if loaded.state.is_done(now(), service.rules()) => records.remove(address, &loaded).await,
            _ => Ok(()),
        }
    };
    if let Err(error) = removed.await {
        tracing::warn!(connection = service.name(), %error, "a session cannot be removed");
    }
}
