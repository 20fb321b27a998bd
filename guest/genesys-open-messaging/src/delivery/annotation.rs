//! Records facts on a conversation that the user does not see.

use crate::api::{Api, Call, Kind, accepted, segment};
use crate::operations::{BuiltCallOfConversation, foreign_request};
use alloc::{format, string::String, vec::Vec};
use handover_guest::contract::*;
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};

/// Sets the external tag ("Conversations API", `PUT /api/v2/conversations/{conversationId}/tags`).
pub(super) fn set_tags(api: &mut Api<'_, impl Imports>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    call(api, &request.body, "tags", Call::replace)
}

/// Adds secure attributes ("Conversations API", `PATCH /api/v2/conversations/{conversationId}/secureattributes`).
pub(super) fn add_secure_attributes(
    api: &mut Api<'_, impl Imports>,
    request: &ProviderRequest,
) -> Result<Delivery, Failure> {
    call(api, &request.body, "secureattributes", Call::patch)
}

fn call(
    api: &mut Api<'_, impl Imports>,
    body: &[u8],
    resource: &str,
    method: fn(String, Vec<u8>) -> Call,
) -> Result<Delivery, Failure> {
    let document = json::read(body).ok_or_else(foreign_request)?;
    let built = BuiltCallOfConversation::of(document.root());
    let (id, body) = built.conversation_id().zip(built.body()).ok_or_else(foreign_request)?;
    let path = format!("/api/v2/conversations/{}/{resource}", segment(id)?);
    accepted(api.call(&method(path, body.json().into()))?, Kind::Changes)?;
    Ok(outbound::delivered(None, Some(id)))
}
