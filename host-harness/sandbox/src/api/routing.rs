//! Routing of a conversation that is under way: `/api/v2/routing/conversations/{id}` ("Routing API") and
//! `…/participants/{id}/replace` ("Conversations API").

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::Value;

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::conversations::{Agent, Conversation, Purpose, Queue, Routing, State as ParticipantState};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// The largest priority, and minus the smallest.
const MAX_PRIORITY: i64 = 25_000_000;

const TRANSFER_TYPES: [&str; 2] = ["Attended", "Unattended"];

/// `PATCH /api/v2/routing/conversations/{conversationId}`. Only while it waits in a queue; that it is a 400 when it
/// does not is unconfirmed.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::RoutingConversationEdit)?;
    let change = read_routing(&Object::body(&body.read()?)?)?;
    cloud.change(|conversations| {
        let conversation = conversations.get_mut(&id).ok_or_else(ApiError::not_found)?;
        if !conversation.is_queued() {
            return Err(ApiError::bad_request("The conversation is not waiting in a queue."));
        }
        conversation.routing.merge(change);
        Ok(Json(conversation.routing.json()))
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

/// Whom a conversation is given to.
enum Receiver {
    Queue(Queue),
    Agent(Agent),
}

/// `POST …/{conversationId}/participants/{participantId}/replace`: the queue or agent who has it gives it to another.
/// The answer's status, and that an unknown queue or user is a 400, are unconfirmed.
pub(crate) async fn replace(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path((id, participant_id)): Path<(String, String)>,
    body: JsonBody,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::BlindTransfer)?;
    let body = body.read()?;
    let receiver = read_receiver(&cloud, &Object::body(&body)?)?;
    cloud.change(|conversations| {
        let conversation = conversations.get_mut(&id).ok_or_else(ApiError::not_found)?;
        require_holder(conversation, &participant_id)?;
        let now = Timestamp::now();
        let replaced = match receiver {
            Receiver::Queue(queue) => conversation.replace_with_queue(&queue, now),
            Receiver::Agent(agent) => conversation.replace_with_agent(agent, now),
        };
        replaced.map_err(|why| ApiError::bad_request(why.to_string()))?;
        Ok(StatusCode::ACCEPTED)
    })
}

fn read_receiver(cloud: &Cloud, body: &Object<'_>) -> Result<Receiver, ApiError> {
    body.choice("transferType", "TransferType", &TRANSFER_TYPES)?;
    match (body.text("queueId")?, body.text("userId")?) {
        (Some(id), None) => {
            let queue = cloud.conversations.with(|conversations| conversations.rules().queue(id).cloned());
            queue.map(Receiver::Queue).ok_or_else(|| ApiError::malformed_field("queueId"))
        }
        (None, Some(id)) => {
            let agent = cloud.users.with(|users| users.get(id));
            agent.map(Receiver::Agent).ok_or_else(|| ApiError::malformed_field("userId"))
        }
        _ => Err(ApiError::bad_request("One of queueId and userId is required.")),
    }
}

/// The participant must be the queue or an agent, and there.
fn require_holder(conversation: &Conversation, participant_id: &str) -> Result<(), ApiError> {
    let participant = conversation.participants.iter().find(|one| one.id == participant_id);
    let participant = participant.ok_or_else(ApiError::not_found)?;
    if participant.purpose == Purpose::Customer || participant.state() == ParticipantState::Disconnected {
        return Err(ApiError::bad_request("The participant has nothing to hand on."));
    }
    Ok(())
}
