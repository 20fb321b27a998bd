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

/// Returns the state of the queue for a conversation that waits in it. What Genesys does not report, or what the OAuth
/// client may not see, is absent. The estimated wait is requested at most every `interval_seconds`.
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
    let key = format!("estimated-wait:{conversation}");
    if let Some(cached) = cached_text(api, &key) {
        return cached.parse().ok();
    }
    let wait = api.estimated_wait(queue, Some(conversation)).ok().flatten();
    // An unknown wait is cached too, so that a refused request is not repeated with every poll.
    let text = wait.map(|seconds| format!("{seconds}")).unwrap_or_default();
    api.imports().cache(&key, text.as_bytes(), interval_seconds);
    wait
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
