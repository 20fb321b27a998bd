//! `/api/v2/conversations/messaging/identityresolution/integrations/open/{integrationId}` ("Conversations API").

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::integrations::Integration;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::set;
use crate::wire::schema::Object;

type Answer = Result<Json<Value>, ApiError>;

/// `GET`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    caller.require_any(&[Permission::IntegrationView, Permission::IdentityResolutionView])?;
    cloud.integrations.with(|all| {
        let integration = all.list.iter().find(|one| one.id == id).ok_or_else(ApiError::not_found)?;
        Ok(Json(config_json(integration)))
    })
}

/// `PUT`.
pub(crate) async fn set_config(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer {
    caller.require_any(&[Permission::IntegrationEdit, Permission::IdentityResolutionEdit])?;
    let body = body.read()?;
    let config = Object::body(&body)?;
    let resolves = config.boolean("resolveIdentities")?.ok_or_else(|| ApiError::missing_field("resolveIdentities"))?;
    let source = match config.object("externalSource")? {
        Some(source) => source.owned_text("id")?,
        None => None,
    };
    cloud.integrations.with(|all| {
        let integration = all.list.iter_mut().find(|one| one.id == id).ok_or_else(ApiError::not_found)?;
        (integration.resolves_identities, integration.external_source_id) = (resolves, source);
        Ok(Json(config_json(integration)))
    })
}

/// Returns `OpenMessagingIdentityResolutionConfig`. Unconfirmed: the division of an integration that was never configured.
fn config_json(integration: &Integration) -> Value {
    let path = "/api/v2/conversations/messaging/identityresolution/integrations/open";
    let mut config = json!({
        "division": { "id": "*", "name": "Home" },
        "resolveIdentities": integration.resolves_identities,
        "selfUri": format!("{path}/{}", integration.id),
    });
    if let Some(id) = &integration.external_source_id {
        set(&mut config, "externalSource", json!({ "id": id }));
    }
    config
}
