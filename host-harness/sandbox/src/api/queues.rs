//! `/api/v2/routing/queues` ("Routing API").

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::paging::PageRequest;
use crate::api::request::{JsonBody, Target};
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::conversations::Queue;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// The maximum number of queues, in addition to the first one.
const MAX_QUEUES: usize = 1_000;

/// `GET /api/v2/routing/queues`: lists queues by name, in descending order with `sortOrder=desc`. The filters are
/// `name` (which may start and end with `*`) and `id` (which may be repeated).
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let (names, ids) = (target.values("name"), target.values("id"));
    let mut queues: Vec<Queue> =
        cloud.conversations.with(|conversations| conversations.rules().queues().cloned().collect());
    queues.retain(|queue| {
        names.iter().all(|pattern| matches(pattern, &queue.name))
            && (ids.is_empty() || ids.contains(&queue.id.as_str()))
    });
    queues.sort_by(|one, other| one.name.cmp(&other.name));
    if target.values("sortOrder").first().is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
        queues.reverse();
    }
    Ok(Json(page.page(queues.iter().map(queue_json).collect())))
}

/// `GET /api/v2/routing/queues/{id}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueView)?;
    let queue = cloud.conversations.with(|conversations| conversations.rules().queue(&id).cloned());
    Ok(Json(queue_json(&queue.ok_or_else(ApiError::not_found)?)))
}

/// `POST /api/v2/routing/queues`. Unconfirmed: names must be unique.
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueAdd)?;
    let body = body.read()?;
    let queue = Queue { id: Uuid::new_v4().to_string(), name: Object::body(&body)?.required_text("name")?.to_owned() };
    cloud.conversations.with(|conversations| {
        let rules = conversations.rules_mut();
        if rules.queues().any(|other| other.name.eq_ignore_ascii_case(&queue.name)) {
            return Err(ApiError::bad_request(format!("A queue with the name {} already exists.", queue.name)));
        }
        if rules.other_queues.len() >= MAX_QUEUES {
            return Err(ApiError::bad_request(format!("There are already {MAX_QUEUES} queues.")));
        }
        rules.other_queues.push(queue.clone());
        Ok(Json(queue_json(&queue)))
    })
}

/// `GET /api/v2/routing/queues/{id}/mediatypes/message/estimatedwaittime`: the wait of a new conversation.
pub(crate) async fn estimated_wait(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueView)?;
    let waiting = waiting_in(&cloud, &id)?;
    Ok(Json(prediction(&cloud, &id, waiting.len())))
}

/// `GET /api/v2/routing/queues/{id}/estimatedwaittime`, of the conversation `conversationId` or of a new one.
/// Unconfirmed: a conversation that does not wait in the queue has no prediction.
pub(crate) async fn estimated_wait_of_conversation(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueView)?;
    let waiting = waiting_in(&cloud, &id)?;
    let ahead = match target.values("conversationId").first() {
        Some(conversation) => waiting.iter().position(|waiting| waiting == conversation),
        None => Some(waiting.len()),
    };
    Ok(Json(ahead.map_or_else(|| json!({ "results": [] }), |ahead| prediction(&cloud, &id, ahead))))
}

/// Returns the ids of the conversations that wait in a queue, in the order in which agents will get them.
fn waiting_in(cloud: &Cloud, queue_id: &str) -> Result<Vec<String>, ApiError> {
    cloud.conversations.with(|conversations| {
        conversations.rules().queue(queue_id).ok_or_else(ApiError::not_found)?;
        Ok(conversations.ranked(queue_id).into_iter().map(|conversation| conversation.id.clone()).collect())
    })
}

/// Returns `EstimatedWaitTimePredictions` of a conversation with this number of conversations ahead.
fn prediction(cloud: &Cloud, queue_id: &str, ahead: usize) -> Value {
    let ahead = u64::try_from(ahead).unwrap_or(u64::MAX);
    let wait = cloud.queue_figures.with(|all| all.of(queue_id).wait_seconds);
    let results = wait.map(|seconds| {
        let seconds = seconds.saturating_mul(ahead.saturating_add(1));
        json!({ "intent": "MESSAGE", "formula": "BEST", "estimatedWaitTimeSeconds": seconds })
    });
    json!({ "results": results.into_iter().collect::<Vec<_>>() })
}

fn queue_json(queue: &Queue) -> Value {
    json!({
        "id": queue.id,
        "name": queue.name,
        "memberCount": 0,
        "userMemberCount": 0,
        "joinedMemberCount": 0,
        "selfUri": format!("/api/v2/routing/queues/{}", queue.id),
    })
}

/// Whether `name` matches `pattern`, which may start and end with `*`. Unconfirmed: matching is case-insensitive.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_match_only_at_the_ends() {
        for (pattern, name, expected) in [
            ("Support", "Support", true),
            ("support", "Support", true),
            ("Support", "Support EN", false),
            ("Support*", "Support EN", true),
            ("*EN", "Support EN", true),
            ("*EN", "Support ENG", false),
            ("*port*", "Support EN", true),
            ("*", "anything", true),
            ("Su*EN", "Support EN", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
