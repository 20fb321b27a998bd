//! Faults in agent names and ids, for every source of events.

use crate::fault::on;
use crate::settings::{forget, is, set};
use alloc::{string::String, vec::Vec};
use handover_guest::contract::*;

/// A setting that only this module uses.
const FIRST_WORD: &str = "first-word";

/// Applies the faults that change the settings.
pub(crate) fn change_settings(settings: &mut Vec<Setting>) {
    if on("agent: the name is always included") {
        forget(settings, "agent-name");
    }
    if on("agent: the first word is the first name") && is(settings, "agent-name", "first") {
        set(settings, "agent-name", "full");
        settings.push(Setting { key: FIRST_WORD.into(), value: "true".into() });
    }
}

/// Applies the faults that change the agent of an event.
pub(crate) fn change_agent(settings: &[Setting], event: &mut AgentEvent) {
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
