//! Performs the tasks of mailboxes.

use super::service::{Leasable, Service};
use crate::address::Address;
use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::dead_letters::StoredDeadLetter;
use crate::mailbox::time::after;
use crate::mailbox::{
    CallbackOutcome, Channel, DeadLetter, DeliveryOutcome, LookupOutcome, Mailbox, NotFetched, QueuedEvent,
    REQUEST_TIMEOUT, ReceivedMessages, Rules, Task, Translations,
};
use crate::mailboxes::Mailboxes;
use crate::platform_event::PlatformEvent;
use crate::store::StoreError;
use handover_host::contract::{
    AgentEvent, Conversation, DeliveryStatus, EventKind, Failure, Outbound, ProviderRequest, Timestamp,
};
use handover_host::{CallError, Connection, Error, Limit};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// The number of requests that fetch the messages of a handover: the conversation, and the messages.
const REQUESTS_OF_HISTORY: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// The outcome of a task. Recording it several times has no further effect.
#[derive(Debug)]
pub struct Outcome {
    what: What,
    /// A random number from 0 to 1 that spreads retries.
    chance: f64,
}

#[derive(Debug)]
enum What {
    Built(u64, Result<Vec<ProviderRequest>, String>),
    Delivered(u64, DeliveryOutcome),
    LookedUp {
        item: u64,
        outcome: LookupOutcome,
        repeats: bool,
    },
    Polled {
        thread: u32,
        events: Vec<AgentEvent>,
        translations: Translations,
        asked: Timestamp,
    },
    /// The poll failed or was postponed. Contains the time of the next one.
    NotPolled(Timestamp),
    /// The contact center has no conversation with this thread.
    Unpollable(u32),
    /// The messages of an ended handover.
    Reconciled {
        handover: u32,
        events: Vec<AgentEvent>,
        translations: Translations,
    },
    NotReconciled(u32, NotFetched),
    OutcomePolled(u32, Vec<AgentEvent>),
    OutcomeNotPolled(u32, NotFetched),
    CalledBack(u64, CallbackOutcome),
    StoredDeadLetter(Box<DeadLetter>),
    /// There is no outcome; the next lease tries again.
    Nothing,
}

impl Leasable for Mailbox {
    type Task = Task;

    fn lease(&mut self, channel: Channel, by: &str, now: Timestamp, rules: &Rules) -> Option<Task> {
        Self::lease(self, channel, by, now, rules).map(|lease| lease.task)
    }

    fn release(&mut self, channel: Channel, by: &str) {
        Self::release(self, channel, by);
    }
}

impl Service for ConnectionService {
    type State = Mailbox;
    type Outcome = Outcome;

    fn name(&self) -> &str {
        Self::name(self)
    }

    fn records(&self) -> &Mailboxes {
        self.mailboxes()
    }

    fn rules(&self) -> &Rules {
        Self::rules(self)
    }

    fn has_callback(&self) -> bool {
        Self::rules(self).has_callback
    }

    fn quarantined(&self, more: i64) {
        self.metrics().quarantined(more);
    }

    fn report_unserved(&self, connection: String, records: i64) {
        self.metrics().not_served(connection, records);
    }

    async fn perform(&self, address: &Address, task: Task) -> Option<Outcome> {
        let done = perform(self, address, task).await;
        (!done.is_nothing()).then_some(done)
    }

    fn record(&self, outcome: &Outcome, mailbox: &mut Mailbox, now: Timestamp) {
        outcome.record(mailbox, now, Self::rules(self));
    }

    fn count(&self, outcome: &Outcome) {
        outcome.count(self);
    }
}

