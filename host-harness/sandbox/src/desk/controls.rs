//! Controls for tests and demos: faults, losses, tokens and sockets. Also the logs of events, webhooks and requests.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::config::LossConfig;
use crate::delivery::frames::socket_closing;
use crate::desk::request::{Body, DeskResult};
use crate::state::faults::{Faults, Order};
use crate::state::losses::Losses;
use crate::state::tokens::Tokens;

/// `POST /sandbox/faults`.
pub(crate) async fn order_fault(State(cloud): State<Cloud>, Body(order): Body<Order>) -> DeskResult {
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
    Json(json!({ "webhooks": cloud.webhooks.attempts() }))
}

/// `GET /sandbox/requests`.
pub(crate) async fn requests(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "requests": cloud.requests.with(|requests| requests.iter().cloned().collect::<Vec<_>>()) }))
}

/// `GET /sandbox/events`: returns the detail events, whether or not they were sent.
pub(crate) async fn events(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "events": cloud.event_publisher.log.with(|log| log.iter().cloned().collect::<Vec<_>>()) }))
}

/// `GET /sandbox/event-posts`.
pub(crate) async fn event_posts(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "eventPosts": cloud.event_publisher.posts.attempts() }))
}

/// `GET /sandbox/losses`.
pub(crate) async fn losses(State(cloud): State<Cloud>) -> Json<LossConfig> {
    Json(cloud.losses.with(|losses| losses.config()))
}

/// `POST /sandbox/losses`: sets the probabilities. Those that the body does not contain become 0.
pub(crate) async fn set_losses(State(cloud): State<Cloud>, Body(config): Body<LossConfig>) -> DeskResult {
    let new_losses = Losses::new(config)?;
    cloud.losses.with(|losses| *losses = new_losses);
    Ok(Json(json!(config)))
}

/// `POST /sandbox/notifications/close`.
pub(crate) async fn close_notifications(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json!({ "closed": cloud.channels.with(|channels| channels.close_all(socket_closing)) }))
}
