//! Does what a mailbox asks for, and says what became of it.

use crate::dead_letters::Buried;
use crate::mailbox::{
    CallbackOutcome, DeadLetter, DeliveryOutcome, Found, Mailbox, REQUEST_TIMEOUT, Rules, Task, Told,
};
use crate::mailboxes::{Address, now};
use crate::platform_event::PlatformEvent;
use crate::served::Served;
use crate::store::StoreError;
use handover_host::contract::{
    AgentEvent, Conversation, DeliveryStatus, Failure, Outbound, ProviderRequest, Timestamp,
};
use handover_host::{CallError, Connection, Limit};
use std::time::Instant;

/// What became of a task, to be handed in; in how many changes whatever.
#[derive(Debug)]
pub(super) struct Outcome {
    what: What,
    /// Spreads what is tried again.
    chance: f64,
}

#[derive(Debug)]
enum What {
    Built(u64, Result<Vec<ProviderRequest>, String>),
    Delivered(u64, DeliveryOutcome),
    Found(u64, Found),
    Observed {
        thread: u32,
        events: Vec<AgentEvent>,
        asked: Timestamp,
    },
    /// It could not be observed; to be tried again then.
    NotObserved(Timestamp),
    /// The contact center has no answer for the conversation with this thread.
    Unobservable(u32),
    CalledBack(u64, CallbackOutcome),
    Buried(Box<DeadLetter>),
    /// Nothing came of it; it is tried again when its turn is over.
    Nothing,
}

impl Outcome {
    /// Writes it into the mailbox. Doing so twice is doing it once.
    pub(super) fn hand_in(&self, mailbox: &mut Mailbox, now: Timestamp, rules: &Rules) {
        match &self.what {
            What::Built(item, built) => mailbox.built(*item, built.clone()),
            What::Delivered(item, outcome) => mailbox.delivered(*item, outcome.clone(), self.chance, now, rules),
            What::Found(item, found) => mailbox.found(*item, found.clone(), self.chance, now, rules),
            What::Observed { thread, events, asked } => mailbox.observed(*thread, events, *asked, now, rules),
            What::NotObserved(again) => mailbox.observe_at(*again),
            What::Unobservable(thread) => mailbox.unobservable(*thread, now, rules),
            What::CalledBack(event, outcome) => {
                mailbox.called_back(*event, outcome.clone(), self.chance, now, rules);
            }
            What::Buried(letter) => mailbox.buried(letter, now, rules),
            What::Nothing => {}
        }
    }

    /// Nothing came of it, and nothing is to be handed in.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.what, What::Nothing)
    }

    /// Counts it, once it is stored.
    pub(super) fn count(&self, served: &Served) {
        let counts = served.counts();
        match &self.what {
            What::Delivered(_, outcome) => counts.delivery(match outcome {
                DeliveryOutcome::Delivered(_) => "delivered",
                DeliveryOutcome::Failed(Failure::Retry(advice)) if advice.may_have_arrived => "in-doubt",
                DeliveryOutcome::Failed(Failure::Retry(_) | Failure::Credentials(_)) => "retry",
                DeliveryOutcome::Failed(Failure::Permanent(_)) => "refused",
                DeliveryOutcome::Unknown(_) => "in-doubt",
            }),
            What::Found(_, found) => counts.doubt(match found {
                Found::Arrived(_) => "arrived",
                Found::Missing => "missing",
                Found::Unknown | Found::Failed(Failure::Permanent(_)) => "unknown",
                Found::Failed(_) => "not-asked",
            }),
            What::CalledBack(_, outcome) => counts.callback(match outcome {
                CallbackOutcome::Taken => "taken",
                CallbackOutcome::Retry(..) => "retry",
                CallbackOutcome::Never(_) => "refused",
            }),
            What::Observed { .. } => counts.observation("observed"),
            What::NotObserved(_) => counts.observation("postponed"),
            What::Unobservable(_) => counts.observation("refused"),
            What::Buried(_) => counts.dead_letter(),
            What::Built(..) | What::Nothing => {}
        }
    }
}

