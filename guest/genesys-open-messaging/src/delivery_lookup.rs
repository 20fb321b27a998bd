//! Looks up whether a built request arrived.
//!
//! Genesys may accept a message twice (unconfirmed). A message whose outcome is unknown is therefore looked up among
//! the messages of the conversation, by the id that the platform gave it.

use crate::api::{Api, Kind, accepted, get_conversation, read, read_messages, unreadable};
use crate::ids::conversation_id;
use crate::operations::{
    AGENTLESS, ANSWER, BuiltChannel, BuiltLeave, BuiltMessage, CALLBACK, EVENT, LEAVE, MESSAGE, PARTICIPANT_ATTRIBUTES,
    RECEIPT, ROUTING, SECURE_ATTRIBUTES, SURVEY, TAGS, TRANSFER, foreign_request,
};
use crate::settings::Prepared;
use crate::wire::api::{Conversation as WireConversation, MessageChannel, MessageData, NormalizedMessage, Participant};
use alloc::vec::Vec;
use genesys_cloud::wire::Page;
use handover_guest::contract::*;
use handover_guest::http::Status;
use handover_guest::imports::Imports;
use handover_guest::json;
use handover_guest::outbound::delivered;
use handover_guest::time;

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
        // A repetition changes nothing.
        TRANSFER | ROUTING | TAGS | SECURE_ATTRIBUTES | PARTICIPANT_ATTRIBUTES => Ok(DeliveryStatus::NotDelivered),
        // Genesys stores neither events nor receipts, and has no call that finds
        // a callback, an agentless message or the link of a survey.
        EVENT | RECEIPT | AGENTLESS | CALLBACK | SURVEY => Ok(DeliveryStatus::Unknown),
        _ => Err(foreign_request()),
    }
}

fn find_message(api: &mut Api<'_, impl Imports>, id: &str, body: &[u8]) -> Result<DeliveryStatus, Failure> {
    let built = json::read(body).ok_or_else(foreign_request)?;
    let wanted = message_id(&built)?;
    let Some(response) = conversation(api, id)? else { return Ok(DeliveryStatus::Unknown) };
    let document = read(&response)?;
    let seen = WireConversation::of(document.root());
    if customers(seen).next().is_none() {
        return Err(unreadable("the conversation has no customer"));
    }
    match certain(&document, among(api, id, seen, wanted)?)? {
        // A message to a conversation that ended may have started another one.
        DeliveryStatus::NotDelivered if seen.participants().filter(|p| !p.is_silent()).all(Participant::has_left) => {
            Ok(DeliveryStatus::Unknown)
        }
        status => Ok(status),
    }
}

/// Returns the platform's id of a built message.
fn message_id<'d>(built: &'d json::Document<'_>) -> Result<&'d str, Failure> {
    let channel = BuiltMessage::of(built.root()).channel();
    channel.and_then(BuiltChannel::message_id).ok_or_else(foreign_request)
}

/// Returns whether the user left: the customer is disconnected, or the farewell arrived.
fn find_leave(api: &mut Api<'_, impl Imports>, body: &[u8]) -> Result<DeliveryStatus, Failure> {
    let built = json::read(body).ok_or_else(foreign_request)?;
    let leave = BuiltLeave::of(built.root());
    let (id, otherwise) = leave.conversation_id().zip(leave.otherwise()).ok_or_else(foreign_request)?;
    let farewell = json::read(otherwise.as_bytes()).ok_or_else(foreign_request)?;
    let wanted = message_id(&farewell)?;
    let Some(response) = conversation(api, id)? else { return Ok(DeliveryStatus::Unknown) };
    let document = read(&response)?;
    let seen = WireConversation::of(document.root());
    let mut customers = customers(seen).peekable();
    if customers.peek().is_none() {
        return Err(unreadable("the conversation has no customer"));
    }
    if customers.all(Participant::has_left) {
        return Ok(DeliveryStatus::Delivered(delivered(None, Some(id))));
    }
    certain(&document, among(api, id, seen, wanted)?)
}

/// Fails instead of reporting a message as not delivered if a value of the response has no clear meaning.
fn certain(response: &json::Document<'_>, status: DeliveryStatus) -> Result<DeliveryStatus, Failure> {
    match status {
        DeliveryStatus::NotDelivered if !response.is_clear() => {
            Err(unreadable("the response has a member without a clear meaning"))
        }
        status => Ok(status),
    }
}

/// Reads a conversation. Returns `None` if it does not exist or the OAuth client may not see it.
fn conversation(api: &mut Api<'_, impl Imports>, id: &str) -> Result<Option<Response>, Failure> {
    let response = api.call(&get_conversation(id)?)?;
    visible(response)
}

fn visible(response: Response) -> Result<Option<Response>, Failure> {
    if [Status::Forbidden, Status::NotFound].contains(&Status::of(&response)) {
        return Ok(None);
    }
    accepted(response, Kind::Reads).map(Some)
}

fn customers(seen: WireConversation<'_>) -> impl Iterator<Item = Participant<'_>> {
    seen.participants().filter(|participant| participant.is_customer())
}

/// Returns whether one of the customer's messages has the platform's id `wanted`.
fn among(
    api: &mut Api<'_, impl Imports>,
    id: &str,
    seen: WireConversation<'_>,
    wanted: &str,
) -> Result<DeliveryStatus, Failure> {
    let messages = customers(seen).flat_map(Participant::messages);
    let mut messages: Vec<_> = messages
        .filter_map(|message| Some((message.message_time().and_then(time::parse), message.message_id()?)))
        .collect();
    // Of several messages without a time, the last one counts as the newest.
    messages.reverse();
    messages.sort_by_key(|(time, _)| core::cmp::Reverse(*time));
    messages.truncate(MAX_MESSAGES);
    let ids: Vec<&str> = messages.into_iter().map(|(_, id)| id).collect();
    if ids.is_empty() {
        return Ok(DeliveryStatus::NotDelivered);
    }
    let Some(response) = visible(api.call(&read_messages(id, &ids)?)?)? else { return Ok(DeliveryStatus::Unknown) };
    let document = read(&response)?;
    let mut messages = Page::of(document.root()).entities().map(MessageData::of).peekable();
    let is_wanted = |message: &MessageData<'_>| {
        let channel = message.normalized_message().and_then(NormalizedMessage::channel);
        [message.provider_message_id(), channel.and_then(MessageChannel::message_id)].contains(&Some(wanted))
    };
    if messages.peek().is_none() {
        return Err(unreadable("none of the conversation's messages is there"));
    }
    let found = messages.find(is_wanted).map(|message| DeliveryStatus::Delivered(delivered(message.id(), Some(id))));
    certain(&document, found.unwrap_or(DeliveryStatus::NotDelivered))
}
