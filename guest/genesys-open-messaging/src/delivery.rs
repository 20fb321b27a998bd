//! Delivers built requests.

use crate::api::{Api, Call, Kind, accepted, read, segment, unreadable};
use crate::lookup::Making;
use crate::operations::{ANSWER, EVENT, LEAVE, Leave, MESSAGE, RECEIPT, foreign_request};
use crate::settings::Prepared;
use crate::wire::api::{Conversation as WireConversation, OpenMessageNormalizedMessage};
use crate::wire::inbound::ButtonResponse;
use alloc::{format, vec::Vec};
use handover_guest::contract::*;
use handover_guest::http::Status;
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
        _ => Err(foreign_request()),
    }
}

fn post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Delivery, Failure> {
    delivered(try_post(api, endpoint, body)?)
}

/// Posts a body. Looks up the integration again if Genesys does not know it.
fn try_post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Response, Failure> {
    let id = api.integration()?;
    let mut response = api.call(&inbound(&id, endpoint, body)?)?;
    if Status::of(&response) == Status::NotFound {
        // The integration may have been created again since its id was cached, or Genesys is still creating it.
        let integration = api.look_up_integration()?;
        if integration.id != id {
            response = api.call(&inbound(&integration.id, endpoint, body)?)?;
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
    let answer = json::read::<OpenMessageNormalizedMessage<'_>>(&response.body).unwrap_or_default();
    Ok(outbound::delivered(answer.id.get(), answer.conversation_id.get()))
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
    let answer: Answer<'_> = json::read(body).ok_or_else(foreign_request)?;
    let text = TextMessage { channel: answer.channel, text: &answer.button_response.text };
    let text = serde_json::to_vec(&text).map_err(|_| foreign_request())?;
    post(api, POST_MESSAGE, &text)
}

/// The parts of an answer that its text message needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow)]
    channel: &'a RawValue,
    #[serde(borrow)]
    button_response: ButtonResponse<'a>,
}

#[derive(Serialize)]
struct TextMessage<'a> {
    channel: &'a RawValue,
    text: &'a str,
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
    let leave: Leave<'_> = json::read(body).ok_or_else(foreign_request)?;
    let response = api.call(&Call::get_conversation(&leave.conversation_id)?)?;
    let post_farewell = |api: &mut Api<'_, _>| post(api, POST_MESSAGE, leave.otherwise.as_bytes());
    if Status::of(&response) == Status::Forbidden {
        return post_farewell(api);
    }
    let response = accepted(response, Kind::Reads)?;
    let conversation: WireConversation<'_> = read(&response)?;
    let done = || outbound::delivered(None, Some(&leave.conversation_id));
    let customers: Vec<_> =
        conversation.participants.objects().filter(|participant| participant.is_customer()).collect();
    if customers.is_empty() {
        return Err(unreadable("the conversation has no customer"));
    }
    for customer in customers.into_iter().filter(|customer| !customer.has_left()) {
        let id = customer.id.get().ok_or_else(|| unreadable("the customer has no id"))?;
        let response = api.call(&Call::disconnect(&leave.conversation_id, id)?)?;
        if Status::of(&response) == Status::Forbidden {
            return post_farewell(api);
        }
        accepted(response, Kind::Changes)?;
    }
    Ok(done())
}
