//! The outcomes of ended handovers. Agents record them after the end, so the contact center is polled for some time.

use super::ended_handovers::{EndedHandover, EndedHandovers};
use super::rules::{CLOCK_TOLERANCE, Rules};
use super::time::{after, before, milliseconds};
use handover_host::contract::{AgentEvent, EventKind, HandoverOutcome, Timestamp};
use handover_host::handover::Handover;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The delay of the first poll. Each further one comes after three times as long.
const FIRST_POLL: Duration = Duration::from_secs(10);
/// The delay between a report that an agent recorded something and the poll.
const REPORT_DELAY: Duration = Duration::from_secs(1);

/// The search for the outcome of an ended handover.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PendingOutcome {
    /// When the next handover began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_begun: Option<Timestamp>,
    /// What an agent recorded who was not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<HandoverOutcome>,
}

/// The ended handovers whose outcomes are not known.
pub(super) type PendingOutcomes = EndedHandovers<PendingOutcome>;

impl EndedHandovers<PendingOutcome> {
    /// Adds a handover that ended.
    pub(super) fn add(&mut self, handover: &Handover, now: Timestamp, rules: &Rules) {
        let Some(timeout) = rules.outcome_timeout else { return };
        let first = if rules.policy.can_poll { FIRST_POLL.min(timeout) } else { timeout };
        self.push(handover, now, first, PendingOutcome::default());
    }

    /// Records that a handover began. What agents record about the ones before happened earlier.
    pub(super) fn next_began(&mut self, now: Timestamp) {
        for entry in self.iter_mut() {
            entry.work.next_begun.get_or_insert(now);
        }
    }

    /// Records the result of a poll: returns the outcome once it is known, and otherwise schedules the next poll.
    pub(super) fn polled(
        &mut self,
        handover: u32,
        events: &[AgentEvent],
        now: Timestamp,
        rules: &Rules,
    ) -> Option<HandoverOutcome> {
        let entry = self.get_mut(handover)?;
        let during = entry.during();
        let is_joined = |event: &AgentEvent| {
            matches!(event.kind, EventKind::AgentJoined(_)) && event.time.is_none_or(|at| during.contains(&at))
        };
        let left = last_departure(events, &during);
        let found = left.and_then(|left| outcomes(events, &during).rfind(|(at, _)| *at == left));
        if let Some((_, outcome)) = found {
            self.remove(handover);
            return Some(outcome.clone());
        }
        if left.is_none() && !events.iter().any(is_joined) {
            // No agent served the user, so there is nothing to wait for.
            self.remove(handover);
            return None;
        }
        entry.work.earlier = outcomes(events, &during).max_by_key(|(at, _)| *at).map(|(_, outcome)| outcome.clone());
        self.schedule(handover, now, rules)
    }

    /// Schedules the next poll. If its time is over, removes the handover and returns what an earlier agent recorded.
    pub(super) fn schedule(&mut self, handover: u32, now: Timestamp, rules: &Rules) -> Option<HandoverOutcome> {
        let timeout = rules.outcome_timeout.unwrap_or_default();
        let entry = self.get_mut(handover)?;
        let end = after(entry.ended, timeout);
        if now >= end {
            let earlier = entry.work.earlier.take();
            self.remove(handover);
            return earlier;
        }
        let waited = now.saturating_sub(entry.ended).max(milliseconds(FIRST_POLL));
        entry.due = now.saturating_add(waited.saturating_mul(2)).min(end);
        None
    }

    /// Records that an agent recorded something in a conversation. Returns the handover if its outcome is known now; if it
    /// can be polled, a poll returns more.
    pub(super) fn reported(&mut self, conversation: &str, now: Timestamp, rules: &Rules) -> Option<u32> {
        let entry = self.iter_mut().rfind(|entry| entry.conversation == conversation)?;
        if rules.policy.can_poll {
            entry.due = entry.due.min(after(now, REPORT_DELAY));
            return None;
        }
        let handover = entry.handover;
        self.remove(handover);
        Some(handover)
    }

    pub(super) fn step_back(&mut self, back: u64) {
        self.step_times_back(back, |work| work.next_begun.as_mut());
    }
}

impl EndedHandover<PendingOutcome> {
    /// Returns the time of the handover by the contact center's clock. Earlier and later handovers may have the same conversation.
    /// An agent may leave after the handover ended.
    fn during(&self) -> RangeInclusive<Timestamp> {
        let is_first = self.handover <= 1;
        let begun = if is_first { before(self.begun, CLOCK_TOLERANCE) } else { self.begun };
        begun..=self.work.next_begun.unwrap_or(Timestamp::MAX)
    }
}

/// Returns when the last agent left.
fn last_departure(events: &[AgentEvent], during: &RangeInclusive<Timestamp>) -> Option<Timestamp> {
    let left = events.iter().filter(|event| matches!(event.kind, EventKind::AgentLeft(_) | EventKind::Transferred(_)));
    left.filter_map(|event| event.time).filter(|at| during.contains(at)).max()
}

/// Returns the outcomes with the times at which their agents left.
fn outcomes<'e>(
    events: &'e [AgentEvent],
    during: &RangeInclusive<Timestamp>,
) -> impl DoubleEndedIterator<Item = (Timestamp, &'e HandoverOutcome)> {
    events.iter().filter_map(|event| match &event.kind {
        EventKind::Outcome(outcome) => Some((event.time.filter(|at| during.contains(at))?, outcome)),
        _ => None,
    })
}
