//! Delivers built requests.

use crate::api::{Api, Call, Kind, accepted, garbled, read, segment};
use crate::contract::*;
use crate::imports::Imports;
use crate::lookup::Making;
use crate::outbound::{ANSWER, EVENT, LEAVE, Leave, MESSAGE, RECEIPT};
use crate::wire::api::{Conversation as WireConversation, OpenMessageNormalizedMessage, Participant};
use crate::wire::inbound::ButtonResponse;
use crate::wire::json;
use alloc::{format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Only with the prefetch does the answer tell the conversation.
const POST_MESSAGE: &str = "message?prefetchConversationId=true";

/// Delivers one request; the same bytes as often as the host tries.
///
/// # Errors
/// Whether to try again, to mend the credentials, or never to try again.
pub fn deliver(
    imports: &mut impl Imports,
    settings: &[Setting],
    request: &ProviderRequest,
) -> Result<Delivery, Failure> {
    let mut api = Api::new(imports, settings)?;
    match request.operation.as_str() {
        MESSAGE => post(&mut api, POST_MESSAGE, &request.body),
        EVENT => post(&mut api, "event", &request.body),
        ANSWER => answer(&mut api, &request.body),
        RECEIPT => receipt(&mut api, &request.body),
        LEAVE => leave(&mut api, &request.body),
        _ => Err(foreign()),
    }
}

fn post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Delivery, Failure> {
    taken(try_post(api, endpoint, body)?)
}

/// What Genesys says to it, after the integration was looked up again if it did not know it.
fn try_post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Response, Failure> {
    let id = api.integration()?;
    let mut response = api.call(&inbound(&id, endpoint, body)?)?;
    if response.status == 404 {
        // Somebody may have made the integration anew since its id was looked up, or it is still being made.
        let integration = api.look_up_integration()?;
        if integration.id != id {
            response = api.call(&inbound(&integration.id, endpoint, body)?)?;
        }
        if response.status == 404 && integration.making() == Making::UnderWay {
            return Err(Failure::Retry(RetryAdvice {
                cause: RetryCause::NotReady,
                after_seconds: None,
                may_have_arrived: false,
                message: "Genesys is still making the integration".into(),
            }));
        }
    }
    Ok(response)
}

fn taken(response: Response) -> Result<Delivery, Failure> {
    let response = accepted(response, Kind::Changes)?;
    // It has been taken, whatever the answer looks like.
    let answer = json::<OpenMessageNormalizedMessage<'_>>(&response.body).unwrap_or_default();
    Ok(Delivery {
        message_id: answer.id.get().map(String::from),
        conversation_id: answer.conversation_id.get().map(String::from),
    })
}

/// Says in words what was pressed where Genesys does not take the answer as what it is: not there, or not for a message
/// of this kind.
fn answer(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let response = try_post(api, "structured/response", body)?;
    if !matches!(response.status, 400 | 404 | 405 | 501) {
        return taken(response);
    }
    let answer: Answer<'_> = json(body).ok_or_else(foreign)?;
    let words = Words { channel: answer.channel, text: &answer.button_response.text };
    let words = serde_json::to_vec(&words).map_err(|_| foreign())?;
    post(api, POST_MESSAGE, &words)
}

/// What of an answer is needed to say it in words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow)]
    channel: &'a RawValue,
    #[serde(borrow)]
    button_response: ButtonResponse<'a>,
}

#[derive(Serialize)]
struct Words<'a> {
    channel: &'a RawValue,
    text: &'a str,
}

/// A receipt for a message that Genesys does not know is told it once: no other integration would know the message.
fn receipt(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let id = api.integration()?;
    taken(api.call(&inbound(&id, "receipt", body)?)?)
}

pub(crate) fn foreign() -> Failure {
    Failure::Permanent("this provider did not build the request".into())
}

fn inbound(integration: &str, endpoint: &str, body: &[u8]) -> Result<Call, Failure> {
    let path = format!("/api/v2/conversations/messages/{}/inbound/open/{endpoint}", segment(integration)?);
    Ok(Call::post(path, body.to_vec()))
}

/// Open Messaging knows no message that ends a conversation; the customer's participant is disconnected instead.
fn leave(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let leave: Leave<'_> = json(body).ok_or_else(foreign)?;
    let path = format!("/api/v2/conversations/messages/{}", segment(&leave.conversation_id)?);
    let response = api.call(&Call::get(path))?;
    let say = |api: &mut Api<'_, _>| post(api, POST_MESSAGE, leave.otherwise.as_bytes());
    if response.status == 403 {
        return say(api);
    }
    let response = accepted(response, Kind::Reads)?;
    let conversation: WireConversation<'_> = read(&response)?;
    let done = || Delivery { message_id: None, conversation_id: Some(leave.conversation_id.clone().into_owned()) };
    let customers: Vec<_> = conversation.participants.objects().filter(|p| is_customer(p)).collect();
    if customers.is_empty() {
        return Err(garbled("the conversation has no customer"));
    }
    for customer in customers.into_iter().filter(|customer| !has_ended(customer)) {
        let id = customer.id.get().ok_or_else(|| garbled("the customer has no id"))?;
        let response = api.call(&disconnect(&leave.conversation_id, id)?)?;
        if response.status == 403 {
            return say(api);
        }
        accepted(response, Kind::Changes)?;
    }
    Ok(done())
}

/// Disconnects a participant ("Conversations API", `PATCH …/participants/{participantId}`).
pub(crate) fn disconnect(conversation: &str, participant: &str) -> Result<Call, Failure> {
    let (conversation, participant) = (segment(conversation)?, segment(participant)?);
    let path = format!("/api/v2/conversations/messages/{conversation}/participants/{participant}");
    Ok(Call::patch(path, br#"{"state":"disconnected"}"#.to_vec()))
}

pub(crate) fn is_customer(participant: &Participant<'_>) -> bool {
    matches!(participant.purpose.get(), Some("customer" | "external"))
}

pub(crate) fn has_ended(participant: &Participant<'_>) -> bool {
    matches!(participant.state.get(), Some("disconnected" | "terminated"))
}