impl Outcome {
    /// Records the outcome in the mailbox.
    fn record(&self, mailbox: &mut Mailbox, now: Timestamp, rules: &Rules) {
        match &self.what {
            What::Built(item, built) => mailbox.built(*item, built.clone()),
            What::Delivered(item, outcome) => mailbox.delivered(*item, outcome.clone(), self.chance, now, rules),
            What::LookedUp { item, outcome, .. } => {
                mailbox.looked_up(*item, outcome.clone(), self.chance, now, rules);
            }
            What::Polled { thread, events, translations, asked } => {
                mailbox.with_translations(translations.clone(), |mailbox| {
                    mailbox.polled(*thread, events, *asked, now, rules);
                });
            }
            What::NotPolled(next_poll) => mailbox.poll_at(*next_poll),
            What::Unpollable(thread) => mailbox.unpollable(*thread, now, rules),
            What::Reconciled { handover, events, translations } => {
                mailbox.with_translations(translations.clone(), |mailbox| {
                    mailbox.reconciled(*handover, events, now, rules);
                });
            }
            What::NotReconciled(handover, outcome) => {
                mailbox.not_reconciled(*handover, *outcome, self.chance, now, rules);
            }
            What::OutcomePolled(handover, events) => mailbox.outcome_polled(*handover, events, now, rules),
            What::OutcomeNotPolled(handover, why) => mailbox.outcome_not_polled(*handover, *why, now, rules),
            What::CalledBack(event, outcome) => {
                mailbox.called_back(*event, outcome.clone(), self.chance, now, rules);
            }
            What::StoredDeadLetter(dead_letter) => mailbox.dead_letter_stored(dead_letter, now, rules),
            What::Nothing => {}
        }
    }

    /// Returns whether there is nothing to record.
    fn is_nothing(&self) -> bool {
        matches!(self.what, What::Nothing)
    }

    /// Counts the outcome, once it is stored.
    fn count(&self, service: &ConnectionService) {
        let metrics = service.metrics();
        match &self.what {
            What::Delivered(_, outcome) => metrics.delivery(outcome),
            What::LookedUp { outcome, repeats, .. } => match outcome {
                LookupOutcome::Arrived(_) => metrics.lookup("arrived"),
                LookupOutcome::NotArrived => metrics.lookup("not-arrived"),
                LookupOutcome::Unknown | LookupOutcome::Failed(Failure::Permanent(_) | Failure::Unsupported) => {
                    metrics.lookup("unknown");
                    if *repeats {
                        metrics.possibly_duplicated();
                    }
                }
                LookupOutcome::Failed(_) => metrics.lookup("failed"),
            },
            What::CalledBack(_, outcome) => metrics.called_back(outcome),
            What::Polled { .. } | What::OutcomePolled(..) => metrics.poll("answered"),
            What::OutcomeNotPolled(_, NotFetched::Impossible) | What::Unpollable(_) => metrics.poll("refused"),
            What::NotPolled(_) | What::OutcomeNotPolled(..) => metrics.poll("postponed"),
            What::Reconciled { .. } => metrics.reconciliation("compared"),
            What::NotReconciled(_, NotFetched::Impossible) => metrics.reconciliation("impossible"),
            What::NotReconciled(_, NotFetched::Failed { .. }) => metrics.reconciliation("failed"),
            What::NotReconciled(_, NotFetched::Postponed { .. }) => metrics.reconciliation("postponed"),
            What::StoredDeadLetter(_) => metrics.dead_letter(),
            What::Built(..) | What::Nothing => {}
        }
    }
}

/// Performs a task. An interrupted task is not lost: the lease in the mailbox shows that it was started.
async fn perform(service: &ConnectionService, address: &Address, task: Task) -> Outcome {
    let what = match task {
        Task::Build { item, message, conversation } => build(service, item, &message, &conversation).await,
        Task::Deliver { item, request } => What::Delivered(item, deliver(service, address, &request).await),
        Task::Find { item, request, conversation, repeats } => {
            What::LookedUp { item, outcome: find(service, address, &conversation, &request).await, repeats }
        }
        Task::Poll { conversation, soon, waiting } => {
            let requests = if waiting { service.requests_of_waiting_poll() } else { NonZeroU32::MIN };
            poll(service, address, &conversation, soon, requests).await
        }
        Task::PollOutcome { handover, conversation } => poll_outcome(service, handover, &conversation).await,
        Task::FetchMessages { handover, conversation, received } => {
            fetch_messages(service, address, handover, &conversation, &received).await
        }
        Task::CallBack { id, event, attempts } => {
            What::CalledBack(event.number, call_back(service, address, &id, &event, attempts).await)
        }
        Task::StoreDeadLetter(dead_letter) => store_dead_letter(service, address, dead_letter).await,
        Task::Remove => {
            if let Err(error) = service.mailboxes().remove_expired(address, service.rules()).await {
                tracing::warn!(connection = address.connection, %error, "a mailbox cannot be removed");
            }
            What::Nothing
        }
    };
    Outcome { what, chance: fastrand::f64() }
}

