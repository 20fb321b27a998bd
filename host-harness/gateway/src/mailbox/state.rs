//! The state of a mailbox, and how events, messages and polls change it.

use super::capacity::NoRoom;
use super::deduplication::{DeduplicationWindow, EventOrigin, Refused};
use super::delivery_queue::{DeliveryQueue, Item, MessageKind, NO_HANDOVER};
use super::event_queue::{Event, EventQueue, QueuedEvent};
use super::idempotency::{CachedResponse, CommandResponse, IdempotencyCache};
use super::lease::{DeadLetter, DeadLetterContent, Leases};
use super::outcomes::PendingOutcomes;
use super::reconciliation::{ReceivedMessages, Reconciliations};
use super::rules::Rules;
use super::time::{after, milliseconds};
use handover_host::contract::{
    AgentEvent, AgentMessage, Author, Delivery, DeliveryReceipt, EndReason, EventKind, FailureReason, LeaveReason,
    MessageReceipt, Outbound, OutboundMessage, ProviderRequest, ReceiptOutcome, ReceiptStatus, Timestamp,
};
use handover_host::handover::{AlreadyInProgress, Handover, Policy, State, Step};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The delay between a reason to poll and the poll, so that one poll answers several reasons.
const POLL_DELAY: Duration = Duration::from_secs(1);

/// The state of one recipient of one connection. Its serialized form is stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mailbox {
    /// Unique among all mailboxes ever created: the prefix of every id that the mailbox assigns.
    pub(super) id: String,
    pub(super) recipient: String,
    pub(super) handover: Option<Handover>,
    /// The contact center's ids of its conversations, the latest last.
    pub(super) conversations: Vec<String>,
    /// The time of the last part of the last message sent.
    pub(super) last_sent: Timestamp,
    /// The time of the last change.
    #[serde(default)]
    pub(super) last_change: Timestamp,
    /// The number of messages sent.
    pub(super) messages: u64,
    pub(super) poll_due: Option<Timestamp>,
    /// The time of the last reason to poll that no poll has answered.
    pub(super) poll_requested: Option<Timestamp>,
    /// The time since which the contact center has no conversation to poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unpollable: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Reconciliations::is_empty")]
    pub(super) reconciliations: Reconciliations,
    #[serde(default, skip_serializing_if = "PendingOutcomes::is_empty")]
    pub(super) outcomes: PendingOutcomes,
    /// The agents' messages that webhooks brought in the last handover.
    #[serde(default, skip_serializing_if = "ReceivedMessages::is_empty")]
    received: ReceivedMessages,
    pub(super) deduplication: DeduplicationWindow,
    pub(super) idempotency: IdempotencyCache,
    pub(super) delivery_queue: DeliveryQueue,
    pub(super) event_queue: EventQueue,
    pub(super) leases: Leases,
    /// The contact center owns the channel of the last handover, so nothing is delivered to it and no message of it is
    /// displayed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    follows: bool,
    /// The process that assigns ids from now on.
    #[serde(skip)]
    pub(super) process_id: String,
}

/// The tolerated difference between the clocks of gateways. A larger step back means that a clock was set back.
pub(crate) const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(10);
/// The delay until the next poll after one that found an end that may belong to the previous handover.
const POLL_AGAIN: Duration = Duration::from_secs(5);

/// No handover is in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no handover is in progress; start one first")]
pub struct NoHandover;

/// Why a handover cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// Another handover is in progress.
    #[error(transparent)]
    AlreadyInProgress(#[from] AlreadyInProgress),
}

/// Why events are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// They are replays or contradict accepted events.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The queue does not accept them.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

/// Why what the contact center knows about an ended handover is not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFetched {
    /// The attempt failed. The contact center may ask for a delay.
    Failed {
        /// The delay that the contact center asks for.
        after_seconds: Option<u32>,
    },
    /// There were too many requests.
    Postponed {
        /// When to try again.
        until: Timestamp,
    },
    /// The contact center does not have the conversation, or it cannot be read.
    Impossible,
}

/// The numbers of new and duplicate events of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Events not accepted before.
    pub new: usize,
    /// Events accepted before, from this source or another.
    pub duplicates: usize,
}

