//! The state of a handover: combines its events and decides what to do next. Pure: no I/O and no clock.
//!
//! ```text
//!         an agent joins or writes              the first end
//! Queued ──────────────────────────▶ Active ───────────────────▶ Ended
//!    ▲  └──────────────────────────────┼───────────────────────────▶
//!    └── no agent left, queue reported ┘
//! ```
//!
//! Events come from independent sources, so each may be lost, late, duplicated or out of order. The rules:
//!
//! - Of two facts about one agent, the later one applies, regardless of their order of arrival.
//! - The result of a poll overrides every earlier event.
//! - An uncertain fact is a reason to poll, not to act.
//! - A handover that ended stays ended.
//!
//! Drop duplicates by [`AgentEvent::id`] first: this module keeps no history of messages.
//!
//! Every method that changes the state returns the [`Step`]s to perform, in this order.

mod agents;
pub mod botpress;
pub mod cognigy;
mod policy;
mod queue;
mod step;

pub use self::policy::{AfterEnd, Policy};
pub use self::step::{InactivityPrompt, Step};

use self::agents::{Agents, Departure};
use crate::contract::{
    Agent, AgentEvent, AgentMessage, Author, Delivery, EndReason, EventKind, LeaveReason, QueueState, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The tolerated difference between the contact center's clock and ours, in milliseconds.
const MAX_CLOCK_SKEW_MS: u64 = 60_000;
/// The time after the delivery of the first message, in milliseconds, after which a poll shows the new conversation
/// instead of the previous one.
const SETTLE_TIME_MS: u64 = 5_000;

/// One handover, from the request to the end. Its serialized form is stored.
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
    /// When the contact center accepted the first message of this handover, by our clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accepted: Option<Timestamp>,
    /// A message may have arrived although no response confirmed it.
    #[serde(default)]
    may_be_accepted: bool,
    /// The minimum by which our clock is behind the contact center's, in milliseconds: an event cannot arrive before it
    /// happens.
    #[serde(default)]
    behind: u64,
    /// The maximum by which our clock is ahead of the contact center's, in milliseconds: the shortest time between an
    /// event and its arrival. Absent before the first event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ahead: Option<u64>,
    /// The number of the handover whose address the conversation has. Absent unless an agent reopened this handover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<u32>,
}

/// The state of a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State<'a> {
    /// The user waits for an agent.
    Queued,
    /// An agent joined. The state stays active between two agents, until the queue reports the user.
    Active,
    /// The handover ended. This state is final.
    Ended(&'a EndReason),
}

/// Another handover is in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a handover is already in progress; another can begin when it has ended")]
pub struct AlreadyInProgress;

/// The state with the start of its timers, by our clock.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    Queued {
        since: Timestamp,
        reported: Option<Queue>,
    },
    Active {
        /// When the last agent left without a transfer.
        unattended: Option<Timestamp>,
        /// The start of the user's inactivity: when an agent last joined, or when either side last wrote.
        quiet: Timestamp,
        /// The user waits for an agent's message.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaits_answer: bool,
        /// The number of prompts since then.
        #[serde(default, skip_serializing_if = "is_zero")]
        prompts: u32,
    },
    Ended {
        reason: EndReason,
        at: Timestamp,
    },
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The last reported state of the queue, and its time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Queue {
    state: QueueState,
    at: Timestamp,
}

/// Whether an event belongs to this handover.
#[derive(Clone, Copy, PartialEq)]
enum Attribution {
    Ours,
    /// The event belongs to this handover or to the previous one, because both may have the same conversation. A poll
    /// decides.
    Uncertain,
    Other,
}

/// The timers that end a handover.
#[derive(Clone, Copy)]
enum Timeout {
    Assignment,
    Unattended,
    Inactivity,
}

