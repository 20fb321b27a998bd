//! The served connections and whether there is an agent desk.

use crate::Demo;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct ContextView {
    connections: Vec<ConnectionView>,
    /// The connections of contact centers that ask bots.
    bots: Vec<ConnectionView>,
    /// Whether the page has an agent desk.
    desk: bool,
}

#[derive(Serialize)]
struct ConnectionView {
    name: String,
    provider: String,
    /// The current end of the event log.
    latest: u64,
}

pub(crate) async fn show(State(demo): State<Demo>) -> Result<Json<ContextView>, StatusCode> {
    let context = &demo.0.context;
    let mut connections = Vec::new();
    for service in context.gateway.connections() {
        connections.push(ConnectionView {
            name: service.name().to_owned(),
            provider: service.connection().provider().description().title.clone(),
            latest: service.mailboxes().latest().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?.0,
        });
    }
    let mut bots = Vec::new();
    for service in context.gateway.bots() {
        let latest = service.sessions().records().latest().await;
        bots.push(ConnectionView {
            name: service.name().to_owned(),
            provider: service.connection().provider().description().title.clone(),
            latest: latest.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?.0,
        });
    }
    Ok(Json(ContextView { connections, bots, desk: context.desk.is_some() }))
}
