//! Fetches the agents' messages of a conversation, so that a lost webhook loses no message.
//!
//! Each message has the event that its webhook would have, with the same id (Conversations API,
//! `POST /api/v2/conversations/messages/{conversationId}/messages/bulk`).

use crate::api::{Api, Kind, accepted, get_conversation, read, read_messages, unreadable};
use crate::events::fetched_message;
use crate::ids::conversation_id;
use crate::settings::{Prepared, Thread};
use crate::wire::api::{Conversation as WireConversation, MessageData, Participant};
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use genesys_cloud::wire::Page;
use handover_guest::{contract::*, imports::Imports, time};

/// The maximum number of messages that are read, newest first: those of the customer count too.
const MAX_MESSAGES: usize = 1_000;
/// The number of messages that one request reads. Hosts limit the size of a response.
const MESSAGES_PER_REQUEST: usize = 200;

/// Returns the agents' messages of a conversation as events, oldest first.
///
/// # Errors
/// The failure, classified by what the caller can do about it, as in the contract.
pub fn fetch(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    let Some(id) = conversation_id(conversation) else {
        return Err(Failure::Permanent("the id of the conversation is not known yet".into()));
    };
    let policy = settings.events()?;
    let mut api = Api::new(imports, settings)?;
    let mut events = Vec::new();
    for ids in message_ids(&mut api, id)?.chunks(MESSAGES_PER_REQUEST) {
        let response = accepted(api.call(&read_messages(id, ids)?)?, Kind::Reads)?;
        let document = read(&response)?;
        let messages = Page::of(document.root()).entities().map(MessageData::of);
        events.extend(messages.filter_map(|message| fetched_message(&policy, message)));
        if !document.is_clear() {
            return Err(unreadable("the messages have a member without a clear meaning"));
        }
    }
    events.sort_by_key(|event| event.time);
    let events = events.into_iter().map(|event| AgentEvent {
        recipient: Some(conversation.recipient.clone()),
        handover: (policy.thread == Thread::PerHandover).then_some(conversation.handover),
        conversation_id: Some(id.into()),
        ..event
    });
    Ok(events.collect())
}

/// Returns Genesys's ids of the newest messages. Genesys does not document which participant lists an agent's messages,
/// so those of all participants are read.
fn message_ids(api: &mut Api<'_, impl Imports>, conversation: &str) -> Result<Vec<String>, Failure> {
    let response = accepted(api.call(&get_conversation(conversation)?)?, Kind::Reads)?;
    let document = read(&response)?;
    let messages = WireConversation::of(document.root()).participants().flat_map(Participant::messages);
    let dated =
        messages.filter_map(|message| Some((message.message_time().and_then(time::parse), message.message_id()?)));
    let mut dated: Vec<_> = dated.collect();
    if !document.is_clear() {
        return Err(unreadable("the conversation has a member without a clear meaning"));
    }
    dated.sort_by_key(|(time, _)| *time);
    // Several participants may list the same message.
    let mut known = BTreeSet::new();
    dated.retain(|(_, id)| known.insert(*id));
    let oldest = dated.len().saturating_sub(MAX_MESSAGES);
    Ok(dated.into_iter().skip(oldest).map(|(_, id)| String::from(id)).collect())
}
