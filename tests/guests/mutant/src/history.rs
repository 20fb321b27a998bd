//! Faults in `fetch-agent-messages`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::original;
use alloc::{vec, vec::Vec};
use handover_guest::contract::*;

pub(crate) fn fetch(settings: &[Setting], conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure> {
    let mut events = match original::fetch_agent_messages(settings, conversation) {
        Err(Failure::Permanent(_) | Failure::Credentials(_)) if on("history: a failure means no messages") => vec![],
        answer => answer.map_err(|failure| fail(failure, &secret(settings)))?,
    };
    if on("history: the newest message is first") {
        events.reverse();
    }
    if on("history: a long history is cut") {
        events.truncate(100);
    }
    events.retain(|event| match &event.kind {
        EventKind::Message(message) => {
            !(on("history: messages of bots are dropped") && message.author == Author::Bot
                || on("history: messages without a text are dropped") && message.text.is_none())
        }
        _ => true,
    });
    for event in &mut events {
        if on("history: times are dropped") {
            event.time = None;
        }
        if on("history: the recipient is dropped") {
            event.recipient = None;
        }
    }
    Ok(events)
}
