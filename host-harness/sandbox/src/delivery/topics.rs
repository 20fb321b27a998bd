//! Which topics there are, and who may hear them. Pure.

use crate::config::DetailTopic;
use crate::config::Permission;
use crate::delivery::detail_events::topic_name;
use crate::state::conversations::Conversation;
use crate::state::tokens::Caller;

/// Why a topic is not subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// There is no such topic. That Genesys Cloud rejects it rather than the request is unconfirmed.
    Unknown,
    /// The client's roles do not grant this permission.
    Missing(Permission),
}

/// Whether `caller` may subscribe to `topic`. A conversation, queue or user that does not exist is no reason to
/// reject. Which topics need which permission is unconfirmed; here, detail events do.
pub(crate) fn check(topic: &str, caller: &Caller, needs_permission: bool) -> Result<(), Rejection> {
    if is_detail_topic(topic) {
        let permission = Permission::ConversationDetailView;
        let refused = needs_permission && caller.require(permission).is_err();
        return if refused { Err(Rejection::Missing(permission)) } else { Ok(()) };
    }
    let known = [
        ("v2.routing.queues.", ".conversations.messages"),
        ("v2.users.", ".conversations.messages"),
        ("v2.conversations.messages.", ""),
    ]
    .into_iter()
    .any(|(start, end)| id_between(topic, start, end).is_some());
    if known { Ok(()) } else { Err(Rejection::Unknown) }
}

/// The topics under which a conversation is shown as a whole. That of the conversation itself is unconfirmed.
pub(crate) fn conversation_topics(conversation: &Conversation) -> Vec<String> {
    let mut topics = vec![format!("v2.conversations.messages.{}", conversation.id)];
    for participant in &conversation.participants {
        let queue = participant.queue_id.iter().map(|id| format!("v2.routing.queues.{id}.conversations.messages"));
        let user = participant.user_id.iter().map(|id| format!("v2.users.{id}.conversations.messages"));
        topics.extend(queue.chain(user));
    }
    topics.sort();
    topics.dedup();
    topics
}

fn is_detail_topic(topic: &str) -> bool {
    let start = topic_name("", DetailTopic::Acw);
    let start = start.trim_end_matches(".acw");
    DetailTopic::ALL.into_iter().any(|kind| id_between(topic, start, &format!(".{}", kind.name())).is_some())
}

fn id_between<'a>(topic: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let id = topic.strip_prefix(start)?.strip_suffix(end)?;
    (!id.is_empty() && !id.contains('.')).then_some(id)
}
