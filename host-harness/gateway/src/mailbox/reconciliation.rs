//! The messages of ended handovers that must be compared with the contact center's, because a webhook that is lost for good
//! would lose a message.

use super::rules::{CLOCK_TOLERANCE, Retries, Rules};
use super::time::{after, before};
use handover_host::contract::{AgentEvent, Conversation, EventKind, Timestamp};
use handover_host::handover::Handover;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The maximum number of handovers that wait for their comparison. Beyond that, the oldest one is dropped.
const MAX_ENTRIES: usize = 10;

/// An ended handover whose messages are still to be compared.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Reconciliation {
    handover: u32,
    thread: u32,
    conversation: String,
    begun: Timestamp,
    ended: Timestamp,
    due: Timestamp,
    #[serde(default)]
    attempts: u32,
    /// The time of the first attempt that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_failed: Option<Timestamp>,
}

/// The ended handovers whose messages are still to be compared, oldest first.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Reconciliations(VecDeque<Reconciliation>);

impl Reconciliations {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a handover that ended.
    pub(super) fn add(&mut self, handover: &Handover, now: Timestamp, rules: &Rules) {
        let (Some(delay), Some(conversation)) = (rules.reconciliation_delay, handover.conversation()) else { return };
        if self.0.len() >= MAX_ENTRIES {
            self.0.pop_front();
        }
        self.0.push_back(Reconciliation {
            handover: handover.number(),
            thread: handover.thread(),
            conversation: conversation.to_owned(),
            begun: handover.begun(),
            ended: now,
            due: after(now, delay),
            attempts: 0,
            first_failed: None,
        });
    }

    /// Returns when the next comparison is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.0.iter().map(|entry| entry.due).min()
    }

    /// Returns the handover whose comparison is due, and its conversation.
    pub(super) fn next(&self, recipient: &str, now: Timestamp) -> Option<(u32, Conversation)> {
        let entry = self.0.iter().filter(|entry| entry.due <= now).min_by_key(|entry| entry.due)?;
        let id = Some(entry.conversation.clone());
        Some((entry.handover, Conversation { recipient: recipient.to_owned(), handover: entry.thread, id }))
    }

    /// Returns the events that are messages of this handover: not those of an earlier or later one in the same conversation.
    pub(super) fn messages_of(&self, handover: u32, events: &[AgentEvent]) -> Vec<AgentEvent> {
        let Some(entry) = self.0.iter().find(|entry| entry.handover == handover) else { return Vec::new() };
        let during = before(entry.begun, CLOCK_TOLERANCE)..=after(entry.ended, CLOCK_TOLERANCE);
        let is_ours = |event: &&AgentEvent| {
            matches!(event.kind, EventKind::Message(_)) && event.time.is_some_and(|time| during.contains(&time))
        };
        events.iter().filter(is_ours).cloned().collect()
    }

    /// Removes a handover whose comparison is done or cannot be done.
    pub(super) fn remove(&mut self, handover: u32) {
        self.0.retain(|entry| entry.handover != handover);
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
        let Some(entry) = self.0.iter_mut().find(|entry| entry.handover == handover) else { return };
        entry.attempts = entry.attempts.saturating_add(1);
        let first = *entry.first_failed.get_or_insert(now);
        match retries.next(entry.attempts, after_seconds, chance, first, now) {
            Some(at) => entry.due = at,
            None => self.remove(handover),
        }
    }

    /// Postpones a comparison without counting an attempt.
    pub(super) fn postpone(&mut self, handover: u32, until: Timestamp) {
        for entry in self.0.iter_mut().filter(|entry| entry.handover == handover) {
            entry.due = entry.due.max(until);
        }
    }

    pub(super) fn step_back(&mut self, back: u64) {
        for entry in &mut self.0 {
            let times = [&mut entry.begun, &mut entry.ended, &mut entry.due].into_iter().chain(&mut entry.first_failed);
            times.for_each(|at| *at = at.saturating_sub(back));
        }
    }
}
