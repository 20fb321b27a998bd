//! Who works on a mailbox, and what they do next.

use super::outbox::Next;
use super::rules::TURN;
use super::{
    CallbackOutcome, DeliveryOutcome, Found, Item, Mailbox, Reason, Rules, Told, WAIT_FOR_CONVERSATION, is_open,
};
use handover_host::contract::{
    Conversation, Delivery, Failure, Outbound, ProviderRequest, RetryAdvice, RetryCause, Timestamp,
};
use handover_host::handover::Handover;
use serde::{Deserialize, Serialize};

/// What can be worked on at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// To the contact center.
    Outbound,
    /// To the platform's callback.
    Callback,
}

/// The right to work on a lane, for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// What to do.
    pub task: Task,
    /// Which lane it is.
    pub lane: Lane,
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
        told: Told,
        /// How often it was tried before.
        attempts: u32,
    },
    /// Store a dead letter: [`Mailbox::buried`].
    Bury(DeadLetter),
    /// Remove the mailbox: nothing has happened for as long as it is to be kept.
    Forget,
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
    pub content: DeadContent,
}

/// What was given up, and why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum DeadContent {
    /// A request for the contact center; the message itself if it could not be built.
    Outbound {
        /// Which of the recipient's items.
        item: u64,
        /// Of which handover.
        handover: u32,
        /// The platform's message that it belongs to.
        message: String,
        /// The request, unless it was never built.
        #[serde(with = "super::outbox::optional_request")]
        request: Option<ProviderRequest>,
        /// Why.
        reason: Reason,
    },
    /// An event for the platform's callback; why.
    Callback(Told, String),
}

/// Until when each lane is somebody's.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Turns {
    outbound: Option<Held>,
    callback: Option<Held>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Held {
    by: String,
    until: Timestamp,
}

impl Turns {
    /// The clock went back by so many milliseconds.
    pub(super) fn step_back(&mut self, back: u64) {
        for held in [&mut self.outbound, &mut self.callback].into_iter().flatten() {
            held.until = held.until.saturating_sub(back);
        }
    }

    fn lane(&mut self, lane: Lane) -> &mut Option<Held> {
        match lane {
            Lane::Outbound => &mut self.outbound,
            Lane::Callback => &mut self.callback,
        }
    }
}

impl Mailbox {
    /// What `by` is to do next on this lane, which is theirs for the rules' time; nothing, and the lane is free, if
    /// nothing is to be done now or the lane is somebody else's.
    ///
    /// Whoever has done the task hands in its outcome and asks again, both in one change.
    pub fn turn(&mut self, lane: Lane, by: &str, now: Timestamp, rules: &Rules) -> Option<Turn> {
        let held = self.turns.lane(lane);
        if held.as_ref().is_some_and(|held| held.by != by && held.until > now) {
            return None;
        }
        *held = None;
        let task = match lane {
            Lane::Outbound => self.outbound_task(now, rules),
            Lane::Callback => self.callback_task(now, rules),
        }?;
        *self.turns.lane(lane) = Some(Held { by: by.to_owned(), until: now.saturating_add(TURN) });
        Some(Turn { task, lane })
    }

    /// `by` does no more on this lane, which is free for others.
    pub fn rest(&mut self, lane: Lane, by: &str) {
        let held = self.turns.lane(lane);
        if held.as_ref().is_some_and(|held| held.by == by) {
            *held = None;
        }
    }

    /// Whether nothing of it is to be remembered any more.
    #[must_use]
    pub fn is_over(&self, now: Timestamp, rules: &Rules) -> bool {
        self.forget_at(rules).is_some_and(|at| at <= now)
    }

    /// When somebody has to look at it; missing if nothing waits.
    #[must_use]
    pub fn due(&self, rules: &Rules) -> Option<Timestamp> {
        if self.feed.unpublished().next().is_some() {
            return Some(0);
        }
        let not_before = |held: &Option<Held>| held.as_ref().map_or(0, |held| held.until);
        let outbound = self.outbound_due(rules).map(|due| due.max(not_before(&self.turns.outbound)));
        let callback = self.callback_due(rules).map(|due| due.max(not_before(&self.turns.callback)));
        outbound.into_iter().chain(callback).min()
    }

