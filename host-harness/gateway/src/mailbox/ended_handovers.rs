//! Ended handovers about which something is still to be found out.

use super::time::after;
use handover_host::contract::{Conversation, Timestamp};
use handover_host::handover::Handover;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of handovers in a queue. Beyond that, the oldest one is dropped.
const MAX_ENTRIES: usize = 10;

/// An ended handover, and the state of the work on it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct EndedHandover<Work> {
    pub(super) handover: u32,
    thread: u32,
    pub(super) conversation: String,
    pub(super) begun: Timestamp,
    pub(super) ended: Timestamp,
    /// When the next attempt is due.
    pub(super) due: Timestamp,
    #[serde(flatten)]
    pub(super) work: Work,
}

/// Ended handovers with work of one kind, oldest first.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct EndedHandovers<Work>(VecDeque<EndedHandover<Work>>);

impl<Work> EndedHandovers<Work> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a handover that ended now. The work on one without a conversation is impossible.
    pub(super) fn push(&mut self, handover: &Handover, now: Timestamp, delay: Duration, work: Work) {
        let Some(conversation) = handover.conversation() else { return };
        if self.0.len() >= MAX_ENTRIES {
            self.0.pop_front();
        }
        self.0.push_back(EndedHandover {
            handover: handover.number(),
            thread: handover.thread(),
            conversation: conversation.to_owned(),
            begun: handover.begun(),
            ended: now,
            due: after(now, delay),
            work,
        });
    }

    /// Returns when the next attempt is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.0.iter().map(|entry| entry.due).min()
    }

    /// Returns the handover whose attempt is due.
    pub(super) fn next(&self, now: Timestamp) -> Option<&EndedHandover<Work>> {
        self.0.iter().filter(|entry| entry.due <= now).min_by_key(|entry| entry.due)
    }

    pub(super) fn get(&self, handover: u32) -> Option<&EndedHandover<Work>> {
        self.0.iter().find(|entry| entry.handover == handover)
    }

    pub(super) fn get_mut(&mut self, handover: u32) -> Option<&mut EndedHandover<Work>> {
        self.0.iter_mut().find(|entry| entry.handover == handover)
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut EndedHandover<Work>> {
        self.0.iter_mut()
    }

    /// Removes a handover whose work is done or cannot be done.
    pub(super) fn remove(&mut self, handover: u32) {
        self.0.retain(|entry| entry.handover != handover);
    }

    /// Postpones the next attempt until a time.
    pub(super) fn postpone(&mut self, handover: u32, until: Timestamp) {
        if let Some(entry) = self.get_mut(handover) {
            entry.due = entry.due.max(until);
        }
    }

    /// Adjusts the times to a clock that was set back. `time_of` returns the time in the state of the work.
    pub(super) fn step_times_back(&mut self, back: u64, time_of: impl Fn(&mut Work) -> Option<&mut Timestamp>) {
        for entry in &mut self.0 {
            let times = [&mut entry.begun, &mut entry.ended, &mut entry.due];
            times.into_iter().chain(time_of(&mut entry.work)).for_each(|at| *at = at.saturating_sub(back));
        }
    }
}

impl<Work> EndedHandover<Work> {
    /// Returns the conversation of the handover.
    pub(super) fn conversation(&self, recipient: &str) -> Conversation {
        let id = Some(self.conversation.clone());
        Conversation { recipient: recipient.to_owned(), handover: self.thread, id }
    }
}
