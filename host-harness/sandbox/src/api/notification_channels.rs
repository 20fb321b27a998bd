//! `/api/v2/notifications/channels`. The endpoints require no permission. Some topics require one.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::delivery::topics::{Rejection, check};
use crate::state::notification_channels::{Channel, MAX_CHANNELS, MAX_TOPICS};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::{set, time_text};
use crate::wire::schema::json_body;

type ApiResult = Result<Json<Value>, ApiError>;

/// `GET …/channels`: lists the client's channels.
pub(crate) async fn list(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>) -> ApiResult {
    let all: Vec<_> = cloud
        .channels
        .with(|channels| channels.of(caller.client_id()).map(|channel| channel_json(&cloud, channel)).collect());
    Ok(Json(json!({ "entities": all })))
}

/// `POST …/channels`. The body is ignored.
pub(crate) async fn create(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>) -> ApiResult {
    cloud.channels.with(|channels| match channels.create(caller.client_id(), Timestamp::now()) {
        Some(channel) => Ok(Json(channel_json(&cloud, channel))),
        None => Err(ApiError::bad_request(format!("The client already has {MAX_CHANNELS} connected channels."))),
    })
}

/// `GET …/channels/{channelId}/subscriptions`.
pub(crate) async fn list_topics(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> ApiResult {
    with_channel(&cloud, &caller, &id, |channel| {
        Ok(Json(json!({ "entities": channel.topics.iter().map(|topic| permitted(topic)).collect::<Vec<_>>() })))
    })
}

/// `POST …/channels/{channelId}/subscriptions`: adds topics.
pub(crate) async fn add_topics(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    with_channel(&cloud, &caller, &id, |channel| {
        let requested = read_topics(&headers, &body)?;
        subscribe(&cloud, &caller, channel, channel.topics.clone(), &requested)
    })
}

/// `PUT …/channels/{channelId}/subscriptions`: replaces the topics.
pub(crate) async fn replace_topics(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    with_channel(&cloud, &caller, &id, |channel| {
        let requested = read_topics(&headers, &body)?;
        subscribe(&cloud, &caller, channel, Vec::new(), &requested)
    })
}

/// `DELETE …/channels/{channelId}/subscriptions`. Unconfirmed: the status of the response, and that it has no body.
pub(crate) async fn clear_topics(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<(), ApiError> {
    with_channel(&cloud, &caller, &id, |channel| {
        channel.topics.clear();
        Ok(())
    })
}

fn with_channel<T>(
    cloud: &Cloud,
    caller: &Caller,
    id: &str,
    work: impl FnOnce(&mut Channel) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    cloud.channels.with(|channels| {
        let channel = channels.get_mut(caller.client_id(), id, Timestamp::now()).ok_or_else(ApiError::not_found)?;
        work(channel)
    })
}

/// Subscribes to the `existing` topics and to those `requested` topics that the caller has permission for.
fn subscribe(
    cloud: &Cloud,
    caller: &Caller,
    channel: &mut Channel,
    existing: Vec<String>,
    requested: &[String],
) -> ApiResult {
    let mut topics = existing;
    let mut entities = Vec::new();
    for topic in requested {
        match check(topic, caller, cloud.unconfirmed.detail_topics_need_permission) {
            Ok(()) => {
                entities.push(permitted(topic));
                if !topics.contains(topic) {
                    topics.push(topic.clone());
                }
            }
            Err(reason) => entities.push(rejected(topic, reason)),
        }
    }
    if topics.len() > MAX_TOPICS {
        return Err(ApiError::bad_request(format!("A channel may subscribe to at most {MAX_TOPICS} topics.")));
    }
    channel.topics = topics;
    Ok(Json(json!({ "entities": entities })))
}

/// Reads the topics from `[{"id": "v2…"}, …]`.
fn read_topics(headers: &HeaderMap, body: &[u8]) -> Result<Vec<String>, ApiError> {
    let body = json_body(headers, body)?;
    let items = body.as_array().ok_or_else(ApiError::malformed)?;
    items
        .iter()
        .map(|item| {
            let id = item.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
            id.map(str::to_owned).ok_or_else(|| ApiError::missing_field("id"))
        })
        .collect()
}

fn channel_json(cloud: &Cloud, channel: &Channel) -> Value {
    json!({
        "id": channel.id,
        "connectUri": format!("ws://{}/channels/{}", cloud.address, channel.id),
        "expires": time_text(channel.expires),
    })
}

fn permitted(topic: &str) -> Value {
    json!({ "id": topic, "state": "Permitted", "selfUri": self_uri(topic) })
}

/// Returns the entity of a rejected topic. Unconfirmed: the texts of the reasons.
fn rejected(topic: &str, reason: Rejection) -> Value {
    let mut entity = json!({ "id": topic, "state": "Rejected", "selfUri": self_uri(topic) });
    match reason {
        Rejection::Unknown => set(&mut entity, "rejectionReason", json!("There is no such topic.")),
        Rejection::Missing(permission) => {
            set(&mut entity, "rejectionReason", json!("The client lacks permissions for this topic."));
            set(&mut entity, "missingPermissions", json!([permission.name()]));
        }
    }
    entity
}

fn self_uri(topic: &str) -> String {
    format!("/api/v2/notifications/availabletopics/{topic}")
}
