//! Invalid and excessive results.

use crate::bindings::handover::provider::types::{AgentEvent, EventKind, ProviderRequest};
use crate::cases::{Case, on};
use crate::exhaust::forged;
use alloc::{format, string::String, vec, vec::Vec};
use core::sync::atomic::{AtomicU32, Ordering};

/// Returns one event, or the events of the case.
pub(crate) fn events() -> Vec<AgentEvent> {
    if on(Case::a_million_events) {
        return (0..1_000_000).map(|_| event("1".into(), String::new())).collect();
    }
    if on(Case::more_events_than_allowed) {
        return (0..1_001).map(|_| event("1".into(), String::new())).collect();
    }
    if on(Case::an_id_that_is_too_long) {
        return vec![event("1".repeat(513), String::new())];
    }
    if on(Case::text_of_2_gigabytes) {
        // SAFETY: see `forged`. The bytes that exist are ASCII.
        return vec![event("1".into(), unsafe { String::from_utf8_unchecked(forged(i32::MAX as usize)) })];
    }
    if on(Case::memory_of_earlier_calls) {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        return vec![event("1".into(), format!("{}", CALLS.fetch_add(1, Ordering::Relaxed)))];
    }
    if on(Case::text_that_is_not_utf8) {
        // SAFETY: deliberately unsound. The host must validate the text. The guest does not read it.
        return vec![event("1".into(), unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe]) })];
    }
    vec![event("1".into(), "nothing".into())]
}

/// Returns no requests, or the requests of the case.
pub(crate) fn requests() -> Vec<ProviderRequest> {
    if on(Case::list_of_4_gigabytes) {
        let (idempotency_key, recipient, operation) = ("1".into(), "user-1".into(), "message".into());
        let body = forged(u32::MAX as usize);
        return vec![ProviderRequest { idempotency_key, recipient, operation, ttl_ms: None, body }];
    }
    vec![]
}

fn event(id: String, reason: String) -> AgentEvent {
    AgentEvent {
        id,
        recipient: None,
        handover: None,
        conversation_id: None,
        time: None,
        kind: EventKind::Ignored(reason),
    }
}
