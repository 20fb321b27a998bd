//! Ids of Genesys's objects.

use handover_guest::contract::Conversation;

/// Returns the id of a conversation, if it is known.
pub(crate) fn conversation_id(conversation: &Conversation) -> Option<&str> {
    conversation.id.as_deref().filter(|id| !id.is_empty())
}
