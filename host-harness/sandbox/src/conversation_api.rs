//! `/api/v2/conversations/messages/{conversationId}` and what is below it ("Conversations API").

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloud::{Cloud, JsonBody};
use crate::conversations::{
    Conversation, Conversations, DeliveryState, Direction, Message, MessageType, Participant, Purpose, WrapUp,
};
use crate::error::ApiError;
use crate::inbound::answer_channel;
use crate::outbound::notification;
use crate::permissions::Permission;
use crate::schema::Object;
use crate::tokens::Caller;
use crate::wire::{json_of, set, time_text, typing_event};

const STATES: [&str; 12] = [
    "alerting",
    "dialing",
    "contacting",
    "offering",
    "connected",
    "disconnected",
    "terminated",
    "converting",
    "uploading",
    "transmitting",
    "parked",
    "none",
];

/// `GET …/{conversationId}`. No permission is listed for it.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let found = cloud.conversations.with(|conversations| conversations.get(&id).map(conversation_json));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `PATCH …/{conversationId}` with `{"state": "disconnected"}`: ends it for everybody.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require_any(&[Permission::CommunicationDisconnect, Permission::MessagePark])?;
    let disconnect = wants_disconnect(&body.read()?)?;
    cloud.change(|conversations| {
        let conversation = existing(conversations, &id)?;
        if disconnect {
            conversation.end_from_platform(Timestamp::now());
        }
        Ok(Json(conversation_json(conversation)))
    })
}

