//! The topics of the notification service and their permissions. No I/O.

use crate::config::DetailTopic;
use crate::config::Permission;
use crate::delivery::detail_events::topic_name;
use crate::state::conversations::Conversation;
use crate::state::tokens::Caller;

/// Why a subscription to a topic is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// There is no such topic. Unconfirmed: Genesys Cloud rejects the topic, not the whole request.
    Unknown,
    /// The client's roles do not grant this permission.
    Missing(Permission),
}

/// Checks whether `caller` may subscribe to `topic`. The conversation, queue or user need not exist. With
/// `needs_permission`, detail events require a permission. Unconfirmed: which topics require which permission.
pub(crate) fn check(topic: &str, caller: &Caller, needs_permission: bool) -> Result<(), Rejection> {
    if is_detail_topic(topic) {
        let permission = Permission::ConversationDetailView;
        let is_missing = needs_permission && caller.require(permission).is_err();
        return if is_missing { Err(Rejection::Missing(permission)) } else { Ok(()) };
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

/// Returns the topics that publish the whole conversation. Unconfirmed: the topic of the conversation itself.
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
