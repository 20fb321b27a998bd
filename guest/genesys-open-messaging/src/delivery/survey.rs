//! Surveys after a handover.

use crate::api::{Api, Call, Kind, accepted, get_conversation, read, segment, unreadable};
use crate::operations::{BuiltCallOfConversation, foreign_request};
use crate::wire::api::{Conversation, Participant};
use crate::wire::conversations::{BuiltSurvey, CreateSurveyResponse};
use alloc::{format, string::String, vec};
use handover_guest::contract::*;
use handover_guest::events::bounded_id;
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};

/// Creates a survey ("Quality API", `POST /api/v2/quality/surveys`). The delivery reports its URL.
pub(super) fn create(api: &mut Api<'_, impl Imports>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    let built = json::read(&request.body).ok_or_else(foreign_request)?;
    let conversation = BuiltSurvey::of(built.root()).conversation_id().ok_or_else(foreign_request)?;
    let call = Call::post("/api/v2/quality/surveys".into(), request.body.clone());
    let response = accepted(api.call(&call)?, Kind::Changes)?;
    let document = json::read(&response.body);
    let url = document.as_ref().and_then(|answer| CreateSurveyResponse::of(answer.root()).customer_survey_url());
    let kind = match url {
        Some(url) => EventKind::Survey(SurveyInvitation { url: url.into() }),
        None => EventKind::Ignored("Genesys created a survey without a link".into()),
    };
    let event = AgentEvent {
        id: bounded_id(format!("survey:{}", request.idempotency_key)),
        recipient: Some(request.recipient.clone()),
        handover: None,
        conversation_id: Some(conversation.into()),
        time: None,
        kind,
    };
    Ok(Delivery { events: vec![event], ..outbound::delivered(None, Some(conversation)) })
}

/// Adds attributes to the customer's participant data ("Conversations API",
/// `PATCH …/participants/{participantId}/attributes`).
pub(super) fn add_attributes(api: &mut Api<'_, impl Imports>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    let document = json::read(&request.body).ok_or_else(foreign_request)?;
    let built = BuiltCallOfConversation::of(document.root());
    let (id, body) = built.conversation_id().zip(built.body()).ok_or_else(foreign_request)?;
    let response = accepted(api.call(&get_conversation(id)?)?, Kind::Reads)?;
    let conversation = read(&response)?;
    let mut participants = Conversation::of(conversation.root()).participants();
    let customer = participants.find(|participant| participant.is_customer()).and_then(Participant::id);
    let customer = customer.ok_or_else(|| unreadable("the conversation has no customer with an id"))?;
    let path: String =
        format!("/api/v2/conversations/messages/{}/participants/{}/attributes", segment(id)?, segment(customer)?);
    accepted(api.call(&Call::patch(path, body.json().into()))?, Kind::Changes)?;
    Ok(outbound::delivered(None, Some(id)))
}
