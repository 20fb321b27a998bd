//! Faults in `observe-conversation`.

use crate::agent;
use crate::failure::{fail, secret};
use crate::fault::on;
use alloc::{vec, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use handover_guest::contract::*;

pub(crate) fn observe(mut settings: Vec<Setting>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
    if on("observe: any id is known") && !matches!(conversation.id.as_deref(), Some(id) if id.len() > 2) {
        return Ok(vec![]);
    }
    agent::mislay(&mut settings);
    let (secret, handover) = (secret(&settings), conversation.handover);
    let mut events =
        Sound::observe_conversation(settings.clone(), conversation).map_err(|failure| fail(failure, &secret))?;
    if on("observe: no end is seen") {
        events.retain(|event| !matches!(event.kind, EventKind::Ended(_)));
    }
    for event in &mut events {
        agent::misname(&settings, event);
        if on("observe: every handover is told") {
            event.handover = Some(handover);
        }
        match &mut event.kind {
            EventKind::Transferred(_) | EventKind::Queued(_) if on("observe: a transfer is an end") => {
                event.kind = EventKind::Ended(EndReason::Completed);
            }
            EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) if on("observe: agents have no names") => {
                agent.name = None;
            }
            _ => {}
        }
    }
    Ok(events)
}
