//! Faults in `observe-conversation`.

use crate::agent;
use crate::failure::{fail, secret};
use crate::fault::on;
use crate::original;
use crate::outcome;
use crate::settings::{forget, set};
use alloc::{vec, vec::Vec};
use handover_guest::contract::*;

pub(crate) fn observe(mut settings: Vec<Setting>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
    if on("observe: an invalid conversation id returns no events")
        && !matches!(conversation.id.as_deref(), Some(id) if id.len() > 2)
    {
        return Ok(vec![]);
    }
    agent::change_settings(&mut settings);
    if on("observe: the state of the queue is always requested") {
        settings.retain(|setting| setting.key != "queue-state-interval");
    }
    if on("outcome: the notes are always reported") {
        set(&mut settings, "outcome-notes", "true");
    }
    if on("outcome: the summary is always requested") {
        set(&mut settings, "outcome-summary", "true");
    }
    if on("outcome: the summary is never requested") {
        forget(&mut settings, "outcome-summary");
    }
    let (secret, handover) = (secret(&settings), conversation.handover);
    let mut events =
        original::observe_conversation(&settings, &conversation).map_err(|failure| fail(failure, &secret))?;
    if on("observe: ends are dropped") {
        events.retain(|event| !matches!(event.kind, EventKind::Ended(_)));
    }
    outcome::change(&mut events);
    for event in &mut events {
        agent::change_agent(&settings, event);
        if on("observe: every event has a handover number") {
            event.handover = Some(handover);
        }
        match &mut event.kind {
            EventKind::Transferred(_) | EventKind::Queued(_) if on("observe: a transfer becomes an end") => {
                event.kind = EventKind::Ended(EndReason::Completed);
            }
            EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) if on("observe: agent names are dropped") => {
                agent.name = None;
            }
            EventKind::Queued(state) => change_queue_state(state),
            _ => {}
        }
    }
    Ok(events)
}

fn change_queue_state(state: &mut QueueState) {
    if on("observe: the position is counted from 0") {
        state.position = state.position.map(|position| position.saturating_sub(1));
    }
    if on("observe: an unknown position is the last one") {
        state.position.get_or_insert(u32::MAX);
    }
    if on("observe: the estimated wait is in minutes") {
        state.estimated_wait_seconds = state.estimated_wait_seconds.map(|seconds| seconds / 60);
    }
    if on("observe: an unknown wait is 0") {
        state.estimated_wait_seconds.get_or_insert(0);
    }
}
