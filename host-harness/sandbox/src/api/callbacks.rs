//! `POST /api/v2/conversations/callbacks` ("Conversations API").

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::request::JsonBody;
use crate::api::routing_names::existing;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::{set, time_text};
use crate::wire::schema::Object;

/// Creates a callback, which the desk lists. Nobody calls. Unconfirmed: that a number is required, and that an unknown queue
/// returns 400.
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::CallbackCreate)?;
    let body = body.read()?;
    let command = Object::body(&body)?;
    let routing = command.object("routingData")?;
    let queue = match &routing {
        Some(routing) => routing.text("queueId")?,
        None => command.text("queueId")?,
    };
    let queue = queue.ok_or_else(|| ApiError::bad_request("Either queueId or routingData is required."))?;
    if cloud.conversations.with(|conversations| conversations.rules().queue(queue).is_none()) {
        return Err(ApiError::malformed_field("queueId"));
    }
    if let Some(routing) = &routing {
        existing(&cloud.routing_names.skills, &routing.strings("skillIds")?, "skillIds")?;
        let language = routing.owned_text("languageId")?;
        existing(&cloud.routing_names.languages, language.as_slice(), "languageId")?;
        routing.integer("priority")?;
    }
    let numbers = command.strings("callbackNumbers")?;
    if numbers.is_empty() {
        return Err(ApiError::missing_field("callbackNumbers"));
    }
    if command.value("callbackScheduledTime").is_some() {
        command.required_time("callbackScheduledTime")?;
    }
    command.text("callbackUserName")?;
    command.string_map("data")?;
    let id = Uuid::new_v4().to_string();
    let mut callback = body.clone();
    set(&mut callback, "conversationId", json!(id));
    set(&mut callback, "createdAt", json!(time_text(Timestamp::now())));
    cloud.callbacks.with(|callbacks| callbacks.push(callback));
    Ok(Json(json!({
        "conversation": { "id": id, "selfUri": format!("/api/v2/conversations/{id}") },
        "callbackIdentifiers": [{ "type": "ACD", "id": Uuid::new_v4().to_string() }],
    })))
}
