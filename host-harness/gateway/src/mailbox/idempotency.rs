//! The idempotency cache: responses to the platform, so that a request repeated with its `Idempotency-Key` has no
//! second effect.

use super::time::after;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::time::Duration;

/// Responses kept at most, the newest.
const MAX_RESPONSES: usize = 1_000;
/// How long a response is kept.
const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// A response, and the digest of its request.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct CachedResponse {
    /// The digest of the request.
    #[serde(rename = "a")]
    pub request_digest: String,
    /// The response.
    #[serde(rename = "r")]
    pub response: CommandResponse,
}

/// What was answered.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandResponse {
    /// The handover with this number started.
    Begun(u32),
    /// The message with this id was accepted.
    Sent(String),
    /// The handover was ended.
    Left,
}

/// Shortens a key to a prefix of its SHA-256 that is long enough for so few keys.
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
