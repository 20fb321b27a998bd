//! Who works on a mailbox, and what they do next.

use super::delivery_queue::Next;
use super::rules::LEASE;
use super::time::after;
use super::{
    CONVERSATION_WAIT, CallbackOutcome, DeliveryOutcome, Item, LookupOutcome, Mailbox, QueuedEvent, Reason, Rules,
    is_open,
};
use handover_host::contract::{
    Conversation, Delivery, Failure, Outbound, ProviderRequest, RetryAdvice, RetryCause, Timestamp,
};
use handover_host::handover::Handover;
use serde::{Deserialize, Serialize};

/// What can be worked on at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// To the contact center.
    Outbound,
    /// To the platform's callback.
    Callback,
}

/// The right to work on a lane, for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// What to do.
    pub task: Task,
    /// Which lane it is.
    pub channel: Channel,
}

/// Something to do about a mailbox.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Build a message, and hand in what it became: [`Mailbox::built`].
    Build {
        /// Which of the recipient's items.
        item: u64,
        /// What to build.
        message: Box<Outbound>,
        /// For which handover.
        conversation: Conversation,
    },
    /// Deliver a request: [`Mailbox::delivered`].
    Deliver {
        /// Which of the recipient's items.
        item: u64,
        /// What to deliver.
        request: ProviderRequest,
    },
    /// Ask whether a request arrived: [`Mailbox::found`].
    Find {
        /// Which of the recipient's items.
        item: u64,
        /// What was delivered, or not.
        request: ProviderRequest,
        /// For which handover.
        conversation: Conversation,
    },
    /// Observe the conversation: [`Mailbox::observed`].
    Observe {
        /// Which.
        conversation: Conversation,
        /// Something has happened that is a reason to; otherwise it is only that some time has passed.
        soon: bool,
    },
    /// Call the platform back: [`Mailbox::called_back`].
    CallBack {
        /// The event's id.
        id: String,
        /// The event.
        event: QueuedEvent,
        /// How often it was tried before.
        attempts: u32,
    },
    /// Store a dead letter: [`Mailbox::dead_letter_stored`].
    StoreDeadLetter(DeadLetter),
    /// Remove the mailbox: nothing has happened for as long as it is to be kept.
    Remove,
}

/// What was given up.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DeadLetter {
    /// The same for the same thing, however often it is buried; no other has it.
    pub id: String,
    /// Since when it waited.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What it is.
    pub content: DeadLetterContent,
}

/// What was given up, and why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum DeadLetterContent {
    /// A request for the contact center; the message itself if it could not be built.
    Outbound {
        /// Which of the recipient's items.
        item: u64,
        /// Of which handover.
        handover: u32,
        /// The platform's message that it belongs to.
        message: String,
        /// The request, unless it was never built.
        #[serde(with = "super::delivery_queue::optional_request")]
        request: Option<ProviderRequest>,
        /// Why.
        reason: Reason,
    },
    /// An event for the platform's callback; why.
    Callback(QueuedEvent, String),
}

/// Until when each lane is somebody's.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Leases {
    outbound: Option<Holder>,
    callback: Option<Holder>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Holder {
    by: String,
    until: Timestamp,
}

impl Leases {
    /// The clock went back by so many milliseconds.
    pub(super) fn step_back(&mut self, back: u64) {
        for holder in [&mut self.outbound, &mut self.callback].into_iter().flatten() {
            holder.until = holder.until.saturating_sub(back);
        }
    }

    fn channel(&mut self, channel: Channel) -> &mut Option<Holder> {
        match channel {
            Channel::Outbound => &mut self.outbound,
            Channel::Callback => &mut self.callback,
        }
    }
}

impl Mailbox {
    /// What `by` is to do next on this lane, which is theirs for the rules' time; nothing, and the lane is free, if
    /// nothing is to be done now or the lane is somebody else's.
    ///
    /// Whoever has done the task hands in its outcome and asks again, both in one change.
    pub fn lease(&mut self, channel: Channel, by: &str, now: Timestamp, rules: &Rules) -> Option<Lease> {
        let holder = self.leases.channel(channel);
        if holder.as_ref().is_some_and(|holder| holder.by != by && holder.until > now) {
            return None;
        }
        *holder = None;
        let task = match channel {
            Channel::Outbound => self.outbound_task(now, rules),
            Channel::Callback => self.callback_task(now, rules),
        }?;
        *self.leases.channel(channel) = Some(Holder { by: by.to_owned(), until: after(now, LEASE) });
        Some(Lease { task, channel })
    }

    /// `by` does no more on this lane, which is free for others.
    pub fn release(&mut self, channel: Channel, by: &str) {
        let holder = self.leases.channel(channel);
        if holder.as_ref().is_some_and(|holder| holder.by == by) {
            *holder = None;
        }
    }

