//! The deduplication window: the ids of accepted events, so that each event is accepted once.
//!
//! An id is kept as long as its event would be accepted. A duplicate is therefore found here or refused as too old, so
//! the window is complete although it is bounded.

use super::rules::Rules;
use super::short_digest::ShortDigest;
use super::time::{after, before};
use handover_host::contract::{AgentEvent, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of ids in the window. Each has about 100 bytes.
const MAX_IDS: usize = 700;
/// The time for which an event bus retries (Amazon EventBridge: 24 hours).
const OPERATOR_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// The time by which the contact center's clock may be ahead of ours.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

type IdDigest = ShortDigest<15>;
type ContentDigest = ShortDigest<9>;

/// The source of an event.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The contact center's webhook.
    Webhook,
    /// An event bus of the operator.
    EventBus,
    /// A workflow trigger of the operator.
    Trigger,
    /// A poll.
    Poll,
}

/// The source of an event, and the digest that is compared if two events have the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOrigin {
    source: Source,
    /// The digest of the exact bytes. Absent for operator-built sources, which wrap the same event in different
    /// envelopes: their content is compared.
    digest: Option<ContentDigest>,
}

/// Why events are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// An event is older than the replay window.
    #[error("the event is older than the replay window")]
    Replayed,
    /// An event with the same id from the same source had different content.
    #[error("an event with the same id and another content was accepted before")]
    Contradicts,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DeduplicationWindow {
    /// Events before this time are refused, because their ids were dropped to limit the window.
    floor: Timestamp,
    ids: VecDeque<Id>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Id {
    #[serde(rename = "i")]
    id: IdDigest,
    #[serde(rename = "s")]
    source: Source,
    #[serde(rename = "d")]
    digest: ContentDigest,
    /// The event's time, or the time of its arrival.
    #[serde(rename = "t")]
    time: Timestamp,
    #[serde(rename = "u")]
    until: Timestamp,
}

impl EventOrigin {
    /// Creates the origin of events in these bytes from this source.
    #[must_use]
    pub fn new(source: Source, bytes: &[u8]) -> Self {
        let digest = (source == Source::Webhook).then(|| ShortDigest::of(bytes));
        Self { source, digest }
    }

    pub(super) fn poll() -> Self {
        Self { source: Source::Poll, digest: None }
    }

    pub(super) fn is_webhook(&self) -> bool {
        self.source == Source::Webhook
    }

    fn digest(&self, event: &AgentEvent) -> ContentDigest {
        // Serializing these types cannot fail.
        let happened = || serde_json::to_vec(&(&event.conversation_id, event.time, &event.kind)).unwrap_or_default();
        self.digest.unwrap_or_else(|| ShortDigest::of(&happened()))
    }

    fn window(&self, rules: &Rules) -> Duration {
        match self.source {
            Source::Webhook => rules.replay_window,
            Source::EventBus | Source::Trigger | Source::Poll => OPERATOR_WINDOW,
        }
    }
}

impl DeduplicationWindow {
    /// Checks that none of these events is a replay or a contradiction.
    pub(super) fn admit(
        &self,
        events: &[AgentEvent],
        origin: &EventOrigin,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<(), Refused> {
        for event in events {
            let known = self.find(ShortDigest::of(event.id.as_bytes()));
            if known.is_some_and(|known| known.source == origin.source && known.digest != origin.digest(event)) {
                return Err(Refused::Contradicts);
            }
            let oldest = before(now, origin.window(rules)).max(self.floor);
            // A known event is a duplicate, however old: accepting it stops the sender from repeating it.
            if known.is_none() && event.time.is_some_and(|time| time < oldest) {
                return Err(Refused::Replayed);
            }
        }
        Ok(())
    }

    /// Adds an event to the window. Returns whether it is new.
    pub(super) fn insert(&mut self, event: &AgentEvent, origin: &EventOrigin, now: Timestamp, rules: &Rules) -> bool {
        let id = ShortDigest::of(event.id.as_bytes());
        if self.find(id).is_some() {
            return false;
        }
        // The id stays as long as any source could send the event again.
        let time = event.time.unwrap_or(now);
        let until = after(time.max(now), OPERATOR_WINDOW.max(rules.replay_window));
        self.ids.push_back(Id { id, source: origin.source, digest: origin.digest(event), time, until });
        self.ids.retain(|id| id.until >= now);
        while self.ids.len() > MAX_IDS {
            let Some(oldest) = self.ids.pop_front() else { break };
            // A sender's clock that is ahead must not exclude later events.
            self.floor = self.floor.max(oldest.time.min(before(now, MAX_CLOCK_SKEW)).saturating_add(1));
        }
        true
    }

    /// Returns whether an event with this id was accepted.
    pub(super) fn contains(&self, event: &AgentEvent) -> bool {
        self.find(ShortDigest::of(event.id.as_bytes())).is_some()
    }

    fn find(&self, id: IdDigest) -> Option<&Id> {
        self.ids.iter().find(|known| known.id == id)
    }
}
