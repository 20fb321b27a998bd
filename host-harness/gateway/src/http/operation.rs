//! Endpoints for operators.

use super::problem::Problem;
use super::state::Gateway;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

/// Reports that the process is alive.
pub(super) async fn healthz() -> StatusCode {
    StatusCode::OK
}

/// Reports whether the store is available and the gateway is not stopping.
pub(super) async fn readyz(State(gateway): State<Gateway>) -> Result<StatusCode, Problem> {
    if gateway.0.stop.is_cancelled() {
        return Err(Problem::new(503, "stopping", "the gateway is being stopped"));
    }
    gateway.0.mailboxes.store().ready().await?;
    Ok(StatusCode::OK)
}

/// Returns the metrics in OpenMetrics 1.0.
pub(super) async fn metrics(State(gateway): State<Gateway>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], gateway.0.metrics.text())
}