async fn build(service: &ConnectionService, item: u64, message: &Outbound, conversation: &Conversation) -> What {
    let began = Instant::now();
    match service.connection().build_outbound_message(conversation, message).await {
        Ok(requests) => {
            service.trace().requests(service.name(), &requests, began.elapsed());
            What::Built(item, Ok(requests))
        }
        Err(Error::Provider(unsupported)) => What::Built(item, Err(format!("{unsupported:?}"))),
        // A limit of the host caused this, not the message.
        Err(Error::Call(error @ (CallError::Busy { .. } | CallError::Limit { limit: Limit::CallTime, .. }))) => {
            tracing::warn!(connection = service.name(), %error, "a message cannot be built now; trying again");
            What::Nothing
        }
        Err(Error::Call(error)) => {
            tracing::error!(connection = service.name(), %error, "a message cannot be built");
            What::Built(item, Err(error.to_string()))
        }
    }
}

async fn deliver(service: &ConnectionService, address: &Address, request: &ProviderRequest) -> DeliveryOutcome {
    if service.logs_bodies() {
        let body = String::from_utf8_lossy(&request.body);
        tracing::info!(connection = service.name(), request = request.idempotency_key, %body, "request");
    }
    let began = Instant::now();
    let outcome = match with_request_timeout(service).deliver(request).await {
        Ok(delivery) => {
            store_conversation(service, address, delivery.conversation_id.as_deref()).await;
            service.record_credentials(None);
            DeliveryOutcome::Delivered(delivery)
        }
        Err(Error::Provider(failure)) => {
            service.record_credentials(Some(&failure));
            DeliveryOutcome::Failed(failure)
        }
        // Nothing was sent, so the outcome is known.
        Err(Error::Call(error @ CallError::Busy { .. })) => DeliveryOutcome::Failed(retry(error.to_string())),
        Err(Error::Call(error)) => DeliveryOutcome::Unknown(description(&error)),
    };
    service.trace().delivery(service.name(), request, &outcome, began.elapsed());
    match &outcome {
        DeliveryOutcome::Delivered(_) => {
            tracing::debug!(connection = service.name(), request = request.idempotency_key, "delivered");
        }
        DeliveryOutcome::Failed(failure) => {
            tracing::warn!(connection = service.name(), request = request.idempotency_key, ?failure, "not delivered");
        }
        DeliveryOutcome::Unknown(why) => {
            tracing::warn!(connection = service.name(), request = request.idempotency_key, why, "outcome unknown");
        }
    }
    outcome
}

async fn find(
    service: &ConnectionService,
    address: &Address,
    conversation: &Conversation,
    request: &ProviderRequest,
) -> LookupOutcome {
    let began = Instant::now();
    let outcome = match with_request_timeout(service).find_delivery(conversation, request).await {
        Ok(DeliveryStatus::Delivered(delivery)) => {
            store_conversation(service, address, delivery.conversation_id.as_deref()).await;
            LookupOutcome::Arrived(delivery)
        }
        Ok(DeliveryStatus::NotDelivered) => LookupOutcome::NotArrived,
        Ok(DeliveryStatus::Unknown) => LookupOutcome::Unknown,
        Err(Error::Provider(failure)) => LookupOutcome::Failed(failure),
        Err(Error::Call(error)) => LookupOutcome::Failed(retry(description(&error))),
    };
    match &outcome {
        LookupOutcome::Failed(failure) => service.record_credentials(Some(failure)),
        LookupOutcome::Arrived(_) | LookupOutcome::NotArrived | LookupOutcome::Unknown => {
            service.record_credentials(None)
        }
    }
    service.trace().lookup(service.name(), request, &outcome, began.elapsed());
    let request = &request.idempotency_key;
    match &outcome {
        LookupOutcome::Arrived(_) => {
            tracing::info!(connection = service.name(), request, "looked up: the request arrived")
        }
        LookupOutcome::NotArrived => {
            tracing::info!(connection = service.name(), request, "looked up: the request did not arrive")
        }
        LookupOutcome::Unknown => {
            tracing::warn!(connection = service.name(), request, "looked up: unknown whether the request arrived");
        }
        LookupOutcome::Failed(failure) => {
            tracing::warn!(connection = service.name(), request, ?failure, "lookup failed")
        }
    }
    outcome
}

/// Returns the connection with the timeout of one request.
fn with_request_timeout(service: &ConnectionService) -> Connection {
    service.connection().with_call_time(REQUEST_TIMEOUT)
}

