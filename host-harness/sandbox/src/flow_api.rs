//! `GET /api/v2/flows` ("Architect API"), as far as inbound message flows go.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::cloud::{Cloud, Target};
use crate::error::ApiError;
use crate::flows::Flow;
use crate::paging::PageRequest;
use crate::permissions::Permission;
use crate::queues::matches;
use crate::tokens::Caller;

/// By `type` (there are only those of `inboundmessage`) and `name` (which may start and end with `*`).
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::FlowView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let is_of_type = target.values("type").iter().all(|one| one.eq_ignore_ascii_case("inboundmessage"));
    let names = target.values("name");
    let flows = cloud.flows.0.iter().filter(|flow| is_of_type && names.iter().all(|name| matches(name, &flow.name)));
    Ok(Json(page.page(flows.map(flow_json).collect())))
}

/// `Flow`.
fn flow_json(flow: &Flow) -> Value {
    json!({ "id": flow.id, "name": flow.name, "type": "INBOUNDMESSAGE", "active": true, "selfUri": self_uri(&flow.id) })
}

/// As a recipient refers to it.
pub(crate) fn flow_reference(flow: &Flow) -> Value {
    json!({ "id": flow.id, "name": flow.name, "selfUri": self_uri(&flow.id) })
}

fn self_uri(id: &str) -> String {
    format!("/api/v2/flows/{id}")
}