impl Handover {
    /// Starts the recipient's handover with this number ([`Conversation::handover`](crate::contract::Conversation)):
    /// [`next_number`](Self::next_number) of the previous one, or 1.
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
        Ok(Self::new(number, now, policy, previous))
    }

    fn new(number: u32, now: Timestamp, policy: Policy, previous: Option<&Self>) -> Self {
        Self {
            number,
            policy,
            begun: now,
            conversation: None,
            delivered_until: previous.and_then(|previous| previous.delivered_until),
            agents: Agents::default(),
            phase: Phase::Queued { since: now, reported: None },
            accepted: None,
            may_be_accepted: false,
            behind: previous.map_or(0, |previous| previous.behind),
            ahead: previous.and_then(|previous| previous.ahead),
            thread: None,
        }
    }

    /// Returns the first step of a new handover: the user waits at an unknown position. Later [`Step::Queued`]s report
    /// changes.
    #[must_use = "the step must be performed"]
    pub fn report_waiting(&mut self) -> Option<Step> {
        let Phase::Queued { reported, .. } = &mut self.phase else { return None };
        let state = QueueState { position: None, estimated_wait_seconds: None };
        *reported = Some(Queue { state: state.clone(), at: 0 });
        Some(Step::Queued(state))
    }

    /// Starts the next handover because an agent wrote after the end of this one ([`Step::Reopen`]), in this
    /// conversation. An agent is present from the beginning, and no first message has to be delivered.
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
        next.thread = Some(self.thread());
        next.agent_wrote_first(conversation, now);
        Ok(next)
    }

    /// Starts the first handover of a recipient to whom an agent wrote, in this conversation. An agent is present from the
    /// beginning, and no first message has to be delivered. `number` is 1, or that of the message
    /// ([`AgentEvent::handover`]).
    #[must_use]
    pub fn begin_by_agent(number: u32, now: Timestamp, policy: Policy, conversation: Option<String>) -> Self {
        let mut first = Self::new(number, now, policy, None);
        first.agent_wrote_first(conversation, now);
        first
    }

    fn agent_wrote_first(&mut self, conversation: Option<String>, now: Timestamp) {
        self.conversation = conversation;
        // A poll need not wait for a first message.
        self.accepted = Some(now);
        self.agents.spoke(Some(now));
        self.record_message(now);
    }

    /// Adjusts stored times after our clock was set back by `back` milliseconds to `now`, so that timers keep their
    /// length. The contact center's times do not change. A time later than `now` is from our clock.
    pub fn step_back(&mut self, back: u64, now: Timestamp) {
        let earlier = |at: &mut Timestamp| *at = at.saturating_sub(back);
        earlier(&mut self.begun);
        self.accepted.iter_mut().for_each(earlier);
        self.agents.step_back(back, now);
        self.ahead.iter_mut().for_each(earlier);
        match &mut self.phase {
            Phase::Queued { since, reported } => {
                earlier(since);
                reported.iter_mut().map(|reported| &mut reported.at).filter(|at| **at > now).for_each(earlier);
            }
            Phase::Active { unattended, quiet, .. } => {
                unattended.iter_mut().for_each(earlier);
                earlier(quiet);
            }
            Phase::Ended { at, .. } => earlier(at),
        }
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> State<'_> {
        match &self.phase {
            Phase::Queued { .. } => State::Queued,
            Phase::Active { .. } => State::Active,
            Phase::Ended { reason, .. } => State::Ended(reason),
        }
    }

    /// Returns when the handover ended; `None` if it has not ended.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Queued { .. } | Phase::Active { .. } => None,
            Phase::Ended { at, .. } => Some(at),
        }
    }

    /// Returns the number of the handover among the recipient's handovers, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the number of the handover whose address the conversation has: its own, unless an agent reopened it.
    #[must_use]
    pub fn thread(&self) -> u32 {
        self.thread.unwrap_or(self.number)
    }

    /// Returns the number of the recipient's next handover.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.number.saturating_add(1)
    }

    /// Returns when the handover began.
    #[must_use]
    pub fn begun(&self) -> Timestamp {
        self.begun
    }

    /// Returns the contact center's id of the conversation, once a delivery or an event contained it.
    #[must_use]
    pub fn conversation(&self) -> Option<&str> {
        self.conversation.as_deref()
    }

    /// Returns the time up to which the agents know the transcript: the next handover's
    /// [`HandoverStart::delivered_until`](crate::contract::HandoverStart).
    #[must_use]
    pub fn delivered_until(&self) -> Option<Timestamp> {
        self.delivered_until
    }

    /// Records that the agents received the transcript up to this time. In a reopened handover, the agents did not
    /// receive the messages since the previous end, so the next transcript contains all of them.
    pub fn transcript_delivered(&mut self, until: Timestamp) {
        if self.thread.is_none() {
            self.delivered_until = self.delivered_until.max(Some(until));
        }
    }

    /// Records that the contact center accepted a request. The conversation in the response replaces one that an event
    /// reported earlier.
    pub fn delivered(&mut self, delivery: &Delivery, now: Timestamp) {
        self.accepted.get_or_insert(now);
        if let Some(conversation) = &delivery.conversation_id {
            self.conversation = Some(conversation.clone());
        }
    }

    /// Records that a request was given up although it may have arrived.
    pub fn may_be_delivered(&mut self) {
        self.may_be_accepted = true;
    }

    /// Returns whether no request of this handover arrived or may have arrived at the contact center.
    #[must_use]
    pub fn is_unknown_to_the_contact_center(&self) -> bool {
        self.accepted.is_none() && !self.may_be_accepted && self.conversation.is_none()
    }

    /// Records that the user wrote. [`transcript_delivered`](Self::transcript_delivered) records that it arrived.
    pub fn user_spoke(&mut self, now: Timestamp) {
        if let Phase::Active { quiet, awaits_answer, prompts, .. } = &mut self.phase {
            (*quiet, *awaits_answer, *prompts) = (now, true, 0);
        }
    }

    /// Applies a pushed event.
    #[must_use = "the steps must be performed"]
    pub fn apply(&mut self, event: &AgentEvent, now: Timestamp) -> Vec<Step> {
        self.behind = self.behind.max(event.time.unwrap_or(0).saturating_sub(now));
        let attribution = self.attribution(event);
        if let Some(delay) =
            event.time.filter(|_| attribution == Attribution::Ours).map(|time| now.saturating_sub(time))
        {
            self.ahead = Some(self.ahead.map_or(delay, |ahead| ahead.min(delay)));
        }
        if attribution == Attribution::Ours && self.conversation.is_none() {
            self.conversation.clone_from(&event.conversation_id);
        }
        // Limits the time to now, so that an event from a clock that is ahead does not override later events.
        let at = event.time.map_or(now, |time| time.min(now));
        // In a later handover, an agent of the previous handover may write before our first message arrives.
        let knows_us = self.accepted.is_some() || self.number <= 1 || event.handover.is_some();
        let mut steps = match (&event.kind, attribution) {
            (EventKind::Message(message), Attribution::Ours) if knows_us && self.is_open() => {
                self.transcript_delivered(at);
                vec![self.message(message, event.time, attribution, now)]
            }
            (EventKind::Message(message), attribution) => vec![self.message(message, event.time, attribution, now)],
            (EventKind::Receipt(receipt), _) => vec![Step::Receipt(receipt.clone())],
            // An invitation to a survey comes with a delivery, and concerns no state.
            (EventKind::Survey(_) | EventKind::Ignored(_), _) | (_, Attribution::Other) => Vec::new(),
            (EventKind::Outcome(outcome), _) if !self.is_open() => vec![Step::Outcome(outcome.clone())],
            // An agent who transferred the user records something before the end.
            (EventKind::Outcome(_), _) => Vec::new(),
            _ if !self.is_open() => Vec::new(),
            (EventKind::Typing(time), _) => vec![Step::Typing(*time)],
            (EventKind::Queued(state), _) => self.queued(state, at, now),
            (_, Attribution::Uncertain) => vec![Step::Poll],
            (EventKind::AgentJoined(agent), _) => self.joined(agent, event.time, at, now),
            (EventKind::AgentLeft(agent), _) => self.left(agent, at, now),
            (EventKind::Transferred(agent), _) => self.transferred(agent, event.time, at),
            (EventKind::Ended(reason), _) => vec![self.end(reason.clone(), event.time.unwrap_or(now))],
        };
        steps.retain(|step| self.policy.can_poll || *step != Step::Poll);
        steps
    }

    /// Applies the result of a poll ([`Connection::observe_conversation`](crate::Connection::observe_conversation)).
    /// The result overrides everything that was known at `asked`, the time of the poll, but not events that arrived
    /// later. It never requests another poll.
    #[must_use = "the steps must be performed"]
    pub fn polled(&mut self, events: &[AgentEvent], asked: Timestamp) -> Vec<Step> {
        let reported = |event: &&AgentEvent| {
            matches!(event.kind, EventKind::Message(_) | EventKind::Receipt(_) | EventKind::Typing(_))
        };
        let mut steps: Vec<Step> = events.iter().filter(reported).flat_map(|event| self.apply(event, asked)).collect();
        if self.is_open()
            && let Some((reason, at)) = events.iter().find_map(|event| self.polled_end(event, asked))
        {
            steps.push(self.end(reason, at.unwrap_or(asked)));
        }
        if !self.is_open() {
            let outcomes = events.iter().filter(|event| matches!(event.kind, EventKind::Outcome(_)));
            steps.extend(outcomes.flat_map(|event| self.apply(event, asked)));
            return steps;
        }
        let (was_present, is_agent_expected) = (self.agents.is_anyone_present(), self.agents.is_agent_expected());
        let Some(found) = self.agents.polled(events, asked) else { return steps };
        steps.extend(found);
        if !is_agent_expected && self.agents.is_agent_expected() {
            steps.extend(events.iter().rev().find_map(|event| match &event.kind {
                EventKind::Transferred(agent) => Some(Step::Transferred(agent.clone())),
                _ => None,
            }));
        }
        if self.agents.is_anyone_present() {
            // Only an agent who was not known to be present restarts the user's timer.
            if !was_present || !matches!(self.phase, Phase::Active { unattended: None, .. }) {
                self.record_presence(asked);
            }
            return steps;
        }
        if was_present {
            self.record_departure(asked);
        }
        if self.agents.is_agent_expected() {
            self.expect_agent();
        }
        let queue = events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Queued(state) => Some(state),
            _ => None,
        });
        if let Some(state) = queue {
            if matches!(self.phase, Phase::Active { .. }) {
                self.phase = Phase::Queued { since: asked, reported: None };
            }
            steps.extend(self.queued(state, asked, asked));
        }
        steps
    }

    /// Ends the handover from the user's side.
    #[must_use = "the steps must be performed"]
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

    /// Ends the handover because it cannot continue. `message` must contain no secret and no message text.
    #[must_use = "the steps must be performed"]
    pub fn failed(&mut self, message: &str, now: Timestamp) -> Vec<Step> {
        if !self.is_open() {
            return Vec::new();
        }
        vec![self.end(EndReason::Error(message.to_owned()), now)]
    }

    /// Ends the handover if a timer of the policy has expired, or requests a prompt. Call it at
    /// [`next_deadline`](Self::next_deadline); an earlier call has no effect.
    #[must_use = "the steps must be performed"]
    pub fn tick(&mut self, now: Timestamp) -> Vec<Step> {
        match self.due().filter(|(deadline, _)| *deadline <= now) {
            None => self.prompt(now).into_iter().collect(),
            Some((_, Timeout::Assignment)) => {
                vec![Step::Leave(LeaveReason::Withdrawn), self.end(EndReason::Expired, now)]
            }
            Some((_, Timeout::Unattended)) => vec![self.end(EndReason::Completed, now)],
            Some((_, Timeout::Inactivity)) => self.leave(LeaveReason::UserInactive, now),
        }
    }

    /// Returns when to call [`tick`](Self::tick). Every call that changes the state may change it.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let prompt = self.next_prompt().map(|(at, _)| at);
        self.due().map(|(deadline, _)| deadline).into_iter().chain(prompt).min()
    }

    /// Returns the prompt that is due. Of several, only the last one, because the earlier ones were missed.
    fn prompt(&mut self, now: Timestamp) -> Option<Step> {
        let mut due = None;
        while let Some((_, number)) = self.next_prompt().filter(|(at, _)| *at <= now) {
            due = Some(number);
            if let Phase::Active { prompts, .. } = &mut self.phase {
                *prompts = number;
            }
        }
        let Phase::Active { quiet, .. } = self.phase else { return None };
        let silent = now.saturating_sub(quiet);
        let ends = self.policy.user_inactivity.and_then(|limit| u64::try_from(limit.as_millis()).ok());
        Some(Step::InactivityPrompt(InactivityPrompt {
            number: due?,
            silent_seconds: silent / 1000,
            ends_in_seconds: ends.map(|limit| limit.saturating_sub(silent) / 1000),
        }))
    }

    /// Returns when the next prompt is due, and its number.
    fn next_prompt(&self) -> Option<(Timestamp, u32)> {
        let Phase::Active { unattended: None, quiet, awaits_answer: false, prompts } = self.phase else { return None };
        let silence = self.policy.inactivity_prompts.get(usize::try_from(prompts).ok()?)?;
        // Between two agents, the user has no agent to write to.
        let silence = u64::try_from(silence.as_millis()).ok().filter(|_| !self.agents.is_agent_expected())?;
        Some((quiet.saturating_add(silence), prompts.saturating_add(1)))
    }

    fn due(&self) -> Option<(Timestamp, Timeout)> {
        let after = |since: Timestamp, wait: Option<Duration>, what| {
            let wait = u64::try_from(wait?.as_millis()).unwrap_or(u64::MAX);
            Some((since.saturating_add(wait), what))
        };
        match self.phase {
            Phase::Queued { since, .. } => after(since, self.policy.assignment_timeout, Timeout::Assignment),
            Phase::Active { unattended, quiet, .. } => {
                let unattended = unattended.and_then(|at| after(at, self.policy.unattended, Timeout::Unattended));
                let quiet = after(quiet, self.policy.user_inactivity, Timeout::Inactivity);
                // Between two agents, the user has no agent to write to.
                let quiet = quiet.filter(|_| !self.agents.is_agent_expected());
                [unattended, quiet].into_iter().flatten().min_by_key(|(deadline, _)| *deadline)
            }
            Phase::Ended { .. } => None,
        }
    }

    fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Ended { .. })
    }

    fn attribution(&self, event: &AgentEvent) -> Attribution {
        let conversations = self.conversation.as_ref().zip(event.conversation_id.as_ref());
        if event.handover.is_some_and(|number| number != self.thread()) || conversations.is_some_and(|(a, b)| a != b) {
            return Attribution::Other;
        }
        if self.number <= 1 || event.handover.is_some() {
            return Attribution::Ours;
        }
        // Our start by the contact center's clock, as far as that clock is known to be ahead of ours.
        let begun = self.begun.saturating_add(self.behind);
        match event.time {
            Some(time) if time.saturating_add(self.may_be_ahead()) < self.begun => Attribution::Other,
            Some(time) if time > begun.saturating_add(MAX_CLOCK_SKEW_MS) => Attribution::Ours,
            // Polling is not possible, and a handover that never ends is worse than one that ends early.
            _ if !self.policy.can_poll => Attribution::Ours,
            _ => Attribution::Uncertain,
        }
    }

    /// Returns the milliseconds by which our clock may be ahead of the contact center's.
    fn may_be_ahead(&self) -> u64 {
        MAX_CLOCK_SKEW_MS.max(self.ahead.unwrap_or(0))
    }

    /// Returns the end that a poll found. Until our first message reopens the conversation, a poll shows the end of the
    /// previous handover. The time of the end is not compared with our start, because the clocks differ.
    fn polled_end(&self, event: &AgentEvent, asked: Timestamp) -> Option<(EndReason, Option<Timestamp>)> {
        let EventKind::Ended(reason) = &event.kind else { return None };
        let settled = || self.accepted.is_some_and(|accepted| asked >= accepted.saturating_add(SETTLE_TIME_MS));
        let ours = match event.handover {
            Some(number) => number == self.thread() && (self.thread.is_none() || settled()),
            None => self.number <= 1 || settled(),
        };
        ours.then(|| (reason.clone(), event.time))
    }

    /// Applies a message. Messages are never dropped, even if they belong to another conversation.
    fn message(
        &mut self,
        message: &AgentMessage,
        time: Option<Timestamp>,
        attribution: Attribution,
        now: Timestamp,
    ) -> Step {
        if let Phase::Ended { at, .. } = self.phase {
            let said_before = time.is_some_and(|time| time <= at);
            return match self.policy.after_end {
                _ if said_before => Step::Message(message.clone()),
                // A bot does not wait for the next handover: the message may be the platform's own proactive text.
                _ if message.author == Author::Bot => Step::LateMessage(message.clone()),
                AfterEnd::Deliver => Step::LateMessage(message.clone()),
                AfterEnd::Hold => Step::HoldMessage(message.clone()),
                AfterEnd::Reopen if message.author == Author::Human => Step::Reopen(message.clone()),
                // An automatic answer does not reopen a handover.
                AfterEnd::Reopen => Step::LateMessage(message.clone()),
            };
        }
        if attribution == Attribution::Ours && message.author != Author::Bot && self.agents.spoke(time) {
            self.record_message(now);
        }
        Step::Message(message.clone())
    }

    fn queued(&mut self, state: &QueueState, at: Timestamp, now: Timestamp) -> Vec<Step> {
        if matches!(self.phase, Phase::Active { .. }) && self.agents.is_empty_since(at) {
            self.phase = Phase::Queued { since: now, reported: None };
        }
        let Phase::Queued { reported, .. } = &mut self.phase else { return Vec::new() };
        let Some(last) = reported else {
            *reported = Some(Queue { state: state.clone(), at });
            return vec![Step::Queued(state.clone())];
        };
        let changed = queue::changed(&last.state, state).filter(|_| at >= last.at);
        changed.map_or_else(Vec::new, |state| {
            *reported = Some(Queue { state: state.clone(), at });
            vec![Step::Queued(state)]
        })
    }

    fn joined(&mut self, agent: &Agent, time: Option<Timestamp>, at: Timestamp, now: Timestamp) -> Vec<Step> {
        let steps = self.agents.joined(agent, at);
        self.agents.arrived(time);
        if steps.iter().any(|step| matches!(step, Step::AgentJoined(_))) {
            self.record_presence(now);
        }
        steps
    }

    fn left(&mut self, agent: &Agent, at: Timestamp, now: Timestamp) -> Vec<Step> {
        match self.departure(agent, at) {
            Departure::Left(agent) if self.record_departure(now) => vec![Step::AgentLeft(agent), Step::Poll],
            Departure::Left(agent) => vec![Step::AgentLeft(agent)],
            Departure::Unknown | Departure::Uncertain => vec![Step::Poll],
            Departure::Known => Vec::new(),
        }
    }

    fn transferred(&mut self, agent: &Agent, time: Option<Timestamp>, at: Timestamp) -> Vec<Step> {
        let is_agent_expected = self.agents.is_agent_expected();
        let departure = self.departure(agent, at);
        // If a transfer has no time and its agent is not present while other agents are, it is an old transfer.
        if time.is_some() || matches!(departure, Departure::Left(_)) || !self.agents.is_anyone_present() {
            self.agents.transferred(at);
        }
        let begins = !is_agent_expected && self.agents.is_agent_expected();
        if self.agents.is_agent_expected() {
            self.expect_agent();
        }
        match departure {
            Departure::Left(agent) => vec![Step::Transferred(agent)],
            Departure::Unknown if begins => vec![Step::Transferred(agent.clone()), Step::Poll],
            Departure::Unknown | Departure::Uncertain => vec![Step::Poll],
            // An event without a time reported that the agent is present, so one of the two events is wrong.
            Departure::Known if begins && self.agents.has(agent) => vec![Step::Poll],
            Departure::Known if begins => vec![Step::Transferred(agent.clone())],
            Departure::Known => Vec::new(),
        }
    }

    fn departure(&mut self, agent: &Agent, at: Timestamp) -> Departure {
        match self.agents.left(agent, at) {
            // A poll would identify the agent. Without polling, the only candidate is assumed to have left.
            Departure::Unknown if !self.policy.can_poll => match self.agents.only_candidate(agent, at) {
                Some(candidate) => self.agents.left(&candidate, at),
                None => Departure::Unknown,
            },
            departure => departure,
        }
    }

    /// Records that an agent wrote.
    fn record_message(&mut self, now: Timestamp) {
        self.phase = Phase::Active { unattended: None, quiet: now, awaits_answer: false, prompts: 0 };
    }

    /// Records that an agent is present. A user who waited for an agent, or for an answer, goes on waiting for one.
    fn record_presence(&mut self, now: Timestamp) {
        let awaits_answer = !matches!(self.phase, Phase::Active { awaits_answer: false, .. });
        self.phase = Phase::Active { unattended: None, quiet: now, awaits_answer, prompts: 0 };
    }

    /// Records that an agent left. Returns whether no agent is present or expected now.
    fn record_departure(&mut self, now: Timestamp) -> bool {
        let Phase::Active { unattended, .. } = &mut self.phase else { return false };
        let is_unattended = !self.agents.is_anyone_present() && !self.agents.is_agent_expected();
        if is_unattended {
            *unattended = Some(now);
        }
        is_unattended
    }

    /// Records that an agent is expected.
    fn expect_agent(&mut self) {
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
