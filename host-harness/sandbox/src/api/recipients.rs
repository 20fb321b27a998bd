//! `/api/v2/routing/message/recipients` ("Routing API"): the recipient of each integration, and its flow.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::api::flows::flow_reference;
use crate::api::paging::PageRequest;
use crate::api::queues::matches;
use crate::api::request::{JsonBody, Target};
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::flows::Flows;
use crate::state::integrations::Integration;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::set;
use crate::wire::schema::Object;

type ApiResult = Result<Json<Value>, ApiError>;

/// `GET …/recipients`: lists recipients. The filters are `messengerType` (all recipients have the type `open`) and
/// `name` (the integration's name, which may start and end with `*`).
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> ApiResult {
    caller.require(Permission::RecipientManage)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let is_of_type = target.values("messengerType").iter().all(|one| one.eq_ignore_ascii_case("open"));
    let names = target.values("name");
    let all = cloud.integrations.with(|all| {
        let is_match =
            |one: &&Integration| one.is_ready() && is_of_type && names.iter().all(|name| matches(name, &one.name));
        all.list.iter().filter(is_match).map(|integration| recipient_json(&cloud.flows, integration)).collect()
    });
    Ok(Json(page.page(all)))
}

/// `GET …/recipients/{recipientId}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> ApiResult {
    caller.require(Permission::RecipientManage)?;
    let found = cloud.integrations.with(|all| {
        let found = all.list.iter().find(|one| one.recipient_id == id && one.is_ready());
        found.map(|integration| recipient_json(&cloud.flows, integration))
    });
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `PUT …/recipients/{recipientId}` with `{"flow": {"id"}}`. A body without a flow detaches the recipient.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> ApiResult {
    caller.require(Permission::RecipientManage)?;
    let body = body.read()?;
    let flow_id = match Object::body(&body)?.object("flow")? {
        Some(flow) => Some(flow.required_text("id")?.to_owned()),
        None => None,
    };
    if flow_id.as_ref().is_some_and(|id| cloud.flows.get(id).is_none()) {
        return Err(ApiError::malformed_field("flow.id"));
    }
    cloud.integrations.with(|all| {
        let found = all.list.iter_mut().find(|one| one.recipient_id == id && one.is_ready());
        let integration = found.ok_or_else(ApiError::not_found)?;
        integration.flow_id = flow_id;
        Ok(Json(recipient_json(&cloud.flows, integration)))
    })
}

/// `Recipient`.
fn recipient_json(flows: &Flows, integration: &Integration) -> Value {
    let mut body = json!({
        "id": integration.recipient_id,
        "name": integration.name,
        "messengerType": "open",
        "selfUri": format!("/api/v2/routing/message/recipients/{}", integration.recipient_id),
    });
    if let Some(flow) = integration.flow_id.as_deref().and_then(|id| flows.get(id)) {
        set(&mut body, "flow", flow_reference(flow));
    }
    body
}
