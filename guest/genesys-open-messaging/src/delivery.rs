//! Delivers built requests.

mod annotation;
mod callback;
mod rerouting;
mod survey;

use crate::api::{Api, Call, Kind, accepted, disconnect, get_conversation, read, segment, unreadable};
use crate::lookup::Making;
use crate::operations::{
    AGENTLESS, ANSWER, BuiltButtonResponse, BuiltLeave, BuiltMessage, BuiltProactiveText, CALLBACK, EVENT, LEAVE,
    MESSAGE, PARTICIPANT_ATTRIBUTES, RECEIPT, ROUTING, SECURE_ATTRIBUTES, SURVEY, TAGS, TRANSFER, foreign_request,
};
use crate::settings::Prepared;
use crate::wire::api::{Conversation as WireConversation, OpenMessageNormalizedMessage};
use crate::wire::inbound::Agentless;
use alloc::{format, vec::Vec};
use handover_guest::contract::*;
use handover_guest::http::Status;
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};

/// The response contains the id of the conversation only with this parameter.
const POST_MESSAGE: &str = "message?prefetchConversationId=true";

/// Delivers one request. Every attempt sends the same bytes.
///
/// # Errors
/// The failure, classified by what the caller can do about it, as in the contract.
pub fn deliver(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    request: &ProviderRequest,
) -> Result<Delivery, Failure> {
    let mut api = Api::new(imports, settings)?;
    match request.operation.as_str() {
        MESSAGE => post(&mut api, POST_MESSAGE, &request.body),
        EVENT => post(&mut api, "event", &request.body),
        ANSWER => answer(&mut api, &request.body),
        RECEIPT => receipt(&mut api, &request.body),
        LEAVE => leave(&mut api, &request.body),
        _ => instruct(&mut api, request),
    }
}

/// Delivers a request that is not part of the conversation between user and agent. Each kind has a permission of its own. If it
/// is missing, or a name in the settings is wrong, only this request fails, and does not hold up the messages after it.
fn instruct<I: Imports>(api: &mut Api<'_, I>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    let deliver: fn(&mut Api<'_, I>, &ProviderRequest) -> Result<Delivery, Failure> = match request.operation.as_str() {
        TRANSFER => rerouting::transfer,
        ROUTING => rerouting::change_attributes,
        TAGS => annotation::set_tags,
        SECURE_ATTRIBUTES => annotation::add_secure_attributes,
        AGENTLESS => send_agentless,
        SURVEY => survey::create,
        PARTICIPANT_ATTRIBUTES => survey::add_attributes,
        CALLBACK => callback::create,
        _ => return Err(foreign_request()),
    };
    // Refused credentials concern every request, so they are found before.
    api.ensure_token()?;
    deliver(api, request).map_err(|failure| match failure {
        Failure::Credentials(why) => Failure::Permanent(why),
        failure => failure,
    })
}

fn post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Delivery, Failure> {
    delivered(try_post(api, endpoint, body)?)
}

fn try_post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Response, Failure> {
    call_of_integration(api, |integration| inbound(integration, endpoint, body))
}

/// Makes a call that contains the id of the integration. Looks up the integration again if Genesys does not know it.
fn call_of_integration(
    api: &mut Api<'_, impl Imports>,
    make_call: impl Fn(&str) -> Result<Call, Failure>,
) -> Result<Response, Failure> {
    let id = api.integration()?;
    let mut response = api.call(&make_call(&id)?)?;
    if Status::of(&response) == Status::NotFound {
        // The integration may have been created again since its id was cached, or Genesys is still creating it.
        let integration = api.look_up_integration()?;
        if integration.id != id {
            response = api.call(&make_call(&integration.id)?)?;
        }
        if Status::of(&response) == Status::NotFound && integration.making() == Making::UnderWay {
            return Err(Failure::Retry(RetryAdvice {
                cause: RetryCause::NotReady,
                after_seconds: None,
                may_have_arrived: false,
                message: "Genesys is still creating the integration".into(),
            }));
        }
    }
    Ok(response)
}

