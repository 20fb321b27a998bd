//! `/api/v2/notifications/channels`. The endpoints need no permission; the topics do.

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

type Answer = Result<Json<Value>, ApiError>;

/// `GET …/channels`: the client's.
pub(crate) async fn list(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>) -> Answer {
    let all: Vec<_> = cloud
        .channels
        .with(|channels| channels.of(caller.client_id()).map(|channel| channel_json(&cloud, channel)).collect());
    Ok(Json(json!({ "entities": all })))
}

/// `POST …/channels`; the body, if there is one, says nothing.
pub(crate) async fn create(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>) -> Answer {
    cloud.channels.with(|channels| match channels.create(caller.client_id(), Timestamp::now()) {
        Some(channel) => Ok(Json(channel_json(&cloud, channel))),
        None => Err(ApiError::bad_request(format!("The client has {MAX_CHANNELS} connected channels already."))),
    })
}

/// `GET …/channels/{channelId}/subscriptions`.
pub(crate) async fn list_topics(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
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
) -> Answer {
    with_channel(&cloud, &caller, &id, |channel| {
        let wanted = read_topics(&headers, &body)?;
        subscribe(&cloud, &caller, channel, channel.topics.clone(), &wanted)
    })
}

/// `PUT …/channels/{channelId}/subscriptions`: replaces the topics.
pub(crate) async fn replace_topics(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    with_channel(&cloud, &caller, &id, |channel| {
        let wanted = read_topics(&headers, &body)?;
        subscribe(&cloud, &caller, channel, Vec::new(), &wanted)
    })
}

/// `DELETE …/channels/{channelId}/subscriptions`. The answer's status and lack of a body are unconfirmed.
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

/// Subscribes to those of `wanted` that the caller may hear, besides `kept`.
fn subscribe(cloud: &Cloud, caller: &Caller, channel: &mut Channel, kept: Vec<String>, wanted: &[String]) -> Answer {
    let mut topics = kept;
    let mut entities = Vec::new();
    for topic in wanted {
        match check(topic, caller, cloud.unconfirmed.detail_topics_need_permission) {
            Ok(()) => {
                entities.push(permitted(topic));
                if !topics.contains(topic) {
                    topics.push(topic.clone());
                }
            }
            Err(why) => entities.push(rejected(topic, why)),
        }
    }
    if topics.len() > MAX_TOPICS {
        return Err(ApiError::bad_request(format!("A channel may subscribe to {MAX_TOPICS} topics at most.")));
    }
    channel.topics = topics;
    Ok(Json(json!({ "entities": entities })))
}

/// `[{"id": "v2…"}, …]`
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

/// The texts of the reasons are unconfirmed.
fn rejected(topic: &str, why: Rejection) -> Value {
    let mut entity = json!({ "id": topic, "state": "Rejected", "selfUri": self_uri(topic) });
    match why {
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
