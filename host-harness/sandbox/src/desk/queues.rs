//! Figures of queues, and whether the contact center is closed.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::desk::request::{Body, DeskError, DeskResult};
use crate::state::queue_figures::QueueFigures;
use crate::state::schedules::{SetClosedError, UnknownSchedule};

/// The body of `POST /sandbox/queues/{id}`. An absent member changes nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct FiguresChange {
    agents_on_queue: Option<u32>,
    /// `null` for no estimate.
    #[serde(default, deserialize_with = "present")]
    estimated_wait_seconds: Option<Option<u64>>,
}

/// Distinguishes `null` from an absent member.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// `POST /sandbox/queues/{id}`.
pub(crate) async fn set_figures(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(change): Body<FiguresChange>,
) -> DeskResult {
    if cloud.conversations.with(|conversations| conversations.rules().queue(&id).is_none()) {
        return Err(DeskError::NotFound("queue"));
    }
    cloud.queue_figures.with(|all| {
        let current = all.of(&id);
        let figures = QueueFigures {
            agents_on_queue: change.agents_on_queue.unwrap_or(current.agents_on_queue),
            wait_seconds: change.estimated_wait_seconds.unwrap_or(current.wait_seconds),
        };
        all.set(&id, figures);
        Ok(Json(json!({
            "id": id,
            "agentsOnQueue": figures.agents_on_queue,
            "estimatedWaitSeconds": figures.wait_seconds,
        })))
    })
}

/// The body of `POST /sandbox/schedule-groups/{id}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosedChange {
    /// The names of the schedules in which the group is closed.
    closed: Vec<String>,
}

/// `GET /sandbox/schedule-groups`.
pub(crate) async fn list_schedule_groups(State(cloud): State<Cloud>) -> Json<Value> {
    let groups: Vec<_> = cloud.schedules.with(|all| all.schedule_groups.iter().map(|one| one.body.clone()).collect());
    Json(json!({ "scheduleGroups": groups }))
}

/// `POST /sandbox/schedule-groups/{id}`.
pub(crate) async fn set_closed(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(change): Body<ClosedChange>,
) -> DeskResult {
    let changed = cloud.schedules.with(|all| all.set_closed(&id, &change.closed));
    changed.map(Json).map_err(|error| match error {
        SetClosedError::NoGroup => DeskError::NotFound("schedule group"),
        SetClosedError::NoSchedule(UnknownSchedule(_)) => DeskError::NotFound("schedule"),
    })
}

/// The body of `POST /sandbox/emergency-groups/{id}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmergencyChange {
    enabled: bool,
}

/// `GET /sandbox/emergency-groups`.
pub(crate) async fn list_emergencies(State(cloud): State<Cloud>) -> Json<Value> {
    let groups: Vec<_> = cloud.schedules.with(|all| all.emergency_groups.iter().map(|one| one.body.clone()).collect());
    Json(json!({ "emergencyGroups": groups }))
}

/// `POST /sandbox/emergency-groups/{id}`.
pub(crate) async fn set_emergency(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(change): Body<EmergencyChange>,
) -> DeskResult {
    let changed = cloud.schedules.with(|all| all.set_emergency(&id, change.enabled));
    changed.map(Json).ok_or(DeskError::NotFound("emergency group"))
}
