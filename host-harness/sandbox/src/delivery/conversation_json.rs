//! Conversations and messages in the format of the API and the notification service. No I/O.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::delivery::webhook_bodies::notification;
use crate::state::conversations::{
    Conversation, Customer, DeliveryState, Direction, IntegrationRef, Message, MessageType, Participant, Purpose,
    WrapUp,
};
use crate::wire::json::{json_of, set, time_text, typing_event};

/// Returns `MessageConversation`.
pub(crate) fn conversation_json(conversation: &Conversation) -> Value {
    let participants: Vec<_> =
        conversation.participants.iter().map(|participant| participant_json(conversation, participant)).collect();
    json!({
        "id": conversation.id,
        "participants": participants,
        "otherMediaUris": [],
        "selfUri": format!("/api/v2/conversations/messages/{}", conversation.id),
    })
}

/// Returns `MessageMediaParticipant`. Unconfirmed: the texts of `provider` and of the addresses.
fn participant_json(conversation: &Conversation, participant: &Participant) -> Value {
    let mut body = json!({
        "id": participant.id,
        "purpose": participant.purpose,
        "state": participant.state(),
        "direction": "inbound",
        "name": participant.name,
        "type": "open",
        "provider": "PureCloud Messaging",
        "attributes": participant.attributes,
        "messages": messages_of(conversation, participant),
    });
    if let Some(time) = participant.connected_at {
        set(&mut body, "connectedTime", json!(time_text(time)));
    }
    if let Some(time) = participant.alerted_at {
        set(&mut body, "startAlertingTime", json!(time_text(time)));
    }
    if participant.purpose == Purpose::Customer {
        let address = |name: &str, id: &str| json!({ "name": name, "addressNormalized": id, "addressRaw": id });
        set(&mut body, "fromAddress", address(&participant.name, &conversation.customer.id));
        set(&mut body, "toAddress", address(&conversation.integration.name, &conversation.integration.id));
    }
    if let Some((time, disconnect_type)) = participant.end {
        set(&mut body, "endTime", json!(time_text(time)));
        set(&mut body, "disconnectType", json_of(&disconnect_type));
        if participant.purpose == Purpose::Agent && participant.connected_at.is_some() {
            set(&mut body, "startAcwTime", json!(time_text(time)));
        }
    }
    if let Some(WrapUp { code, label, tags, notes, at }) = &participant.wrap_up {
        let seconds = participant.end.map_or(0, |(end, _)| at.duration_since(end).as_secs());
        set(&mut body, "endAcwTime", json!(time_text(*at)));
        set(
            &mut body,
            "wrapup",
            json!({
                "code": code,
                "name": label,
                "notes": notes,
                "tags": tags,
                "durationSeconds": seconds,
                "endTime": time_text(*at),
                "provisional": false,
            }),
        );
    }
    if let Some(id) = &participant.queue_id {
        set(&mut body, "queue", json!({ "id": id, "selfUri": format!("/api/v2/routing/queues/{id}") }));
    }
    if let Some(supervision) = &participant.supervision {
        set(&mut body, "mediaRoles", json!([supervision.role]));
        set(&mut body, "monitoredParticipantId", json!(supervision.monitored_id));
    }
    if let Some(id) = &participant.user_id {
        set(&mut body, "user", json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") }));
    }
    body
}

/// Returns `MessageDetails` of the messages that the participant sent. Unconfirmed: which participant lists the outbound
/// messages.
fn messages_of(conversation: &Conversation, participant: &Participant) -> Vec<Value> {
    let is_listed = |message: &&Message| {
        message.kind != MessageType::Event
            && conversation.sender(message).is_some_and(|sender| sender.id == participant.id)
    };
    let details = conversation.messages.iter().filter(is_listed).map(|message| {
        json!({
            "messageId": message.id,
            "messageURI": format!("/api/v2/conversations/messages/{}/details", message.id),
            "messageStatus": status(message.delivery),
            "messageTime": time_text(message.recorded_at),
        })
    });
    details.collect()
}

/// Returns `MessageData`.
pub(crate) fn message_data(conversation: &Conversation, message: &Message) -> Value {
    let (customer, integration) = (&conversation.customer.id, &conversation.integration.id);
    let (direction, from, to, normalized) = match message.direction {
        Direction::Inbound => ("inbound", customer, integration, inbound_message(conversation, message)),
        Direction::Outbound => ("outbound", integration, customer, notification(conversation, message)),
    };
    let mut body = json!({
        "id": message.id,
        "timestamp": time_text(message.recorded_at),
        "fromAddress": from,
        "toAddress": to,
        "direction": direction,
        "messengerType": "open",
        "status": status(message.delivery),
        "normalizedMessage": normalized,
        "conversationId": conversation.id,
        "selfUri": format!("/api/v2/conversations/messages/{}/details", message.id),
    });
    if let Some(external_id) = &message.external_id {
        set(&mut body, "providerMessageId", json!(external_id));
    }
    body
}

/// Returns an inbound message as `ConversationNormalizedMessage`.
fn inbound_message(conversation: &Conversation, message: &Message) -> Value {
    let external_id = message.external_id.as_deref();
    let mut body = json!({
        "id": message.id,
        "channel": message_channel(&conversation.integration, &conversation.customer, message.time, external_id),
        "type": message.kind,
        "direction": message.direction,
    });
    if message.kind == MessageType::Event {
        set(&mut body, "events", json!([typing_event()]));
    }
    if let Some(text) = &message.text {
        set(&mut body, "text", json!(text));
    }
    if !message.content.is_empty() {
        set(&mut body, "content", json!(message.content));
    }
    body
}

/// Returns `MessageData.status`.
fn status(delivery: DeliveryState) -> &'static str {
    match delivery {
        DeliveryState::Received => "received",
        DeliveryState::Queued => "queued",
        DeliveryState::Sent => "sent",
        DeliveryState::Delivered => "delivery-success",
        DeliveryState::Failed | DeliveryState::Undeliverable => "failed",
    }
}

/// Returns `channel` of an inbound message for responses and `MessageData`.
pub(crate) fn message_channel(
    integration: &IntegrationRef,
    from: &Customer,
    time: Timestamp,
    message_id: Option<&str>,
) -> Value {
    let mut channel = json!({
        "id": integration.id,
        "platform": "Open",
        "type": "Private",
        "to": { "id": integration.id },
        "from": json_of(from),
        "time": time_text(time),
    });
    if let Some(message_id) = message_id {
        set(&mut channel, "messageId", json!(message_id));
    }
    channel
}
