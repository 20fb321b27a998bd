//! The idempotency cache: responses to the platform, so that a request repeated with its `Idempotency-Key` has no
//! second effect.

use super::short_digest::ShortDigest;
use super::time::after;
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
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

type KeyDigest = ShortDigest<12>;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct IdempotencyCache(VecDeque<(KeyDigest, Timestamp, CachedResponse)>);

impl IdempotencyCache {
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<&CachedResponse> {
        let key = KeyDigest::of(key.as_bytes());
        let kept = self.0.iter().find(|(known, at, _)| *known == key && after(*at, TTL) > now);
        kept.map(|(_, _, response)| response)
    }

    pub(super) fn put(&mut self, key: &str, response: CachedResponse, now: Timestamp) {
        let key = KeyDigest::of(key.as_bytes());
        self.0.retain(|(known, at, _)| *known != key && after(*at, TTL) > now);
        self.0.push_back((key, now, response));
        while self.0.len() > MAX_RESPONSES {
            self.0.pop_front();
        }
    }
}
