//! What the platform was answered, so that a request that is repeated with its `Idempotency-Key` is done once.

use super::time::after;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::time::Duration;

/// Answers kept at most, the newest.
const MAX_RESPONSES: usize = 1_000;
/// How long one is kept, in milliseconds.
const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// An answer, and to what.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct CachedResponse {
    /// Digest of what was asked.
    #[serde(rename = "a")]
    pub request_digest: String,
    /// What was answered.
    #[serde(rename = "r")]
    pub response: CommandResponse,
}

/// What was answered.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandResponse {
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
pub(super) struct IdempotencyCache(VecDeque<(String, Timestamp, CachedResponse)>);

impl IdempotencyCache {
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<&CachedResponse> {
        let key = digest(key);
        let kept = self.0.iter().find(|(known, at, _)| *known == key && after(*at, TTL) > now);
        kept.map(|(_, _, response)| response)
    }

    pub(super) fn put(&mut self, key: &str, response: CachedResponse, now: Timestamp) {
        let key = digest(key);
        self.0.retain(|(known, at, _)| *known != key && after(*at, TTL) > now);
        self.0.push_back((key, now, response));
        while self.0.len() > MAX_RESPONSES {
            self.0.pop_front();
        }
    }
}
