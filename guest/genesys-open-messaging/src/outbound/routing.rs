//! The routing that the platform requests: of a user who is waiting, and the parts that every message with a routing shares.

use super::fields::given;
use super::request::request;
use crate::ids::conversation_id;
use crate::operations::{ROUTING, RoutingChange, TRANSFER, Transfer};
use alloc::{format, string::ToString, vec::Vec};
use core::ops::RangeInclusive;
use handover_guest::contract::*;
use handover_guest::outbound::{invalid, is_visible, part_key};

/// The valid priorities (Routing API, `RoutingConversationAttributesRequest.priority`).
const PRIORITIES: RangeInclusive<i32> = -25_000_000..=25_000_000;

/// Builds the change of the queue, then that of the other attributes. Each may be repeated without harm.
pub(super) fn reroute(
    conversation: &Conversation,
    outbound: &Outbound,
    routing: &Routing,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let (queue, language) = (given(&routing.queue), given(&routing.language));
    let (priority, skills) = (priority(routing, "reroute")?, skills(routing));
    let changes_attributes = language.is_some() || priority.is_some() || !skills.is_empty();
    if queue.is_none() && !changes_attributes {
        return Err(invalid("reroute", "a queue, a language, a skill or a priority"));
    }
    let conversation_id = conversation_id(conversation).ok_or(Unsupported::NoConversation)?;
    let mut requests = Vec::new();
    if let Some(queue) = queue {
        requests.push(request(conversation, &outbound.id, TRANSFER, &Transfer { conversation_id, queue })?);
    }
    if changes_attributes {
        let key = part_key(outbound, u32::from(queue.is_some()));
        let priority = priority.map(|priority| priority.to_string());
        let change = RoutingChange { conversation_id, priority, skills, language };
        requests.push(request(conversation, &key, ROUTING, &change)?);
    }
    Ok(requests)
}

/// Returns the requested skills.
pub(super) fn skills(routing: &Routing) -> Vec<&str> {
    routing.skills.iter().map(|skill| skill.trim()).filter(|skill| is_visible(skill)).collect()
}

/// Returns the requested priority. `at` is the path of the routing in the message.
pub(super) fn priority(routing: &Routing, at: &str) -> Result<Option<i32>, Unsupported> {
    if routing.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
        return Err(invalid(&format!("{at}.priority"), "a number from -25000000 to 25000000"));
    }
    Ok(routing.priority)
}
