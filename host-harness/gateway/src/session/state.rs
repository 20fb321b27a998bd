//! The state of a session, and how turns and answers change it.

use super::event::{AskedTurn, SessionEnd, SessionEvent, TurnNumber};
use super::late_answers::LateAnswers;
use super::rules::SessionRules;
use super::turn::{StoredTurn, TurnKey, TurnState, digest, nothing_yet};
use crate::mailbox::time::{after, milliseconds};
use crate::mailbox::{EventQueue, Leases, MAX_CLOCK_DIFFERENCE, QueuedEvent, id_suffix};
use crate::platform_event::rfc_3339;
use handover_host::contract::{Attribute, BotAnswer, NextStep, ProviderRequest, Timestamp, Turn};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// The maximum size of a session as JSON, in bytes. It leaves room for events and leases in a record.
pub(super) const MAX_BYTES: usize = 640 << 10;
/// The maximum number of turns that are kept. The oldest ones are forgotten, unless a request waits for their answer.
const MAX_TURNS: usize = 32;
/// The maximum number of parameters that are kept of all turns.
const MAX_PARAMETERS: usize = 200;
/// How long a session lasts without a turn, if the contact center does not say it: Genesys's longest session timeout.
const DEFAULT_LIFE: Duration = Duration::from_secs(72 * 60 * 60);
/// The longest life of a session without a turn.
const MAX_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The state of one session of one connection. Its serialized form is stored.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Session {
    /// Unique among all sessions ever stored: the prefix of the ids of events.
    id: String,
    /// The contact center's id.
    session_id: String,
    /// The last turns, the oldest first.
    turns: VecDeque<StoredTurn>,
    /// The number of the last turn.
    last_turn: u32,
    /// The parameters of all turns.
    parameters: Vec<Attribute>,
    /// When it ends without another turn.
    expires: Timestamp,
    pub(super) end: Option<(SessionEnd, Timestamp)>,
    pub(super) late_answers: LateAnswers,
    /// The conversation in which the contact center hands the user over, until it is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to_follow: Option<String>,
    pub(super) event_queue: EventQueue,
    pub(super) leases: Leases,
    /// The time of the last change.
    last_change: Timestamp,
    /// The process that assigns ids from now on.
    #[serde(skip)]
    process_id: String,
}

/// How an answer reaches the contact center.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// In the response to the turn.
    Response,
    /// In a request after the response.
    LateAnswer,
}

/// The session has no room for another turn or another answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the session has no room for more; try again when its events and answers are delivered")]
pub struct SessionFull;

/// Why the platform is not asked for an answer to a turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAsked {
    /// The session has ended.
    #[error("the session has ended")]
    Over(SessionEnd),
    /// There is no room for another turn.
    #[error(transparent)]
    Full(#[from] SessionFull),
}

/// Why an answer of the platform is not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAnswered {
    /// The session has no turn with this number, or has forgotten it.
    #[error("the session has no such turn")]
    NoTurn,
    /// The turn has this very answer. Nothing is wrong.
    #[error("the turn has this answer already")]
    Repeated(Way),
    /// The turn has another answer.
    #[error("the turn has another answer already")]
    AlreadyAnswered,
    /// The time for an answer is over.
    #[error("the time for the answer is over, and the contact center accepts no late answers")]
    TooLate,
    /// The session has ended.
    #[error("the session has ended")]
    Over(SessionEnd),
    /// There is no room for another answer.
    #[error(transparent)]
    Full(#[from] SessionFull),
}

impl Session {
    /// Creates a session without turns. `id`: 1 to 40 letters, digits and hyphens that no other session ever had.
    #[must_use]
    pub fn new(id: String, session_id: String, now: Timestamp) -> Self {
        Self {
            id,
            session_id,
            turns: VecDeque::new(),
            last_turn: 0,
            parameters: Vec::new(),
            expires: after(now, DEFAULT_LIFE),
            end: None,
            late_answers: LateAnswers::default(),
            to_follow: None,
            event_queue: EventQueue::default(),
            leases: Leases::default(),
            last_change: now,
            process_id: String::new(),
        }
    }

    /// Returns the contact center's id.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// Returns the id that no other session ever had.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of an event: the same for the same event, and unique.
    #[must_use]
    pub fn event_id(&self, queued: &QueuedEvent) -> String {
        format!("{}-e{}{}", self.id, queued.number, id_suffix(&queued.process_id))
    }

    /// Sets the process whose id becomes part of the ids that are assigned from now on. Not stored.
    pub fn set_process_id(&mut self, process_id: &str) {
        process_id.clone_into(&mut self.process_id);
        self.event_queue.set_process_id(process_id);
    }

    /// Sets the correlation id of events that are queued from now on. Not stored.
    pub fn correlate(&mut self, correlation: Option<String>) {
        self.event_queue.correlate(correlation);
    }