fn delivered(response: Response) -> Result<Delivery, Failure> {
    let response = accepted(response, Kind::Changes)?;
    // The message was accepted, whatever the response contains.
    let document = json::read(&response.body);
    let answer = document.as_ref().map(|answer| OpenMessageNormalizedMessage::of(answer.root()));
    let conversation = answer.and_then(OpenMessageNormalizedMessage::conversation_id);
    Ok(outbound::delivered(answer.and_then(OpenMessageNormalizedMessage::id), conversation))
}

/// Posts an answer. Posts its text instead if Genesys does not accept answers in this organization or to this kind of
/// message.
fn answer(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let response = try_post(api, "structured/response", body)?;
    let is_refused = [Status::Invalid, Status::NotFound, Status::MethodNotAllowed, Status::NotImplemented]
        .contains(&Status::of(&response));
    if !is_refused {
        return delivered(response);
    }
    let document = json::read(body).ok_or_else(foreign_request)?;
    let answer = BuiltMessage::of(document.root());
    let text = answer.button_response().and_then(BuiltButtonResponse::text);
    let (channel, text) = answer.channel_as_built().zip(text).ok_or_else(foreign_request)?;
    let text = serde_json::to_string(text).map_err(|_| foreign_request())?;
    post(api, POST_MESSAGE, format!(r#"{{"channel":{},"text":{text}}}"#, channel.json()).as_bytes())
}

/// Sends a text to the user, in the conversation that is in progress if there is one ("Conversations API",
/// `POST /api/v2/conversations/messages/agentless`).
fn send_agentless(api: &mut Api<'_, impl Imports>, request: &ProviderRequest) -> Result<Delivery, Failure> {
    let document = json::read(&request.body).ok_or_else(foreign_request)?;
    let built = BuiltProactiveText::of(document.root());
    let (to_address, text_body) = built.to().zip(built.text()).ok_or_else(foreign_request)?;
    let make_call = |integration: &str| {
        let message = Agentless {
            from_address: integration,
            to_address,
            to_address_messenger_type: "open",
            text_body,
            use_existing_active_conversation: true,
        };
        let message = serde_json::to_vec(&message).map_err(|_| foreign_request())?;
        Ok(Call::post("/api/v2/conversations/messages/agentless".into(), message))
    };
    let response = call_of_integration(api, make_call)?;
    // A conversation that the message opens has already ended, so it is not that of a handover.
    Ok(Delivery { conversation_id: None, ..delivered(response)? })
}

/// Posts a receipt. Does not look up the integration again, because another integration would not know the message.
fn receipt(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let id = api.integration()?;
    delivered(api.call(&inbound(&id, "receipt", body)?)?)
}

fn inbound(integration: &str, endpoint: &str, body: &[u8]) -> Result<Call, Failure> {
    let path = format!("/api/v2/conversations/messages/{}/inbound/open/{endpoint}", segment(integration)?);
    Ok(Call::post(path, body.to_vec()))
}

/// Ends a conversation by disconnecting the customer, because Open Messaging has no message for that.
fn leave(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let document = json::read(body).ok_or_else(foreign_request)?;
    let leave = BuiltLeave::of(document.root());
    let (id, otherwise) = leave.conversation_id().zip(leave.otherwise()).ok_or_else(foreign_request)?;
    let response = api.call(&get_conversation(id)?)?;
    let post_farewell = |api: &mut Api<'_, _>| post(api, POST_MESSAGE, otherwise.as_bytes());
    if Status::of(&response) == Status::Forbidden {
        return post_farewell(api);
    }
    let response = accepted(response, Kind::Reads)?;
    let document = read(&response)?;
    let participants = WireConversation::of(document.root()).participants();
    let customers: Vec<_> = participants.filter(|participant| participant.is_customer()).collect();
    if customers.is_empty() {
        return Err(unreadable("the conversation has no customer"));
    }
    for customer in customers.into_iter().filter(|customer| !customer.has_left()) {
        let customer = customer.id().ok_or_else(|| unreadable("the customer has no id"))?;
        let response = api.call(&disconnect(id, customer)?)?;
        if Status::of(&response) == Status::Forbidden {
            return post_farewell(api);
        }
        accepted(response, Kind::Changes)?;
    }
    Ok(outbound::delivered(None, Some(id)))
}
