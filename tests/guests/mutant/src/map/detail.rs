//! Faults in what comes by the event bus, by a trigger's callback and by a notification channel.

use crate::fault::on;
use crate::json::{edit, member, rename};
use alloc::{format, string::String, string::ToString, vec::Vec};
use handover_guest::contract::*;

/// What is read wrongly.
pub(super) fn misread(body: &mut Vec<u8>, webhook: bool) {
    if on("map: of two members the last counts") {
        for name in ["id", "text", "topic", "topicName", "disconnectType", "userId", "type"] {
            edit(body, |body| match body.matches(&format!("\"{name}\":")).count() {
                2 => rename(body, name, "first"),
                _ => body.into(),
            });
        }
    }
    if webhook {
        if on("map: the words of parts get lost") {
            for name in ["quickReplyV2", "richLink", "form", "interactiveApplication"] {
                edit(body, |body| rename(body, name, "other"));
            }
            edit(body, |body| body.replace("\"text\":{", "\"other\":{"));
        }
        return;
    }
    if on("map: supervisors are agents") {
        for name in ["mediaRoles", "monitoredParticipantId", "coachedParticipantId"] {
            edit(body, |body| rename(body, name, "other"));
        }
    }
    if on("map: an object in a text is ignored") {
        edit(body, |body| {
            ["detail", "eventBody"]
                .iter()
                .fold(body.to_string(), |body, name| body.replace(&format!("\"{name}\":\""), "\"other\":\""))
        });
    }
    if on("map: ids are texts") {
        for name in ["userId", "conversationId", "addressTo", "disconnectType", "topicName"] {
            edit(body, |body| match member(body, name) {
                Some(id) if id.starts_with(|first: char| first.is_ascii_digit()) => rename(body, name, "number"),
                _ => body.into(),
            });
        }
    }
    for (fault, name, other) in [
        ("map: the event in a callback is not read", "eventBody", "event"),
        ("map: the kind of media is not looked at", "mediaType", "media"),
        ("map: the kind of message is not looked at", "messageType", "message"),
        ("map: how long somebody was there is not looked at", "interactingDurationMs", "interacting"),
    ] {
        if on(fault) {
            edit(body, |body| rename(body, name, other));
        }
    }
    if on("map: nobody expires but in time") {
        edit(body, |body| {
            let words = ["INACTIVITY", "SESSION_EXPIRED", "SYSTEM", "UNKNOWN"];
            words.iter().fold(body.into(), |body: String, word| body.replace(word, "OTHER"))
        });
    }
    if on("map: words in capitals only") {
        edit(body, |body| {
            let words =
                ["disconnectType", "mediaType", "messageType"].into_iter().filter_map(|name| member(body, name));
            let small = words.filter(|word| word.contains(|c: char| c.is_ascii_lowercase()));
            small.fold(body.to_string(), |changed, word| changed.replace(&format!("\"{word}\""), "\"?\""))
        });
    }
    if on("map: what begins like a topic is one") {
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

/// What is wrong with an event.
pub(super) fn mistake(source: &EventSource, body: &str, event: &mut AgentEvent) {
    let topic = topic(body);
    let trigger = matches!(source, EventSource::Trigger(_));
    let participants = topic.contains("conversations");
    kind(topic, body, event);
    if on("map: what is in no envelope is ignored")
        && matches!(source, EventSource::EventBus(_))
        && !body.contains("\"detail\":")
    {
        event.kind = EventKind::Ignored("no envelope".into());
    }
    if on("map: participants are not read") && participants {
        event.kind = EventKind::Ignored("participants".into());
    }
    if on("map: what does not tell its channel is ignored")
        && !participants
        && (member(body, "mediaType").is_none() || member(body, "messageType").is_none())
    {
        event.kind = EventKind::Ignored("an event of an unknown channel".into());
    }
    if on("map: a callback's user is the agent") && trigger && member(body, "addressTo").is_none_or(|to| to == "null") {
        event.recipient = None;
        if let EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) = &mut event.kind {
            agent.id = member(body, "userId").map(String::from);
        }
    }
    if on("map: whoever is called is the user") && !trigger && !participants {
        event.recipient = member(body, "addressTo").map(String::from);
    }
    if on("map: the time is a number") && body.contains(r#""eventTime":""#) {
        event.time = None;
    }
    conversation(topic, body, event);
}

/// What is wrong with the conversation.
fn conversation(topic: &str, body: &str, event: &mut AgentEvent) {
    let Some(named) = topic.strip_prefix("v2.detail.events.conversation.").and_then(|rest| rest.split('.').next())
    else {
        return;
    };
    if on("map: what stands for an id is one") {
        event.conversation_id.get_or_insert_with(|| named.into());
    }
    if on("map: the topic tells the conversation") && named != "id" {
        event.conversation_id = Some(named.into());
    }
    if on("map: the topic does not tell the conversation") {
        event.conversation_id = member(body, "conversationId").filter(|id| *id != "null").map(String::from);
    }
}

/// What is wrong with what happened.
fn kind(topic: &str, body: &str, event: &mut AgentEvent) {
    let nobody = || Agent { id: None, name: None, picture: None };
    let of_customer = topic.ends_with("customer.end");
    let transfer = member(body, "disconnectType").is_some_and(|how| how.contains("TRANSFER"));
    match &mut event.kind {
        EventKind::Transferred(agent) if on("map: whoever transfers leaves") => {
            event.kind = match of_customer {
                true => EventKind::Ended(EndReason::Completed),
                false => EventKind::AgentLeft(agent.clone()),
            };
        }
        EventKind::AgentLeft(_) if on("map: whoever does not answer transfers") && transfer => {
            event.kind = EventKind::Transferred(nobody());
        }
        EventKind::Ended(EndReason::Error(_)) if on("map: errors are ends like any other") => {
            event.kind = EventKind::Ended(EndReason::Completed);
        }
        EventKind::Ended(reason) if on("map: the two sides are mixed up") => match reason {
            EndReason::Completed => *reason = EndReason::Cancelled,
            EndReason::Cancelled => *reason = EndReason::Completed,
            _ => {}
        },
        EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) if on("map: agents have no ids") => agent.id = None,
        EventKind::Queued(_) if on("map: nobody waits") => event.kind = EventKind::Ignored("a queue".into()),
        EventKind::Ignored(_) if on("map: after-call work is an end") && topic.ends_with(".acw") => {
            event.kind = EventKind::Ended(EndReason::Completed);
        }
        _ => {}
    }
}
