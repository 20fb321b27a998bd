//! `/api/v2/conversations/messaging/settings` ("Messaging API").

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde_json::Value;

use crate::cloud::{Cloud, JsonBody, Target};
use crate::error::ApiError;
use crate::messaging_settings::SettingChange;
use crate::paging::PageRequest;
use crate::permissions::Permission;
use crate::schema::Object;
use crate::tokens::Caller;

type Answer = Result<Json<Value>, ApiError>;

/// `GET …/settings`.
pub(crate) async fn list(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>, target: Target) -> Answer {
    caller.require(Permission::SettingView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let all = cloud.integrations.with(|all| all.settings.iter().map(|one| one.json()).collect());
    Ok(Json(page.page(all)))
}

/// `GET …/settings/{id}`, and `…/default`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    caller.require(Permission::SettingView)?;
    let found = cloud.integrations.with(|all| all.settings.get(&id).map(|one| one.json()));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `POST …/settings`.
pub(crate) async fn create(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>, body: JsonBody) -> Answer {
    caller.require(Permission::SettingAdd)?;
    let change = SettingChange::read(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|all| Ok(Json(all.settings.create(change)?.json())))
}

/// `PATCH …/settings/{id}`: every field is optional.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer {
    caller.require(Permission::SettingEdit)?;
    let change = SettingChange::read(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|all| Ok(Json(all.settings.update(&id, change)?.json())))
}

/// `PUT …/settings/default` with `{"settingId"}` (`MessagingSettingDefaultRequest`).
pub(crate) async fn set_default(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Answer {
    caller.require(Permission::SettingEdit)?;
    let body = body.read()?;
    let id = Object::body(&body)?.required_text("settingId")?.to_owned();
    cloud.integrations.with(|all| Ok(Json(all.settings.set_default(&id)?.json())))
}

/// `DELETE …/settings/{id}`. That one that an integration refers to cannot be deleted is unconfirmed.
pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::SettingDelete)?;
    cloud.integrations.with(|all| {
        if all.list.iter().any(|integration| integration.messaging_setting_id.as_ref() == Some(&id)) {
            return Err(ApiError::bad_request("An integration refers to it."));
        }
        all.settings.delete(&id)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
