//! `/api/v2/architect/{schedules,schedulegroups,emergencygroups}` ("Architect API").

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::Value;

use crate::api::paging::PageRequest;
use crate::api::queues::matches;
use crate::api::request::Target;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::schedules::{Named, Schedules};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;

type Answer = Result<Json<Value>, ApiError>;

/// `GET /api/v2/architect/schedules`.
pub(crate) async fn list_schedules(cloud: State<Cloud>, caller: Extension<Caller>, target: Target) -> Answer {
    list(&cloud, &caller, &target, Permission::ScheduleView, |all| &all.schedules)
}

/// `GET /api/v2/architect/schedules/{id}`.
pub(crate) async fn get_schedule(cloud: State<Cloud>, caller: Extension<Caller>, id: Path<String>) -> Answer {
    get(&cloud, &caller, &id, Permission::ScheduleView, |all| &all.schedules)
}

/// `GET /api/v2/architect/schedulegroups`.
pub(crate) async fn list_schedule_groups(cloud: State<Cloud>, caller: Extension<Caller>, target: Target) -> Answer {
    list(&cloud, &caller, &target, Permission::ScheduleGroupView, |all| &all.schedule_groups)
}

/// `GET /api/v2/architect/schedulegroups/{id}`.
pub(crate) async fn get_schedule_group(cloud: State<Cloud>, caller: Extension<Caller>, id: Path<String>) -> Answer {
    get(&cloud, &caller, &id, Permission::ScheduleGroupView, |all| &all.schedule_groups)
}

/// `GET /api/v2/architect/emergencygroups`.
pub(crate) async fn list_emergency_groups(cloud: State<Cloud>, caller: Extension<Caller>, target: Target) -> Answer {
    list(&cloud, &caller, &target, Permission::EmergencyGroupView, |all| &all.emergency_groups)
}

/// `GET /api/v2/architect/emergencygroups/{id}`.
pub(crate) async fn get_emergency_group(cloud: State<Cloud>, caller: Extension<Caller>, id: Path<String>) -> Answer {
    get(&cloud, &caller, &id, Permission::EmergencyGroupView, |all| &all.emergency_groups)
}

/// Lists objects by name. The filter is `name`, which may start and end with `*`.
fn list(
    cloud: &Cloud,
    caller: &Caller,
    target: &Target,
    permission: Permission,
    of: impl Fn(&Schedules) -> &Vec<Named>,
) -> Answer {
    caller.require(permission)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let names = target.values("name");
    let mut found: Vec<Named> = cloud.schedules.with(|all| of(all).clone());
    found.retain(|object| names.iter().all(|pattern| matches(pattern, &object.name)));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(page.page(found.into_iter().map(|object| object.body).collect())))
}

fn get(
    cloud: &Cloud,
    caller: &Caller,
    id: &str,
    permission: Permission,
    of: impl Fn(&Schedules) -> &Vec<Named>,
) -> Answer {
    caller.require(permission)?;
    let found = cloud.schedules.with(|all| of(all).iter().find(|object| object.id == id).cloned());
    found.map(|object| Json(object.body)).ok_or_else(ApiError::not_found)
}
