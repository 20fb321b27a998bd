//! What the flow is told: participant data for routing and for the agent.

use super::{given, invalid, is_visible};
use crate::contract::*;
use crate::copilot;
use crate::settings::MessagePolicy;
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::ops::RangeInclusive;

/// Routing API, `RoutingConversationAttributesRequest.priority`.
const PRIORITIES: RangeInclusive<i32> = -25_000_000..=25_000_000;

/// The attributes of a handover; the last word has the platform, then the operator.
pub(super) fn attributes(
    policy: &MessagePolicy,
    conversation: &Conversation,
    start: &HandoverStart,
) -> Result<BTreeMap<String, String>, Unsupported> {
    let settings = &policy.attributes;
    let mut attributes = BTreeMap::new();
    let mut tell = |key: &str, value: &str| attributes.insert(key.to_string(), value.to_string());

    let user = given(&start.user_id).unwrap_or(&conversation.recipient);
    tell("userId", user);
    if let Some(copilot) = &policy.copilot {
        let session = given(&start.session_id).unwrap_or(&conversation.recipient);
        tell("copilotUrl", &copilot::link(copilot, session, user));
    }
    if let Some(queue) = given(&start.routing.queue).or(settings.queue.as_deref()) {
        // Flows in use read `queueId` and find the queue by it; a name is given under its own key besides.
        tell("queueId", queue);
        if !is_uuid(queue) {
            tell("queueName", queue);
        }
    }
    if let Some(language) = given(&start.routing.language).or(settings.language.as_deref()) {
        tell("myLanguage", language);
    }
    let wanted: Vec<_> =
        start.routing.skills.iter().map(|skill| skill.trim()).filter(|skill| is_visible(skill)).collect();
    if wanted.iter().any(|skill| skill.contains(',')) {
        return Err(invalid("start.routing.skills", "skills without a comma, which separates them in mySkills"));
    }
    let skills = if wanted.is_empty() { settings.skills.join(",") } else { wanted.join(",") };
    if !skills.is_empty() {
        tell("mySkills", &skills);
    }
    if start.routing.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
        return Err(invalid("start.routing.priority", "a number from -25000000 to 25000000"));
    }
    if let Some(priority) = start.routing.priority.map(|priority| priority.to_string()).or(settings.priority.clone()) {
        tell("priority", &priority);
    }
    let own = settings.own.iter().map(|(key, value)| (key.as_str(), value));
    // Blanks around a key come from forms and templates; no flow asks for them.
    for (key, value) in own
        .chain(start.attributes.iter().map(|attribute| (attribute.key.trim(), &attribute.value)))
        .filter(|(key, _)| !key.is_empty())
    {
        if key == "queueId" {
            // The name is that of the queue which was overridden.
            attributes.remove("queueName");
        }
        attributes.insert(key.into(), value.clone());
    }
    Ok(attributes)
}

/// Whether what was entered as the queue is its id rather than its name.
#[must_use]
pub fn is_uuid(queue: &str) -> bool {
    queue.len() == 36
        && queue
            .char_indices()
            .all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_of_queues_are_told_apart() {
        assert!(is_uuid("d59d0280-1111-4222-8333-444444444444"));
        for name in ["Support", "d59d0280-1111-4222-8333-44444444444g", "d59d028001111-4222-8333-444444444444", ""] {
            assert!(!is_uuid(name), "{name}");
        }
    }
}
