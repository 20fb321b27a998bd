//! Routing of an open conversation: `/api/v2/routing/conversations/{id}` ("Routing API") and
//! `…/participants/{id}/replace` ("Conversations API").

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::api::routing_names::{existing, routing_name};
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::conversations::{Agent, Conversation, Purpose, Queue, Routing, State as ParticipantState};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// The maximum priority. The minimum is `-MAX_PRIORITY`.
const MAX_PRIORITY: i64 = 25_000_000;

const TRANSFER_TYPES: [&str; 2] = ["Attended", "Unattended"];

/// `PATCH /api/v2/routing/conversations/{conversationId}`: changes attributes and returns
/// `RoutingConversationAttributesResponse`. The conversation must be waiting in a queue. Unconfirmed: whether it otherwise
/// returns 400.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::RoutingConversationEdit)?;
    let change = read_routing(&Object::body(&body.read()?)?)?;
    let names = &cloud.routing_names;
    existing(&names.skills, change.skill_ids.as_deref().unwrap_or_default(), "skillIds")?;
    existing(&names.languages, change.language_id.as_slice(), "languageId")?;
    cloud.change(|conversations| {
        let conversation = conversations.get_mut(&id).ok_or_else(ApiError::not_found)?;
        if !conversation.is_queued() {
            return Err(ApiError::bad_request("The conversation is not waiting in a queue."));
        }
        conversation.routing.merge(change);
        let routing = &conversation.routing;
        let skills = existing(&names.skills, routing.skill_ids.as_deref().unwrap_or_default(), "skillIds")?;
        let languages = existing(&names.languages, routing.language_id.as_slice(), "languageId")?;
        Ok(Json(json!({
            "priority": routing.priority.unwrap_or(0),
            "skills": skills.into_iter().map(routing_name).collect::<Vec<_>>(),
            "language": languages.first().map(|language| routing_name(language)),
        })))
    })
}

fn read_routing(body: &Object<'_>) -> Result<Routing, ApiError> {
    let priority = body.integer("priority")?;
    if priority.is_some_and(|priority| !(-MAX_PRIORITY..=MAX_PRIORITY).contains(&priority)) {
        return Err(ApiError::bad_request(format!("priority must be from -{MAX_PRIORITY} to {MAX_PRIORITY}.")));
    }
    let skill_ids = match body.value("skillIds") {
        Some(_) => Some(body.strings("skillIds")?),
        None => None,
    };
    Ok(Routing { priority, skill_ids, language_id: body.owned_text("languageId")? })
}

/// The queue or the agent to which a conversation is transferred.
enum TransferTarget {
    Queue(Queue),
    Agent(Agent),
}

/// `POST …/{conversationId}/participants/{participantId}/replace`: transfers the conversation from a queue or an agent
/// to another one. Unconfirmed: the status of the response, and whether an unknown queue or user returns 400.
pub(crate) async fn replace(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path((id, participant_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::BlindTransfer)?;
    let body = body.read()?;
    let target = read_transfer_target(&cloud, &Object::body(&body)?)?;
    cloud.change(|conversations| {
        let conversation = conversations.get_mut(&id).ok_or_else(ApiError::not_found)?;
        require_transferable(conversation, &participant_id)?;
        let now = Timestamp::now();
        let replaced = match target {
            TransferTarget::Queue(queue) => conversation.replace_with_queue(&queue, now),
            TransferTarget::Agent(agent) => conversation.replace_with_agent(agent, now),
        };
        replaced.map_err(|error| ApiError::bad_request(error.to_string()))?;
        Ok(StatusCode::ACCEPTED)
    })
}

fn read_transfer_target(cloud: &Cloud, body: &Object<'_>) -> Result<TransferTarget, ApiError> {
    body.choice("transferType", "TransferType", &TRANSFER_TYPES)?;
    match (body.text("queueId")?, body.text("userId")?) {
        (Some(id), None) => {
            let queue = cloud.conversations.with(|conversations| conversations.rules().queue(id).cloned());
            queue.map(TransferTarget::Queue).ok_or_else(|| ApiError::malformed_field("queueId"))
        }
        (None, Some(id)) => {
            let agent = cloud.users.with(|users| users.get(id));
            agent.map(TransferTarget::Agent).ok_or_else(|| ApiError::malformed_field("userId"))
        }
        _ => Err(ApiError::bad_request("One of queueId and userId is required.")),
    }
}

/// Returns an error unless the participant is a queue or an agent that is not disconnected.
fn require_transferable(conversation: &Conversation, participant_id: &str) -> Result<(), ApiError> {
    let participant = conversation.participants.iter().find(|one| one.id == participant_id);
    let participant = participant.ok_or_else(ApiError::not_found)?;
    if participant.purpose == Purpose::Customer || participant.state() == ParticipantState::Disconnected {
        return Err(ApiError::bad_request("The participant has no conversation to transfer."));
    }
    Ok(())
}
