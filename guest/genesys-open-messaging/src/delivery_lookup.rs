//! Looks up whether a built request arrived.
//!
//! Genesys may accept a message twice (unconfirmed). A message whose outcome is unknown is therefore looked up among
//! the messages of the conversation, by the id that the platform gave it.

use crate::api::{Api, Call, Kind, accepted, read, segment, unreadable};
use crate::ids::conversation_id;
use crate::operations::{ANSWER, EVENT, LEAVE, Leave, MESSAGE, RECEIPT, foreign_request};
use crate::settings::Prepared;
use crate::wire::api::{Conversation as WireConversation, MessageData, Page, Participant};
use alloc::{borrow::Cow, format, vec::Vec};
use handover_guest::contract::*;
use handover_guest::http::Status;
use handover_guest::imports::Imports;
use handover_guest::json;
use handover_guest::outbound::delivered;
use handover_guest::time;
use serde::Deserialize;

/// The maximum number of messages that are looked up in a conversation, newest first. The host sends nothing else to
/// the recipient in the meantime.
const MAX_MESSAGES: usize = 100;

/// Looks up a request whose delivery outcome is unknown.
///
/// # Errors
/// The failure, classified by what the caller can do about it, as in the contract.
pub fn find(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    conversation: &Conversation,
    request: &ProviderRequest,
) -> Result<DeliveryStatus, Failure> {
    match request.operation.as_str() {
        MESSAGE | ANSWER => {
            let Some(id) = conversation_id(conversation) else { return Ok(DeliveryStatus::Unknown) };
            find_message(&mut Api::new(imports, settings)?, id, &request.body)
        }
        LEAVE => find_leave(&mut Api::new(imports, settings)?, &request.body),
        // Genesys stores neither events nor receipts.
        EVENT | RECEIPT => Ok(DeliveryStatus::Unknown),
        _ => Err(foreign_request()),
    }
}

/// The part of a message that identifies it.
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
    let posted: Posted<'_> = json::read(body).ok_or_else(foreign_request)?;
    let Some(response) = conversation(api, id)? else { return Ok(DeliveryStatus::Unknown) };
    let seen: WireConversation<'_> = read(&response)?;
    if customers(&seen).next().is_none() {
        return Err(unreadable("the conversation has no customer"));
    }
    match among(api, id, &seen, &posted.channel.message_id)? {
        // A message to a conversation that ended may have started another one.
        DeliveryStatus::NotDelivered
            if seen.participants.objects().filter(|p| !p.is_silent()).all(Participant::has_left) =>
        {
            Ok(DeliveryStatus::Unknown)
        }
        status => Ok(status),
    }
}

/// Returns whether the user left: the customer is disconnected, or the farewell arrived.
fn find_leave(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<DeliveryStatus, Failure> {
    let leave: Leave<'_> = json::read(body).ok_or_else(foreign_request)?;
    let farewell: Posted<'_> = json::read(leave.otherwise.as_bytes()).ok_or_else(foreign_request)?;
    let Some(response) = conversation(api, &leave.conversation_id)? else { return Ok(DeliveryStatus::Unknown) };
    let seen: WireConversation<'_> = read(&response)?;
    let mut customers = customers(&seen).peekable();
    if customers.peek().is_none() {
        return Err(unreadable("the conversation has no customer"));
    }
    if customers.all(Participant::has_left) {
        return Ok(DeliveryStatus::Delivered(delivered(None, Some(&leave.conversation_id))));
    }
    among(api, &leave.conversation_id, &seen, &farewell.channel.message_id)
}

/// Reads a conversation. Returns `None` if it does not exist or the OAuth client may not see it.
fn conversation(api: &mut Api<'_, impl Imports>, id: &str) -> Result<Option<Response>, Failure> {
    let response = api.call(&Call::get_conversation(id)?)?;
    visible(response)
}

fn visible(response: Response) -> Result<Option<Response>, Failure> {
    if [Status::Forbidden, Status::NotFound].contains(&Status::of(&response)) {
        return Ok(None);
    }
    accepted(response, Kind::Reads).map(Some)
}

fn customers<'s, 'a>(seen: &'s WireConversation<'a>) -> impl Iterator<Item = &'s Participant<'a>> {
    seen.participants.objects().filter(|participant| participant.is_customer())
}

/// Returns whether one of the customer's messages has the platform's id `wanted`.
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
    // Of several messages without a time, the last one counts as the newest.
    messages.reverse();
    messages.sort_by_key(|(time, _)| core::cmp::Reverse(*time));
    messages.truncate(MAX_MESSAGES);
    let ids: Vec<&str> = messages.into_iter().map(|(_, id)| id).collect();
    if ids.is_empty() {
        return Ok(DeliveryStatus::NotDelivered);
    }
    let path = format!("/api/v2/conversations/messages/{}/messages/bulk", segment(id)?);
    let call = Call::query(path, serde_json::to_vec(&ids).map_err(|_| foreign_request())?);
    let Some(response) = visible(api.call(&call)?)? else { return Ok(DeliveryStatus::Unknown) };
    let page: Page<MessageData<'_>> = read(&response)?;
    let is_wanted = |message: &&MessageData<'_>| {
        let channel = message.normalized_message.get().and_then(|normalized| normalized.channel.get());
        let known = [message.provider_message_id.get(), channel.and_then(|channel| channel.message_id.get())];
        known.contains(&Some(wanted))
    };
    if page.entities.objects().next().is_none() {
        return Err(unreadable("none of the conversation's messages is there"));
    }
    let found = page.entities.objects().find(is_wanted);
    Ok(found.map_or(DeliveryStatus::NotDelivered, |message| {
        DeliveryStatus::Delivered(delivered(message.id.get(), Some(id)))
    }))
}
