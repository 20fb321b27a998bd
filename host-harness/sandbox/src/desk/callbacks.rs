//! Requested callbacks.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::cloud::Cloud;

/// `GET /sandbox/callbacks`: the requests, each with `conversationId` and `createdAt`, oldest first.
pub(crate) async fn list(State(cloud): State<Cloud>) -> Json<Value> {
    let all: Vec<_> = cloud.callbacks.with(|callbacks| callbacks.iter().cloned().collect());
    Json(json!({ "callbacks": all }))
}