    /// What is to be appended to the log, in this order; needs no turn, for it can be appended again.
    pub fn unpublished(&self) -> impl Iterator<Item = &Told> {
        self.feed.unpublished()
    }

    /// What is in the log, up to and with this one.
    pub fn published(&mut self, number: u64, rules: &Rules) {
        self.feed.published(number, rules);
    }

    fn outbound_due(&self, rules: &Rules) -> Option<Timestamp> {
        let item = self.outbox.peek().map(|item| item.ready().max(self.waits_for_conversation(item).unwrap_or(0)));
        let (handover, observe) = (self.handover.as_ref(), self.observe);
        let deadline = handover.and_then(Handover::next_deadline);
        [item, deadline, observe, self.forget_at(rules)].into_iter().flatten().min()
    }

    /// Not before the log has forgotten its last event: the numbers of a new one would begin anew.
    fn forget_at(&self, rules: &Rules) -> Option<Timestamp> {
        let idle = self.outbox.peek().is_none()
            && self.feed.to_call(rules).is_none()
            && self.feed.unpublished().next().is_none();
        let ended = self.handover.as_ref().filter(|_| idle).and_then(Handover::ended_at)?;
        Some(ended.max(self.feed.last_time()).saturating_add(rules.keep))
    }

    /// Until when a leave waits for the id of its conversation. Its handover's other requests are done by then; the id may
    /// come by an event.
    fn waits_for_conversation(&self, item: &Item) -> Option<Timestamp> {
        let unknown = || self.conversation_of(item)?.id.is_none().then_some(());
        (item.leaves() && item.request().is_none()).then(unknown).flatten()?;
        let handover = self.handover.as_ref().filter(|handover| handover.number() == item.handover());
        // Where there is surely none, there is nothing to wait for.
        handover.filter(|handover| !handover.is_unknown_to_the_contact_center())?;
        Some(item.since().saturating_add(WAIT_FOR_CONVERSATION))
    }

    /// Whether a leave has nothing to leave: nothing of its handover arrived at the contact center.
    fn leaves_nothing(&self, item: &Item) -> bool {
        let handover = self.handover.as_ref().filter(|handover| handover.number() == item.handover());
        let is_unknown = handover.map_or(item.nothing_arrived(), Handover::is_unknown_to_the_contact_center);
        item.leaves() && item.conversation().is_none() && is_unknown
    }

    fn callback_due(&self, rules: &Rules) -> Option<Timestamp> {
        let (not_before, _) = self.feed.to_call(rules)?;
        Some(if self.feed.given_up().is_some() { 0 } else { not_before })
    }

