//! What is true of a conversation now.
//!
//! Genesys announces on the webhook neither that an agent came nor that the conversation is over; whoever asks finds
//! out. The answer is read from the participants ("Conversation object" of the Conversations API).

use crate::api::{Api, Call, Kind, accepted, read, segment};
use crate::contract::*;
use crate::delivery::has_ended;
use crate::events::bounded;
use crate::imports::Imports;
use crate::outbound::known;
use crate::time;
use crate::wire::api::{Conversation as WireConversation, Participant};
use crate::wire::lenient::Text;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

pub(crate) fn observe(
    imports: &mut impl Imports,
    settings: &[Setting],
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    let Some(id) = known(conversation) else {
        return Err(Failure::Never("the conversation's id is not known yet".into()));
    };
    let mut api = Api::new(imports, settings)?;
    let call = Call::get(format!("/api/v2/conversations/messages/{}", segment(id)?));
    let response = accepted(api.call(&call)?, Kind::Reads)?;
    Ok(events(conversation, id, &read(&response)?))
}

/// The events that the state of a conversation stands for, oldest first.
fn events(conversation: &Conversation, id: &str, seen: &WireConversation<'_>) -> Vec<AgentEvent> {
    let event = |name: &str, time: &Text<'_>, kind| AgentEvent {
        id: bounded(format!("observed:{id}:{name}")),
        recipient: Some(conversation.recipient.clone()),
        conversation: Some(id.into()),
        time: time.get().and_then(time::parse),
        kind,
    };
    let mut events = Vec::new();
    let agents = || seen.participants.objects().filter(|p| is_agent(p));
    let was_connected = |p: &Participant<'_>| p.connected_time.get().is_some() || p.state.get() == Some("connected");
    for agent in agents().filter(|agent| was_connected(agent)) {
        let name = agent.id.get().unwrap_or("agent");
        events.push(event(&format!("joined:{name}"), &agent.connected_time, EventKind::AgentJoined(who(agent))));
        if has_ended(agent) {
            let transfer = agent.disconnect_type.get().is_some_and(|kind| kind.contains("transfer"));
            let kind = if transfer { EventKind::Transferred } else { EventKind::AgentLeft(who(agent)) };
            events.push(event(&format!("left:{name}"), &agent.end_time, kind));
        }
    }
    let never = Text::default();
    // A conversation that ended may be opened again by the user's next message, wait and end again: which time it is
    // belongs to the event's id. Participants are only ever added.
    let round = seen.participants.objects().count();
    if let Some(reason) = end(seen) {
        let last = seen.participants.objects().map(|p| &p.end_time).max_by_key(|time| time.get().and_then(time::parse));
        let last = last.unwrap_or(&never);
        let name = format!("ended:{}", last.get().map_or_else(|| round.to_string(), String::from));
        events.push(event(&name, last, EventKind::Ended(reason)));
    } else if !agents().any(|agent| agent.state.get() == Some("connected")) {
        let waiting = seen.participants.objects().filter(|p| p.purpose.get() == Some("acd")).last();
        let since = waiting.map_or(&never, |waiting| &waiting.connected_time);
        let name = waiting.and_then(|waiting| waiting.id.get()).map_or_else(|| round.to_string(), String::from);
        let unknown = QueueState { position: None, wait: None };
        events.push(event(&format!("queued:{name}"), since, EventKind::Queued(unknown)));
    }
    events
}

/// Genesys calls an agent who was not reached through a queue a user.
fn is_agent(participant: &Participant<'_>) -> bool {
    matches!(participant.purpose.get(), Some("agent" | "user"))
}

fn who(participant: &Participant<'_>) -> Agent {
    Agent {
        id: participant.user.get().and_then(|user| user.id.get()).map(String::from),
        name: participant.name.get().map(String::from),
        picture: None,
    }
}

/// Why it is over; `None` while anybody is there, or when nobody ever was.
fn end(seen: &WireConversation<'_>) -> Option<EndReason> {
    let mut everybody = seen.participants.objects().peekable();
    everybody.peek()?;
    if !everybody.all(has_ended) {
        return None;
    }
    let disconnected = |purposes: &[&str]| {
        let theirs = seen.participants.objects().filter(|p| p.purpose.get().is_some_and(|p| purposes.contains(&p)));
        theirs.filter_map(|p| p.disconnect_type.get()).last().unwrap_or("")
    };
    // Each side's word for itself is `client`, for the other side `peer`.
    Some(match (disconnected(&["customer", "external"]), disconnected(&["agent", "user"])) {
        (kind @ ("error" | "transport.failure" | "uncallable"), _) => EndReason::Error(kind.into()),
        ("timeout" | "inactivity" | "session.expired" | "sessionexpired", _) => EndReason::Expired,
        (_, "timeout" | "inactivity" | "session.expired" | "sessionexpired") => EndReason::Expired,
        (_, "client") => EndReason::Completed,
        ("client" | "endpoint", _) | (_, "peer") => EndReason::Cancelled,
        ("system", "") => EndReason::Expired,
        _ => EndReason::Completed,
    })
}
