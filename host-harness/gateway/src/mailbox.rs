//! All that concerns one recipient: the handover, and what waits on either side of it. Pure: no I/O, no clock and no
//! chance of its own.
//!
//! ```text
//! events ──▶ Seen ──▶ Handover ──▶ Feed ──▶ log, callback          messages ──▶ Outbox ──▶ contact center
//! ```
//!
//! It is one record of the [store](crate::store), changed by compare-and-set, so what belongs together changes
//! together: an event is taken and its consequences wait, or neither. Whoever works on it takes a [`Lease`] first, which
//! is stored before anything is done; a turn that nobody ended was cut short, and what it was about is in doubt.

mod deduplication;
mod delivery_queue;
mod event_queue;
mod idempotency;
mod lease;
mod rules;
pub(crate) mod time;

pub use self::deduplication::{EventOrigin, Refused, Source};
pub use self::delivery_queue::{DeliveryOutcome, Item, LookupOutcome, MAX_BYTES, MAX_REQUESTS, Reason};
pub use self::event_queue::{CallbackOutcome, Event, QueuedEvent};
pub use self::idempotency::{CachedResponse, CommandResponse};
pub use self::lease::{Channel, DeadLetter, DeadLetterContent, Lease, Task};
pub use self::rules::{LEASE, LOOKUP_DELAY, REQUEST_TIMEOUT, Retries, Rules};

use self::deduplication::DeduplicationWindow;
use self::delivery_queue::DeliveryQueue;
use self::event_queue::EventQueue;
use self::idempotency::IdempotencyCache;
use self::time::{after, milliseconds};
use handover_host::contract::{
    AgentEvent, AgentMessage, Delivery, DeliveryReceipt, EndReason, EventKind, FailureReason, LeaveReason,
    MessageReceipt, Outbound, OutboundMessage, ProviderRequest, ReceiptOutcome, ReceiptStatus, Timestamp,
};
use handover_host::handover::{AlreadyInProgress, Handover, State, Step};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Milliseconds between a reason to observe and the observation: what comes in between is asked together.
const POLL_DELAY: Duration = Duration::from_secs(1);

/// All that concerns one recipient of one connection. To be stored as it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mailbox {
    /// Unique among all mailboxes that ever were: the beginning of every id that is made here.
    id: String,
    recipient: String,
    handover: Option<Handover>,
    /// The contact center's ids of the conversations that it had, the latest last.
    conversations: Vec<String>,
    /// The time of the last part of the last message that was sent.
    last_sent: Timestamp,
    /// The latest time at which it was worked on.
    #[serde(default)]
    last_change: Timestamp,
    /// Counts the messages that were sent.
    messages: u64,
    poll_due: Option<Timestamp>,
    /// When something happened last that is a reason to observe and was not observed since.
    poll_requested: Option<Timestamp>,
    /// Since when the contact center says that there is nothing to observe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unpollable: Option<Timestamp>,
    deduplication: DeduplicationWindow,
    idempotency: IdempotencyCache,
    delivery_queue: DeliveryQueue,
    event_queue: EventQueue,
    leases: lease::Leases,
    /// Whose work the ids are that are made from now on.
    #[serde(skip)]
    process_id: String,
}

/// Milliseconds by which the clocks of gateways may differ: a greater step back is a clock that was set.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(10);
/// Milliseconds that a leave waits for the id of a conversation that there is, or may be.
const CONVERSATION_WAIT: Duration = Duration::from_secs(30);
/// Milliseconds until a poll that showed an end that may be the previous handover's is repeated.
const POLL_AGAIN: Duration = Duration::from_secs(5);

/// Too much waits already. It can be tried again when some of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much waits for this recipient already; try again later")]
pub struct Full;

/// It is more than there is ever room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than a recipient has room for: {MAX_REQUESTS} messages to the contact center, or {MAX_BYTES} bytes")]
pub struct TooLarge;

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// There will be, when some of what waits is done.
    #[error(transparent)]
    Full(#[from] Full),
    /// There never will be.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no handover is in progress; begin one first")]
pub struct NoHandover;

/// Why a handover cannot begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// Another one has not ended.
    #[error(transparent)]
    AlreadyInProgress(#[from] AlreadyInProgress),
}

/// Why events are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// They are not to be believed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

/// How many events of a webhook were news, and how many repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Never taken before.
    pub new: usize,
    /// Taken before, from this source or another.
    pub duplicates: usize,
}

