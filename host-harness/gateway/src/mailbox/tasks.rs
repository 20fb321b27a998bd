//! The tasks of a mailbox: selects the next task and records outcomes.

use super::delivery_queue::{DeliveryOutcome, Item, LookupOutcome, NO_HANDOVER, Next, Reason};
use super::event_queue::{CallbackOutcome, QueuedEvent};
use super::lease::{Channel, DeadLetter, DeadLetterContent, Lease, Task};
use super::rules::Rules;
use super::state::{Mailbox, is_open};
use super::time::after;
use handover_host::contract::{Conversation, Delivery, Failure, ProviderRequest, RetryAdvice, RetryCause, Timestamp};
use handover_host::handover::{Handover, State};
use std::time::Duration;

/// The time for which a leave waits for the id of a conversation that may exist.
const CONVERSATION_WAIT: Duration = Duration::from_secs(30);

impl Mailbox {
    /// Leases a channel to a worker and returns its next task. Returns `None`, and releases the channel, if there is no
    /// task now or another worker holds the lease.
    ///
    /// A worker reports the outcome of its task and acquires the next lease in the same change.
    pub fn lease(&mut self, channel: Channel, by: &str, now: Timestamp, rules: &Rules) -> Option<Lease> {
        if !self.leases.free(channel, by, now) {
            return None;
        }
        let task = match channel {
            Channel::Outbound => self.outbound_task(now, rules),
            Channel::Callback => self.callback_task(now, rules),
        }?;
        self.leases.hold(channel, by, now);
        Some(Lease { task, channel })
    }

    /// Releases the lease of a worker.
    pub fn release(&mut self, channel: Channel, by: &str) {
        self.leases.release(channel, by);
    }

