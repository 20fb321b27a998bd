//! `/api/v2/conversations/messaging/supportedcontent` and `…/settings` ("Messaging API"): the same five operations on
//! two kinds of things.

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

type Answer = Result<Json<Value>, ApiError>;

/// An [`Item`] that has endpoints.
pub(crate) trait Resource: Item {
    /// To list and read.
    const VIEW: Permission;
    /// To create.
    const ADD: Permission;
    /// To change.
    const EDIT: Permission;
    /// To delete.
    const DELETE: Permission;

    /// Where the items are kept.
    fn collection(integrations: &mut Integrations) -> &mut Collection<Self>;

    /// The id of the item that the integration refers to.
    fn referred_by(integration: &Integration) -> Option<&str>;

    /// The item as the API shows it.
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

    fn referred_by(integration: &Integration) -> Option<&str> {
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

    fn referred_by(integration: &Integration) -> Option<&str> {
        integration.messaging_setting_id.as_deref()
    }

    fn to_json(&self) -> Value {
        self.json()
    }
}

/// `GET`: all of them, in pages.
pub(crate) async fn list<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Answer {
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
) -> Answer {
    caller.require(T::VIEW)?;
    let found = cloud.integrations.with(|integrations| T::collection(integrations).get(&id).map(T::to_json));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `POST`.
pub(crate) async fn create<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Answer {
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
) -> Answer {
    caller.require(T::EDIT)?;
    let change = T::read_change(&Object::body(&body.read()?)?)?;
    cloud.integrations.with(|integrations| Ok(Json(T::collection(integrations).update(&id, change)?.to_json())))
}

/// `DELETE …/{id}`. That one that an integration refers to cannot be deleted is unconfirmed.
pub(crate) async fn delete<T: Resource>(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(T::DELETE)?;
    cloud.integrations.with(|integrations| {
        if integrations.list.iter().any(|integration| T::referred_by(integration) == Some(id.as_str())) {
            return Err(ApiError::bad_request("An integration refers to it."));
        }
        T::collection(integrations).delete(&id)?;
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `GET …/settings/default`.
pub(crate) async fn default_setting(state: State<Cloud>, caller: Extension<Caller>) -> Answer {
    get::<MessagingSetting>(state, caller, Path(DEFAULT.to_owned())).await
}

/// `PUT …/settings/default` with `{"settingId"}` (`MessagingSettingDefaultRequest`).
pub(crate) async fn set_default_setting(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Answer {
    caller.require(Permission::SettingEdit)?;
    let body = body.read()?;
    let id = Object::body(&body)?.required_text("settingId")?.to_owned();
    cloud.integrations.with(|integrations| {
        let setting = integrations.settings.set_default(&id);
        setting.map(|setting| Json(setting.json())).ok_or_else(|| ApiError::malformed_field("settingId"))
    })
}
