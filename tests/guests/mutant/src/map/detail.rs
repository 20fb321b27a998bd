//! Faults in events from the event bus, triggers and notification channels.

use crate::fault::on;
use crate::json::{edit, member, rename};
use alloc::{format, string::String, string::ToString, vec::Vec};
use handover_guest::contract::*;

/// Applies the faults in reading a body.
pub(super) fn change_body(body: &mut Vec<u8>, webhook: bool) {
    if on("map: the last of two duplicate members is used") {
        for name in ["id", "text", "topic", "topicName", "disconnectType", "userId", "type"] {
            edit(body, |body| match body.matches(&format!("\"{name}\":")).count() {
                2 => rename(body, name, "first"),
                _ => body.into(),
            });
        }
    }
    if webhook {
        if on("map: the texts of message parts are dropped") {
            for name in ["quickReplyV2", "richLink", "form", "interactiveApplication"] {
                edit(body, |body| rename(body, name, "other"));
            }
            edit(body, |body| body.replace("\"text\":{", "\"other\":{"));
        }
        return;
    }
    if on("map: supervisors become agents") {
        for name in ["mediaRoles", "monitoredParticipantId", "coachedParticipantId"] {
            edit(body, |body| rename(body, name, "other"));
        }
    }
    if on("map: a JSON object in a string is ignored") {
        edit(body, |body| {
            ["detail", "eventBody"]
                .iter()
                .fold(body.to_string(), |body, name| body.replace(&format!("\"{name}\":\""), "\"other\":\""))
        });
    }
    if on("map: numeric ids are ignored") {
        for name in ["userId", "conversationId", "addressTo", "disconnectType", "topicName"] {
            edit(body, |body| match member(body, name) {
                Some(id) if id.starts_with(|first: char| first.is_ascii_digit()) => rename(body, name, "number"),
                _ => body.into(),
            });
        }
    }
    for (fault, name, other) in [
        ("map: the event in a callback is ignored", "eventBody", "event"),
        ("map: the media type of a conversation is ignored", "mediaType", "media"),
        ("map: the message type of a conversation is ignored", "messageType", "message"),
        ("map: the interaction time is ignored", "interactingDurationMs", "interacting"),
    ] {
        if on(fault) {
            edit(body, |body| rename(body, name, other));
        }
    }
    if on("map: only a timeout means expired") {
        edit(body, |body| {
            let words = ["INACTIVITY", "SESSION_EXPIRED", "SYSTEM", "UNKNOWN"];
            words.iter().fold(body.into(), |body: String, word| body.replace(word, "OTHER"))
        });
    }
    if on("map: only uppercase keywords are recognized") {
        edit(body, |body| {
            let words =
                ["disconnectType", "mediaType", "messageType"].into_iter().filter_map(|name| member(body, name));
            let small = words.filter(|word| word.contains(|c: char| c.is_ascii_lowercase()));
            small.fold(body.to_string(), |changed, word| changed.replace(&format!("\"{word}\""), "\"?\""))
        });
    }
    if on("map: a prefix of a topic is sufficient") {
        edit(body, |body| match body.split_once("customer.end.") {
            Some((before, after)) => {
                let (_, after) = after.split_once('"').unwrap_or(("", after));
                format!("{before}customer.end\"{after}")
            }
            None => body.into(),
        });
    }
}

fn topic(body: &str) -> &str {
    member(body, "topicName").or(member(body, "topic")).unwrap_or("")
}

/// Applies the faults in an event.
pub(super) fn change_event(source: &EventSource, body: &str, event: &mut AgentEvent) {
    let topic = topic(body);
    let trigger = matches!(source, EventSource::Trigger(_));
    let participants = topic.contains("conversations");
    change_kind(topic, body, event);
    if on("map: an event without an envelope is ignored")
        && matches!(source, EventSource::EventBus(_))
        && !body.contains("\"detail\":")
    {
        event.kind = EventKind::Ignored("no envelope".into());
    }
    if on("map: participants are ignored") && participants {
        event.kind = EventKind::Ignored("participants".into());
    }
    if on("map: an event without a channel is ignored")
        && !participants
        && (member(body, "mediaType").is_none() || member(body, "messageType").is_none())
    {
        event.kind = EventKind::Ignored("an event of an unknown channel".into());
    }
    if on("map: the user of a trigger callback is the agent")
        && trigger
        && member(body, "addressTo").is_none_or(|to| to == "null")
    {
        event.recipient = None;
        if let EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) = &mut event.kind {
            agent.id = member(body, "userId").map(String::from);
        }
    }
    if on("map: the called address is the recipient") && !trigger && !participants {
        event.recipient = member(body, "addressTo").map(String::from);
    }
    if on("map: times in strings are dropped") && body.contains(r#""eventTime":""#) {
        event.time = None;
    }
    change_conversation(topic, body, event);
}

/// Applies the faults in the conversation id.
fn change_conversation(topic: &str, body: &str, event: &mut AgentEvent) {
    let Some(named) = topic.strip_prefix("v2.detail.events.conversation.").and_then(|rest| rest.split('.').next())
    else {
        return;
    };
    if on("map: a placeholder is used as an id") {
        event.conversation_id.get_or_insert_with(|| named.into());
    }
    if on("map: the topic always identifies the conversation") && named != "id" {
        event.conversation_id = Some(named.into());
    }
    if on("map: the topic never identifies the conversation") {
        event.conversation_id = member(body, "conversationId").filter(|id| *id != "null").map(String::from);
    }
}

/// Applies the faults in the kind of event.
fn change_kind(topic: &str, body: &str, event: &mut AgentEvent) {
    let unknown_agent = || Agent { id: None, name: None, picture: None };
    let of_customer = topic.ends_with("customer.end");
    let transfer = member(body, "disconnectType").is_some_and(|how| how.contains("TRANSFER"));
    match &mut event.kind {
        EventKind::Transferred(agent) if on("map: a transfer becomes a departure") => {
            event.kind = match of_customer {
                true => EventKind::Ended(EndReason::Completed),
                false => EventKind::AgentLeft(agent.clone()),
            };
        }
        EventKind::AgentLeft(_) if on("map: an unanswered offer becomes a transfer") && transfer => {
            event.kind = EventKind::Transferred(unknown_agent());
        }
        EventKind::Ended(EndReason::Error(_)) if on("map: errors become completed") => {
            event.kind = EventKind::Ended(EndReason::Completed);
        }
        EventKind::Ended(reason) if on("map: completed and cancelled are swapped") => match reason {
            EndReason::Completed => *reason = EndReason::Cancelled,
            EndReason::Cancelled => *reason = EndReason::Completed,
            _ => {}
        },
        EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) if on("map: agent ids are dropped") => {
            agent.id = None
        }
        EventKind::Queued(_) if on("map: queued events are ignored") => {
            event.kind = EventKind::Ignored("a queue".into())
        }
        EventKind::Ignored(_) if on("map: after-call work ends the conversation") && topic.ends_with(".acw") => {
            event.kind = EventKind::Ended(EndReason::Completed);
        }
        _ => {}
    }
}
