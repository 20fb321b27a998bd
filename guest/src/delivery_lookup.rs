//! Whether a built request has arrived.
//!
//! Genesys may take a message again that it has (unconfirmed), so one of which nobody knows is looked for among those of
//! the conversation, by the id that the platform gave it.

use crate::api::{Api, Call, Kind, accepted, garbled, read, segment};
use crate::contract::*;
use crate::delivery::{foreign, has_ended, is_customer};
use crate::imports::Imports;
use crate::outbound::{ANSWER, EVENT, LEAVE, Leave, MESSAGE, RECEIPT, known};
use crate::time;
use crate::wire::api::{Conversation as WireConversation, MessageData, Page, Participant};
use crate::wire::json;
use alloc::{borrow::Cow, format, string::String, vec::Vec};
use serde::Deserialize;

/// Messages looked through at most, the newest. Nothing is sent to the recipient while a request is in doubt.
const MOST: usize = 100;

/// Whether a request has arrived whose delivery came to no answer.
///
/// # Errors
/// Whether to try again, to mend the credentials, or never to try again.
pub fn find(
    imports: &mut impl Imports,
    settings: &[Setting],
    conversation: &Conversation,
    request: &ProviderRequest,
) -> Result<DeliveryStatus, Failure> {
    match request.operation.as_str() {
        MESSAGE | ANSWER => {
            let Some(id) = known(conversation) else { return Ok(DeliveryStatus::Unknown) };
            find_message(&mut Api::new(imports, settings)?, id, &request.body)
        }
        LEAVE => find_leave(&mut Api::new(imports, settings)?, &request.body),
        // Genesys keeps neither.
        EVENT | RECEIPT => Ok(DeliveryStatus::Unknown),
        _ => Err(foreign()),
    }
}

/// Of a message, what it is found by.
#[derive(Deserialize)]
struct Posted<'a> {
    #[serde(borrow)]
    channel: PostedChannel<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedChannel<'a> {
    #[serde(borrow)]
    message_id: Cow<'a, str>,
}

fn find_message(api: &mut Api<'_, impl Imports>, id: &str, body: &[u8]) -> Result<DeliveryStatus, Failure> {
    let posted: Posted<'_> = json(body).ok_or_else(foreign)?;
    let Some(response) = conversation(api, id)? else { return Ok(DeliveryStatus::Unknown) };
    let seen: WireConversation<'_> = read(&response)?;
    if customers(&seen).next().is_none() {
        return Err(garbled("the conversation has no customer"));
    }
    match among(api, id, &seen, &posted.channel.message_id)? {
        // A message to a conversation that is over may have begun another.
        DeliveryStatus::NotDelivered if seen.participants.objects().filter(|p| !p.is_silent()).all(has_ended) => {
            Ok(DeliveryStatus::Unknown)
        }
        status => Ok(status),
    }
}

/// The user has left, by whichever way; or was said to have.
fn find_leave(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<DeliveryStatus, Failure> {
    let leave: Leave<'_> = json(body).ok_or_else(foreign)?;
    let said: Posted<'_> = json(leave.otherwise.as_bytes()).ok_or_else(foreign)?;
    let Some(response) = conversation(api, &leave.conversation_id)? else { return Ok(DeliveryStatus::Unknown) };
    let seen: WireConversation<'_> = read(&response)?;
    let mut customers = customers(&seen).peekable();
    if customers.peek().is_none() {
        return Err(garbled("the conversation has no customer"));
    }
    if customers.all(has_ended) {
        let conversation = Some(leave.conversation_id.into_owned());
        return Ok(DeliveryStatus::Delivered(Delivery { message_id: None, conversation_id: conversation }));
    }
    among(api, &leave.conversation_id, &seen, &said.channel.message_id)
}

/// Missing where it is not known, or not to be seen.
fn conversation(api: &mut Api<'_, impl Imports>, id: &str) -> Result<Option<Response>, Failure> {
    let response = api.call(&Call::get(format!("/api/v2/conversations/messages/{}", segment(id)?)))?;
    visible(response)
}

fn visible(response: Response) -> Result<Option<Response>, Failure> {
    if matches!(response.status, 403 | 404) {
        return Ok(None);
    }
    accepted(response, Kind::Reads).map(Some)
}

fn customers<'s, 'a>(seen: &'s WireConversation<'a>) -> impl Iterator<Item = &'s Participant<'a>> {
    seen.participants.objects().filter(|participant| is_customer(participant))
}

/// Whether one of the customer's messages is the one that the platform calls `wanted`.
fn among(
    api: &mut Api<'_, impl Imports>,
    id: &str,
    seen: &WireConversation<'_>,
    wanted: &str,
) -> Result<DeliveryStatus, Failure> {
    let messages = customers(seen).flat_map(|customer| customer.messages.objects());
    let mut messages: Vec<_> = messages
        .filter_map(|message| Some((message.message_time.get().and_then(time::parse), message.message_id.get()?)))
        .collect();
    // Of those without a time, the last are taken for the newest.
    messages.reverse();
    messages.sort_by_key(|(time, _)| core::cmp::Reverse(*time));
    messages.truncate(MOST);
    let ids: Vec<&str> = messages.into_iter().map(|(_, id)| id).collect();
    if ids.is_empty() {
        return Ok(DeliveryStatus::NotDelivered);
    }
    let path = format!("/api/v2/conversations/messages/{}/messages/bulk", segment(id)?);
    let call = Call::ask(path, serde_json::to_vec(&ids).map_err(|_| foreign())?);
    let Some(response) = visible(api.call(&call)?)? else { return Ok(DeliveryStatus::Unknown) };
    let page: Page<MessageData<'_>> = read(&response)?;
    let is_wanted = |message: &&MessageData<'_>| {
        let channel = message.normalized_message.get().and_then(|normalized| normalized.channel.get());
        let known = [message.provider_message_id.get(), channel.and_then(|channel| channel.message_id.get())];
        known.contains(&Some(wanted))
    };
    if page.entities.objects().next().is_none() {
        return Err(garbled("none of the conversation's messages is there"));
    }
    let found = page.entities.objects().find(is_wanted);
    Ok(found.map_or(DeliveryStatus::NotDelivered, |message| {
        let delivery = Delivery { message_id: message.id.get().map(String::from), conversation_id: Some(id.into()) };
        DeliveryStatus::Delivered(delivery)
    }))
}
