//! The state of a handover: what its events mean together, and what to do next. Pure: no I/O, and no clock of its own.
//!
//! ```text
//!           an agent comes, or writes              the first end
//! Queued ───────────────────────────────▶ Active ─────────────────▶ Ended
//!    ▲  └───────────────────────────────────┼──────────────────────▶
//!    └──── nobody is there, queue told ─────┘
//! ```
//!
//! Events come from several sources that know nothing of each other, so each may be lost, late, repeated, or told after
//! what came later. Hence: of two facts about one agent the later holds, in whatever order they come; what an
//! observation found outweighs every push from before it; a fact in doubt is a reason to ask, not to act; and once
//! ended is ended. Drop repeats by [`AgentEvent::id`] all the same: here a message has no past.
//!
//! Every method that takes something in hands back the [`Step`]s to take, in this order.

mod agents;
pub mod botpress;
pub mod cognigy;
mod policy;
mod step;

pub use self::policy::{AfterEnd, Policy};
pub use self::step::Step;

use self::agents::{Agents, Departure};
use crate::contract::{
    Agent, AgentEvent, AgentMessage, Author, Delivery, EndReason, EventKind, LeaveReason, QueueState, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Milliseconds by which the contact center's clock and ours may differ.
const SKEW: u64 = 60_000;
/// Milliseconds after the delivery of the first message from which a poll shows the conversation that it opened, and no
/// more the one that was over before.
const SETTLED: u64 = 5_000;

/// One stay with the agents, from the request to the end. To be stored as it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Handover {
    number: u32,
    policy: Policy,
    begun: Timestamp,
    conversation: Option<String>,
    delivered_until: Option<Timestamp>,
    agents: Agents,
    phase: Phase,
    /// When the contact center accepted a message of this handover, by our clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accepted: Option<Timestamp>,
    /// A message of it may have arrived, although no answer said so.
    #[serde(default)]
    perhaps_accepted: bool,
    /// Milliseconds by which our clock is behind the contact center's, at least: an event cannot come before it happens.
    #[serde(default)]
    behind: u64,
    /// Milliseconds by which our clock is ahead of the contact center's, at most: the shortest time that an event took to
    /// come. Missing while none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ahead: Option<u64>,
    /// The handover whose address the conversation has: this one, unless it was reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<u32>,
}

/// Where a handover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State<'a> {
    /// The user waits for an agent.
    Queued,
    /// An agent is or was there; between two agents too, until the queue is told.
    Active,
    /// It is over. For ever.
    Ended(&'a EndReason),
}

/// There is a handover that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a handover is already in progress; another can begin when it has ended")]
pub struct AlreadyInProgress;

/// The state with what its timers need: times of our clock.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    Queued {
        since: Timestamp,
        told: Option<Queue>,
    },
    Active {
        /// Since when nobody is there, the last one having left for good.
        unattended: Option<Timestamp>,
        /// Since when it is the user's turn.
        quiet: Timestamp,
    },
    Ended {
        reason: EndReason,
        at: Timestamp,
    },
}

/// The state of the queue that was told last, and of when it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Queue {
    state: QueueState,
    at: Timestamp,
}

/// Whether an event is about this handover.
#[derive(Clone, Copy, PartialEq)]
enum Whose {
    Ours,
    /// Ours or the one's before: both may be the same conversation. An observation will tell.
    Doubtful,
    Anothers,
}

/// What ends a handover when nothing happens.
#[derive(Clone, Copy)]
enum Timeout {
    Assignment,
    Unattended,
    Inactivity,
}

impl Handover {
    /// Begins the recipient's handover of this number ([`Conversation::handover`](crate::contract::Conversation)),
    /// which is [`next_number`](Self::next_number) of the previous one, and 1 without.
    ///
    /// # Errors
    /// The previous one has not ended.
    pub fn begin(
        number: u32,
        now: Timestamp,
        policy: Policy,
        previous: Option<&Self>,
    ) -> Result<Self, AlreadyInProgress> {
        if previous.is_some_and(Self::is_open) {
            return Err(AlreadyInProgress);
        }
        Ok(Self {
            number,
            policy,
            begun: now,
            conversation: None,
            delivered_until: previous.and_then(|previous| previous.delivered_until),
            agents: Agents::default(),
            phase: Phase::Queued { since: now, told: None },
            accepted: None,
            perhaps_accepted: false,
            behind: previous.map_or(0, |previous| previous.behind),
            ahead: previous.and_then(|previous| previous.ahead),
            thread: None,
        })
    }

