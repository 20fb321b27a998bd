//! `/api/v2/conversations/messaging/threadingtimeline` ("Resource Center: threading timeline").

use axum::extract::State;
use axum::{Extension, Json};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// The maximum timeout: 72 h.
const MAX_MINUTES: i64 = 4_320;

const MESSENGER_TYPES: [&str; 1] = ["open"];

/// `GET …/threadingtimeline`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::ThreadingTimelineView)?;
    Ok(Json(timeline_json(&cloud)))
}

/// `PUT …/threadingtimeline`.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::ThreadingTimelineEdit)?;
    let body = body.read()?;
    let settings = Object::body(&body)?.objects("settings")?;
    let setting = settings.first().ok_or_else(|| ApiError::missing_field("settings"))?;
    setting.required_choice("messengerType", "MessengerType", &MESSENGER_TYPES)?;
    let minutes = setting.integer("timeoutInMinutes")?;
    let minutes = minutes.ok_or_else(|| ApiError::missing_field(&setting.path("timeoutInMinutes")))?;
    if !(0..=MAX_MINUTES).contains(&minutes) {
        return Err(ApiError::bad_request(format!("timeoutInMinutes must be from 0 to {MAX_MINUTES}.")));
    }
    cloud.conversations.with(|all| all.rules_mut().threading_window = SignedDuration::from_mins(minutes));
    Ok(Json(timeline_json(&cloud)))
}

fn timeline_json(cloud: &Cloud) -> Value {
    let window = cloud.conversations.with(|all| all.rules().threading_window);
    json!({
        "settings": [{ "messengerType": "open", "timeoutInMinutes": window.as_mins() }],
        "defaultTimeoutMinutes": MAX_MINUTES,
    })
}
