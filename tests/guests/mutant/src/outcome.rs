//! Faults in the outcome of a handover.

use crate::fault::on;
use alloc::vec::Vec;
use handover_guest::contract::*;

pub(crate) fn change(events: &mut Vec<AgentEvent>) {
    if on("outcome: outcomes are dropped") {
        events.retain(|event| !matches!(event.kind, EventKind::Outcome(_)));
    }
    for event in events {
        let EventKind::Outcome(outcome) = &mut event.kind else { continue };
        if on("outcome: the code is its name") {
            outcome.name = outcome.code.clone();
        }
        if on("outcome: tags are dropped") {
            outcome.tags.clear();
        }
        if on("outcome: the times are dropped") {
            (outcome.conversation_seconds, outcome.after_call_work_seconds) = (None, None);
        }
        if on("outcome: the time is that of the wrap-up") {
            let worked = u64::from(outcome.after_call_work_seconds.unwrap_or(0));
            event.time = event.time.map(|time| time + worked * 1000);
        }
    }
}