/// `PATCH …/{conversationId}/participants/{participantId}` with `{"state": "disconnected"}`. The answer has no body;
/// that its status is 202 is unconfirmed.
pub(crate) async fn update_participant(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path((id, participant_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<StatusCode, ApiError> {
    let permitted = || {
        caller.require_any(&[
            Permission::ParticipantWrapup,
            Permission::CallRecord,
            Permission::CommunicationDisconnect,
        ])
    };
    if cloud.unconfirmed.permissions_first {
        permitted()?;
    }
    let disconnect = wants_disconnect(&body.read()?)?;
    cloud.change(|conversations| {
        let conversation = existing(conversations, &id)?;
        if !conversation.participants.iter().any(|participant| participant.id == participant_id) {
            return Err(ApiError::not_found());
        }
        permitted()?;
        if disconnect {
            conversation.disconnect_participant(&participant_id, Timestamp::now());
        }
        Ok(StatusCode::ACCEPTED)
    })
}

/// `PATCH …/{conversationId}/participants/{participantId}/attributes`. No permission is listed for it.
pub(crate) async fn update_attributes(
    State(cloud): State<Cloud>,
    Path((id, participant_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    let attributes: BTreeMap<String, String> = Object::body(&body.read()?)?.string_map("attributes")?;
    cloud.conversations.with(|conversations| {
        let all = existing(conversations, &id)?
            .merge_attributes(&participant_id, attributes)
            .ok_or_else(ApiError::not_found)?;
        Ok(Json(json!({ "attributes": all })))
    })
}

/// `GET /api/v2/conversations/messages/{messageId}/details`: a message by Genesys's id of it.
pub(crate) async fn message_details(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require_any(&[Permission::MessageView, Permission::WebMessagingView])?;
    cloud.conversations.with(|conversations| {
        let (conversation, message) = conversations.message(&id).ok_or_else(ApiError::not_found)?;
        Ok(Json(message_data(conversation, message)))
    })
}

/// `POST …/{conversationId}/messages/bulk` with at most 1000 ids. That those of other conversations are left out, and
/// that no ids are no error, is unconfirmed.
pub(crate) async fn messages(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    /// "The max messages you can request in the body is 1,000."
    const MOST: usize = 1_000;
    let permitted = || caller.require_any(&[Permission::MessageView, Permission::WebMessagingView]);
    if cloud.unconfirmed.permissions_first {
        permitted()?;
    }
    let body = body.read()?;
    let ids = body.as_array().filter(|ids| ids.len() <= MOST);
    let ids: Option<Vec<&str>> = ids.and_then(|ids| ids.iter().map(Value::as_str).collect());
    let ids = ids.ok_or_else(|| ApiError::bad_request("Expected an array of at most 1000 message ids.".to_owned()))?;
    cloud.conversations.with(|conversations| {
        let conversation = existing(conversations, &id)?;
        permitted()?;
        let found = conversation.messages.iter().filter(|message| ids.contains(&message.id.as_str()));
        let entities = found.map(|message| message_data(conversation, message));
        Ok(Json(json!({ "entities": entities.collect::<Vec<_>>() })))
    })
}

fn existing<'a>(conversations: &'a mut Conversations, id: &str) -> Result<&'a mut Conversation, ApiError> {
    conversations.get_mut(id).ok_or_else(ApiError::not_found)
}

/// The only change of state that Open Messaging needs. Without `state` the request changes nothing here.
fn wants_disconnect(body: &Value) -> Result<bool, ApiError> {
    match Object::body(body)?.choice("state", "State", &STATES)? {
        Some("disconnected") => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!("The state cannot be changed to {other}."))),
        None => Ok(false),
    }
}

/// `MessageConversation`.
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

/// `MessageMediaParticipant`. The texts of `provider` and of the addresses are unconfirmed.
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
    if let Some((time, why)) = participant.end {
        set(&mut body, "endTime", json!(time_text(time)));
        set(&mut body, "disconnectType", json_of(&why));
        if participant.purpose == Purpose::Agent && participant.connected_at.is_some() {
            set(&mut body, "startAcwTime", json!(time_text(time)));
        }
    }
    if let Some(WrapUp { code, notes, at }) = &participant.wrap_up {
        let seconds = participant.end.map_or(0, |(end, _)| at.duration_since(end).as_secs());
        set(&mut body, "endAcwTime", json!(time_text(*at)));
        set(&mut body, "wrapup", json!({ "code": code, "notes": notes, "durationSeconds": seconds }));
    }
    if let Some(id) = &participant.queue_id {
        set(&mut body, "queue", json!({ "id": id, "selfUri": format!("/api/v2/routing/queues/{id}") }));
    }
    if let Some(supervision) = &participant.supervision {
        set(&mut body, "mediaRoles", json!([supervision.role]));
        set(&mut body, "monitoredParticipantId", json!(supervision.watched_id));
    }
    if let Some(id) = &participant.user_id {
        set(&mut body, "user", json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") }));
    }
    body
}

/// `MessageDetails` of what the customer said. Whose participants the others are listed at is unconfirmed.
fn messages_of(conversation: &Conversation, participant: &Participant) -> Vec<Value> {
    let said = |message: &&Message| {
        participant.purpose == Purpose::Customer
            && message.direction == Direction::Inbound
            && message.kind != MessageType::Event
    };
    let details = conversation.messages.iter().filter(said).map(|message| {
        json!({
            "messageId": message.id,
            "messageURI": format!("/api/v2/conversations/messages/{}/details", message.id),
            "messageStatus": status(message.delivery),
            "messageTime": time_text(message.recorded_at),
        })
    });
    details.collect()
}

/// `MessageData`.
fn message_data(conversation: &Conversation, message: &Message) -> Value {
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

/// An inbound message as `ConversationNormalizedMessage`.
fn inbound_message(conversation: &Conversation, message: &Message) -> Value {
    let external_id = message.external_id.as_deref();
    let mut body = json!({
        "id": message.id,
        "channel": answer_channel(&conversation.integration, &conversation.customer, message.time, external_id),
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

/// `MessageData.status`.
fn status(delivery: DeliveryState) -> &'static str {
    match delivery {
        DeliveryState::Received => "received",
        DeliveryState::Queued => "queued",
        DeliveryState::Sent => "sent",
        DeliveryState::Delivered => "delivery-success",
        DeliveryState::Failed | DeliveryState::Undeliverable => "failed",
    }
}