    /// The first thing to tell the platform of a handover that has begun: the user waits, in a place that is not known
    /// yet. Later [`Step::Queued`]s say what is different.
    #[must_use = "the step is to be taken"]
    pub fn begin_waiting(&mut self) -> Option<Step> {
        let Phase::Queued { told, .. } = &mut self.phase else { return None };
        let state = QueueState { position: None, estimated_wait_seconds: None };
        *told = Some(Queue { state: state.clone(), at: 0 });
        Some(Step::Queued(state))
    }

    /// Begins the next handover by what an agent wrote after the end of this one ([`Step::Reopen`]), in this
    /// conversation: somebody is there from the beginning, and nothing has to be delivered first.
    ///
    /// # Errors
    /// This one has not ended.
    pub fn reopen(
        &self,
        now: Timestamp,
        policy: Policy,
        conversation: Option<String>,
    ) -> Result<Self, AlreadyInProgress> {
        let mut next = Self::begin(self.next_number(), now, policy, Some(self))?;
        next.conversation = conversation;
        next.thread = Some(self.thread());
        // There is nothing to deliver that a poll would have to wait for.
        next.accepted = Some(now);
        next.agents.spoke(Some(now));
        next.attended(now);
        Ok(next)
    }

    /// Our clock was set back by so many milliseconds, and is now at this time: what lasts for a time lasts as long as it
    /// was to. The contact center's times stay as they are; one later than now is ours.
    pub fn step_back(&mut self, back: u64, now: Timestamp) {
        let earlier = |at: &mut Timestamp| *at = at.saturating_sub(back);
        earlier(&mut self.begun);
        self.accepted.iter_mut().for_each(earlier);
        self.agents.step_back(back, now);
        self.ahead.iter_mut().for_each(earlier);
        match &mut self.phase {
            Phase::Queued { since, told } => {
                earlier(since);
                told.iter_mut().map(|told| &mut told.at).filter(|at| **at > now).for_each(earlier);
            }
            Phase::Active { unattended, quiet } => {
                unattended.iter_mut().for_each(earlier);
                earlier(quiet);
            }
            Phase::Ended { at, .. } => earlier(at),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> State<'_> {
        match &self.phase {
            Phase::Queued { .. } => State::Queued,
            Phase::Active { .. } => State::Active,
            Phase::Ended { reason, .. } => State::Ended(reason),
        }
    }

    /// When it ended, if it has.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Queued { .. } | Phase::Active { .. } => None,
            Phase::Ended { at, .. } => Some(at),
        }
    }

    /// Which of the recipient's handovers it is, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The number of the handover whose address its conversation has: its own, unless an agent reopened it.
    #[must_use]
    pub fn thread(&self) -> u32 {
        self.thread.unwrap_or(self.number)
    }

    /// The number of the recipient's next handover.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.number.saturating_add(1)
    }

    /// The contact center's id of the conversation, as soon as a delivery or an event told it.
    #[must_use]
    pub fn conversation(&self) -> Option<&str> {
        self.conversation.as_deref()
    }

    /// The time of the last line that the agents know: the next handover's
    /// [`HandoverStart::delivered_until`](crate::contract::HandoverStart).
    #[must_use]
    pub fn delivered_until(&self) -> Option<Timestamp> {
        self.delivered_until
    }

    /// The agents were told the transcript up to and with the line of this time. In a handover that an agent reopened, they
    /// have not been told what was said since the one before ended, so the next transcript has all of it.
    pub fn transcript_delivered(&mut self, until: Timestamp) {
        if self.thread.is_none() {
            self.delivered_until = self.delivered_until.max(Some(until));
        }
    }

    /// The contact center accepted a request of this handover. Where its answer names the conversation, that is ours,
    /// whatever an event said before.
    pub fn delivered(&mut self, delivery: &Delivery, now: Timestamp) {
        self.accepted.get_or_insert(now);
        if let Some(conversation) = &delivery.conversation_id {
            self.conversation = Some(conversation.clone());
        }
    }

    /// A request of this handover was given up although it may have arrived.
    pub fn perhaps_delivered(&mut self) {
        self.perhaps_accepted = true;
    }

    /// Whether the contact center knows nothing of this handover: no request of it arrived, nor may have arrived.
    #[must_use]
    pub fn is_unknown_to_the_contact_center(&self) -> bool {
        self.accepted.is_none() && !self.perhaps_accepted && self.conversation.is_none()
    }

    /// The user said something to the agents. That it arrived is told by [`transcript_delivered`](Self::transcript_delivered).
    pub fn user_spoke(&mut self, now: Timestamp) {
        if let Phase::Active { quiet, .. } = &mut self.phase {
            *quiet = now;
        }
    }

    /// An event that a source pushed.
    #[must_use = "the steps are to be taken"]
    pub fn apply(&mut self, event: &AgentEvent, now: Timestamp) -> Vec<Step> {
        self.behind = self.behind.max(event.time.unwrap_or(0).saturating_sub(now));
        let whose = self.whose(event);
        if let Some(took) = event.time.filter(|_| whose == Whose::Ours).map(|time| now.saturating_sub(time)) {
            self.ahead = Some(self.ahead.map_or(took, |ahead| ahead.min(took)));
        }
        if whose == Whose::Ours && self.conversation.is_none() {
            self.conversation.clone_from(&event.conversation_id);
        }
        // Nothing happens later than now: a clock that runs ahead does not outweigh what is still to come.
        let at = event.time.map_or(now, |time| time.min(now));
        // In a later handover, an agent of the one before may write to whom our first message has not reached yet.
        let knows_us = self.accepted.is_some() || self.number <= 1 || event.handover.is_some();
        let mut steps = match (&event.kind, whose) {
            (EventKind::Message(message), Whose::Ours) if knows_us && self.is_open() => {
                self.transcript_delivered(at);
                vec![self.message(message, event.time, whose, now)]
            }
            (EventKind::Message(message), whose) => vec![self.message(message, event.time, whose, now)],
            (EventKind::Receipt(receipt), _) => vec![Step::Receipt(receipt.clone())],
            (EventKind::Ignored(_), _) | (_, Whose::Anothers) => Vec::new(),
            _ if !self.is_open() => Vec::new(),
            (EventKind::Typing(time), _) => vec![Step::Typing(*time)],
            (EventKind::Queued(state), _) => self.queued(state, at, now),
            (_, Whose::Doubtful) => vec![Step::Observe],
            (EventKind::AgentJoined(agent), _) => self.joined(agent, event.time, at, now),
            (EventKind::AgentLeft(agent), _) => self.left(agent, at, now),
            (EventKind::Transferred(agent), _) => self.transferred(agent, event.time, at),
            (EventKind::Ended(reason), _) => vec![self.end(reason.clone(), event.time.unwrap_or(now))],
        };
        steps.retain(|step| self.policy.observes || *step != Step::Observe);
        steps
    }

    /// The whole answer of [`Connection::observe_conversation`](crate::Connection::observe_conversation). It outweighs
    /// all that was known when it was `asked`, not what came while the answer was under way. Never asks for another.
    #[must_use = "the steps are to be taken"]
    pub fn observed(&mut self, events: &[AgentEvent], asked: Timestamp) -> Vec<Step> {
        let told = |event: &&AgentEvent| {
            matches!(event.kind, EventKind::Message(_) | EventKind::Receipt(_) | EventKind::Typing(_))
        };
        let mut steps: Vec<Step> = events.iter().filter(told).flat_map(|event| self.apply(event, asked)).collect();
        if !self.is_open() {
            return steps;
        }
        if let Some((reason, at)) = events.iter().find_map(|event| self.observed_end(event, asked)) {
            steps.push(self.end(reason, at.unwrap_or(asked)));
            return steps;
        }
        let (was, expected) = (self.agents.anyone(), self.agents.expected());
        let Some(found) = self.agents.observed(events, asked) else { return steps };
        steps.extend(found);
        if !expected && self.agents.expected() {
            steps.extend(events.iter().rev().find_map(|event| match &event.kind {
                EventKind::Transferred(agent) => Some(Step::Transferred(agent.clone())),
                _ => None,
            }));
        }
        if self.agents.anyone() {
            // Only who was not known to be there begins the user's turn anew.
            if !was || !matches!(self.phase, Phase::Active { unattended: None, .. }) {
                self.attended(asked);
            }
            return steps;
        }
        if was {
            self.deserted(asked);
        }
        if self.agents.expected() {
            self.awaited();
        }
        let queue = events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Queued(state) => Some(state),
            _ => None,
        });
        if let Some(state) = queue {
            if matches!(self.phase, Phase::Active { .. }) {
                self.phase = Phase::Queued { since: asked, told: None };
            }
            steps.extend(self.queued(state, asked, asked));
        }
        steps
    }

    /// The user's side ends it.
    #[must_use = "the steps are to be taken"]
    pub fn leave(&mut self, reason: LeaveReason, now: Timestamp) -> Vec<Step> {
        if !self.is_open() {
            return Vec::new();
        }
        let end = match reason {
            LeaveReason::UserLeft | LeaveReason::Withdrawn => EndReason::Cancelled,
            LeaveReason::UserInactive => EndReason::Expired,
        };
        vec![Step::Leave(reason), self.end(end, now)]
    }

    /// It cannot be carried on; why, for people, without secrets and without anybody's words.
    #[must_use = "the steps are to be taken"]
    pub fn failed(&mut self, message: &str, now: Timestamp) -> Vec<Step> {
        if !self.is_open() {
            return Vec::new();
        }
        vec![self.end(EndReason::Error(message.to_owned()), now)]
    }

    /// Ends it if a time of the policy has passed. To be called at [`next_deadline`](Self::next_deadline); at any other
    /// time it does nothing.
    #[must_use = "the steps are to be taken"]
    pub fn tick(&mut self, now: Timestamp) -> Vec<Step> {
        match self.due().filter(|(deadline, _)| *deadline <= now) {
            None => Vec::new(),
            Some((_, Timeout::Assignment)) => {
                vec![Step::Leave(LeaveReason::Withdrawn), self.end(EndReason::Expired, now)]
            }
            Some((_, Timeout::Unattended)) => vec![self.end(EndReason::Completed, now)],
            Some((_, Timeout::Inactivity)) => self.leave(LeaveReason::UserInactive, now),
        }
    }

    /// When to call [`tick`](Self::tick), if nothing happens before. Changes with every call that takes something in.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due().map(|(deadline, _)| deadline)
    }

    fn due(&self) -> Option<(Timestamp, Timeout)> {
        let after = |since: Timestamp, wait: Option<u64>, what| Some((since.saturating_add(wait?), what));
        match self.phase {
            Phase::Queued { since, .. } => after(since, self.policy.assignment_timeout, Timeout::Assignment),
            Phase::Active { unattended, quiet } => {
                let unattended = unattended.and_then(|at| after(at, self.policy.unattended, Timeout::Unattended));
                let quiet = after(quiet, self.policy.user_inactivity, Timeout::Inactivity);
                // Between two agents the user has nobody to speak to.
                let quiet = quiet.filter(|_| !self.agents.expected());
                [unattended, quiet].into_iter().flatten().min_by_key(|(deadline, _)| *deadline)
            }
            Phase::Ended { .. } => None,
        }
    }

    fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Ended { .. })
    }

    fn whose(&self, event: &AgentEvent) -> Whose {
        let conversations = self.conversation.as_ref().zip(event.conversation_id.as_ref());
        if event.handover.is_some_and(|number| number != self.thread()) || conversations.is_some_and(|(a, b)| a != b) {
            return Whose::Anothers;
        }
        if self.number <= 1 || event.handover.is_some() {
            return Whose::Ours;
        }
        // By the contact center's clock, as far as it is known to be ahead of ours.
        let begun = self.begun.saturating_add(self.behind);
        match event.time {
            Some(time) if time.saturating_add(self.may_be_ahead()) < self.begun => Whose::Anothers,
            Some(time) if time > begun.saturating_add(SKEW) => Whose::Ours,
            // Nobody can be asked, and a handover that never ends is worse than one that ends early.
            _ if !self.policy.observes => Whose::Ours,
            _ => Whose::Doubtful,
        }
    }

    /// Milliseconds by which our clock may be ahead of the contact center's.
    fn may_be_ahead(&self) -> u64 {
        SKEW.max(self.ahead.unwrap_or(0))
    }

    /// The end that a poll found. Until our first message has opened a conversation again it is over, by the end of the
    /// previous handover. When each ended is not compared with when we began: those are times of two clocks.
    fn observed_end(&self, event: &AgentEvent, asked: Timestamp) -> Option<(EndReason, Option<Timestamp>)> {
        let EventKind::Ended(reason) = &event.kind else { return None };
        let settled = || self.accepted.is_some_and(|accepted| asked >= accepted.saturating_add(SETTLED));
        let ours = match event.handover {
            Some(number) => number == self.thread() && (self.thread.is_none() || settled()),
            None => self.number <= 1 || settled(),
        };
        ours.then(|| (reason.clone(), event.time))
    }

    /// A message is never lost, not even to another conversation.
    fn message(&mut self, message: &AgentMessage, time: Option<Timestamp>, whose: Whose, now: Timestamp) -> Step {
        if let Phase::Ended { at, .. } = self.phase {
            let said_before = time.is_some_and(|time| time <= at);
            return match self.policy.after_end {
                _ if said_before => Step::Message(message.clone()),
                AfterEnd::Deliver => Step::LateMessage(message.clone()),
                AfterEnd::Hold => Step::HoldMessage(message.clone()),
                AfterEnd::Reopen if message.author == Author::Human => Step::Reopen(message.clone()),
                // What a bot or an automatic answer says is nobody to talk to.
                AfterEnd::Reopen => Step::LateMessage(message.clone()),
            };
        }
        if whose == Whose::Ours && message.author != Author::Bot && self.agents.spoke(time) {
            self.attended(now);
        }
        Step::Message(message.clone())
    }

    fn queued(&mut self, state: &QueueState, at: Timestamp, now: Timestamp) -> Vec<Step> {
        if matches!(self.phase, Phase::Active { .. }) && self.agents.nobody_since(at) {
            self.phase = Phase::Queued { since: now, told: None };
        }
        let Phase::Queued { told, .. } = &mut self.phase else { return Vec::new() };
        if told.as_ref().is_some_and(|told| at < told.at || told.state == *state) {
            return Vec::new();
        }
        *told = Some(Queue { state: state.clone(), at });
        vec![Step::Queued(state.clone())]
    }

    fn joined(&mut self, agent: &Agent, time: Option<Timestamp>, at: Timestamp, now: Timestamp) -> Vec<Step> {
        let steps = self.agents.joined(agent, at);
        self.agents.arrived(time);
        if steps.iter().any(|step| matches!(step, Step::AgentJoined(_))) {
            self.attended(now);
        }
        steps
    }

    fn left(&mut self, agent: &Agent, at: Timestamp, now: Timestamp) -> Vec<Step> {
        match self.departure(agent, at) {
            Departure::Gone(agent) if self.deserted(now) => vec![Step::AgentLeft(agent), Step::Observe],
            Departure::Gone(agent) => vec![Step::AgentLeft(agent)],
            Departure::Unseen | Departure::Doubtful => vec![Step::Observe],
            Departure::Known => Vec::new(),
        }
    }

    fn transferred(&mut self, agent: &Agent, time: Option<Timestamp>, at: Timestamp) -> Vec<Step> {
        let expected = self.agents.expected();
        let departure = self.departure(agent, at);
        // From somebody who is not there while others are, and of no known time, it is old.
        if time.is_some() || matches!(departure, Departure::Gone(_)) || !self.agents.anyone() {
            self.agents.handed_on(at);
        }
        let begins = !expected && self.agents.expected();
        if self.agents.expected() {
            self.awaited();
        }
        match departure {
            Departure::Gone(agent) => vec![Step::Transferred(agent)],
            Departure::Unseen if begins => vec![Step::Transferred(agent.clone()), Step::Observe],
            Departure::Unseen | Departure::Doubtful => vec![Step::Observe],
            // Back already by what has no time: one of the two is wrong.
            Departure::Known if begins && self.agents.has(agent) => vec![Step::Observe],
            Departure::Known if begins => vec![Step::Transferred(agent.clone())],
            Departure::Known => Vec::new(),
        }
    }

    fn departure(&mut self, agent: &Agent, at: Timestamp) -> Departure {
        match self.agents.left(agent, at) {
            // Who it was, an observation would tell. Without one it is whoever is left to have been it.
            Departure::Unseen if !self.policy.observes => match self.agents.only_candidate(agent, at) {
                Some(candidate) => self.agents.left(&candidate, at),
                None => Departure::Unseen,
            },
            departure => departure,
        }
    }

    /// Somebody is there to speak to.
    fn attended(&mut self, now: Timestamp) {
        self.phase = Phase::Active { unattended: None, quiet: now };
    }

    /// Somebody has left. Whether that was the last one, and nobody is to come.
    fn deserted(&mut self, now: Timestamp) -> bool {
        let Phase::Active { unattended, .. } = &mut self.phase else { return false };
        let deserted = !self.agents.anyone() && !self.agents.expected();
        if deserted {
            *unattended = Some(now);
        }
        deserted
    }

    /// Somebody is to come.
    fn awaited(&mut self) {
        if let Phase::Active { unattended, .. } = &mut self.phase {
            *unattended = None;
        }
    }

    fn end(&mut self, reason: EndReason, at: Timestamp) -> Step {
        self.agents = Agents::default();
        self.phase = Phase::Ended { reason: reason.clone(), at };
        Step::Ended(reason)
    }
}
