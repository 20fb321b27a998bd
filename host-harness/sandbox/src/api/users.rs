//! `GET /api/v2/users/{id}`.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;

/// `GET /api/v2/users/{id}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::UserView)?;
    let agent = cloud.users.with(|users| users.get(&id)).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({
        "id": agent.user_id,
        "name": agent.name,
        "state": "active",
        "version": 1,
        "selfUri": format!("/api/v2/users/{}", agent.user_id),
    })))
}
