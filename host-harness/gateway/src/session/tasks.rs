//! The tasks of a session: selects the next task and records outcomes.

use super::event::{RefusedAnswer, SessionEnd, SessionEvent};
use super::late_answers::AfterAttempt;
use super::rules::SessionRules;
use super::state::Session;
use super::turn::TurnState;
use crate::mailbox::time::after;
use crate::mailbox::{CallbackOutcome, Channel, DeliveryOutcome, QueuedEvent};
use handover_host::contract::{ProviderRequest, Timestamp};
use serde::Deserialize;
use std::time::Duration;

/// How long an ended session is kept, so that repeated requests get their responses.
const RETENTION_AFTER_END: Duration = Duration::from_secs(60 * 60);

/// A turn that the platform may answer in its response to a callback.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TurnToAnswer {
    /// The number of the turn.
    pub number: u32,
    /// Until when an answer is of use. Absent for a turn that permits a late answer.
    pub until: Option<Timestamp>,
}

/// A task of a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionTask {
    /// Deliver a late answer: [`Session::delivered`].
    Deliver {
        /// The number of the answer.
        number: u64,
        /// The request to deliver.
        request: ProviderRequest,
        /// Whether an earlier attempt may have arrived.
        may_have_arrived: bool,
    },
    /// Call the platform back: [`Session::called_back`].
    CallBack {
        /// The event's id.
        id: String,
        /// The event.
        event: QueuedEvent,
        /// The number of earlier attempts.
        attempts: u32,
        /// The turn, if the event is one. The platform may answer it in its response.
        turn: Option<TurnToAnswer>,
    },
    /// Give up an event for the callback: [`Session::abandoned`]. It stays in the log.
    Abandon {
        /// The number of the event.
        event: u64,
        /// Why, for people.
        reason: String,
    },
    /// Follow the handover in this conversation: [`Session::followed`].
    Follow(String),
    /// Remove the session, because it is not needed any more.
    Remove,
}

impl Session {
    /// Leases a channel to a worker and returns its next task. Returns `None`, and releases the channel, if there is no
    /// task now or another worker holds the lease.
    pub fn lease(&mut self, channel: Channel, by: &str, now: Timestamp, rules: &SessionRules) -> Option<SessionTask> {
        if !self.leases.free(channel, by, now) {
            return None;
        }
        let task = match channel {
            Channel::Outbound => self.outbound_task(now, rules),
            Channel::Callback => self.callback_task(now, rules),
        }?;
        self.leases.hold(channel, by, now);
        Some(task)
    }

    /// Releases the lease of a worker.
    pub fn release(&mut self, channel: Channel, by: &str) {
        self.leases.release(channel, by);
    }

    /// Returns when a worker must look at the session; `None` if nothing is due.
    #[must_use]
    pub fn due(&self, rules: &SessionRules) -> Option<Timestamp> {
        if self.event_queue.unpublished().next().is_some() {
            return Some(0);
        }
        let not_before = |channel| self.leases.held_until(channel);
        let to_follow = self.to_follow.as_ref().map(|_| 0);
        let outbound = self.late_answers.due().or(to_follow).or_else(|| self.idle_until(rules));
        let outbound = outbound.into_iter().chain(self.abandoned_at()).min();
        let outbound = outbound.map(|due| due.max(not_before(Channel::Outbound)));
        let next = self.event_queue.to_call(rules.callback);
        let is_given_up = self.event_queue.given_up().is_some();
        let callback = next.map(|(at, event)| if is_given_up || self.is_obsolete(event) { 0 } else { at });
        let callback = callback.map(|due| due.max(not_before(Channel::Callback)));
        outbound.into_iter().chain(callback).min()
    }