    fn outbound_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        if let Some(handover) = &mut self.handover {
            let steps = handover.tick(now);
            self.act(steps, now, rules);
        }
        if let Some(task) = self.item_task(now, rules) {
            return Some(task);
        }
        if self.observe.is_some_and(|at| at <= now) {
            let present = self.handover.as_ref().map(Handover::number);
            let conversation = present.and_then(|number| self.conversation(number, None, None));
            if let Some(conversation) = conversation.filter(|conversation| conversation.id.is_some()) {
                return Some(Task::Observe { conversation, soon: self.reason_to_observe.is_some() });
            }
            // Nobody knows yet which conversation it is.
            self.observe = rules.observe_after(now);
        }
        if !self.is_over(now, rules) {
            return None;
        }
        if let Some(number) = self.handover.as_ref().map(Handover::number).filter(|_| self.feed.holds()) {
            // No next handover has come for as long as anything is kept: better late than never.
            self.feed.release_late(number, now);
            return None;
        }
        Some(Task::Forget)
    }

    fn item_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        loop {
            let open = self.handover.as_ref().filter(|handover| is_open(handover)).map(Handover::number);
            self.outbox.front(open, now)?;
            let item = self.outbox.peek()?;
            if item.ready() > now || self.waits_for_conversation(item).is_some_and(|at| at > now) {
                return None;
            }
            if self.leaves_nothing(item) {
                let number = item.number();
                self.outbox.remove(number);
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
                    self.outbox.begin(number, now, rules);
                    Some(Task::Deliver { item: number, request })
                }
                Next::Find(request) => {
                    let conversation = self.conversation_of(item)?;
                    Some(Task::Find { item: number, request: request.clone(), conversation })
                }
                Next::Bury(reason) => Some(Task::Bury(DeadLetter {
                    id: format!("{}.{number}", self.tag),
                    since: item.since(),
                    attempts: item.attempts(),
                    content: DeadContent::Outbound {
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
            if let Some(item) = self.outbox.remove(number) {
                self.arrived(&item, &Delivery { message_id: None, conversation_id: None }, now);
            }
        }
    }

    fn callback_task(&mut self, now: Timestamp, rules: &Rules) -> Option<Task> {
        while let Some(number) =
            self.feed.to_call(rules).filter(|(_, told)| told.is_over(now)).map(|(_, told)| told.number)
        {
            self.feed.done(number);
        }
        let (not_before, told) = self.feed.to_call(rules)?;
        if let Some(why) = self.feed.given_up() {
            return Some(Task::Bury(DeadLetter {
                id: self.event_id(told),
                since: told.time,
                attempts: self.feed.attempts(),
                content: DeadContent::Callback(told.clone(), why.to_owned()),
            }));
        }
        if not_before > now {
            return None;
        }
        let (id, told) = (self.event_id(told), told.clone());
        Some(Task::CallBack { id, told, attempts: self.feed.try_next(now) })
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
            Ok(requests) => self.outbox.built(item, requests),
            Err(why) => self.outbox.dead(item, Reason::NotBuilt(why)),
        }
    }

    /// What became of [`Task::Deliver`].
    pub fn delivered(&mut self, item: u64, outcome: DeliveryOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        match outcome {
            DeliveryOutcome::Delivered(delivery) => {
                if let Some(item) = self.outbox.remove(item) {
                    self.arrived(&item, &delivery, now);
                }
            }
            DeliveryOutcome::Failed(failure) => self.outbox.failed(item, failure, chance, now, rules),
            DeliveryOutcome::Unknown(message) => {
                let cause = RetryCause::TimedOut;
                let unknown = RetryAdvice { cause, after_seconds: None, may_have_arrived: true, message };
                self.outbox.failed(item, Failure::Retry(unknown), chance, now, rules);
            }
        }
    }

    /// What became of [`Task::Find`].
    pub fn found(&mut self, item: u64, found: Found, chance: f64, now: Timestamp, rules: &Rules) {
        match found {
            Found::Arrived(delivery) => {
                if let Some(item) = self.outbox.remove(item) {
                    self.arrived(&item, &delivery, now);
                }
            }
            Found::Missing => self.outbox.missing(item, now, rules),
            // Nobody will ever be answered.
            Found::Unknown | Found::Failed(Failure::Permanent(_)) => self.outbox.unknown(item, now, rules),
            Found::Failed(failure) => self.outbox.not_found(item, failure, chance, now, rules),
        }
    }

    /// What became of [`Task::CallBack`].
    pub fn called_back(&mut self, event: u64, outcome: CallbackOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        self.feed.called(event, outcome, chance, now, rules);
    }

    /// What became of [`Task::Bury`]: the dead letter is stored.
    pub fn buried(&mut self, letter: &DeadLetter, now: Timestamp, rules: &Rules) {
        match &letter.content {
            DeadContent::Callback(told, _) => {
                self.feed.done(told.number);
                self.not_shown(told, now);
            }
            DeadContent::Outbound { item, reason, .. } => {
                if let Some(item) = self.outbox.remove(*item) {
                    self.undeliverable(&item, reason.for_people(), now, rules);
                }
            }
        }
    }
}
