//! What is true of a conversation now.
//!
//! Genesys announces on the webhook neither that an agent came nor that the conversation is over; whoever asks finds
//! out. The answer is read from the participants ("Conversation object" of the Conversations API).

use crate::api::{Api, Call, Kind, accepted, read, segment};
use crate::contract::*;
use crate::delivery::{has_ended, is_customer};
use crate::events::bounded;
use crate::imports::Imports;
use crate::outbound::known;
use crate::settings::{AgentPolicy, EventPolicy, Thread};
use crate::time;
use crate::wire::api::{Conversation as WireConversation, Participant};
use crate::wire::lenient::{List, Object, Text};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// What is true of a conversation now, as events.
///
/// # Errors
/// Whether to try again, to mend the credentials, or never to try again.
pub fn observe(
    imports: &mut impl Imports,
    settings: &[Setting],
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    let Some(id) = known(conversation) else {
        return Err(Failure::Permanent("the conversation's id is not known yet".into()));
    };
    let mut api = Api::new(imports, settings)?;
    let call = Call::get(format!("/api/v2/conversations/messages/{}", segment(id)?));
    let response = accepted(api.call(&call)?, Kind::Reads)?;
    let policy = EventPolicy::of(settings);
    let seen: WireConversation<'_> = read(&response)?;
    let events = events(&policy.agent, id, &seen.participants).into_iter().map(|event| AgentEvent {
        recipient: Some(conversation.recipient.clone()),
        handover: (policy.thread == Thread::PerHandover).then_some(conversation.handover),
        ..event
    });
    Ok(events.collect())
}

/// The events that the state of a conversation stands for, oldest first; whose conversation it is, is not in them.
pub(crate) fn events(policy: &AgentPolicy, id: &str, seen: &List<Object<Participant<'_>>>) -> Vec<AgentEvent> {
    let event = |name: &str, time: &Text<'_>, kind| AgentEvent {
        id: bounded(format!("observed:{id}:{name}")),
        recipient: None,
        handover: None,
        conversation_id: Some(id.into()),
        time: time.get().and_then(time::parse),
        kind,
    };
    let who = |agent: &Participant<'_>| {
        let id = agent.user.get().and_then(|user| user.id.get()).or(agent.user_id.get());
        policy.shown(id, agent.name.get())
    };
    // Supervisors who only monitor or coach are neither agents for the user nor a reason for a conversation to go on.
    let seen: Vec<_> = seen.objects().filter(|participant| !participant.is_silent()).collect();
    let everybody = || seen.iter().copied();
    let mut events = Vec::new();
    let agents = || everybody().filter(|p| is_agent(p));
    let was_connected = |p: &Participant<'_>| p.connected_time.get().is_some() || p.state.get() == Some("connected");
    for agent in agents().filter(|agent| was_connected(agent)) {
        let name = agent.id.get().unwrap_or("agent");
        events.push(event(&format!("joined:{name}"), &agent.connected_time, EventKind::AgentJoined(who(agent))));
        if has_ended(agent) {
            let transfer = agent.disconnect_type.get().is_some_and(|kind| kind.contains("transfer"));
            let kind = if transfer { EventKind::Transferred(who(agent)) } else { EventKind::AgentLeft(who(agent)) };
            events.push(event(&format!("left:{name}"), &agent.end_time, kind));
        }
    }
    let never = Text::default();
    // A conversation that ended may be opened again by the user's next message, wait and end again: which time it is
    // belongs to the event's id. Participants are only ever added.
    let round = seen.len();
    if let Some(reason) = end(&seen) {
        let last = everybody().map(|p| &p.end_time).max_by_key(|time| time.get().and_then(time::parse));
        let last = last.unwrap_or(&never);
        let name = format!("ended:{}", last.get().map_or_else(|| round.to_string(), String::from));
        events.push(event(&name, last, EventKind::Ended(reason)));
    } else if !agents().any(|agent| agent.state.get() == Some("connected")) {
        let waiting = everybody().rfind(|p| p.purpose.get() == Some("acd"));
        let since = waiting.map_or(&never, |waiting| &waiting.connected_time);
        let name = waiting.and_then(|waiting| waiting.id.get()).map_or_else(|| round.to_string(), String::from);
        let unknown = QueueState { position: None, estimated_wait_seconds: None };
        events.push(event(&format!("queued:{name}"), since, EventKind::Queued(unknown)));
    }
    events
}

/// Genesys calls an agent who was not reached through a queue a user.
fn is_agent(participant: &Participant<'_>) -> bool {
    matches!(participant.purpose.get(), Some("agent" | "user"))
}

/// Why it is over; `None` while anybody is there, or when nobody ever was.
fn end(seen: &[&Participant<'_>]) -> Option<EndReason> {
    if seen.is_empty() || !seen.iter().all(|participant| has_ended(participant)) {
        return None;
    }
    let everybody = || seen.iter().copied();
    let at = |time: &Text<'_>| time.get().and_then(time::parse);
    let last = |p: &&Participant<'_>| at(&p.end_time);
    let customer = everybody().filter(|p| is_customer(p)).max_by_key(last);
    // A conversation may have been opened again since an agent left, and who declined was never in it. Who left a
    // conference before the end has not ended it.
    let since = customer.and_then(|customer| at(&customer.connected_time));
    let in_time = |p: &&Participant<'_>| at(&p.end_time).zip(since).is_none_or(|(left, since)| left >= since);
    let agents = everybody().filter(|p| is_agent(p) && p.connected_time.get().is_some());
    let agent = agents.filter(in_time).max_by_key(last);
    let how =
        |side: Option<&'_ Participant<'_>>| side.and_then(|p| p.disconnect_type.get()).unwrap_or("").to_lowercase();
    // Each side's word for itself is `client`, for the other side `peer`.
    Some(match (how(customer).as_str(), how(agent).as_str()) {
        (kind @ ("error" | "transport.failure" | "uncallable"), _) => EndReason::Error(kind.into()),
        ("timeout" | "inactivity" | "session.expired" | "sessionexpired", _) => EndReason::Expired,
        (_, "timeout" | "inactivity" | "session.expired" | "sessionexpired") => EndReason::Expired,
        (_, "client") => EndReason::Completed,
        ("client" | "endpoint", _) | (_, "peer") => EndReason::Cancelled,
        // Genesys closed it, with nobody there to have done so.
        ("system" | "unknown", _) => EndReason::Expired,
        _ => EndReason::Completed,
    })
}
