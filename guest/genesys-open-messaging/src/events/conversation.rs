//! Maps the state of a conversation to events.

use crate::settings::EventPolicy;
use crate::wire::api::{Participant, Wrapup};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use genesys_cloud::wire::Reference;
use handover_guest::contract::*;
use handover_guest::events::bounded_id;
use handover_guest::time;

/// Returns the events that led to the state of a conversation, oldest first. The caller adds the recipient.
pub(crate) fn events<'d>(
    policy: &EventPolicy<'_>,
    id: &str,
    participants: impl Iterator<Item = Participant<'d>>,
) -> Vec<AgentEvent> {
    let event = |name: &str, time: Option<&str>, kind| AgentEvent {
        id: bounded_id(format!("observed:{id}:{name}")),
        recipient: None,
        handover: None,
        conversation_id: Some(id.into()),
        time: time.and_then(time::parse),
        kind,
    };
    let shown = |agent: Participant<'_>| {
        let id = agent.user().and_then(Reference::id).or(agent.user_id());
        policy.agent.shown(id, agent.name())
    };
    // The user does not see a supervisor who only monitors or coaches, and such a supervisor does not keep a
    // conversation open.
    let participants: Vec<_> = participants.filter(|participant| !participant.is_silent()).collect();
    let all = || participants.iter().copied();
    let agents = || all().filter(|participant| participant.is_agent());
    let was_connected = |p: &Participant<'_>| p.connected_time().is_some() || p.is_connected();
    let mut events = Vec::new();
    for agent in agents().filter(was_connected) {
        let name = agent.id().unwrap_or("agent");
        events.push(event(&format!("joined:{name}"), agent.connected_time(), EventKind::AgentJoined(shown(agent))));
        if agent.has_left() {
            let is_transfer = agent.disconnect_type().is_some_and(|kind| kind.contains("transfer"));
            let kind =
                if is_transfer { EventKind::Transferred(shown(agent)) } else { EventKind::AgentLeft(shown(agent)) };
            events.push(event(&format!("left:{name}"), agent.end_time(), kind));
            if let Some(outcome) = outcome(policy, agent) {
                events.push(event(&format!("outcome:{name}"), agent.end_time(), EventKind::Outcome(outcome)));
            }
        }
    }
    // The user's next message can reopen an ended conversation, which then is queued and ends again. The number of
    // participants distinguishes these rounds in the events' ids, because participants are only ever added.
    let round = participants.len();
    if let Some(reason) = end_reason(&participants) {
        let last = all().map(Participant::end_time).max_by_key(|time| time.and_then(time::parse)).flatten();
        let name = format!("ended:{}", last.map_or_else(|| round.to_string(), String::from));
        events.push(event(&name, last, EventKind::Ended(reason)));
    } else if !agents().any(|agent| agent.is_connected()) {
        let queue = all().rfind(|p| p.is_queue());
        let since = queue.and_then(Participant::connected_time);
        let name = queue.and_then(Participant::id).map_or_else(|| round.to_string(), String::from);
        let unknown = QueueState { position: None, estimated_wait_seconds: None };
        events.push(event(&format!("queued:{name}"), since, EventKind::Queued(unknown)));
    }
    events
}

/// Returns what an agent who left recorded, or `None` before the agent has done so.
fn outcome(policy: &EventPolicy<'_>, agent: Participant<'_>) -> Option<HandoverOutcome> {
    let wrapup = agent.wrapup().filter(|wrapup| !wrapup.provisional())?;
    let code = wrapup.code().filter(|code| is_of_agent(code))?;
    let at = |time: Option<&str>| time.and_then(time::parse);
    let served = at(agent.end_time()).zip(at(agent.connected_time())).map(|(end, since)| end.saturating_sub(since));
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(String::from);
    let notes = Some(wrapup).filter(|_| policy.outcome_notes).and_then(Wrapup::notes);
    Some(HandoverOutcome {
        code: Some(code.into()),
        name: text(wrapup.name()),
        notes: text(notes),
        tags: wrapup.tags().map(String::from).collect(),
        summary: None,
        conversation_seconds: served.map(|milliseconds| u32::try_from(milliseconds / 1000).unwrap_or(u32::MAX)),
        after_call_work_seconds: wrapup.duration_seconds().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
    })
}

/// Returns whether an agent chose a wrap-up code. Genesys assigns one itself if the agent's time runs out (Resource Center,
/// "Configure after call work settings").
pub(super) fn is_of_agent(code: &str) -> bool {
    !code.is_empty() && code != "ININ-WRAP-UP-TIMEOUT"
}

/// Returns why a conversation ended, or `None` if a participant has not left or there never was one.
fn end_reason(participants: &[Participant<'_>]) -> Option<EndReason> {
    if participants.is_empty() || !participants.iter().all(|participant| participant.has_left()) {
        return None;
    }
    let all = || participants.iter().copied();
    let at = |time: Option<&str>| time.and_then(time::parse);
    let last = |p: &Participant<'_>| at(p.end_time());
    let customer = all().filter(|p| p.is_customer()).max_by_key(last);
    // Only an agent who was connected until the end can have ended the conversation. That excludes an agent who
    // declined, who left a conference earlier, or who left before the conversation was reopened.
    let since = customer.and_then(|customer| at(customer.connected_time()));
    let is_current = |p: &Participant<'_>| at(p.end_time()).zip(since).is_none_or(|(left, since)| left >= since);
    let agents = all().filter(|p| p.is_agent() && p.connected_time().is_some());
    let agent = agents.filter(is_current).max_by_key(last);
    let disconnect_type =
        |side: Option<Participant<'_>>| side.and_then(Participant::disconnect_type).unwrap_or("").to_lowercase();
    // `client` means that the participant itself disconnected, and `peer` that the other side did.
    Some(match (disconnect_type(customer).as_str(), disconnect_type(agent).as_str()) {
        (kind @ ("error" | "transport.failure" | "uncallable"), _) => EndReason::Error(kind.into()),
        ("timeout" | "inactivity" | "session.expired" | "sessionexpired", _) => EndReason::Expired,
        (_, "timeout" | "inactivity" | "session.expired" | "sessionexpired") => EndReason::Expired,
        (_, "client") => EndReason::Completed,
        ("client" | "endpoint", _) | (_, "peer") => EndReason::Cancelled,
        // Genesys ended it, not a participant.
        ("system" | "unknown", _) => EndReason::Expired,
        _ => EndReason::Completed,
    })
}
