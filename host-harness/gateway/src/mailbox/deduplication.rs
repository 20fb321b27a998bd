//! Which events were taken, so that each is taken once.
//!
//! An id is kept as long as its event would still be believed: a repeat is either known here or refused as too old, so
//! the list is complete although it is bounded.

use super::Rules;
use super::time::{after, before};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::contract::{AgentEvent, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::time::Duration;

/// Ids kept at most: some 100 bytes each.
const MAX_IDS: usize = 700;
/// How long an event bus tries again (Amazon EventBridge: 24 hours), in milliseconds.
const OPERATOR_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// Milliseconds by which the contact center's clock may be ahead of ours.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// By which way an event came.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The contact center's own webhook.
    Webhook,
    /// An event bus.
    EventBus,
    /// A trigger of the operator's.
    Trigger,
    /// An observation of ours.
    Observation,
}

/// Where an event came from: the way, and by what two of the same id are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOrigin {
    source: Source,
    /// Of the exact bytes; missing where what happened is compared: what operators build puts the same into other
    /// envelopes.
    digest: Option<String>,
}

/// Why events are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// They are older than the window.
    #[error("it is older than the replay window allows")]
    Replayed,
    /// The same id came by the same way and says something else.
    #[error("an event of this id was taken before and said something else")]
    Contradicts,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DeduplicationWindow {
    /// Nothing from before this time is believed any more: ids of such were dropped for want of room.
    floor: Timestamp,
    ids: VecDeque<Id>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Id {
    #[serde(rename = "i")]
    id: String,
    #[serde(rename = "s")]
    source: Source,
    #[serde(rename = "d")]
    digest: String,
    /// The event's time, or when it came.
    #[serde(rename = "t")]
    time: Timestamp,
    #[serde(rename = "u")]
    until: Timestamp,
}

impl EventOrigin {
    /// These bytes, which came by this way.
    #[must_use]
    pub fn new(source: Source, bytes: &[u8]) -> Self {
        let digest = (source == Source::Webhook).then(|| short(bytes, 9));
        Self { source, digest }
    }

    pub(super) fn observation() -> Self {
        Self { source: Source::Observation, digest: None }
    }

    fn digest(&self, event: &AgentEvent) -> String {
        // None of these types can fail to be written.
        let happened = || serde_json::to_vec(&(&event.conversation_id, event.time, &event.kind)).unwrap_or_default();
        self.digest.clone().unwrap_or_else(|| short(&happened(), 9))
    }

    fn window(&self, rules: &Rules) -> Duration {
        match self.source {
            Source::Webhook => rules.replay_window,
            Source::EventBus | Source::Trigger | Source::Observation => OPERATOR_WINDOW,
        }
    }
}

/// So much of the SHA-256 as makes a coincidence unlikely among so few.
fn short(bytes: &[u8], length: usize) -> String {
    let hash = Sha256::digest(bytes);
    BASE64_STANDARD_NO_PAD.encode(hash.get(..length).unwrap_or_default())
}

impl DeduplicationWindow {
    /// Whether these may be taken, news or not.
    pub(super) fn admit(
        &self,
        events: &[AgentEvent],
        origin: &EventOrigin,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<(), Refused> {
        for event in events {
            let known = self.find(&short(event.id.as_bytes(), 15));
            if known.is_some_and(|known| known.source == origin.source && known.digest != origin.digest(event)) {
                return Err(Refused::Contradicts);
            }
            let oldest = before(now, origin.window(rules)).max(self.floor);
            // What is known is a repeat, however old: whoever sends it again may stop when it is told so.
            if known.is_none() && event.time.is_some_and(|time| time < oldest) {
                return Err(Refused::Replayed);
            }
        }
        Ok(())
    }

    /// Whether it is new; from now on it is not.
    pub(super) fn insert(&mut self, event: &AgentEvent, origin: &EventOrigin, now: Timestamp, rules: &Rules) -> bool {
        let id = short(event.id.as_bytes(), 15);
        if self.find(&id).is_some() {
            return false;
        }
        // It stays as long as it would be believed, by whichever way it may come again.
        let time = event.time.unwrap_or(now);
        let until = after(time.max(now), OPERATOR_WINDOW.max(rules.replay_window));
        self.ids.push_back(Id { id, source: origin.source, digest: origin.digest(event), time, until });
        self.ids.retain(|id| id.until >= now);
        while self.ids.len() > MAX_IDS {
            let Some(oldest) = self.ids.pop_front() else { break };
            // A clock that runs ahead must not shut out what is to come.
            self.floor = self.floor.max(oldest.time.min(before(now, MAX_CLOCK_SKEW)).saturating_add(1));
        }
        true
    }

    fn find(&self, id: &str) -> Option<&Id> {
        self.ids.iter().find(|known| known.id == id)
    }
}
