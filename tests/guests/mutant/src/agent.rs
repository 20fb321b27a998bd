//! Faults in what is told of an agent, whatever tells it.

use crate::fault::on;
use crate::settings::{forget, is};
use alloc::{string::String, vec::Vec};
use genesys_open_messaging::contract::*;

/// What is wrong before anything is read.
pub(crate) fn mislay(settings: &mut Vec<Setting>) {
    if on("agent: the name is always told") {
        forget(settings, "agent-name");
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
    if on("agent: a first name ends at a hyphen") && is(settings, "agent-name", "first") {
        agent.name = agent.name.as_deref().and_then(|name| name.split('-').next()).map(String::from);
    }
}
