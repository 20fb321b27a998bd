//! `/api/v2/conversations/messages/{conversationId}` and its subresources ("Conversations API").

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::delivery::conversation_json::{conversation_json, message_data};
use crate::state::conversations::{Conversation, Conversations};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

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

/// `GET …/{conversationId}`. The API explorer lists no permission for it.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let found = cloud.conversations.with(|conversations| conversations.get(&id).map(conversation_json));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `PATCH …/{conversationId}` with `{"state": "disconnected"}`: disconnects all participants.
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

/// `PATCH …/{conversationId}/participants/{participantId}` with `{"state": "disconnected"}`. The response has no body.
/// Unconfirmed: its status (202).
pub(crate) async fn update_participant(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path((id, participant_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<StatusCode, ApiError> {
    let check_permission = || {
        caller.require_any(&[
            Permission::ParticipantWrapup,
            Permission::CallRecord,
            Permission::CommunicationDisconnect,
        ])
    };
    if cloud.unconfirmed.permissions_first {
        check_permission()?;
    }
    let disconnect = wants_disconnect(&body.read()?)?;
    cloud.change(|conversations| {
        let conversation = existing(conversations, &id)?;
        if !conversation.participants.iter().any(|participant| participant.id == participant_id) {
            return Err(ApiError::not_found());
        }
        check_permission()?;
        if disconnect {
            conversation.disconnect_participant(&participant_id, Timestamp::now());
        }
        Ok(StatusCode::ACCEPTED)
    })
}

/// `PATCH …/{conversationId}/participants/{participantId}/attributes`. The API explorer lists no permission for it.
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

/// `GET /api/v2/conversations/messages/{messageId}/details`. `messageId` is the id that Genesys assigned.
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

/// `POST …/{conversationId}/messages/bulk` with at most 1000 ids. Unconfirmed: ids of other conversations are ignored,
/// and an empty list is not an error.
pub(crate) async fn messages(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    /// "The max messages you can request in the body is 1,000."
    const MAX_MESSAGES: usize = 1_000;
    let check_permission = || caller.require_any(&[Permission::MessageView, Permission::WebMessagingView]);
    if cloud.unconfirmed.permissions_first {
        check_permission()?;
    }
    let body = body.read()?;
    let ids = body.as_array().filter(|ids| ids.len() <= MAX_MESSAGES);
    let ids: Option<Vec<&str>> = ids.and_then(|ids| ids.iter().map(Value::as_str).collect());
    let ids = ids.ok_or_else(|| ApiError::bad_request("Expected an array of at most 1000 message ids.".to_owned()))?;
    cloud.conversations.with(|conversations| {
        let conversation = existing(conversations, &id)?;
        check_permission()?;
        let found = conversation.messages.iter().filter(|message| ids.contains(&message.id.as_str()));
        let entities = found.map(|message| message_data(conversation, message));
        Ok(Json(json!({ "entities": entities.collect::<Vec<_>>() })))
    })
}

fn existing<'a>(conversations: &'a mut Conversations, id: &str) -> Result<&'a mut Conversation, ApiError> {
    conversations.get_mut(id).ok_or_else(ApiError::not_found)
}

/// Returns whether the body requests `disconnected`, the only change of state that the sandbox supports. A body without
/// `state` changes nothing.
fn wants_disconnect(body: &Value) -> Result<bool, ApiError> {
    match Object::body(body)?.choice("state", "State", &STATES)? {
        Some("disconnected") => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!("The state cannot be changed to {other}."))),
        None => Ok(false),
    }
}
