//! The desk's format of conversations. No I/O.

use serde_json::{Value, json};

use crate::state::conversations::{Conversation, Message, Participant};
use crate::wire::json::{json_of, set, time_text};

/// Returns a conversation without participants and messages, as in the list.
pub(super) fn summary(conversation: &Conversation) -> Value {
    let person = |agent: &Participant| json!({ "id": agent.user_id, "name": agent.name });
    let agents: Vec<_> = conversation.agents().map(person).collect();
    json!({
        "id": conversation.id,
        "state": conversation.phase(),
        "integrationId": conversation.integration.id,
        "from": conversation.customer,
        "queueId": conversation.queue_id(),
        "agent": agents.first(),
        "agents": agents,
        "alerting": conversation.alerting().map(person),
        "attributes": conversation.attributes(),
        "routing": conversation.routing.json(),
        "externalTag": conversation.external_tag,
        "secureAttributes": conversation.secure_attributes,
        "surveyId": conversation.survey,
        "messageCount": conversation.messages.len(),
        "openedAt": time_text(conversation.opened_at),
        "endedAt": conversation.ended_at.map(time_text),
    })
}

/// Returns a conversation with participants and messages.
pub(super) fn full(conversation: &Conversation) -> Value {
    let mut body = summary(conversation);
    let participants: Vec<_> = conversation.participants.iter().map(participant_json).collect();
    let messages: Vec<_> = conversation.messages.iter().map(message_json).collect();
    set(&mut body, "participants", json!(participants));
    set(&mut body, "messages", json!(messages));
    body
}

fn participant_json(participant: &Participant) -> Value {
    let (ended_at, disconnect_type) = participant.end.unzip();
    json!({
        "id": participant.id,
        "purpose": participant.purpose,
        "state": participant.state(),
        "name": participant.name,
        "userId": participant.user_id,
        "queueId": participant.queue_id,
        "attributes": participant.attributes,
        "alertedAt": participant.alerted_at.map(time_text),
        "connectedAt": participant.connected_at.map(time_text),
        "endedAt": ended_at.map(time_text),
        "disconnectType": disconnect_type.map(|disconnect_type| json_of(&disconnect_type)),
        "wrapUp": participant.wrap_up.as_ref().map(|done| json!({
            "code": done.code,
            "label": done.label,
            "tags": done.tags,
            "notes": done.notes,
            "at": time_text(done.at),
        })),
    })
}

/// Returns a message.
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