    /// Returns whether the retention has passed.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp, rules: &Rules) -> bool {
        self.expires_at(rules).is_some_and(|at| at <= now)
    }

    /// Returns the time at which a worker must look at the mailbox; `None` if nothing is due.
    #[must_use]
    pub fn due(&self, rules: &Rules) -> Option<Timestamp> {
        if self.event_queue.unpublished().next().is_some() {
            return Some(0);
        }
        let not_before = |channel| self.leases.held_until(channel);
        let outbound = self.outbound_due(rules).map(|due| due.max(not_before(Channel::Outbound)));
        let callback = self.callback_due(rules).map(|due| due.max(not_before(Channel::Callback)));
        outbound.into_iter().chain(callback).min()
    }

    /// Returns the events to append to the log, in order. Appending them again has no effect, so it requires no lease.
    pub fn unpublished(&self) -> impl Iterator<Item = &QueuedEvent> {
        self.event_queue.unpublished()
    }

    /// Records that the events up to this number are in the log.
    pub fn published(&mut self, number: u64, rules: &Rules) {
        self.event_queue.published(number, rules.callback());
    }

    fn outbound_due(&self, rules: &Rules) -> Option<Timestamp> {
        let item =
            self.delivery_queue.peek().map(|item| item.ready().max(self.waits_for_conversation(item).unwrap_or(0)));
        let (handover, poll_due) = (self.handover.as_ref(), self.poll_due);
        let deadline = handover.and_then(Handover::next_deadline);
        let (reconciliation, outcome) = (self.reconciliations.due(), self.outcomes.due());
        [item, deadline, poll_due, reconciliation, outcome, self.expires_at(rules)].into_iter().flatten().min()
    }

    /// Returns when the retention passes; `None` while work is queued or the handover has not ended. It does not pass
    /// before the last event has left the log, because a new mailbox restarts its event numbers.
    fn expires_at(&self, rules: &Rules) -> Option<Timestamp> {
        let idle = self.delivery_queue.peek().is_none()
            && self.reconciliations.is_empty()
            && self.outcomes.is_empty()
            && self.event_queue.to_call(rules.callback()).is_none()
            && self.event_queue.unpublished().next().is_none();
        // A mailbox may have had no handover, only messages that need none.
        let ended = match self.handover.as_ref().filter(|_| idle) {
            Some(handover) => handover.ended_at()?,
            None => Some(self.last_sent).filter(|_| idle)?,
        };
        Some(after(ended.max(self.event_queue.last_time()), rules.retention))
    }

    /// Returns until when a leave or an instruction waits for the id of its conversation. The handover's earlier requests are
    /// done by then, but an event may still contain the id.
    fn waits_for_conversation(&self, item: &Item) -> Option<Timestamp> {
        let unknown = || self.conversation_of(item)?.id.is_none().then_some(());
        ((item.leaves() || item.is_instruction()) && item.request().is_none()).then(unknown).flatten()?;
        let handover = self.handover.as_ref().filter(|handover| handover.number() == item.handover());
        // If nothing arrived, there is no conversation to wait for.
        handover.filter(|handover| !handover.is_unknown_to_the_contact_center())?;
        Some(after(item.since(), CONVERSATION_WAIT))
    }

    /// Returns whether the item is a leave without a conversation to leave: no request of its handover arrived at the
    /// contact center.
    fn leaves_nothing(&self, item: &Item) -> bool {
        let handover = self.handover.as_ref().filter(|handover| handover.number() == item.handover());
        let is_unknown = handover.map_or(item.nothing_arrived(), Handover::is_unknown_to_the_contact_center);
        item.leaves() && item.conversation().is_none() && is_unknown
    }

    fn callback_due(&self, rules: &Rules) -> Option<Timestamp> {
        let (not_before, _) = self.event_queue.to_call(rules.callback())?;
        Some(if self.event_queue.given_up().is_some() { 0 } else { not_before })
    }

    fn outbound_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        if let Some(handover) = &mut self.handover {
            let steps = handover.tick(now);
            self.act(steps, now, rules);
        }
        if let Some(task) = self.item_task(now, rules) {
            return Some(task);
        }
        if self.poll_due.is_some_and(|at| at <= now) {
            let present = self.handover.as_ref().map(Handover::number);
            let conversation = present.and_then(|number| self.conversation(number, None, None));
            if let Some(conversation) = conversation.filter(|conversation| conversation.id.is_some()) {
                let waiting = self.handover.as_ref().is_some_and(|handover| handover.state() == State::Queued);
                return Some(Task::Poll { conversation, soon: self.poll_requested.is_some(), waiting });
            }
            // The conversation's id is not known yet.
            self.poll_due = rules.next_poll(now);
        }
        if let Some(entry) = self.reconciliations.next(now) {
            let (handover, conversation) = (entry.handover, entry.conversation(&self.recipient));
            return Some(Task::FetchMessages { handover, conversation, received: entry.work.received().clone() });
        }
        if let Some(entry) = self.outcomes.next(now) {
            let (handover, conversation) = (entry.handover, entry.conversation(&self.recipient));
            if rules.policy.can_poll {
                return Some(Task::PollOutcome { handover, conversation });
            }
            self.outcomes.remove(handover);
        }
        if !self.is_expired(now, rules) {
            return None;
        }
        if let Some(number) = self.handover.as_ref().map(Handover::number).filter(|_| self.event_queue.holds_messages())
        {
            // There was no next handover within the retention, so held messages are queued as late.
            self.event_queue.release_late(number, now);
            return None;
        }
        Some(Task::Remove)
    }

    fn item_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        loop {
            let open = self.handover.as_ref().filter(|handover| is_open(handover)).map(Handover::number);
            self.delivery_queue.front(open, now)?;
            let item = self.delivery_queue.peek()?;
            if item.ready() > now || self.waits_for_conversation(item).is_some_and(|at| at > now) {
                return None;
            }
            if self.leaves_nothing(item) {
                let number = item.number();
                self.delivery_queue.remove(number);
                continue;
            }
            let (number, handover) = (item.number(), item.handover());
            let task = match item.next() {
                Next::Build(outbound) => {
                    let conversation = self.conversation_of(item)?;
                    Some(Task::Build { item: number, message: Box::new(outbound.clone()), conversation })
                }
                Next::Deliver(request) => {
                    let request = request.clone();
                    self.delivery_queue.begin(number, now, rules);
                    Some(Task::Deliver { item: number, request })
                }
                Next::Find(request) => {
                    let conversation = self.conversation_of(item)?;
                    let repeats = item.is_repeated_blindly(now, rules);
                    Some(Task::Find { item: number, request: request.clone(), conversation, repeats })
                }
                Next::DeadLetter(reason) => Some(Task::StoreDeadLetter(DeadLetter {
                    id: format!("{}.{number}", self.id),
                    since: item.since(),
                    attempts: item.attempts(),
                    content: DeadLetterContent::Outbound {
                        item: number,
                        handover,
                        message: item.message().to_owned(),
                        kind: item.kind(),
                        only: item.is_only(),
                        request: item.request().cloned(),
                        reason: reason.clone(),
                    },
                })),
                Next::Confirmed => None,
            };
            if task.is_some() {
                return task;
            }
            if let Some(item) = self.delivery_queue.remove(number) {
                self.arrived(&item, &Delivery::default(), now);
            }
        }
    }

    fn callback_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        while let Some(number) = self
            .event_queue
            .to_call(rules.callback())
            .filter(|(_, event)| event.is_over(now))
            .map(|(_, event)| event.number)
        {
            self.event_queue.done(number);
        }
        let (not_before, event) = self.event_queue.to_call(rules.callback())?;
        if let Some(why) = self.event_queue.given_up() {
            return Some(Task::StoreDeadLetter(DeadLetter {
                id: self.event_id(event),
                since: event.time,
                attempts: self.event_queue.attempts(),
                content: DeadLetterContent::Callback(event.clone(), why.to_owned()),
            }));
        }
        if not_before > now {
            return None;
        }
        let (id, event) = (self.event_id(event), event.clone());
        Some(Task::CallBack { id, event, attempts: self.event_queue.try_next(now) })
    }

    /// Returns the conversation of an item's handover.
    fn conversation_of(&self, item: &Item) -> Option<Conversation> {
        self.conversation(item.handover(), item.conversation().map(String::from), item.thread())
    }

    /// Returns the conversation of a handover. The id and the thread are those of the current handover, or the known
    /// values of an earlier one.
    fn conversation(&self, number: u32, known: Option<String>, thread: Option<u32>) -> Option<Conversation> {
        if number == NO_HANDOVER {
            return Some(Conversation { recipient: self.recipient.clone(), handover: self.last_thread(), id: None });
        }
        let present = self.handover.as_ref()?;
        let is_present = number == present.number();
        let id = if is_present { present.conversation().map(String::from) } else { known };
        let thread = if is_present { present.thread() } else { thread.unwrap_or(number) };
        Some(Conversation { recipient: self.recipient.clone(), handover: thread, id })
    }

    /// Records the outcome of [`Task::Build`].
    pub fn built(&mut self, item: u64, built: Result<Vec<ProviderRequest>, String>) {
        match built {
            Ok(requests) => self.delivery_queue.built(item, requests),
            Err(why) => self.delivery_queue.dead(item, Reason::NotBuilt(why)),
        }
    }

    /// Records the outcome of [`Task::Deliver`].
    pub fn delivered(&mut self, item: u64, outcome: DeliveryOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        match outcome {
            DeliveryOutcome::Delivered(delivery) => {
                if let Some(item) = self.delivery_queue.remove(item) {
                    self.arrived(&item, &delivery, now);
                }
            }
            DeliveryOutcome::Failed(failure) => self.delivery_queue.failed(item, failure, chance, now, rules),
            DeliveryOutcome::Unknown(message) => {
                let cause = RetryCause::TimedOut;
                let unknown = RetryAdvice { cause, after_seconds: None, may_have_arrived: true, message };
                self.delivery_queue.failed(item, Failure::Retry(unknown), chance, now, rules);
            }
        }
    }

    /// Records the outcome of [`Task::Find`].
    pub fn looked_up(&mut self, item: u64, found: LookupOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        match found {
            LookupOutcome::Arrived(delivery) => {
                if let Some(item) = self.delivery_queue.remove(item) {
                    self.arrived(&item, &delivery, now);
                }
            }
            LookupOutcome::NotArrived => self.delivery_queue.missing(item, now, rules),
            // No later lookup would have a result.
            LookupOutcome::Unknown | LookupOutcome::Failed(Failure::Permanent(_)) => {
                self.delivery_queue.unknown(item, now, rules)
            }
            LookupOutcome::Failed(failure) => self.delivery_queue.not_found(item, failure, chance, now, rules),
        }
    }

    /// Records the outcome of [`Task::CallBack`].
    pub fn called_back(&mut self, event: u64, outcome: CallbackOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        self.event_queue.called(event, outcome, chance, now, rules.callback());
    }

    /// Records the outcome of [`Task::StoreDeadLetter`].
    pub fn dead_letter_stored(&mut self, dead_letter: &DeadLetter, now: Timestamp, rules: &Rules) {
        match &dead_letter.content {
            DeadLetterContent::Callback(event, _) => {
                self.event_queue.done(event.number);
                self.report_not_shown(event, now);
            }
            DeadLetterContent::Outbound { item, reason, .. } => {
                if let Some(item) = self.delivery_queue.remove(*item) {
                    self.report_undeliverable(&item, reason.description(), now, rules);
                }
            }
        }
    }
}
