//! What a test or a demo orders, and what it wants to know: faults, revoked tokens, webhooks and requests.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Body};
use crate::cloud::Cloud;
use crate::faults::{Faults, Order};
use crate::tokens::Tokens;

/// `POST /sandbox/faults`.
pub(crate) async fn order_fault(State(cloud): State<Cloud>, Body(order): Body<Order>) -> Answer {
    cloud.faults.with(|faults| faults.order(order))?;
    Ok(pending_faults(State(cloud)).await)
}

/// `GET /sandbox/faults`.
pub(crate) async fn pending_faults(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "faults": cloud.faults.with(|faults| faults.pending()) }))
}

/// `DELETE /sandbox/faults`.
pub(crate) async fn clear_faults(State(cloud): State<Cloud>) -> Json<Value> {
    cloud.faults.with(Faults::clear);
    pending_faults(State(cloud)).await
}

/// `POST /sandbox/tokens/revoke`.
pub(crate) async fn revoke_tokens(State(cloud): State<Cloud>) -> StatusCode {
    cloud.tokens.with(Tokens::revoke_all);
    StatusCode::NO_CONTENT
}

/// `GET /sandbox/webhooks`.
pub(crate) async fn webhooks(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "webhooks": cloud.courier.attempts() }))
}

/// `GET /sandbox/requests`.
pub(crate) async fn requests(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "requests": cloud.requests.with(|requests| requests.iter().cloned().collect::<Vec<_>>()) }))
}
