//! `/sandbox/conversations`: lists and shows conversations.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::desk::request::{DeskError, DeskResult};
use crate::desk::view::{full, summary};

/// `GET /sandbox/conversations`.
pub(crate) async fn list(State(cloud): State<Cloud>) -> Json<Value> {
    let all: Vec<_> = cloud.conversations.with(|conversations| conversations.iter().map(summary).collect());
    Json(json!({ "conversations": all }))
}

/// `GET /sandbox/conversations/{id}`.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> DeskResult {
    let found = cloud.conversations.with(|conversations| conversations.get(&id).map(full));
    found.map(Json).ok_or(DeskError::NotFound("conversation"))
}

/// The fallback for paths under `/sandbox/`.
pub(crate) async fn not_found() -> DeskError {
    DeskError::NotFound("resource; the documentation of the crate genesys-sandbox lists them")
}
