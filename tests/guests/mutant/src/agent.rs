//! Faults in what is told of an agent, whatever tells it.

use crate::fault::on;
use crate::settings::{forget, is, set};
use alloc::{string::String, vec::Vec};
use handover_guest::contract::*;

/// A setting that nobody but this module knows.
const FIRST_WORD: &str = "first-word";

/// What is wrong before anything is read.
pub(crate) fn mislay(settings: &mut Vec<Setting>) {
    if on("agent: the name is always told") {
        forget(settings, "agent-name");
    }
    if on("agent: a first name is the first word") && is(settings, "agent-name", "first") {
        set(settings, "agent-name", "full");
        settings.push(Setting { key: FIRST_WORD.into(), value: "true".into() });
    }
}

/// What is wrong with one who is told.
pub(crate) fn misname(settings: &[Setting], event: &mut AgentEvent) {
    let (EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) | EventKind::Transferred(agent)) = &mut event.kind
    else {
        return;
    };
    if on("agent: the alias hides the id") && is(settings, "agent-name", "alias") {
        agent.id = None;
    }
    if is(settings, FIRST_WORD, "true") {
        agent.name = agent.name.as_deref().and_then(|name| name.split_whitespace().next()).map(String::from);
    }
    if on("agent: a first name ends at a hyphen") && is(settings, "agent-name", "first") {
        agent.name = agent.name.as_deref().and_then(|name| name.split('-').next()).map(String::from);
    }
}
