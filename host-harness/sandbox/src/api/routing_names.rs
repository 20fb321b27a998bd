//! `GET /api/v2/routing/skills` and `GET /api/v2/routing/languages` ("Routing API"). They require no permission.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::api::paging::PageRequest;
use crate::api::request::Target;
use crate::cloud::Cloud;
use crate::state::routing_names::{RoutingName, by_id};
use crate::wire::error::ApiError;

/// `GET /api/v2/routing/skills`.
pub(crate) async fn list_skills(State(cloud): State<Cloud>, target: Target) -> Result<Json<Value>, ApiError> {
    list(&cloud, &target, &cloud.routing_names.skills)
}

/// `GET /api/v2/routing/languages`.
pub(crate) async fn list_languages(State(cloud): State<Cloud>, target: Target) -> Result<Json<Value>, ApiError> {
    list(&cloud, &target, &cloud.routing_names.languages)
}

/// Lists names. The filter `name` finds those that begin with its value. Unconfirmed: whether it ignores case.
fn list(cloud: &Cloud, target: &Target, all: &[RoutingName]) -> Result<Json<Value>, ApiError> {
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let prefixes: Vec<_> = target.values("name").iter().map(|name| name.to_lowercase()).collect();
    let is_wanted =
        |one: &&RoutingName| prefixes.iter().all(|prefix| one.name.to_lowercase().starts_with(prefix.as_str()));
    Ok(Json(page.page(all.iter().filter(is_wanted).map(routing_name).collect())))
}

/// `RoutingSkill` and `Language`.
pub(crate) fn routing_name(one: &RoutingName) -> Value {
    json!({ "id": one.id, "name": one.name, "state": "active" })
}

/// Returns the skills or languages with these ids.
///
/// # Errors
/// One does not exist. Unconfirmed: whether that returns 400. The error names `field`.
pub(crate) fn existing<'a>(
    all: &'a [RoutingName],
    ids: &[String],
    field: &str,
) -> Result<Vec<&'a RoutingName>, ApiError> {
    ids.iter().map(|id| by_id(all, id).ok_or_else(|| ApiError::malformed_field(field))).collect()
}