    /// Returns the last turns, the oldest first.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = &StoredTurn> {
        self.turns.iter()
    }

    /// Returns the turn with this number.
    #[must_use]
    pub fn turn(&self, number: u32) -> Option<&StoredTurn> {
        self.turns.iter().find(|turn| turn.number == number)
    }

    /// Returns why the session ended; `None` if it has not.
    #[must_use]
    pub fn end(&self) -> Option<SessionEnd> {
        self.end.map(|(end, _)| end)
    }

    /// Returns when the session ends without another turn, or ended.
    pub(super) fn last_until(&self) -> Timestamp {
        self.end.map_or(self.expires, |(_, at)| at)
    }

    /// Adjusts stored times if the clock was set back since the last change, so that delays keep their length. Returns
    /// whether the clock was set back.
    pub fn correct_for_clock_step(&mut self, now: Timestamp) -> bool {
        let back = self.last_change.saturating_sub(now);
        let went_back = back > milliseconds(MAX_CLOCK_DIFFERENCE);
        if went_back {
            let earlier = |at: &mut Timestamp| *at = at.saturating_sub(back);
            self.turns.iter_mut().map(|turn| &mut turn.deadline).for_each(earlier);
            earlier(&mut self.expires);
            self.end.iter_mut().map(|(_, at)| at).for_each(earlier);
            self.late_answers.step_back(back);
            self.event_queue.step_back(back);
            self.leases.step_back(back);
            self.last_change = now;
        }
        self.last_change = self.last_change.max(now);
        went_back
    }

    /// Asks the platform to answer a turn. Returns the number of the turn: a new one, or that of the same turn whose
    /// request is repeated.
    ///
    /// # Errors
    /// The session has ended or is full.
    pub fn ask(&mut self, turn: &Turn, key: TurnKey, now: Timestamp, rules: &SessionRules) -> Result<u32, NotAsked> {
        let is_over = self.end.is_some();
        // The newest one, because the user may have said the same before.
        if let Some(known) = self.turns.iter().rev().find(|known| known.is_repeated_by(&key, is_over)) {
            return Ok(known.number);
        }
        if let Some(end) = self.end() {
            return Err(NotAsked::Over(end));
        }
        self.add_parameters(&turn.parameters);
        let number = self.last_turn.saturating_add(1);
        let turn = Turn { parameters: self.parameters.clone(), ..turn.clone() };
        let seconds = turn.session_seconds.filter(|seconds| *seconds > 0);
        let life = seconds.map_or(DEFAULT_LIFE, |seconds| Duration::from_secs(seconds.into()));
        let deadline = after(now, rules.answer_within);
        // A session outlives the time for the answer.
        self.expires = after(now, life.min(MAX_LIFE)).max(after(deadline, MAX_CLOCK_DIFFERENCE));
        self.event_queue.try_soon();
        let asked = AskedTurn { number, answer_by: rfc_3339(deadline), turn: turn.clone() };
        self.event_queue.push_event(&SessionEvent::Turn(Box::new(asked)), now);
        self.turns.push_back(StoredTurn { number, key, turn, deadline, state: TurnState::Asked });
        self.last_turn = number;
        self.make_room(number)?;
        Ok(number)
    }

    /// Adds the parameters of a turn. Some contact centers send them with the first turn only.
    fn add_parameters(&mut self, parameters: &[Attribute]) {
        for parameter in parameters {
            self.parameters.retain(|known| known.key != parameter.key);
            self.parameters.push(parameter.clone());
        }
        self.parameters.truncate(MAX_PARAMETERS);
    }

    /// Forgets the oldest turns that need no answer until the session fits into a record. Keeps the turn with this number,
    /// because its request has not read the answer yet.
    fn make_room(&mut self, keep: u32) -> Result<(), SessionFull> {
        loop {
            let is_small = self.turns.len() <= MAX_TURNS && self.bytes() <= MAX_BYTES;
            if is_small {
                return Ok(());
            }
            let find = |is_wanted: &dyn Fn(&TurnState) -> bool| {
                self.turns.iter().position(|turn| turn.number != keep && is_wanted(&turn.state))
            };
            let answered = find(&|state| !matches!(state, TurnState::Asked | TurnState::Postponed));
            // A bot need not answer each of several turns.
            let oldest = answered.or_else(|| find(&|state| matches!(state, TurnState::Postponed)));
            self.turns.remove(oldest.ok_or(SessionFull)?);
        }
    }

    fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |bytes| bytes.len())
    }

    /// Returns how an answer to a turn reaches the contact center now.
    ///
    /// # Errors
    /// The answer is not possible now.
    pub fn way(&self, number: u32, answer: &BotAnswer, now: Timestamp) -> Result<Way, NotAnswered> {
        let turn = self.turn(number).ok_or(NotAnswered::NoTurn)?;
        match &turn.state {
            TurnState::Answered(known) if known == answer => return Err(NotAnswered::Repeated(Way::Response)),
            TurnState::AnsweredLate(known) if *known == digest(answer) => {
                return Err(NotAnswered::Repeated(Way::LateAnswer));
            }
            TurnState::TimedOut(_) => return Err(NotAnswered::TooLate),
            _ => {}
        }
        if let Some(end) = self.end() {
            return Err(NotAnswered::Over(end));
        }
        match &turn.state {
            TurnState::Asked if now < turn.deadline => Ok(Way::Response),
            TurnState::Asked if !turn.turn.permits_late_answer => Err(NotAnswered::TooLate),
            TurnState::Asked | TurnState::Postponed => Ok(Way::LateAnswer),
            _ => Err(NotAnswered::AlreadyAnswered),
        }
    }

    /// Records the answer to a turn, for the response.
    ///
    /// # Errors
    /// The answer is too large for the session.
    ///
    /// Call it only if [`way`](Self::way) is [`Way::Response`].
    pub fn answer(
        &mut self,
        number: u32,
        answer: BotAnswer,
        now: Timestamp,
        rules: &SessionRules,
    ) -> Result<(), SessionFull> {
        let next = answer.next.clone();
        self.set(number, TurnState::Answered(answer));
        self.make_room(number)?;
        self.proceed(number, &next, now, rules);
        Ok(())
    }

    /// Queues an answer to a turn that is delivered after the response. `request` was built from the answer.
    ///
    /// # Errors
    /// There is no room.
    ///
    /// Call it only if [`way`](Self::way) is [`Way::LateAnswer`].
    pub fn answer_late(
        &mut self,
        number: u32,
        answer: &BotAnswer,
        request: ProviderRequest,
        now: Timestamp,
        rules: &SessionRules,
    ) -> Result<(), SessionFull> {
        if self.late_answers.is_full() {
            return Err(SessionFull);
        }
        self.set(number, TurnState::AnsweredLate(digest(answer)));
        self.late_answers.push(number, request);
        self.make_room(number)?;
        self.proceed(number, &answer.next, now, rules);
        Ok(())
    }

    /// Records that the time for the answer to a turn is over. Has no effect on a turn that is answered.
    pub fn run_out(&mut self, number: u32, now: Timestamp, rules: &SessionRules) {
        let Some(turn) = self.turn(number).filter(|turn| matches!(turn.state, TurnState::Asked)) else { return };
        if turn.turn.permits_late_answer {
            return self.set(number, TurnState::Postponed);
        }
        let answer = rules.timeout_answer.clone();
        let next = answer.next.clone();
        self.set(number, TurnState::TimedOut(answer));
        self.event_queue.push_event(&SessionEvent::TurnTimedOut(TurnNumber { number }), now);
        self.proceed(number, &next, now, rules);
    }

    fn set(&mut self, number: u32, state: TurnState) {
        if let Some(turn) = self.turns.iter_mut().find(|turn| turn.number == number) {
            turn.state = state;
        }
    }

    /// Does what follows an answer to a turn.
    fn proceed(&mut self, number: u32, next: &NextStep, now: Timestamp, rules: &SessionRules) {
        match next {
            NextStep::Wait => {}
            NextStep::Complete(_) => self.finish(SessionEnd::Completed, now),
            NextStep::Handover(_) => {
                let conversation = self.turn(number).and_then(|turn| turn.turn.conversation_id.clone());
                self.to_follow = conversation.filter(|_| rules.follows_handovers);
                self.finish(SessionEnd::HandedOver, now);
            }
            NextStep::Fail(_) => self.finish(SessionEnd::Failed, now),
        }
    }

    /// Returns when a worker must end the time of a turn whose request is gone, because its gateway was killed or the
    /// contact center closed the connection.
    pub(super) fn abandoned_at(&self) -> Option<Timestamp> {
        let asked = self.turns.iter().filter(|turn| matches!(turn.state, TurnState::Asked));
        // The clocks of gateways may differ, and the request itself comes first.
        asked.map(|turn| after(turn.deadline, MAX_CLOCK_DIFFERENCE)).min()
    }

    /// Ends the time of turns whose requests are gone.
    pub(super) fn run_out_abandoned(&mut self, now: Timestamp, rules: &SessionRules) {
        let is_over = |turn: &&StoredTurn| {
            matches!(turn.state, TurnState::Asked) && after(turn.deadline, MAX_CLOCK_DIFFERENCE) <= now
        };
        let over: Vec<u32> = self.turns.iter().filter(is_over).map(|turn| turn.number).collect();
        over.into_iter().for_each(|number| self.run_out(number, now, rules));
    }

    /// Ends the session. The contact center has closed it as well, or will, so a turn that still waits for an answer gets
    /// an empty one.
    pub(super) fn finish(&mut self, end: SessionEnd, now: Timestamp) {
        for turn in self.turns.iter_mut().filter(|turn| matches!(turn.state, TurnState::Asked)) {
            turn.state = TurnState::Answered(nothing_yet());
        }
        self.end = Some((end, now));
        self.event_queue.push_event(&SessionEvent::Ended(end), now);
    }
}
