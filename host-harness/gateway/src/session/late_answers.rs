//! Answers that are delivered after the response to their turn, in order.

use crate::mailbox::{DeliveryOutcome, Retries, StoredRequest};
use handover_host::contract::{Failure, ProviderRequest, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The maximum number of answers in the queue.
const MAX_ANSWERS: usize = 64;

/// The answers, the oldest first.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LateAnswers {
    last: u64,
    waiting: VecDeque<LateAnswer>,
}

/// An answer to be delivered.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LateAnswer {
    pub(super) number: u64,
    /// The turn that it answers.
    pub(super) turn: u32,
    #[serde(with = "StoredRequest")]
    pub(super) request: ProviderRequest,
    attempts: u32,
    first_tried: Option<Timestamp>,
    not_before: Timestamp,
    /// A worker started to deliver it, and may have been interrupted.
    is_attempted: bool,
    /// An attempt ended with an unknown outcome.
    pub(super) may_have_arrived: bool,
}

/// What became of an answer after an attempt.
pub(super) enum AfterAttempt {
    /// It was delivered, or waits for another attempt.
    Settled,
    /// It will not be delivered, for this reason.
    GivenUp(LateAnswer, String),
}

impl LateAnswers {
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_ANSWERS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn push(&mut self, turn: u32, request: ProviderRequest) {
        self.last = self.last.saturating_add(1);
        self.waiting.push_back(LateAnswer {
            number: self.last,
            turn,
            request,
            attempts: 0,
            first_tried: None,
            not_before: 0,
            is_attempted: false,
            may_have_arrived: false,
        });
    }

    /// Moves all times back with the clock.
    pub(super) fn step_back(&mut self, back: u64) {
        for answer in &mut self.waiting {
            answer.first_tried = answer.first_tried.map(|at| at.saturating_sub(back));
            answer.not_before = answer.not_before.saturating_sub(back);
        }
    }

    /// Returns when the next answer is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.waiting.front().map(|answer| answer.not_before)
    }

    /// Records that the next answer is delivered now. The record is stored before the attempt, so that an interrupted
    /// attempt counts. Returns `None` if none is due.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<&LateAnswer> {
        let answer = self.waiting.front_mut().filter(|answer| answer.not_before <= now)?;
        answer.may_have_arrived |= answer.is_attempted;
        answer.is_attempted = true;
        answer.attempts = answer.attempts.saturating_add(1);
        answer.first_tried.get_or_insert(now);
        Some(answer)
    }

    /// Records the outcome of an attempt.
    pub(super) fn attempted(
        &mut self,
        number: u64,
        outcome: &DeliveryOutcome,
        retries: &Retries,
        chance: f64,
        now: Timestamp,
    ) -> AfterAttempt {
        let Some(answer) = self.waiting.front_mut().filter(|answer| answer.number == number) else {
            return AfterAttempt::Settled;
        };
        answer.is_attempted = false;
        let (after_seconds, why) = match outcome {
            DeliveryOutcome::Delivered(_) => {
                self.waiting.pop_front();
                return AfterAttempt::Settled;
            }
            DeliveryOutcome::Failed(Failure::Permanent(why)) => return self.give_up(why.clone()),
            DeliveryOutcome::Failed(Failure::Unsupported) => {
                return self.give_up("the contact center accepts no late answers".into());
            }
            DeliveryOutcome::Failed(Failure::Retry(advice)) => {
                answer.may_have_arrived |= advice.may_have_arrived;
                (advice.after_seconds, advice.message.clone())
            }
            DeliveryOutcome::Failed(Failure::Credentials(why)) => (None, why.clone()),
            DeliveryOutcome::Failed(Failure::StaleSettings) => (None, "the settings are out of date".into()),
            DeliveryOutcome::Unknown(why) => {
                answer.may_have_arrived = true;
                (None, why.clone())
            }
        };
        let first = answer.first_tried.unwrap_or(now);
        match retries.next(answer.attempts, after_seconds, chance, first, now) {
            Some(at) => {
                answer.not_before = at;
                AfterAttempt::Settled
            }
            None => self.give_up(why),
        }
    }

    fn give_up(&mut self, why: String) -> AfterAttempt {
        match self.waiting.pop_front() {
            Some(answer) => AfterAttempt::GivenUp(answer, why),
            None => AfterAttempt::Settled,
        }
    }
}
