//! `GET /api/v2/flows` ("Architect API"), for inbound message flows only.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::api::paging::PageRequest;
use crate::api::queues::matches;
use crate::api::request::Target;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::flows::Flow;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;

/// The values of `Flow.type` in the SDKs' models.
const FLOW_TYPES: [&str; 21] = [
    "BOT",
    "BUSINESSPROCESS",
    "COMMONMODULE",
    "DIGITALBOT",
    "EMAILSEND",
    "INBOUNDCALL",
    "INBOUNDCHAT",
    "INBOUNDEMAIL",
    "INBOUNDSHORTMESSAGE",
    "INQUEUECALL",
    "INQUEUEEMAIL",
    "INQUEUESHORTMESSAGE",
    "OUTBOUNDCALL",
    "SECURECALL",
    "SPEECH",
    "SURVEYINVITE",
    "VOICE",
    "VOICEMAIL",
    "VOICESURVEY",
    "WORKFLOW",
    "WORKITEM",
];

/// The type of an inbound message flow.
const INBOUND_MESSAGE: &str = "INBOUNDSHORTMESSAGE";

/// Lists flows. The filters are `type` (all flows have the type `inboundshortmessage`), `name` and `nameOrDescription`
/// (both may start and end with `*`). Unconfirmed: whether an unknown type returns 400.
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::FlowView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let types = target.values("type");
    if let Some(unknown) = types.iter().find(|one| !FLOW_TYPES.iter().any(|known| known.eq_ignore_ascii_case(one))) {
        return Err(ApiError::invalid_value(unknown, "FlowType", &FLOW_TYPES));
    }
    // A flow must match one of the types, not all of them.
    let is_of_type = types.is_empty() || types.iter().any(|one| one.eq_ignore_ascii_case(INBOUND_MESSAGE));
    let names = [target.values("name"), target.values("nameOrDescription")].concat();
    let flows = cloud.flows.0.iter().filter(|flow| is_of_type && names.iter().all(|name| matches(name, &flow.name)));
    Ok(Json(page.page(flows.map(flow_json).collect())))
}

/// `Flow`.
fn flow_json(flow: &Flow) -> Value {
    json!({ "id": flow.id, "name": flow.name, "type": INBOUND_MESSAGE, "active": true, "selfUri": self_uri(&flow.id) })
}

/// Returns the flow as a recipient refers to it.
pub(crate) fn flow_reference(flow: &Flow) -> Value {
    json!({ "id": flow.id, "name": flow.name, "selfUri": self_uri(&flow.id) })
}

fn self_uri(id: &str) -> String {
    format!("/api/v2/flows/{id}")
}