/// Describes why a call has no result.
pub(super) fn description(error: &CallError) -> String {
    match error {
        CallError::Limit { limit: Limit::CallTime, .. } => "the contact center did not answer in time".into(),
        error => error.to_string(),
    }
}

/// Returns the failure of a call that had no effect.
pub(super) fn retry(message: String) -> Failure {
    use handover_host::contract::{RetryAdvice, RetryCause};
    Failure::Retry(RetryAdvice { cause: RetryCause::TimedOut, after_seconds: None, may_have_arrived: false, message })
}

/// Stores the recipient of a conversation before the delivery is recorded, because its webhooks may contain only the
/// conversation. If that fails, polling finds the conversation.
async fn store_conversation(service: &ConnectionService, address: &Address, conversation: Option<&str>) {
    if let Some(conversation) = conversation
        && let Err(error) =
            service.mailboxes().store_conversation(address, conversation, service.rules().retention).await
    {
        tracing::warn!(connection = service.name(), conversation, %error, "the recipient of a conversation cannot be stored");
    }
}

async fn poll(
    service: &ConnectionService,
    address: &Address,
    conversation: &Conversation,
    soon: bool,
    requests: NonZeroU32,
) -> What {
    let asked = now();
    let granted = match soon {
        true => service.may_poll_soon(requests),
        false => service.may_poll(&address.recipient, requests),
    };
    if let Err(wait) = granted {
        return What::NotPolled(after(asked, wait));
    }
    let began = Instant::now();
    let polled = with_request_timeout(service).observe_conversation(conversation).await;
    service.trace().poll(service.name(), conversation, &polled, began.elapsed());
    match polled {
        Ok(events) => {
            service.record_credentials(None);
            let translations = translations(service, address, &events, None, began).await;
            What::Polled { thread: conversation.handover, events, translations, asked }
        }
        Err(Error::Provider(failure)) => {
            service.record_credentials(Some(&failure));
            tracing::warn!(connection = service.name(), ?failure, "a conversation cannot be polled");
            match failure {
                Failure::Retry(advice) => What::NotPolled(next_poll(service, advice.after_seconds.unwrap_or(0), asked)),
                Failure::Credentials(_) | Failure::StaleSettings => What::NotPolled(next_poll(service, 0, asked)),
                Failure::Permanent(_) | Failure::Unsupported => What::Unpollable(conversation.handover),
            }
        }
        Err(Error::Call(error)) => {
            let reason = description(&error);
            tracing::error!(connection = service.name(), reason, "a conversation cannot be polled");
            What::NotPolled(next_poll(service, 0, asked))
        }
    }
}

/// Returns the messages among these events that the mailbox will accept, in the user's language. They have the rest of the time
/// for a request, so that the lease lasts.
async fn translations(
    service: &ConnectionService,
    address: &Address,
    events: &[AgentEvent],
    ended_handover: Option<u32>,
    began: Instant,
) -> Translations {
    if !service.translates() || !events.iter().any(|event| matches!(event.kind, EventKind::Message(_))) {
        return Translations::new();
    }
    // If it cannot be loaded, the outcome cannot be recorded either.
    let Ok(Some(loaded)) = service.mailboxes().loaded(address).await else { return Translations::new() };
    let new = match ended_handover {
        Some(number) => loaded.state.missing_messages(number, events, now(), service.rules()),
        None => events.iter().filter(|event| !loaded.state.has_accepted(event)).cloned().collect(),
    };
    let translated = service.translations(&address.recipient, &new);
    tokio::time::timeout(REQUEST_TIMEOUT.saturating_sub(began.elapsed()), translated).await.unwrap_or_default()
}