impl Mailbox {
    /// An empty one. `tag`: 1 to 40 letters, digits and hyphens that no other mailbox has, nor ever had.
    #[must_use]
    pub fn new(id: String, recipient: String) -> Self {
        Self {
            id,
            recipient,
            handover: None,
            conversations: Vec::new(),
            last_sent: 0,
            last_change: 0,
            messages: 0,
            poll_due: None,
            poll_requested: None,
            unpollable: None,
            deduplication: DeduplicationWindow::default(),
            idempotency: IdempotencyCache::default(),
            delivery_queue: DeliveryQueue::default(),
            event_queue: EventQueue::default(),
            leases: lease::Leases::default(),
            process_id: String::new(),
        }
    }

    /// Whoever works on it from now on. It is part of the ids that are made: a store that goes on from an older copy
    /// counts again from there, and no other message or event may get an id that one had before. At most 40 letters,
    /// digits and hyphens. Not stored.
    pub fn set_process_id(&mut self, process_id: &str) {
        process_id.clone_into(&mut self.process_id);
        self.event_queue.set_process_id(process_id);
    }

    /// What no other mailbox has, nor ever had: its events are counted by it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whose it is: the user's address in the contact center.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Whether something waits to be delivered, called back or written into the log.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.delivery_queue.peek().is_some() || self.event_queue.has_work()
    }

    /// The handover in progress, or the last one.
    #[must_use]
    pub fn handover(&self) -> Option<&Handover> {
        self.handover.as_ref()
    }

    /// The contact center's ids of the conversations that it had, the latest last; a bounded number.
    #[must_use]
    pub fn conversations(&self) -> &[String] {
        &self.conversations
    }

    /// The id of an event: the same for the same event, and no other has it.
    #[must_use]
    pub fn event_id(&self, queued: &QueuedEvent) -> String {
        format!("{}-e{}{}", self.id, queued.number, suffix(&queued.process_id))
    }

    /// Events that come from now on were brought by the request of this id, of at most 64 bytes. Not stored.
    pub fn correlate(&mut self, correlation: Option<String>) {
        self.event_queue.correlate(correlation);
    }

    /// What the platform was answered to the request of this key, and what it had asked.
    #[must_use]
    pub fn cached_response(&self, key: &str, now: Timestamp) -> Option<&CachedResponse> {
        self.idempotency.get(key, now)
    }

    /// Keeps an answer, so that the same request gets it again.
    pub fn cache_response(&mut self, key: &str, cached_response: CachedResponse, now: Timestamp) {
        self.idempotency.put(key, cached_response, now);
    }

    /// The number of the next handover, and the lines that its agents know already.
    #[must_use]
    pub fn next_handover(&self) -> (u32, Option<Timestamp>) {
        self.handover.as_ref().map_or((1, None), |handover| (handover.next_number(), handover.delivered_until()))
    }

    /// A message of the platform's with its id and its time, which grows from message to message. It counts only when
    /// it is [sent](Self::send).
    #[must_use]
    pub fn outbound(&self, message: OutboundMessage, now: Timestamp) -> Outbound {
        let number = self.messages.saturating_add(1);
        let id = format!("{}.{number}{}", self.id, suffix(&self.process_id));
        Outbound { id, time: now.max(self.last_sent.saturating_add(1)), message }
    }

    /// To be called before anything else with a mailbox that was read. If the clock went back since it was written, what
    /// waits for a time waits as long as it was to, and not until the clock is there again. Returns whether it went back;
    /// the mailbox must be stored then, or it would wait anew from each time that it is read.
    pub fn correct_for_clock_step(&mut self, now: Timestamp) -> bool {
        let back = self.last_change.saturating_sub(now);
        let went_back = back > milliseconds(MAX_CLOCK_DIFFERENCE);
        if went_back {
            for at in [&mut self.poll_due, &mut self.poll_requested, &mut self.unpollable].into_iter().flatten() {
                *at = at.saturating_sub(back);
            }
            self.delivery_queue.step_back(back);
            self.event_queue.step_back(back);
            self.leases.step_back(back);
            if let Some(handover) = &mut self.handover {
                handover.step_back(back, now);
            }
            self.last_change = now;
        }
        self.last_change = self.last_change.max(now);
        went_back
    }

    /// Begins a handover. What was said after the end of the last one, and held, is told now.
    ///
    /// # Errors
    /// One is in progress.
    pub fn begin(&mut self, now: Timestamp, rules: &Rules) -> Result<u32, NotStarted> {
        let (number, _) = self.next_handover();
        let mut next = Handover::begin(number, now, rules.policy.clone(), self.handover.as_ref())?;
        // The first event of every handover.
        let waiting = next.begin_waiting();
        self.replace_handover(next, waiting.into_iter().collect(), now, rules);
        Ok(number)
    }

    /// Another handover takes the place of the last one. What waits still for that one keeps its conversation.
    fn replace_handover(&mut self, next: Handover, first: Vec<Step>, now: Timestamp, rules: &Rules) {
        if let Some(last) = &self.handover {
            self.delivery_queue.outlive(last);
        }
        let number = next.number();
        self.handover = Some(next);
        self.act(first, now, rules);
        self.event_queue.release(number, now);
        self.poll_due = rules.next_poll(now);
        (self.poll_requested, self.unpollable) = (None, None);
    }

    /// Takes a message into the outbox: the requests that it was built to, or, without any, the message itself, to be
    /// built when what is before it has been delivered.
    ///
    /// # Errors
    /// No handover is in progress, or too much waits.
    pub fn send(
        &mut self,
        outbound: &Outbound,
        requests: Option<Vec<ProviderRequest>>,
        now: Timestamp,
    ) -> Result<(), SendError> {
        // What became of an agent's message can be known after the end only.
        let is_receipt = matches!(outbound.message, OutboundMessage::Receipt(_));
        let Some(handover) = self.handover.as_mut().filter(|handover| is_receipt || is_open(handover)) else {
            return Err(NoHandover.into());
        };
        let parts = requests.as_ref().map_or(1, Vec::len);
        self.delivery_queue.push(outbound, requests, handover.number(), now)?;
        if matches!(
            outbound.message,
            OutboundMessage::Text(_) | OutboundMessage::Attachment(_) | OutboundMessage::Answer(_)
        ) {
            handover.user_spoke(now);
        }
        self.count(outbound, parts);
        Ok(())
    }

    /// Puts a request that was given up last of what waits, the same bytes; once, however often it is asked for.
    ///
    /// # Errors
    /// Its handover is over, or it was never built; or too much waits.
    pub fn redrive(&mut self, dead_letter: &DeadLetter, now: Timestamp) -> Result<(), SendError> {
        let DeadLetterContent::Outbound { handover, message, request: Some(request), reason, .. } =
            &dead_letter.content
        else {
            return Err(NoHandover.into());
        };
        let open = self.handover.as_ref().filter(|open| is_open(open) && open.number() == *handover);
        open.ok_or(NoHandover)?;
        // No idempotency key has a blank in it.
        let key = format!("redrive {}", dead_letter.id);
        if self.idempotency.get(&key, now).is_none() {
            self.delivery_queue.redrive(message, request, reason, *handover, now)?;
            let sent =
                CachedResponse { request_digest: String::new(), response: CommandResponse::Sent(message.clone()) };
            self.idempotency.put(&key, sent, now);
        }
        Ok(())
    }

    /// The user's side ends the handover.
    ///
    /// # Errors
    /// No handover is in progress.
    pub fn leave(&mut self, reason: LeaveReason, now: Timestamp, rules: &Rules) -> Result<(), NoHandover> {
        let Some(handover) = self.handover.as_mut().filter(|handover| is_open(handover)) else {
            return Err(NoHandover);
        };
        let steps = handover.leave(reason, now);
        self.act(steps, now, rules);
        Ok(())
    }

    /// Takes the events of one webhook: all of them, or none.
    ///
    /// # Errors
    /// One is too old, or contradicts what was taken before; or too much waits.
    pub fn accept(
        &mut self,
        events: &[AgentEvent],
        origin: &EventOrigin,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<Accepted, NotAccepted> {
        self.deduplication.admit(events, origin, now, rules)?;
        self.event_queue.admit(events)?;
        let mut accepted = Accepted::default();
        for event in events {
            if self.deduplication.insert(event, origin, now, rules) {
                accepted.new += 1;
                self.apply(event, now, rules);
            } else {
                accepted.duplicates += 1;
            }
        }
        Ok(accepted)
    }

    /// The whole answer of an observation of the conversation with the thread of this number, which was asked at this time.
    pub fn observed(&mut self, thread: u32, events: &[AgentEvent], asked: Timestamp, now: Timestamp, rules: &Rules) {
        self.unpollable = None;
        let has_room = self.event_queue.admit(events).is_ok();
        let Some(handover) = self.handover.as_mut().filter(|handover| handover.thread() == thread) else { return };
        if !has_room {
            // Nothing of it is taken: it is asked for again when some of what waits is done.
            self.poll_due = self.poll_due.and(rules.next_poll(now));
            return;
        }
        if is_open(handover) {
            // What has happened since it was asked may not be in the answer.
            self.poll_requested = self.poll_requested.filter(|reason| *reason >= asked);
            let soon = self.poll_requested.map(|reason| after(reason, POLL_DELAY));
            self.poll_due = soon.or(rules.next_poll(now));
        }
        // What was told before is not told again; who is there is a fact each time.
        let queued =
            |kind: &EventKind| matches!(kind, EventKind::Message(_) | EventKind::Receipt(_) | EventKind::Typing(_));
        let origin = EventOrigin::observation();
        let fresh: Vec<AgentEvent> = events
            .iter()
            .filter(|event| !queued(&event.kind) || self.deduplication.insert(event, &origin, now, rules))
            .cloned()
            .collect();
        let steps = handover.observed(&fresh, asked);
        let undecided = is_open(handover) && fresh.iter().any(|event| matches!(event.kind, EventKind::Ended(_)));
        self.act(steps, now, rules);
        if undecided {
            let again = after(now, POLL_AGAIN);
            self.poll_due = self.poll_due.map(|at| at.min(again));
        }
    }

    /// The contact center will never answer an observation of the conversation with the thread of this number. A handover
    /// that cannot be observed for as long as anything is tried has nobody any more.
    pub fn unpollable(&mut self, thread: u32, now: Timestamp, rules: &Rules) {
        let Some(handover) = self.handover.as_mut().filter(|handover| handover.thread() == thread) else { return };
        if !is_open(handover) {
            return;
        }
        self.poll_due = rules.next_poll(now);
        self.poll_requested = None;
        let since = *self.unpollable.get_or_insert(now);
        if now >= after(since, rules.retries.give_up_after) {
            let steps = handover.failed("the contact center knows nothing of the conversation any more", now);
            self.act(steps, now, rules);
        }
    }

    /// Another time for the next observation, if there is to be one still.
    pub fn poll_at(&mut self, at: Timestamp) {
        self.poll_due = self.poll_due.map(|_| at);
    }

    /// The contact center took a request, or was found to have it.
    fn arrived(&mut self, item: &Item, delivery: &Delivery, now: Timestamp) {
        match self.handover.as_mut().filter(|handover| handover.number() == item.handover()) {
            Some(handover) => {
                handover.delivered(delivery, now);
                if let Some(until) = item.transcript_until() {
                    handover.transcript_delivered(until);
                }
            }
            None => self.delivery_queue.arrived(item.handover(), delivery.conversation_id.as_deref()),
        }
        if let Some(conversation) = &delivery.conversation_id {
            self.add_conversation(&conversation.clone());
        }
    }

    /// A request will never be delivered: the platform hears of it, and a handover that cannot begin is over.
    fn report_undeliverable(&mut self, item: &Item, why: &str, now: Timestamp, rules: &Rules) {
        let number = item.handover();
        if item.may_have_arrived() {
            match self.handover.as_mut().filter(|handover| handover.number() == number) {
                Some(handover) => handover.perhaps_delivered(),
                None => self.delivery_queue.arrived(number, None),
            }
        }
        if item.has_receipt() {
            self.event_queue.push(Event::Receipt(failed(item.message(), why)), number, now);
        }
        if item.starts()
            && let Some(handover) = self.handover.as_mut().filter(|handover| handover.number() == number)
        {
            let mut steps = handover.failed("the contact center did not take the handover", now);
            // It has a part of it: agents are not to wait for somebody who is not there.
            if handover.conversation().is_some() && !steps.is_empty() {
                steps.insert(0, Step::Leave(LeaveReason::Withdrawn));
            }
            self.act(steps, now, rules);
        }
    }

    /// An event was given up that the platform should have been told: if it is an agent's message, the agent hears of it
    /// while the handover lasts.
    fn report_not_shown(&mut self, queued: &QueuedEvent, now: Timestamp) {
        if let Some(message) = queued.message() {
            let receipt =
                DeliveryReceipt { message_id: message, outcome: ReceiptOutcome::Failed(FailureReason::Other) };
            let outbound = self.outbound(OutboundMessage::Receipt(receipt), now);
            // Where too much waits already, the agent hears nothing, as of a receipt that is not delivered.
            if self.delivery_queue.push(&outbound, None, queued.handover, now).is_ok() {
                self.count(&outbound, 1);
            }
        }
    }

    fn apply(&mut self, event: &AgentEvent, now: Timestamp, rules: &Rules) {
        if let EventKind::Receipt(receipt) = &event.kind {
            self.delivery_queue.receipt(receipt);
        }
        let Some(handover) = self.handover.as_mut() else { return };
        let steps = handover.apply(event, now);
        if let Some(conversation) = &event.conversation_id {
            self.add_conversation(conversation);
        }
        self.act(steps, now, rules);
    }

    fn act(&mut self, steps: Vec<Step>, now: Timestamp, rules: &Rules) {
        for step in steps {
            let Some(handover) = &self.handover else { return };
            let number = handover.number();
            match step {
                Step::Queued(state) => self.event_queue.push(Event::Queued(state), number, now),
                Step::AgentJoined(agent) => self.event_queue.push(Event::AgentJoined(agent), number, now),
                Step::AgentNamed(agent) => self.event_queue.push(Event::AgentNamed(agent), number, now),
                Step::AgentLeft(agent) => self.event_queue.push(Event::AgentLeft(agent), number, now),
                Step::Transferred(agent) => self.event_queue.push(Event::Transferred(agent), number, now),
                Step::Message(message) => self.event_queue.push(Event::Message(message), number, now),
                Step::LateMessage(message) => self.event_queue.push(Event::LateMessage(message), number, now),
                Step::HoldMessage(message) => self.event_queue.hold(&message, number, now),
                Step::Typing(milliseconds) => self.event_queue.push(Event::Typing(milliseconds), number, now),
                Step::Receipt(receipt) => self.event_queue.push(Event::Receipt(receipt), number, now),
                Step::Reopen(message) => self.reopen(message, number, now, rules),
                Step::Observe => {
                    let soon = after(now, POLL_DELAY);
                    self.poll_due = Some(self.poll_due.map_or(soon, |at| at.min(soon)));
                    self.poll_requested = Some(now);
                }
                Step::Leave(reason) => {
                    // Nobody needs what has not been delivered yet: the start and the leave cancel out.
                    if handover.is_unknown_to_the_contact_center() {
                        self.delivery_queue.withdraw(number);
                    }
                    let outbound = self.outbound(OutboundMessage::Leave(reason), now);
                    self.count(&outbound, 1);
                    self.delivery_queue.push_always(&outbound, number, now);
                }
                Step::Ended(reason) => self.end(reason, number, now),
            }
        }
    }

    fn end(&mut self, reason: EndReason, number: u32, now: Timestamp) {
        (self.poll_due, self.poll_requested) = (None, None);
        self.event_queue.push(Event::Ended(reason), number, now);
    }

    /// An agent wrote after the end, and the operator wants another handover for it.
    fn reopen(&mut self, message: AgentMessage, ended: u32, now: Timestamp, rules: &Rules) {
        // The one that the message named, or the last.
        let conversation = self.conversations.last().cloned();
        let next = self.handover.as_ref().map(|last| last.reopen(now, rules.policy.clone(), conversation));
        let Some(Ok(next)) = next else { return self.event_queue.push(Event::LateMessage(message), ended, now) };
        let number = next.number();
        self.replace_handover(next, Vec::new(), now, rules);
        self.event_queue.push(Event::Reopened, number, now);
        self.event_queue.push(Event::Message(message), number, now);
    }

    /// Its parts follow one another by a millisecond each.
    fn count(&mut self, outbound: &Outbound, parts: usize) {
        self.messages = self.messages.saturating_add(1);
        let further = u64::try_from(parts.saturating_sub(1)).unwrap_or(0);
        self.last_sent = self.last_sent.max(outbound.time.saturating_add(further));
    }

    fn add_conversation(&mut self, conversation: &str) {
        /// What comes late for an older one names the recipient besides, mostly.
        const MAX_CONVERSATIONS: usize = 20;
        if self.conversations.last().is_some_and(|last| last == conversation) {
            return;
        }
        self.conversations.retain(|known| known != conversation);
        self.conversations.push(conversation.to_owned());
        if self.conversations.len() > MAX_CONVERSATIONS {
            self.conversations.remove(0);
        }
    }
}

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is nobody to send it to.
    #[error(transparent)]
    NoHandover(#[from] NoHandover),
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

fn suffix(process_id: &str) -> String {
    if process_id.is_empty() { String::new() } else { format!("-{process_id}") }
}

fn is_open(handover: &Handover) -> bool {
    !matches!(handover.state(), State::Ended(_))
}

fn failed(message: &str, why: &str) -> MessageReceipt {
    MessageReceipt { message_id: message.to_owned(), status: ReceiptStatus::Failed(vec![why.to_owned()]), final_: true }
}
