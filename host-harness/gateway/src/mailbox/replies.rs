//! What the platform was answered, so that a request that is repeated with its `Idempotency-Key` is done once.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// Answers kept at most, the newest.
const MOST: usize = 1_000;
/// How long one is kept, in milliseconds.
const KEEP: u64 = 24 * 60 * 60 * 1_000;

/// An answer, and to what.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Digest of what was asked.
    #[serde(rename = "a")]
    pub asked: String,
    /// What was answered.
    #[serde(rename = "r")]
    pub replied: Replied,
}

/// What was answered.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replied {
    /// This handover has begun.
    Begun(u32),
    /// The message has this id.
    Sent(String),
    /// The handover has ended.
    Left,
}

/// Keys may be long; so much of the SHA-256 as makes a coincidence unlikely among so few.
fn digest(key: &str) -> String {
    let hash = Sha256::digest(key);
    BASE64_STANDARD_NO_PAD.encode(hash.get(..12).unwrap_or_default())
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Replies(VecDeque<(String, Timestamp, Reply)>);

impl Replies {
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<&Reply> {
        let key = digest(key);
        let kept = self.0.iter().find(|(known, at, _)| *known == key && at.saturating_add(KEEP) > now);
        kept.map(|(_, _, reply)| reply)
    }

    pub(super) fn put(&mut self, key: &str, reply: Reply, now: Timestamp) {
        let key = digest(key);
        self.0.retain(|(known, at, _)| *known != key && at.saturating_add(KEEP) > now);
        self.0.push_back((key, now, reply));
        while self.0.len() > MOST {
            self.0.pop_front();
        }
    }
}
