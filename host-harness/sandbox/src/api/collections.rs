//! `/api/v2/conversations/messaging/supportedcontent` and `…/settings` ("Messaging API"). Both have the same five
//! operations.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde_json::Value;

use crate::api::paging::PageRequest;
use crate::api::request::{JsonBody, Target};
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::collection::{Collection, DEFAULT, Item};
use crate::state::content_profiles::ContentProfile;
use crate::state::integrations::{Integration, Integrations};
use crate::state::messaging_settings::MessagingSetting;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

type ApiResult = Result<Json<Value>, ApiError>;

/// An [`Item`] with API endpoints.
pub(crate) trait Resource: Item {
    /// The permission to list and read items.
    const VIEW: Permission;
    /// The permission to create an item.
    const ADD: Permission;
    /// The permission to change an item.
    const EDIT: Permission;
    /// The permission to delete an item.
    const DELETE: Permission;

    /// Returns the collection of the items.
    fn collection(integrations: &mut Integrations) -> &mut Collection<Self>;

    /// Returns the id of the item that `integration` refers to.
    fn referenced_by(integration: &Integration) -> Option<&str>;

    /// Returns the item in the API's format.
    fn to_json(&self) -> Value;
}

impl Resource for ContentProfile {
    const VIEW: Permission = Permission::SupportedContentView;
    const ADD: Permission = Permission::SupportedContentAdd;
    const EDIT: Permission = Permission::SupportedContentEdit;
    const DELETE: Permission = Permission::SupportedContentDelete;

    fn collection(integrations: &mut Integrations) -> &mut Collection<Self> {
        &mut integrations.profiles
    }

    fn referenced_by(integration: &Integration) -> Option<&str> {
        integration.supported_content_id.as_deref()
    }

    fn to_json(&self) -> Value {
        self.json()
    }
}

impl Resource for MessagingSetting {
    const VIEW: Permission = Permission::SettingView;
    const ADD: Permission = Permission::SettingAdd;
    const EDIT: Permission = Permission::SettingEdit;
    const DELETE: Permission = Permission::SettingDelete;

    fn collection(integrations: &mut Integrations) -> &mut Collection<Self> {
        &mut integrations.settings
    }

    fn referenced_by(integration: &Integration) -> Option<&str> {
        integration.messaging_setting_id.as_deref()
    }

    fn to_json(&self) -> Value {
        self.json()
    }
}

/// `GET`: returns a page of the items.
pub(crate) async fn list<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> ApiResult {
    caller.require(T::VIEW)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let all = cloud.integrations.with(|integrations| T::collection(integrations).iter().map(T::to_json).collect());
    Ok(Json(page.page(all)))
}

/// `GET …/{id}`.
pub(crate) async fn get<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> ApiResult {
    caller.require(T::VIEW)?;
    let found = cloud.integrations.with(|integrations| T::collection(integrations).get(&id).map(T::to_json));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `POST`.
pub(crate) async fn create<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> ApiResult {
    caller.require(T::ADD)?;
    let change = T::read_change(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|integrations| Ok(Json(T::collection(integrations).create(change)?.to_json())))
}

/// `PATCH …/{id}`: every field is optional.
pub(crate) async fn update<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> ApiResult {
    caller.require(T::EDIT)?;
    let change = T::read_change(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|integrations| Ok(Json(T::collection(integrations).update(&id, change)?.to_json())))
}

/// `DELETE …/{id}`. Unconfirmed: whether deleting an item that an integration refers to returns 400.
pub(crate) async fn delete<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(T::DELETE)?;
    cloud.integrations.with(|integrations| {
        if integrations.list.iter().any(|integration| T::referenced_by(integration) == Some(id.as_str())) {
            return Err(ApiError::bad_request("The resource is in use by an integration."));
        }
        T::collection(integrations).delete(&id)?;
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `GET …/settings/default`.
pub(crate) async fn default_setting(state: State<Cloud>, caller: Extension<Caller>) -> ApiResult {
    get::<MessagingSetting>(state, caller, Path(DEFAULT.to_owned())).await
}

/// `PUT …/settings/default` with `{"settingId"}` (`MessagingSettingDefaultRequest`).
pub(crate) async fn set_default_setting(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> ApiResult {
    caller.require(Permission::SettingEdit)?;
    let body = body.read()?;
    let id = Object::body(&body)?.required_text("settingId")?.to_owned();
    cloud.integrations.with(|integrations| {
        let setting = integrations.settings.set_default(&id);
        setting.map(|setting| Json(setting.json())).ok_or_else(|| ApiError::malformed_field("settingId"))
    })
}