impl Mailbox {
    /// Creates an empty mailbox. `id`: 1 to 40 letters, digits and hyphens that no other mailbox ever had.
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
            reconciliations: Reconciliations::default(),
            outcomes: PendingOutcomes::default(),
            received: ReceivedMessages::default(),
            deduplication: DeduplicationWindow::default(),
            idempotency: IdempotencyCache::default(),
            delivery_queue: DeliveryQueue::default(),
            event_queue: EventQueue::default(),
            leases: Leases::default(),
            follows: false,
            process_id: String::new(),
        }
    }

    /// Sets the process whose id becomes part of the ids that are assigned from now on. A store that was restored from
    /// an older copy assigns numbers again, so the process id keeps the ids of messages and events unique. At most 40
    /// letters, digits and hyphens. Not stored.
    pub fn set_process_id(&mut self, process_id: &str) {
        process_id.clone_into(&mut self.process_id);
        self.event_queue.set_process_id(process_id);
    }

    /// Returns the id of the mailbox, which no other mailbox ever had.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the recipient: the user's address in the contact center.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Returns whether anything is queued for the contact center, the callback or the log.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.delivery_queue.peek().is_some() || self.event_queue.has_work()
    }

    /// Returns the handover in progress, or the last one.
    #[must_use]
    pub fn handover(&self) -> Option<&Handover> {
        self.handover.as_ref()
    }

    /// Returns the contact center's ids of its conversations, the latest last; a bounded number.
    #[must_use]
    pub fn conversations(&self) -> &[String] {
        &self.conversations
    }

    /// Returns the id of an event: the same for the same event, and unique.
    #[must_use]
    pub fn event_id(&self, queued: &QueuedEvent) -> String {
        format!("{}-e{}{}", self.id, queued.number, id_suffix(&queued.process_id))
    }

    /// Sets the correlation id of events that are queued from now on: the id of the request that causes them, at most
    /// 64 bytes. Not stored.
    pub fn correlate(&mut self, correlation: Option<String>) {
        self.event_queue.correlate(correlation);
    }

    /// Accepts events whose messages have these translations, by the messages' ids.
    pub fn with_translations<T>(
        &mut self,
        translations: BTreeMap<String, AgentMessage>,
        accept: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.event_queue.set_translations(translations);
        let accepted = accept(self);
        self.event_queue.set_translations(BTreeMap::new());
        accepted
    }

    /// Returns whether an event was accepted before.
    pub(crate) fn has_accepted(&self, event: &AgentEvent) -> bool {
        self.deduplication.contains(event)
    }

    /// Returns the messages of an ended handover that no webhook brought.
    pub(crate) fn missing_messages(
        &self,
        handover: u32,
        events: &[AgentEvent],
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<AgentEvent> {
        let origin = EventOrigin::poll();
        // An event before the window may be one that was accepted.
        let is_missing = |event: &AgentEvent| {
            let one = std::slice::from_ref(event);
            !self.deduplication.contains(event) && self.deduplication.admit(one, &origin, now, rules).is_ok()
        };
        self.reconciliations.messages_of(handover, events).into_iter().filter(is_missing).collect()
    }

    /// Returns the response to an earlier request with this key.
    #[must_use]
    pub fn cached_response(&self, key: &str, now: Timestamp) -> Option<&CachedResponse> {
        self.idempotency.get(key, now)
    }

    /// Stores a response, so that the same request gets it again.
    pub fn cache_response(&mut self, key: &str, cached_response: CachedResponse, now: Timestamp) {
        self.idempotency.put(key, cached_response, now);
    }

    /// Returns the number of the next handover, and the time up to which its agents know the transcript.
    #[must_use]
    pub fn next_handover(&self) -> (u32, Option<Timestamp>) {
        self.handover.as_ref().map_or((1, None), |handover| (handover.next_number(), handover.delivered_until()))
    }

    /// Assigns an id and an increasing time to a message of the platform. The message counts only when it is
    /// [sent](Self::send).
    #[must_use]
    pub fn outbound(&self, message: OutboundMessage, now: Timestamp) -> Outbound {
        let number = self.messages.saturating_add(1);
        let id = format!("{}.{number}{}", self.id, id_suffix(&self.process_id));
        Outbound { id, time: now.max(self.last_sent.saturating_add(1)), message }
    }

    /// Adjusts stored times if the clock was set back since the last change, so that delays keep their length. Call it
    /// first after loading a mailbox. Returns whether the clock was set back. In that case, store the mailbox;
    /// otherwise each load would start the delays again.
    pub fn correct_for_clock_step(&mut self, now: Timestamp) -> bool {
        let back = self.last_change.saturating_sub(now);
        let went_back = back > milliseconds(MAX_CLOCK_DIFFERENCE);
        if went_back {
            for at in [&mut self.poll_due, &mut self.poll_requested, &mut self.unpollable].into_iter().flatten() {
                *at = at.saturating_sub(back);
            }
            self.reconciliations.step_back(back);
            self.outcomes.step_back(back);
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

    /// Starts a handover. Messages that were held since the end of the last one are queued now.
    ///
    /// # Errors
    /// A handover is in progress.
    pub fn begin(&mut self, now: Timestamp, rules: &Rules) -> Result<u32, NotStarted> {
        let (number, _) = self.next_handover();
        let mut next = Handover::begin(number, now, rules.policy.clone(), self.handover.as_ref())?;
        let waiting = next.report_waiting();
        self.follows = false;
        self.replace_handover(next, waiting.into_iter().collect(), now, rules);
        Ok(number)
    }

    /// Follows a handover that the contact center began in this conversation, whose channel it owns: agents that join and
    /// leave, and the end. Has no effect while it is followed already.
    ///
    /// # Errors
    /// Another handover is in progress.
    pub fn follow(&mut self, conversation: &str, now: Timestamp, rules: &Rules) -> Result<(), NotStarted> {
        let is_followed = |handover: &Handover| is_open(handover) && handover.conversation() == Some(conversation);
        if self.follows && self.handover.as_ref().is_some_and(is_followed) {
            return Ok(());
        }
        // Timers end a handover from the platform's side, which has no part in this one.
        let policy = Policy { can_poll: rules.policy.can_poll, ..Policy::default() };
        let (number, _) = self.next_handover();
        let mut next = Handover::begin(number, now, policy, self.handover.as_ref())?;
        let delivery = Delivery { conversation_id: Some(conversation.to_owned()), ..Delivery::default() };
        next.delivered(&delivery, now);
        let waiting = next.report_waiting();
        self.follows = true;
        self.replace_handover(next, waiting.into_iter().collect(), now, rules);
        self.add_conversation(conversation);
        Ok(())
    }

    /// Returns whether the last handover is only followed.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Replaces the last handover. Requests queued for it keep its conversation.
    fn replace_handover(&mut self, next: Handover, first: Vec<Step>, now: Timestamp, rules: &Rules) {
        if let Some(last) = &self.handover {
            self.delivery_queue.detach(last);
        }
        let number = next.number();
        self.outcomes.next_began(now);
        self.received = ReceivedMessages::default();
        self.handover = Some(next);
        self.act(first, now, rules);
        self.event_queue.release(number, now);
        self.poll_due = rules.next_poll(now);
        (self.poll_requested, self.unpollable) = (None, None);
    }

    /// Queues a message: the requests built from it, or the message itself, which is built when everything before it is
    /// delivered.
    ///
    /// # Errors
    /// No handover is in progress and the message needs one, or the queue is full.
    pub fn send(
        &mut self,
        outbound: &Outbound,
        requests: Option<Vec<ProviderRequest>>,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let parts = requests.as_ref().map_or(1, Vec::len);
        if !outbound.message.needs_handover() {
            self.delivery_queue.push(outbound, requests, NO_HANDOVER, now)?;
            self.count(outbound, parts);
            return Ok(());
        }
        // A receipt for an agent's message may be sent after the end, and for a message of no handover.
        let is_receipt = matches!(outbound.message, OutboundMessage::Receipt(_));
        if is_receipt && self.handover.is_none() {
            self.delivery_queue.push(outbound, requests, NO_HANDOVER, now)?;
            self.count(outbound, parts);
            return Ok(());
        }
        let may_follow_the_end =
            is_receipt || matches!(outbound.message, OutboundMessage::RequestSurvey | OutboundMessage::SurveyScore(_));
        let Some(handover) = self.handover.as_mut().filter(|handover| may_follow_the_end || is_open(handover)) else {
            return Err(NoHandover.into());
        };
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

    /// Queues a dead letter again, with the same bytes. Repeating the call has no effect.
    ///
    /// # Errors
    /// Its handover has ended and it is not about a survey, it was never built, or the queue is full.
    pub fn redrive(&mut self, dead_letter: &DeadLetter, now: Timestamp) -> Result<(), SendError> {
        let DeadLetterContent::Outbound { handover, message, kind, only, request: Some(request), reason, .. } =
            &dead_letter.content
        else {
            return Err(NoHandover.into());
        };
        let kind = match kind {
            // A callback must not be repeated blindly.
            _ if *handover == NO_HANDOVER => MessageKind::Instruction,
            // Its other requests were dropped, so the message as a whole was not accepted.
            MessageKind::Instruction | MessageKind::Survey if !only => MessageKind::Content,
            MessageKind::Start => MessageKind::Content,
            kind => *kind,
        };
        let open = self.handover.as_ref().filter(|open| is_open(open)).map(Handover::number);
        let may_follow_the_end = *handover == NO_HANDOVER || kind == MessageKind::Survey;
        if !may_follow_the_end && open != Some(*handover) {
            return Err(NoHandover.into());
        }
        // No idempotency key contains a space.
        let key = format!("redrive {}", dead_letter.id);
        if self.idempotency.get(&key, now).is_none() {
            self.delivery_queue.redrive(message, kind, request, reason, *handover, now)?;
            let sent =
                CachedResponse { request_digest: String::new(), response: CommandResponse::Sent(message.clone()) };
            self.idempotency.put(&key, sent, now);
        }
        Ok(())
    }

    /// Ends the handover from the user's side.
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

    /// Accepts the events of one webhook: all of them, or none.
    ///
    /// # Errors
    /// An event is a replay or contradicts an accepted one, or the queue is full.
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
                if origin.is_webhook() && self.handover.as_ref().is_some_and(is_open) {
                    self.received.add(event);
                }
            } else {
                accepted.duplicates += 1;
            }
        }
        Ok(accepted)
    }

    /// Applies the result of a poll of the conversation with the thread of this number. `asked` is the time of the
    /// poll.
    pub fn polled(&mut self, thread: u32, events: &[AgentEvent], asked: Timestamp, now: Timestamp, rules: &Rules) {
        self.unpollable = None;
        let has_room = self.event_queue.admit(events).is_ok();
        let Some(handover) = self.handover.as_mut().filter(|handover| handover.thread() == thread) else { return };
        if !has_room {
            // Nothing is accepted; the next poll returns the same events.
            self.poll_due = self.poll_due.and(rules.next_poll(now));
            return;
        }
        if is_open(handover) {
            // The result does not contain later changes.
            self.poll_requested = self.poll_requested.filter(|reason| *reason >= asked);
            let soon = self.poll_requested.map(|reason| after(reason, POLL_DELAY));
            self.poll_due = soon.or(rules.next_poll(now));
        }
        // Messages, receipts and typing are events that must not be repeated; the presence of agents is a state.
        let queued =
            |kind: &EventKind| matches!(kind, EventKind::Message(_) | EventKind::Receipt(_) | EventKind::Typing(_));
        let origin = EventOrigin::poll();
        let fresh: Vec<AgentEvent> = events
            .iter()
            .filter(|event| !queued(&event.kind) || self.deduplication.insert(event, &origin, now, rules))
            .cloned()
            .collect();
        let steps = handover.polled(&fresh, asked);
        let undecided = is_open(handover) && fresh.iter().any(|event| matches!(event.kind, EventKind::Ended(_)));
        self.act(steps, now, rules);
        if undecided {
            let again = after(now, POLL_AGAIN);
            self.poll_due = self.poll_due.map(|at| at.min(again));
        }
    }

    /// Records that the contact center has no conversation with the thread of this number. If a handover cannot be
    /// polled for as long as retries last, it ends.
    pub fn unpollable(&mut self, thread: u32, now: Timestamp, rules: &Rules) {
        let Some(handover) = self.handover.as_mut().filter(|handover| handover.thread() == thread) else { return };
        if !is_open(handover) {
            return;
        }
        self.poll_due = rules.next_poll(now);
        self.poll_requested = None;
        let since = *self.unpollable.get_or_insert(now);
        if now >= after(since, rules.retries.give_up_after) {
            let steps = handover.failed("the contact center no longer has the conversation", now);
            self.act(steps, now, rules);
        }
    }

    /// Compares the messages of an ended handover with those that the contact center has. Those that no webhook brought are
    /// queued as late messages.
    pub fn reconciled(&mut self, handover: u32, events: &[AgentEvent], now: Timestamp, rules: &Rules) {
        let origin = EventOrigin::poll();
        for event in self.missing_messages(handover, events, now, rules) {
            if self.event_queue.admit(std::slice::from_ref(&event)).is_err() {
                // The next attempt finds this message and those after it.
                return self.reconciliations.failed(handover, None, 1.0, now, &rules.retries);
            }
            if self.deduplication.insert(&event, &origin, now, rules)
                && let EventKind::Message(message) = event.kind
            {
                self.event_queue.push(Event::LateMessage(self.event_queue.displayed(message)), handover, now);
            }
        }
        self.reconciliations.remove(handover);
    }

    /// Records that the messages of an ended handover cannot be compared now, or ever.
    pub fn not_reconciled(&mut self, handover: u32, outcome: NotFetched, chance: f64, now: Timestamp, rules: &Rules) {
        match outcome {
            NotFetched::Failed { after_seconds } => {
                self.reconciliations.failed(handover, after_seconds, chance, now, &rules.retries);
            }
            NotFetched::Postponed { until } => self.reconciliations.postpone(handover, until),
            NotFetched::Impossible => self.reconciliations.remove(handover),
        }
    }

    /// Postpones the next poll, if one is due at all.
    pub fn poll_at(&mut self, at: Timestamp) {
        self.poll_due = self.poll_due.map(|_| at);
    }

    /// Returns the handover that a conversation belongs to, for a message that needs none: the last one, or 1.
    #[must_use]
    pub fn last_thread(&self) -> u32 {
        self.handover.as_ref().map_or(1, Handover::thread)
    }

    /// Applies the result of a poll of the conversation of an ended handover whose outcome is not known.
    pub fn outcome_polled(&mut self, handover: u32, events: &[AgentEvent], now: Timestamp, rules: &Rules) {
        if let Some(outcome) = self.outcomes.polled(handover, events, now, rules) {
            self.event_queue.push(Event::Outcome(outcome), handover, now);
        }
    }

    /// Records that the outcome of an ended handover cannot be polled now, or ever.
    pub fn outcome_not_polled(&mut self, handover: u32, outcome: NotFetched, now: Timestamp, rules: &Rules) {
        match outcome {
            NotFetched::Failed { after_seconds } => {
                if let Some(earlier) = self.outcomes.schedule(handover, now, rules) {
                    self.event_queue.push(Event::Outcome(earlier), handover, now);
                }
                let at = after(now, Duration::from_secs(after_seconds.unwrap_or(0).into()));
                self.outcomes.postpone(handover, at);
            }
            NotFetched::Postponed { until } => self.outcomes.postpone(handover, until),
            NotFetched::Impossible => self.outcomes.remove(handover),
        }
    }

    /// Records that a request arrived.
    pub(super) fn arrived(&mut self, item: &Item, delivery: &Delivery, now: Timestamp) {
        // The contact center sends no receipt for these messages.
        if item.is_instruction() && !self.delivery_queue.has_message(item.message()) {
            let receipt = MessageReceipt {
                message_id: item.message().to_owned(),
                status: ReceiptStatus::Accepted,
                is_last: true,
            };
            self.event_queue.push(Event::Receipt(receipt), item.handover(), now);
        }
        for event in &delivery.events {
            if let EventKind::Survey(invitation) = &event.kind {
                self.event_queue.push(Event::Survey(invitation.clone()), item.handover(), now);
            }
        }
        if item.handover() == NO_HANDOVER {
            return;
        }
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

    /// Reports to the platform that a request will never be delivered. Ends a handover that cannot start.
    pub(super) fn report_undeliverable(&mut self, item: &Item, why: &str, now: Timestamp, rules: &Rules) {
        let number = item.handover();
        if item.may_have_arrived() {
            match self.handover.as_mut().filter(|handover| handover.number() == number) {
                Some(handover) => handover.may_be_delivered(),
                None => self.delivery_queue.arrived(number, None),
            }
        }
        if item.is_instruction() {
            // Its other requests are dropped, so that the platform gets one result.
            self.delivery_queue.drop_message(item.message());
        }
        if item.has_receipt() {
            self.event_queue.push(Event::Receipt(failed(item.message(), why)), number, now);
        }
        if item.starts()
            && let Some(handover) = self.handover.as_mut().filter(|handover| handover.number() == number)
        {
            let mut steps = handover.failed("the contact center did not accept the handover", now);
            // The contact center has a part of the start, so agents must not wait for the user.
            if handover.conversation().is_some() && !steps.is_empty() {
                steps.insert(0, Step::Leave(LeaveReason::Withdrawn));
            }
            self.act(steps, now, rules);
        }
    }

    /// Reports to the agent that their message was not displayed.
    pub(super) fn report_not_shown(&mut self, queued: &QueuedEvent, now: Timestamp) {
        if let Some(message) = queued.message() {
            let receipt =
                DeliveryReceipt { message_id: message, outcome: ReceiptOutcome::Failed(FailureReason::Other) };
            let outbound = self.outbound(OutboundMessage::Receipt(receipt), now);
            // If the queue is full, the receipt is lost, like one that cannot be delivered.
            if self.delivery_queue.push(&outbound, None, queued.handover, now).is_ok() {
                self.count(&outbound, 1);
            }
        }
    }

    fn apply(&mut self, event: &AgentEvent, now: Timestamp, rules: &Rules) {
        match (&event.kind, &event.conversation_id) {
            (EventKind::Receipt(receipt), _) => self.delivery_queue.receipt(receipt),
            (EventKind::Outcome(outcome), Some(conversation)) => {
                if let Some(handover) = self.outcomes.reported(conversation, now, rules) {
                    self.event_queue.push(Event::Outcome(outcome.clone()), handover, now);
                }
            }
            _ => {}
        }
        let Some(handover) = self.handover.as_mut() else { return self.apply_without_handover(event, now, rules) };
        let steps = handover.apply(event, now);
        if let Some(conversation) = &event.conversation_id {
            self.add_conversation(conversation);
        }
        self.act(steps, now, rules);
    }

    /// Applies an event of a recipient who never had a handover. Only messages have a meaning then: an agent wrote, or the
    /// contact center sent back a text of the platform.
    fn apply_without_handover(&mut self, event: &AgentEvent, now: Timestamp, rules: &Rules) {
        let EventKind::Message(message) = &event.kind else { return };
        let mut handover = NO_HANDOVER;
        if rules.agents_begin && message.author == Author::Human {
            let (number, conversation) = (event.handover.unwrap_or(1), event.conversation_id.clone());
            let first = Handover::begin_by_agent(number, now, rules.policy.clone(), conversation);
            handover = first.number();
            self.replace_handover(first, Vec::new(), now, rules);
            self.event_queue.push(Event::BegunByAgent, handover, now);
        }
        if let Some(conversation) = &event.conversation_id {
            self.add_conversation(conversation);
        }
        self.event_queue.push(Event::Message(self.event_queue.displayed(message.clone())), handover, now);
    }

    pub(super) fn act(&mut self, steps: Vec<Step>, now: Timestamp, rules: &Rules) {
        for step in steps {
            let Some(handover) = &self.handover else { return };
            let number = handover.number();
            match step {
                Step::Message(_)
                | Step::LateMessage(_)
                | Step::HoldMessage(_)
                | Step::Typing(_)
                | Step::Receipt(_)
                | Step::Reopen(_)
                | Step::Leave(_)
                    if self.follows => {}
                Step::Queued(state) => self.event_queue.push(Event::Queued(state), number, now),
                Step::AgentJoined(agent) => self.event_queue.push(Event::AgentJoined(agent), number, now),
                Step::AgentNamed(agent) => self.event_queue.push(Event::AgentNamed(agent), number, now),
                Step::AgentLeft(agent) => self.event_queue.push(Event::AgentLeft(agent), number, now),
                Step::Transferred(agent) => self.event_queue.push(Event::Transferred(agent), number, now),
                Step::Message(message) => {
                    self.event_queue.push(Event::Message(self.event_queue.displayed(message)), number, now)
                }
                Step::LateMessage(message) => {
                    self.event_queue.push(Event::LateMessage(self.event_queue.displayed(message)), number, now)
                }
                Step::HoldMessage(message) => self.event_queue.hold(message, number, now),
                Step::Typing(milliseconds) => self.event_queue.push(Event::Typing(milliseconds), number, now),
                Step::Receipt(receipt) => self.event_queue.push(Event::Receipt(receipt), number, now),
                Step::InactivityPrompt(prompt) => self.event_queue.push(Event::InactivityPrompt(prompt), number, now),
                Step::Reopen(message) => self.reopen(message, number, now, rules),
                Step::Poll => {
                    let soon = after(now, POLL_DELAY);
                    self.poll_due = Some(self.poll_due.map_or(soon, |at| at.min(soon)));
                    self.poll_requested = Some(now);
                }
                Step::Leave(reason) => {
                    // The start and the leave cancel out, so undelivered requests are dropped.
                    if handover.is_unknown_to_the_contact_center() {
                        self.delivery_queue.withdraw(number);
                    }
                    let outbound = self.outbound(OutboundMessage::Leave(reason), now);
                    self.count(&outbound, 1);
                    self.delivery_queue.push_always(&outbound, number, now);
                }
                Step::Ended(reason) => self.end(reason, number, now, rules),
                // `outcomes` waits for that of the last agent, also after the next handover began.
                Step::Outcome(_) => {}
            }
        }
    }

    fn end(&mut self, reason: EndReason, number: u32, now: Timestamp, rules: &Rules) {
        (self.poll_due, self.poll_requested) = (None, None);
        if let Some(handover) = self.handover.as_ref().filter(|_| !self.follows) {
            self.reconciliations.add(handover, std::mem::take(&mut self.received), now, rules);
            self.outcomes.add(handover, now, rules);
        }
        self.event_queue.push(Event::Ended(reason), number, now);
    }

    /// Starts another handover, because an agent wrote after the end and the operator's policy is to reopen.
    fn reopen(&mut self, message: AgentMessage, ended: u32, now: Timestamp, rules: &Rules) {
        // The conversation of the message, or the last one.
        let conversation = self.conversations.last().cloned();
        let next = self.handover.as_ref().map(|last| last.reopen(now, rules.policy.clone(), conversation));
        let Some(Ok(next)) = next else {
            return self.event_queue.push(Event::LateMessage(self.event_queue.displayed(message)), ended, now);
        };
        let number = next.number();
        self.replace_handover(next, Vec::new(), now, rules);
        self.event_queue.push(Event::Reopened, number, now);
        self.event_queue.push(Event::Message(self.event_queue.displayed(message)), number, now);
    }

    /// Counts a message. The times of its parts are one millisecond apart.
    fn count(&mut self, outbound: &Outbound, parts: usize) {
        self.messages = self.messages.saturating_add(1);
        let further = u64::try_from(parts.saturating_sub(1)).unwrap_or(0);
        self.last_sent = self.last_sent.max(outbound.time.saturating_add(further));
    }

    fn add_conversation(&mut self, conversation: &str) {
        /// The oldest conversations are forgotten, because a late event usually contains the recipient as well.
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

/// Why a message is not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No handover is in progress.
    #[error(transparent)]
    NoHandover(#[from] NoHandover),
    /// The queue does not accept it.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

/// Returns the part of an id that names the process.
pub(crate) fn id_suffix(process_id: &str) -> String {
    if process_id.is_empty() { String::new() } else { format!("-{process_id}") }
}

pub(super) fn is_open(handover: &Handover) -> bool {
    !matches!(handover.state(), State::Ended(_))
}

fn failed(message: &str, why: &str) -> MessageReceipt {
    MessageReceipt {
        message_id: message.to_owned(),
        status: ReceiptStatus::Failed(vec![why.to_owned()]),
        is_last: true,
    }
}
