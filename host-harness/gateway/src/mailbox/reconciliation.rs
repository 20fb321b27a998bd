//! The messages of ended handovers that must be compared with the contact center's, because a webhook that is lost for good
//! would lose a message.

use super::ended_handovers::EndedHandovers;
use super::rules::{CLOCK_TOLERANCE, Retries, Rules};
use super::short_digest::ShortDigest;
use super::time::{after, before};
use handover_host::contract::{AgentEvent, Author, EventKind, Timestamp};
use handover_host::handover::Handover;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The comparison of the messages of an ended handover.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Reconciliation {
    #[serde(default)]
    attempts: u32,
    /// The time of the first attempt that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_failed: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "ReceivedMessages::is_empty")]
    received: ReceivedMessages,
}

/// The ended handovers whose messages are still to be compared.
pub(super) type Reconciliations = EndedHandovers<Reconciliation>;

impl EndedHandovers<Reconciliation> {
    /// Adds a handover that ended, with the messages that webhooks brought in it.
    pub(super) fn add(&mut self, handover: &Handover, received: ReceivedMessages, now: Timestamp, rules: &Rules) {
        let Some(delay) = rules.reconciliation_delay else { return };
        self.push(handover, now, delay, Reconciliation { received, ..Reconciliation::default() });
    }

    /// Returns the events that are messages of this handover: not those of an earlier or later one in the same conversation.
    pub(super) fn messages_of(&self, handover: u32, events: &[AgentEvent]) -> Vec<AgentEvent> {
        let Some(entry) = self.get(handover) else { return Vec::new() };
        let during = before(entry.begun, CLOCK_TOLERANCE)..=after(entry.ended, CLOCK_TOLERANCE);
        let is_ours = |event: &&AgentEvent| {
            matches!(event.kind, EventKind::Message(_)) && event.time.is_some_and(|time| during.contains(&time))
        };
        events.iter().filter(is_ours).cloned().collect()
    }

    /// Postpones a comparison whose attempt failed, or removes it if it was tried for long enough.
    pub(super) fn failed(
        &mut self,
        handover: u32,
        after_seconds: Option<u32>,
        chance: f64,
        now: Timestamp,
        retries: &Retries,
    ) {
        let Some(entry) = self.get_mut(handover) else { return };
        let work = &mut entry.work;
        work.attempts = work.attempts.saturating_add(1);
        let first = *work.first_failed.get_or_insert(now);
        match retries.next(work.attempts, after_seconds, chance, first, now) {
            Some(at) => entry.due = at,
            None => self.remove(handover),
        }
    }

    pub(super) fn step_back(&mut self, back: u64) {
        self.step_times_back(back, |work| work.first_failed.as_mut());
    }
}

impl Reconciliation {
    /// Returns the messages that webhooks brought during the handover.
    pub(super) fn received(&self) -> &ReceivedMessages {
        &self.received
    }
}

/// The ids of the last agents' messages that webhooks brought during a handover.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReceivedMessages(VecDeque<ShortDigest<15>>);

impl ReceivedMessages {
    /// One would be enough if the contact center's list were always complete.
    const MAX_IDS: usize = 5;

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, event: &AgentEvent) {
        if matches!(&event.kind, EventKind::Message(message) if message.author == Author::Human) {
            if self.0.len() >= Self::MAX_IDS {
                self.0.pop_front();
            }
            self.0.push_back(ShortDigest::of(event.id.as_bytes()));
        }
    }

    /// Returns whether the ids of fetched messages are not those of webhooks: none of these messages is among them.
    /// Publishing the missing ones would publish every message twice.
    #[must_use]
    pub fn have_other_ids(&self, fetched: &[AgentEvent]) -> bool {
        let is_received = |event: &AgentEvent| self.0.contains(&ShortDigest::of(event.id.as_bytes()));
        !self.0.is_empty() && !fetched.iter().any(is_received)
    }
}