/// Does it. Nothing of it is lost if it is cut short: the mailbox says that somebody was about to.
pub(super) async fn perform(served: &Served, address: &Address, task: Task) -> Outcome {
    let what = match task {
        Task::Build { item, message, conversation } => build(served, item, &message, &conversation).await,
        Task::Deliver { item, request } => What::Delivered(item, deliver(served, address, &request).await),
        Task::Find { item, request, conversation } => {
            What::Found(item, find(served, address, &conversation, &request).await)
        }
        Task::Observe { conversation, soon } => observe(served, &conversation, soon).await,
        Task::CallBack { id, told, attempts } => {
            What::CalledBack(told.number, call_back(served, address, &id, &told, attempts).await)
        }
        Task::Bury(letter) => bury(served, address, letter).await,
        Task::Forget => {
            if let Err(error) = served.mailboxes().forget(address, served.rules()).await {
                tracing::warn!(connection = address.connection, %error, "a mailbox cannot be forgotten");
            }
            What::Nothing
        }
    };
    Outcome { what, chance: fastrand::f64() }
}

async fn build(served: &Served, item: u64, message: &Outbound, conversation: &Conversation) -> What {
    let began = Instant::now();
    match served.connection().build_outbound_message(conversation, message).await {
        Ok(built) => {
            served.wire().requests(served.name(), built.as_deref().unwrap_or_default(), began.elapsed());
            What::Built(item, built.map_err(|unsupported| format!("{unsupported:?}")))
        }
        // Of the host, not of the message: others have the memory or the time now.
        Err(error @ (CallError::Busy { .. } | CallError::Limit { limit: Limit::CallTime, .. })) => {
            tracing::warn!(connection = served.name(), %error, "a message cannot be built now; it is tried again");
            What::Nothing
        }
        Err(error) => {
            tracing::error!(connection = served.name(), %error, "a message cannot be built");
            What::Built(item, Err(error.to_string()))
        }
    }
}

async fn deliver(served: &Served, address: &Address, request: &ProviderRequest) -> DeliveryOutcome {
    if served.logs_bodies() {
        let body = String::from_utf8_lossy(&request.body);
        tracing::info!(connection = served.name(), request = request.idempotency_key, %body, "a request");
    }
    let began = Instant::now();
    let outcome = match in_time(served).deliver(request).await {
        Ok(Ok(delivery)) => {
            know(served, address, delivery.conversation_id.as_deref()).await;
            served.answered(None);
            DeliveryOutcome::Delivered(delivery)
        }
        Ok(Err(failure)) => {
            served.answered(Some(&failure));
            DeliveryOutcome::Failed(failure)
        }
        // Nothing was sent, so there is no doubt.
        Err(error @ CallError::Busy { .. }) => DeliveryOutcome::Failed(later(error.to_string())),
        Err(error) => DeliveryOutcome::Unknown(words(&error)),
    };
    served.wire().delivery(served.name(), request, &outcome, began.elapsed());
    match &outcome {
        DeliveryOutcome::Delivered(_) => {
            tracing::debug!(connection = served.name(), request = request.idempotency_key, "delivered");
        }
        DeliveryOutcome::Failed(failure) => {
            tracing::warn!(connection = served.name(), request = request.idempotency_key, ?failure, "not delivered");
        }
        DeliveryOutcome::Unknown(why) => {
            tracing::warn!(connection = served.name(), request = request.idempotency_key, why, "in doubt");
        }
    }
    outcome
}

async fn find(served: &Served, address: &Address, conversation: &Conversation, request: &ProviderRequest) -> Found {
    let began = Instant::now();
    let found = match in_time(served).find_delivery(conversation, request).await {
        Ok(Ok(DeliveryStatus::Delivered(delivery))) => {
            know(served, address, delivery.conversation_id.as_deref()).await;
            Found::Arrived(delivery)
        }
        Ok(Ok(DeliveryStatus::NotDelivered)) => Found::Missing,
        Ok(Ok(DeliveryStatus::Unknown)) => Found::Unknown,
        Ok(Err(failure)) => Found::Failed(failure),
        Err(error) => Found::Failed(later(words(&error))),
    };
    match &found {
        Found::Failed(failure) => served.answered(Some(failure)),
        Found::Arrived(_) | Found::Missing | Found::Unknown => served.answered(None),
    }
    served.wire().lookup(served.name(), request, &found, began.elapsed());
    let request = &request.idempotency_key;
    match &found {
        Found::Arrived(_) => tracing::info!(connection = served.name(), request, "was in doubt, and has arrived"),
        Found::Missing => tracing::info!(connection = served.name(), request, "was in doubt, and is sent again"),
        Found::Unknown => {
            tracing::warn!(connection = served.name(), request, "nobody can tell whether it arrived; it is sent again");
        }
        Found::Failed(failure) => tracing::warn!(connection = served.name(), request, ?failure, "cannot be looked up"),
    }
    found
}

