//! Changes the routing of a user who is waiting.

use crate::api::{Api, Call, Kind, accepted, get_conversation, read, segment, unreadable};
use crate::operations::{BuiltRoutingChange, BuiltTransfer, foreign_request};
use crate::wire::api::Conversation;
use crate::wire::conversations::{RoutingConversationAttributesRequest, TransferRequest};
use alloc::format;
use genesys_cloud::wire::Reference;
use handover_guest::contract::*;
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};

/// Transfers the conversation to another queue, unless it waits there.
pub(super) fn transfer(api: &mut Api<'_, impl Imports>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    let document = json::read(&request.body).ok_or_else(foreign_request)?;
    let transfer = BuiltTransfer::of(document.root());
    let (id, queue) = transfer.conversation_id().zip(transfer.queue()).ok_or_else(foreign_request)?;
    let queue_id = api.queue_id(Some(queue))?.ok_or_else(foreign_request)?;
    let response = accepted(api.call(&get_conversation(id)?)?, Kind::Reads)?;
    let conversation = read(&response)?;
    let participants = || Conversation::of(conversation.root()).participants();
    if !participants().any(|participant| participant.is_customer()) {
        return Err(unreadable("the conversation has no customer"));
    }
    let last_queue = participants().filter(|participant| participant.is_queue()).last();
    let last_queue = last_queue.ok_or_else(not_waiting)?;
    // An earlier attempt may have transferred the user, whom an agent may have accepted since.
    if last_queue.queue().and_then(Reference::id) == Some(&queue_id) {
        return Ok(outbound::delivered(None, Some(id)));
    }
    if last_queue.has_left() {
        return Err(not_waiting());
    }
    let participant = last_queue.id().ok_or_else(|| unreadable("the queue has no id"))?;
    accepted(api.call(&replace(id, participant, &queue_id)?)?, Kind::Changes)?;
    Ok(outbound::delivered(None, Some(id)))
}

fn not_waiting() -> Failure {
    Failure::Permanent("the user is not waiting in a queue".into())
}

/// Transfers a conversation from a participant to a queue ("Conversations API", `POST …/participants/{participantId}/replace`).
fn replace(conversation: &str, participant: &str, queue_id: &str) -> Result<Call, Failure> {
    let (conversation, participant) = (segment(conversation)?, segment(participant)?);
    let path = format!("/api/v2/conversations/messages/{conversation}/participants/{participant}/replace");
    let request = TransferRequest { transfer_type: "Unattended", queue_id };
    Ok(Call::post(path, serde_json::to_vec(&request).map_err(|_| foreign_request())?))
}

/// Changes the priority, the skills and the language ("Routing API", `PATCH /api/v2/routing/conversations/{conversationId}`).
pub(super) fn change_attributes(
    api: &mut Api<'_, impl Imports>,
    request: &ProviderRequest,
) -> Result<Delivery, Failure> {
    let document = json::read(&request.body).ok_or_else(foreign_request)?;
    let change = BuiltRoutingChange::of(document.root());
    let id = change.conversation_id().ok_or_else(foreign_request)?;
    let attributes = RoutingConversationAttributesRequest {
        priority: change.priority().and_then(|priority| priority.parse().ok()),
        skill_ids: api.skill_ids(change.skills())?,
        language_id: api.language_id(change.language())?,
    };
    let path = format!("/api/v2/routing/conversations/{}", segment(id)?);
    let attributes = serde_json::to_vec(&attributes).map_err(|_| foreign_request())?;
    accepted(api.call(&Call::patch(path, attributes))?, Kind::Changes)?;
    Ok(outbound::delivered(None, Some(id)))
}
