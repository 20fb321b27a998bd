//! How long a waiting user still has to wait. No event of Genesys reports it.
//!
//! Genesys has no call for the position. It is the rank among the conversations that wait in the queue, without regard
//! to skills, so it is an upper bound.

use crate::api::Api;
use alloc::{format, string::String, vec::Vec};
use handover_guest::contract::*;
use handover_guest::imports::Imports;

/// The seconds for which the list of waiting conversations is cached, because it serves all conversations of the queue.
const LIST_TTL_SECONDS: u32 = 10;
/// The maximum number of waiting conversations that are ranked. Hosts limit the size of a cached value.
const MAX_RANKED: usize = 400;

/// The maximum number of estimated waits that are kept for a queue.
const MAX_KNOWN_WAITS: usize = 250;

/// Returns the state of the queue for a conversation that waits in it. A number is absent if Genesys does not report it or
/// the OAuth client may not see it. The estimated wait is requested at most every `interval_seconds`.
pub(crate) fn queue_state(
    api: &mut Api<'_, impl Imports>,
    queue: &str,
    conversation: &str,
    interval_seconds: u32,
) -> QueueState {
    QueueState {
        position: position(api, queue, conversation),
        estimated_wait_seconds: estimated_wait(api, queue, conversation, interval_seconds),
    }
}

fn estimated_wait(
    api: &mut Api<'_, impl Imports>,
    queue: &str,
    conversation: &str,
    interval_seconds: u32,
) -> Option<u32> {
    // One value for the whole queue, because hosts keep few values for a connection.
    let key = format!("estimated-waits:{queue}");
    let (now, interval) = (api.imports().now(), u64::from(interval_seconds) * 1000);
    let cached = cached_text(api, &key).unwrap_or_default();
    let recent = cached.lines().filter_map(KnownWait::read).filter(|known| now.saturating_sub(known.asked) < interval);
    let mut recent: Vec<_> = recent.collect();
    if let Some(known) = recent.iter().find(|known| known.conversation == conversation) {
        return known.seconds;
    }
    let seconds = api.estimated_wait(queue, Some(conversation)).ok().flatten();
    // An unknown wait is cached too, so that a refused request is not repeated with every poll.
    recent.push(KnownWait { conversation, asked: now, seconds });
    let oldest = recent.len().saturating_sub(MAX_KNOWN_WAITS);
    let lines: Vec<_> = recent.iter().skip(oldest).map(KnownWait::line).collect();
    api.imports().cache(&key, lines.join("\n").as_bytes(), interval_seconds);
    seconds
}

/// An estimated wait in the cache.
struct KnownWait<'a> {
    conversation: &'a str,
    asked: Timestamp,
    seconds: Option<u32>,
}

impl<'a> KnownWait<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let (conversation, asked) = (words.next()?, words.next()?.parse().ok()?);
        Some(Self { conversation, asked, seconds: words.next().and_then(|seconds| seconds.parse().ok()) })
    }

    fn line(&self) -> String {
        let seconds = self.seconds.map(|seconds| format!(" {seconds}")).unwrap_or_default();
        format!("{} {}{seconds}", self.conversation, self.asked)
    }
}

/// Returns the position in the queue, counted from 1.
fn position(api: &mut Api<'_, impl Imports>, queue: &str, conversation: &str) -> Option<u32> {
    let key = format!("waiting:{queue}");
    let list = cached_text(api, &key).unwrap_or_else(|| {
        let ids = api.waiting(queue).ok().and_then(|waiting| waiting.ids).unwrap_or_default();
        let list = ids.into_iter().take(MAX_RANKED).collect::<Vec<_>>().join("\n");
        api.imports().cache(&key, list.as_bytes(), LIST_TTL_SECONDS);
        list
    });
    let place = list.split('\n').position(|id| id == conversation)?;
    u32::try_from(place).ok()?.checked_add(1)
}

fn cached_text(api: &mut Api<'_, impl Imports>, key: &str) -> Option<String> {
    String::from_utf8(api.imports().cached(key)?).ok()
}
