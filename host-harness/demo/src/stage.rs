//! What is served.

use crate::Demo;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct StageView {
    connections: Vec<ConnectionView>,
    /// Whether there is a desk to play agents at.
    desk: bool,
}

#[derive(Serialize)]
struct ConnectionView {
    name: String,
    provider: String,
    /// Where its events end now.
    latest: u64,
}

pub(crate) async fn show(State(demo): State<Demo>) -> Result<Json<StageView>, StatusCode> {
    let stage = &demo.0.stage;
    let mut connections = Vec::new();
    for served in stage.gateway.connections() {
        connections.push(ConnectionView {
            name: served.name().to_owned(),
            provider: served.connection().provider().description().title.clone(),
            latest: served.mailboxes().latest().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?.0,
        });
    }
    Ok(Json(StageView { connections, desk: stage.desk.is_some() }))
}
