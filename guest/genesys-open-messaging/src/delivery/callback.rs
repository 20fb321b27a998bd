//! Requests a call by telephone.

use crate::api::{Api, Call, Kind, accepted};
use crate::operations::{BuiltCallback, BuiltCallbackData, foreign_request};
use crate::wire::conversations::{CreateCallbackCommand, CreateCallbackResponse, RoutingData};
use genesys_cloud::wire::Reference;
use handover_guest::contract::*;
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};

/// Creates a callback ("Conversations API", `POST /api/v2/conversations/callbacks`). The delivery's message is the
/// conversation of the callback, because that is not the conversation of the handover.
pub(super) fn create(api: &mut Api<'_, impl Imports>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    let document = json::read(&request.body).ok_or_else(foreign_request)?;
    let callback = BuiltCallback::of(document.root());
    let no_queue = || Failure::Credentials("the settings name no queue for callbacks".into());
    let command = CreateCallbackCommand {
        routing_data: RoutingData {
            queue_id: api.queue_id(callback.queue())?.ok_or_else(no_queue)?,
            language_id: api.language_id(callback.language())?,
            priority: callback.priority().and_then(|priority| priority.parse().ok()),
            skill_ids: api.skill_ids(callback.skills())?,
        },
        callback_user_name: callback.name(),
        callback_numbers: [callback.phone().ok_or_else(foreign_request)?],
        callback_scheduled_time: callback.time(),
        data: callback.data().filter_map(BuiltCallbackData::entry).collect(),
    };
    let command = serde_json::to_vec(&command).map_err(|_| foreign_request())?;
    let response = accepted(api.call(&Call::post("/api/v2/conversations/callbacks".into(), command))?, Kind::Changes)?;
    // The callback was created, whatever the response contains.
    let document = json::read(&response.body);
    let created = document.as_ref().map(|response| CreateCallbackResponse::of(response.root()));
    let conversation = created.and_then(CreateCallbackResponse::conversation).and_then(Reference::id);
    Ok(outbound::delivered(conversation, None))
}