/// The connection, with the time that a request may take.
fn in_time(served: &Served) -> Connection {
    served.connection().with_call_time(REQUEST_TIMEOUT)
}

/// Why a call came to no answer, for people.
fn words(error: &CallError) -> String {
    match error {
        CallError::Limit { limit: Limit::CallTime, .. } => "the contact center did not answer in time".into(),
        error => error.to_string(),
    }
}

fn later(message: String) -> Failure {
    use handover_host::contract::{RetryAdvice, RetryCause};
    Failure::Retry(RetryAdvice { cause: RetryCause::TimedOut, after_seconds: None, may_have_arrived: false, message })
}

/// Remembers whose conversation it is before anything else is done: its webhooks may name nothing else. One that is
/// forgotten here is found by observing.
async fn know(served: &Served, address: &Address, conversation: Option<&str>) {
    if let Some(conversation) = conversation
        && let Err(error) = served.mailboxes().remember(address, conversation, served.rules().keep).await
    {
        tracing::warn!(connection = served.name(), conversation, %error, "whose conversation it is cannot be stored");
    }
}

async fn observe(served: &Served, conversation: &Conversation, soon: bool) -> What {
    let asked = now();
    if let Err(wait) = served.may_observe(soon) {
        return What::NotObserved(asked.saturating_add(wait));
    }
    let began = Instant::now();
    let observed = in_time(served).observe_conversation(conversation).await.map_err(|error| words(&error));
    served.wire().observation(served.name(), conversation, &observed, began.elapsed());
    if let Ok(answer) = &observed {
        served.answered(answer.as_ref().err());
    }
    match observed {
        Ok(Ok(events)) => What::Observed { thread: conversation.handover, events, asked },
        Ok(Err(failure)) => {
            tracing::warn!(connection = served.name(), ?failure, "a conversation cannot be observed");
            match failure {
                Failure::Retry(advice) => What::NotObserved(again(served, advice.after_seconds.unwrap_or(0), asked)),
                Failure::Credentials(_) => What::NotObserved(again(served, 0, asked)),
                Failure::Permanent(_) => What::Unobservable(conversation.handover),
            }
        }
        Err(why) => {
            tracing::error!(connection = served.name(), why, "a conversation cannot be observed");
            What::NotObserved(again(served, 0, asked))
        }
    }
}

fn again(served: &Served, after: u32, asked: Timestamp) -> Timestamp {
    let retries = served.rules().retries;
    asked.saturating_add(
        u64::from(after).saturating_mul(1_000).clamp(retries.longest, retries.give_up.max(retries.longest)),
    )
}

async fn call_back(served: &Served, address: &Address, id: &str, told: &Told, attempts: u32) -> CallbackOutcome {
    let Some(callback) = served.callback() else { return CallbackOutcome::Taken };
    let event = PlatformEvent::of(address, id, told);
    let began = Instant::now();
    let outcome = callback.call(&event, attempts.saturating_add(1)).await;
    served.wire().callback(served.name(), &event, &outcome, began.elapsed());
    let correlation = told.correlation.as_deref();
    match &outcome {
        CallbackOutcome::Taken => {
            tracing::debug!(connection = served.name(), event = id, correlation, "the platform took an event");
        }
        CallbackOutcome::Retry(_, why) | CallbackOutcome::Never(why) => {
            tracing::warn!(
                connection = served.name(),
                event = id,
                correlation,
                why,
                "the platform did not take an event"
            );
        }
    }
    outcome
}

async fn bury(served: &Served, address: &Address, letter: DeadLetter) -> What {
    let buried = Buried { address: address.clone(), letter };
    match served.mailboxes().bury(&buried).await {
        Ok(()) => {
            tracing::error!(
                connection = served.name(),
                dead_letter = buried.letter.id,
                "given up: it is a dead letter"
            );
            What::Buried(Box::new(buried.letter))
        }
        Err(error) => {
            let error: StoreError = error;
            tracing::warn!(connection = served.name(), %error, "a dead letter cannot be stored yet");
            What::Nothing
        }
    }
}
