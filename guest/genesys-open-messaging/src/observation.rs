//! Polls a conversation.
//!
//! Genesys's webhook does not report when an agent joins or when the conversation ends. The conversation's participants
//! show both ("Conversation object" of the Conversations API).

use crate::api::{Api, Kind, accepted, get_conversation, read, unreadable};
use crate::events::conversation_events;
use crate::ids::conversation_id;
use crate::settings::{Prepared, Thread};
use crate::wire::api::Conversation as WireConversation;
use alloc::vec::Vec;
use handover_guest::{contract::*, imports::Imports};

/// Returns the current state of a conversation as events.
///
/// # Errors
/// The failure, classified by what the caller can do about it, as in the contract.
pub fn observe(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    let Some(id) = conversation_id(conversation) else {
        return Err(Failure::Permanent("the id of the conversation is not known yet".into()));
    };
    let mut api = Api::new(imports, settings)?;
    let response = accepted(api.call(&get_conversation(id)?)?, Kind::Reads)?;
    let policy = settings.events()?;
    let document = read(&response)?;
    let participants = WireConversation::of(document.root()).participants();
    let events = conversation_events(&policy.agent, id, participants);
    if !document.is_clear() {
        return Err(unreadable("the conversation has a member without a clear meaning"));
    }
    let events = events.into_iter().map(|event| AgentEvent {
        recipient: Some(conversation.recipient.clone()),
        handover: (policy.thread == Thread::PerHandover).then_some(conversation.handover),
        ..event
    });
    Ok(events.collect())
}