    /// Whether nothing of it is to be remembered any more.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp, rules: &Rules) -> bool {
        self.expires_at(rules).is_some_and(|at| at <= now)
    }

    /// When somebody has to look at it; missing if nothing waits.
    #[must_use]
    pub fn due(&self, rules: &Rules) -> Option<Timestamp> {
        if self.event_queue.unpublished().next().is_some() {
            return Some(0);
        }
        let not_before = |holder: &Option<Holder>| holder.as_ref().map_or(0, |holder| holder.until);
        let outbound = self.outbound_due(rules).map(|due| due.max(not_before(&self.leases.outbound)));
        let callback = self.callback_due(rules).map(|due| due.max(not_before(&self.leases.callback)));
        outbound.into_iter().chain(callback).min()
    }

    /// What is to be appended to the log, in this order; needs no turn, for it can be appended again.
    pub fn unpublished(&self) -> impl Iterator<Item = &QueuedEvent> {
        self.event_queue.unpublished()
    }

    /// What is in the log, up to and with this one.
    pub fn published(&mut self, number: u64, rules: &Rules) {
        self.event_queue.published(number, rules);
    }

    fn outbound_due(&self, rules: &Rules) -> Option<Timestamp> {
        let item =
            self.delivery_queue.peek().map(|item| item.ready().max(self.waits_for_conversation(item).unwrap_or(0)));
        let (handover, poll_due) = (self.handover.as_ref(), self.poll_due);
        let deadline = handover.and_then(Handover::next_deadline);
        [item, deadline, poll_due, self.expires_at(rules)].into_iter().flatten().min()
    }

    /// Not before the log has forgotten its last event: the numbers of a new one would begin anew.
    fn expires_at(&self, rules: &Rules) -> Option<Timestamp> {
        let idle = self.delivery_queue.peek().is_none()
            && self.event_queue.to_call(rules).is_none()
            && self.event_queue.unpublished().next().is_none();
        let ended = self.handover.as_ref().filter(|_| idle).and_then(Handover::ended_at)?;
        Some(after(ended.max(self.event_queue.last_time()), rules.retention))
    }

    /// Until when a leave waits for the id of its conversation. Its handover's other requests are done by then; the id may
    /// come by an event.
    fn waits_for_conversation(&self, item: &Item) -> Option<Timestamp> {
        let unknown = || self.conversation_of(item)?.id.is_none().then_some(());
        (item.leaves() && item.request().is_none()).then(unknown).flatten()?;
        let handover = self.handover.as_ref().filter(|handover| handover.number() == item.handover());
        // Where there is surely none, there is nothing to wait for.
        handover.filter(|handover| !handover.is_unknown_to_the_contact_center())?;
        Some(after(item.since(), CONVERSATION_WAIT))
    }

    /// Whether a leave has nothing to leave: nothing of its handover arrived at the contact center.
    fn leaves_nothing(&self, item: &Item) -> bool {
        let handover = self.handover.as_ref().filter(|handover| handover.number() == item.handover());
        let is_unknown = handover.map_or(item.nothing_arrived(), Handover::is_unknown_to_the_contact_center);
        item.leaves() && item.conversation().is_none() && is_unknown
    }

    fn callback_due(&self, rules: &Rules) -> Option<Timestamp> {
        let (not_before, _) = self.event_queue.to_call(rules)?;
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
                return Some(Task::Observe { conversation, soon: self.poll_requested.is_some() });
            }
            // Nobody knows yet which conversation it is.
            self.poll_due = rules.next_poll(now);
        }
        if !self.is_expired(now, rules) {
            return None;
        }
        if let Some(number) = self.handover.as_ref().map(Handover::number).filter(|_| self.event_queue.contains()) {
            // No next handover has come for as long as anything is kept: better late than never.
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
                    Some(Task::Find { item: number, request: request.clone(), conversation })
                }
                Next::DeadLetter(reason) => Some(Task::StoreDeadLetter(DeadLetter {
                    id: format!("{}.{number}", self.id),
                    since: item.since(),
                    attempts: item.attempts(),
                    content: DeadLetterContent::Outbound {
                        item: number,
                        handover,
                        message: item.message().to_owned(),
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
                self.arrived(&item, &Delivery { message_id: None, conversation_id: None }, now);
            }
        }
    }

    fn callback_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        while let Some(number) =
            self.event_queue.to_call(rules).filter(|(_, event)| event.is_over(now)).map(|(_, event)| event.number)
        {
            self.event_queue.done(number);
        }
        let (not_before, event) = self.event_queue.to_call(rules)?;
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

    /// The conversation of the handover of an item.
    fn conversation_of(&self, item: &Item) -> Option<Conversation> {
        self.conversation(item.handover(), item.conversation().map(String::from), item.thread())
    }

    /// The conversation of the handover of this number. Id and thread are the present one's, or what is known of an earlier
    /// one.
    fn conversation(&self, number: u32, known: Option<String>, thread: Option<u32>) -> Option<Conversation> {
        let present = self.handover.as_ref()?;
        let is_present = number == present.number();
        let id = if is_present { present.conversation().map(String::from) } else { known };
        let thread = if is_present { present.thread() } else { thread.unwrap_or(number) };
        Some(Conversation { recipient: self.recipient.clone(), handover: thread, id })
    }

    /// What became of [`Task::Build`].
    pub fn built(&mut self, item: u64, built: Result<Vec<ProviderRequest>, String>) {
        match built {
            Ok(requests) => self.delivery_queue.built(item, requests),
            Err(why) => self.delivery_queue.dead(item, Reason::NotBuilt(why)),
        }
    }

    /// What became of [`Task::Deliver`].
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

    /// What became of [`Task::Find`].
    pub fn looked_up(&mut self, item: u64, found: LookupOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        match found {
            LookupOutcome::Arrived(delivery) => {
                if let Some(item) = self.delivery_queue.remove(item) {
                    self.arrived(&item, &delivery, now);
                }
            }
            LookupOutcome::NotArrived => self.delivery_queue.missing(item, now, rules),
            // Nobody will ever be answered.
            LookupOutcome::Unknown | LookupOutcome::Failed(Failure::Permanent(_)) => {
                self.delivery_queue.unknown(item, now, rules)
            }
            LookupOutcome::Failed(failure) => self.delivery_queue.not_found(item, failure, chance, now, rules),
        }
    }

    /// What became of [`Task::CallBack`].
    pub fn called_back(&mut self, event: u64, outcome: CallbackOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        self.event_queue.called(event, outcome, chance, now, rules);
    }

    /// What became of [`Task::StoreDeadLetter`]: the dead letter is stored.
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