/// Fetches the messages of an ended handover.
async fn fetch_messages(
    service: &ConnectionService,
    address: &Address,
    handover: u32,
    conversation: &Conversation,
    received: &ReceivedMessages,
) -> What {
    let asked = now();
    if let Err(wait) = service.may_poll(&address.recipient, REQUESTS_OF_HISTORY) {
        return What::NotReconciled(handover, NotFetched::Postponed { until: after(asked, wait) });
    }
    let began = Instant::now();
    let outcome = match with_request_timeout(service).fetch_agent_messages(conversation).await {
        Ok(events) => {
            service.record_credentials(None);
            if !received.have_other_ids(&events) {
                let translations = translations(service, address, &events, Some(handover), began).await;
                return What::Reconciled { handover, events, translations };
            }
            let name = service.name();
            tracing::warn!(
                connection = name,
                "messages are not compared: fetched ones and webhooks have different ids"
            );
            NotFetched::Impossible
        }
        Err(Error::Provider(failure)) => {
            tracing::warn!(connection = service.name(), ?failure, "the messages of a handover cannot be fetched");
            match failure {
                Failure::Retry(advice) => NotFetched::Failed { after_seconds: advice.after_seconds },
                Failure::StaleSettings => NotFetched::Failed { after_seconds: None },
                // Only this call needs the permission, so its absence must not cost requests that others need.
                Failure::Credentials(_) | Failure::Permanent(_) | Failure::Unsupported => NotFetched::Impossible,
            }
        }
        Err(Error::Call(error)) => {
            let reason = description(&error);
            tracing::error!(connection = service.name(), reason, "the messages of a handover cannot be fetched");
            NotFetched::Failed { after_seconds: None }
        }
    };
    What::NotReconciled(handover, outcome)
}

/// Polls the conversation of an ended handover for its outcome.
async fn poll_outcome(service: &ConnectionService, handover: u32, conversation: &Conversation) -> What {
    let asked = now();
    if let Err(wait) = service.may_poll(&conversation.recipient, NonZeroU32::MIN) {
        return What::OutcomeNotPolled(handover, NotFetched::Postponed { until: after(asked, wait) });
    }
    let began = Instant::now();
    let polled = with_request_timeout(service).observe_conversation(conversation).await;
    service.trace().poll(service.name(), conversation, &polled, began.elapsed());
    let why = match polled {
        Ok(events) => {
            service.record_credentials(None);
            return What::OutcomePolled(handover, events);
        }
        Err(Error::Provider(failure)) => {
            service.record_credentials(Some(&failure));
            tracing::warn!(connection = service.name(), ?failure, "the outcome of a handover cannot be polled");
            match failure {
                Failure::Retry(advice) => NotFetched::Failed { after_seconds: advice.after_seconds },
                Failure::Credentials(_) | Failure::StaleSettings => NotFetched::Failed { after_seconds: None },
                Failure::Permanent(_) | Failure::Unsupported => NotFetched::Impossible,
            }
        }
        Err(Error::Call(error)) => {
            let reason = description(&error);
            tracing::error!(connection = service.name(), reason, "the outcome of a handover cannot be polled");
            NotFetched::Failed { after_seconds: None }
        }
    };
    What::OutcomeNotPolled(handover, why)
}

fn next_poll(service: &ConnectionService, after_seconds: u32, asked: Timestamp) -> Timestamp {
    let retries = service.rules().retries;
    let longest = retries.give_up_after.max(retries.max_delay);
    after(asked, Duration::from_secs(after_seconds.into()).clamp(retries.max_delay, longest))
}

async fn call_back(
    service: &ConnectionService,
    address: &Address,
    id: &str,
    event: &QueuedEvent,
    attempts: u32,
) -> CallbackOutcome {
    let Some(callback) = service.callback() else { return CallbackOutcome::Accepted };
    let event = PlatformEvent::of(address, id, event);
    let began = Instant::now();
    let outcome = callback.call(&event, attempts.saturating_add(1)).await;
    service.trace().callback(service.name(), &event, &outcome, began.elapsed());
    let correlation = event.correlation.as_deref();
    match &outcome {
        CallbackOutcome::Accepted => {
            tracing::debug!(connection = service.name(), event = id, correlation, "the platform accepted an event");
        }
        CallbackOutcome::Retry(_, why) | CallbackOutcome::Refused(why) => {
            tracing::warn!(
                connection = service.name(),
                event = id,
                correlation,
                why,
                "the platform did not accept an event"
            );
        }
    }
    outcome
}

async fn store_dead_letter(service: &ConnectionService, address: &Address, dead_letter: DeadLetter) -> What {
    let stored = StoredDeadLetter { address: address.clone(), dead_letter };
    match service.mailboxes().store_dead_letter(&stored).await {
        Ok(()) => {
            tracing::error!(
                connection = service.name(),
                dead_letter = stored.dead_letter.id,
                "given up; stored as a dead letter"
            );
            What::StoredDeadLetter(Box::new(stored.dead_letter))
        }
        Err(error) => {
            let error: StoreError = error;
            tracing::warn!(connection = service.name(), %error, "a dead letter cannot be stored yet");
            What::Nothing
        }
    }
}
