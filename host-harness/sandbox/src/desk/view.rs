//! Conversations as the agent's side shows them. Pure.

use serde_json::{Value, json};

use crate::conversations::{Conversation, Message, Participant};
use crate::wire::{json_of, set, time_text};

/// A conversation as the list shows it.
pub(super) fn summary(conversation: &Conversation) -> Value {
    let agent = conversation.agent().map(|agent| json!({ "id": agent.user_id, "name": agent.name }));
    json!({
        "id": conversation.id,
        "state": conversation.phase(),
        "integrationId": conversation.integration.id,
        "from": conversation.customer,
        "queueId": conversation.queue_id(),
        "agent": agent,
        "attributes": conversation.attributes(),
        "messageCount": conversation.messages.len(),
        "openedAt": time_text(conversation.opened_at),
        "endedAt": conversation.ended_at.map(time_text),
    })
}

/// A conversation with everything in it.
pub(super) fn full(conversation: &Conversation) -> Value {
    let mut body = summary(conversation);
    let participants: Vec<_> = conversation.participants.iter().map(participant_json).collect();
    let messages: Vec<_> = conversation.messages.iter().map(message_json).collect();
    set(&mut body, "participants", json!(participants));
    set(&mut body, "messages", json!(messages));
    body
}

fn participant_json(participant: &Participant) -> Value {
    let (ended_at, why) = participant.end.unzip();
    json!({
        "id": participant.id,
        "purpose": participant.purpose,
        "state": if participant.is_connected() { "connected" } else { "disconnected" },
        "name": participant.name,
        "userId": participant.user_id,
        "queueId": participant.queue_id,
        "attributes": participant.attributes,
        "connectedAt": time_text(participant.connected_at),
        "endedAt": ended_at.map(time_text),
        "disconnectType": why.map(|why| json_of(&why)),
    })
}

/// A message.
pub(super) fn message_json(message: &Message) -> Value {
    json!({
        "id": message.id,
        "direction": message.direction,
        "type": message.kind,
        "text": message.text,
        "content": message.content,
        "messageId": message.external_id,
        "originatingEntity": message.originator,
        "time": time_text(message.time),
        "recordedAt": time_text(message.recorded_at),
        "delivery": { "state": message.delivery, "reasons": message.reasons },
    })
}
