//! Delivers built requests.

use crate::api::{Api, Call, accepted, encode, read};
use crate::contract::*;
use crate::imports::Imports;
use crate::outbound::{EVENT, LEAVE, Leave, MESSAGE};
use crate::wire::api::{Conversation as WireConversation, OpenMessageNormalizedMessage, Participant};
use alloc::{format, string::String, vec::Vec};

/// Delivers one request; the same bytes as often as the host tries.
pub(crate) fn deliver(
    imports: &mut impl Imports,
    settings: &[Setting],
    request: &ProviderRequest,
) -> Result<Delivery, Failure> {
    let mut api = Api::new(imports, settings)?;
    match request.operation.as_str() {
        // Only with the prefetch does the answer tell the conversation.
        MESSAGE => post(&mut api, "message?prefetchConversationId=true", &request.body),
        EVENT => post(&mut api, "event", &request.body),
        LEAVE => leave(&mut api, &request.body),
        _ => Err(Failure::Never("this provider did not build the request".into())),
    }
}

fn post(api: &mut Api<'_, impl Imports>, endpoint: &str, body: &[u8]) -> Result<Delivery, Failure> {
    let integration = api.integration()?;
    let mut response = api.call(&inbound(&integration, endpoint, body))?;
    if response.status == 404 {
        // Somebody may have made the integration anew since its id was looked up.
        api.forget_integration();
        let again = api.integration()?;
        if again != integration {
            response = api.call(&inbound(&again, endpoint, body))?;
        }
    }
    let response = accepted(response, true)?;
    // It has been taken, whatever the answer looks like.
    let answer = serde_json::from_slice::<OpenMessageNormalizedMessage<'_>>(&response.body).unwrap_or_default();
    Ok(Delivery {
        message: answer.id.get().map(String::from),
        conversation: answer.conversation_id.get().map(String::from),
    })
}

fn inbound(integration: &str, endpoint: &str, body: &[u8]) -> Call {
    Call::post(format!("/api/v2/conversations/messages/{}/inbound/open/{endpoint}", encode(integration)), body.to_vec())
}

/// Open Messaging knows no message that ends a conversation; the customer's participant is disconnected instead.
fn leave(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<Delivery, Failure> {
    let leave: Leave<'_> =
        serde_json::from_slice(body).map_err(|_| Failure::Never("this provider did not build the request".into()))?;
    let path = format!("/api/v2/conversations/messages/{}", encode(&leave.conversation_id));
    let response = accepted(api.call(&Call::get(path.clone()))?, false)?;
    let conversation: WireConversation<'_> = read(&response)?;
    let done = || Delivery { message: None, conversation: Some(leave.conversation_id.clone().into_owned()) };
    let live: Vec<_> = conversation
        .participants
        .objects()
        .filter(|participant| is_customer(participant) && !has_ended(participant))
        .filter_map(|participant| participant.id.get())
        .collect();
    for id in live {
        let call = Call::patch(format!("{path}/participants/{}", encode(id)), br#"{"state":"disconnected"}"#.to_vec());
        let response = api.call(&call)?;
        if response.status == 403 {
            return post(api, "message?prefetchConversationId=true", leave.otherwise.as_bytes());
        }
        accepted(response, true)?;
    }
    Ok(done())
}

fn is_customer(participant: &Participant<'_>) -> bool {
    matches!(participant.purpose.get(), Some("customer" | "external"))
}

pub(crate) fn has_ended(participant: &Participant<'_>) -> bool {
    matches!(participant.state.get(), Some("disconnected" | "terminated"))
}
