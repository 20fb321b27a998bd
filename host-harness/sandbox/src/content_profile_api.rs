//! `/api/v2/conversations/messaging/supportedcontent` ("Messaging API").

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde_json::Value;

use crate::cloud::{Cloud, JsonBody, Target};
use crate::content_profiles::ProfileChange;
use crate::error::ApiError;
use crate::paging::PageRequest;
use crate::permissions::Permission;
use crate::schema::Object;
use crate::tokens::Caller;

type Answer = Result<Json<Value>, ApiError>;

/// `GET …/supportedcontent`.
pub(crate) async fn list(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>, target: Target) -> Answer {
    caller.require(Permission::SupportedContentView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let all = cloud.integrations.with(|all| all.profiles.iter().map(|one| one.json()).collect());
    Ok(Json(page.page(all)))
}

/// `GET …/supportedcontent/{id}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    caller.require(Permission::SupportedContentView)?;
    let found = cloud.integrations.with(|all| all.profiles.get(&id).map(|one| one.json()));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `POST …/supportedcontent`.
pub(crate) async fn create(State(cloud): State<Cloud>, Extension(caller): Extension<Caller>, body: JsonBody) -> Answer {
    caller.require(Permission::SupportedContentAdd)?;
    let change = ProfileChange::read(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|all| Ok(Json(all.profiles.create(change)?.json())))
}

/// `PATCH …/supportedcontent/{id}`: every field is optional.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer {
    caller.require(Permission::SupportedContentEdit)?;
    let change = ProfileChange::read(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|all| Ok(Json(all.profiles.update(&id, change)?.json())))
}

/// `DELETE …/supportedcontent/{id}`. That one that an integration refers to cannot be deleted is unconfirmed.
pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::SupportedContentDelete)?;
    cloud.integrations.with(|all| {
        if all.list.iter().any(|integration| integration.supported_content_id.as_ref() == Some(&id)) {
            return Err(ApiError::bad_request("An integration refers to it."));
        }
        all.profiles.delete(&id)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