    /// Returns whether anything is queued for the contact center, the callback or the log.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.late_answers.is_empty() || self.to_follow.is_some() || self.event_queue.has_work()
    }

    /// Returns when a session without queued work ends or is removed. An ended session with events for the callback is
    /// not removed.
    fn idle_until(&self, rules: &SessionRules) -> Option<Timestamp> {
        match self.end {
            None => Some(self.last_until()),
            Some((_, at)) => self.event_queue.to_call(rules.callback).is_none().then(|| after(at, RETENTION_AFTER_END)),
        }
    }

    /// Returns whether the session is not needed any more.
    #[must_use]
    pub fn is_done(&self, now: Timestamp, rules: &SessionRules) -> bool {
        let is_old = self.idle_until(rules).is_some_and(|at| at <= now);
        let is_idle = self.late_answers.is_empty()
            && self.to_follow.is_none()
            && self.event_queue.unpublished().next().is_none()
            && self.event_queue.to_call(rules.callback).is_none();
        self.end.is_some() && is_old && is_idle
    }

    fn outbound_task(&mut self, now: Timestamp, rules: &SessionRules) -> Option<SessionTask> {
        self.run_out_abandoned(now, rules);
        if self.end.is_none() && self.last_until() <= now {
            self.finish(SessionEnd::Expired, now);
        }
        if self.is_done(now, rules) {
            return Some(SessionTask::Remove);
        }
        if let Some(answer) = self.late_answers.begin(now) {
            return Some(SessionTask::Deliver {
                number: answer.number,
                request: answer.request.clone(),
                may_have_arrived: answer.may_have_arrived,
            });
        }
        // The handover begins when the last answer arrived.
        self.to_follow.clone().filter(|_| self.late_answers.is_empty()).map(SessionTask::Follow)
    }

    fn callback_task(&mut self, now: Timestamp, rules: &SessionRules) -> Option<SessionTask> {
        while let Some(number) = self
            .event_queue
            .to_call(rules.callback)
            .filter(|(_, event)| self.is_obsolete(event))
            .map(|(_, event)| event.number)
        {
            self.event_queue.done(number);
        }
        let (not_before, event) = self.event_queue.to_call(rules.callback)?;
        if let Some(why) = self.event_queue.given_up() {
            return Some(SessionTask::Abandon { event: event.number, reason: why.to_owned() });
        }
        if not_before > now {
            return None;
        }
        let (id, event) = (self.event_id(event), event.clone());
        let turn = asked_turn(&event).and_then(|number| self.turn(number));
        let turn = turn.map(|turn| TurnToAnswer {
            number: turn.number,
            until: (!turn.turn.permits_late_answer).then_some(turn.deadline),
        });
        Some(SessionTask::CallBack { id, event, attempts: self.event_queue.try_next(now), turn })
    }

    /// Returns whether the platform need not be called, because the event is a turn that needs no answer. It is in the
    /// log.
    fn is_obsolete(&self, event: &QueuedEvent) -> bool {
        let needs_answer = |number| {
            let state = self.turn(number).map(|turn| &turn.state);
            matches!(state, Some(TurnState::Asked | TurnState::Postponed))
        };
        asked_turn(event).is_some_and(|number| !needs_answer(number))
    }

    /// Returns the events to append to the log, in order.
    pub fn unpublished(&self) -> impl Iterator<Item = &QueuedEvent> {
        self.event_queue.unpublished()
    }

    /// Records that the events up to this number are in the log.
    pub fn published(&mut self, number: u64, rules: &SessionRules) {
        self.event_queue.published(number, rules.callback);
    }

    /// Records the outcome of [`SessionTask::CallBack`].
    pub fn called_back(
        &mut self,
        event: u64,
        outcome: CallbackOutcome,
        chance: f64,
        now: Timestamp,
        rules: &SessionRules,
    ) {
        self.event_queue.called(event, outcome, chance, now, rules.callback);
    }

    /// Records that an event was given up.
    pub fn abandoned(&mut self, event: u64) {
        self.event_queue.done(event);
    }

    /// Records that the handover is followed, or that it cannot be.
    pub fn followed(&mut self) {
        self.to_follow = None;
    }

    /// Returns whether the outcome of the callback of this event is not recorded yet.
    #[must_use]
    pub fn waits_for_callback(&self, event: u64) -> bool {
        self.event_queue.next_to_call() == Some(event)
    }

    /// Records that the answer to a turn in the response to a callback is refused.
    pub fn refused(&mut self, number: u32, reason: &str, now: Timestamp) {
        let refused = RefusedAnswer::new(number, reason, false);
        self.event_queue.push_event(&SessionEvent::AnswerRefused(refused), now);
    }

    /// Records the outcome of [`SessionTask::Deliver`].
    pub fn delivered(
        &mut self,
        number: u64,
        outcome: &DeliveryOutcome,
        chance: f64,
        now: Timestamp,
        rules: &SessionRules,
    ) {
        match self.late_answers.attempted(number, outcome, &rules.callback.retries, chance, now) {
            AfterAttempt::Settled => {}
            AfterAttempt::GivenUp(answer, reason) => {
                let (number, may_have_arrived) = (answer.turn, answer.may_have_arrived);
                if self.late_answers.is_empty() && !may_have_arrived {
                    // The answer that handed over was the last one.
                    self.to_follow = None;
                }
                let refused = RefusedAnswer::new(number, &reason, may_have_arrived);
                self.event_queue.push_event(&SessionEvent::AnswerRefused(refused), now);
            }
        }
    }
}

/// Returns the number of the turn, if the event is one.
fn asked_turn(event: &QueuedEvent) -> Option<u32> {
    #[derive(Deserialize)]
    struct Tagged {
        r#type: String,
        data: Numbered,
    }
    #[derive(Deserialize)]
    struct Numbered {
        number: u32,
    }
    let tagged: Tagged = serde_json::from_str(event.event.get()).ok()?;
    (tagged.r#type == "turn").then_some(tagged.data.number)
}
