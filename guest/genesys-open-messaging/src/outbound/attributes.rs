//! Participant data for the flow's routing and for the agent.

use super::fields::{clipped, given};
use super::routing;
use crate::copilot;
use crate::settings::MessagePolicy;
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
};
use genesys_cloud::ids::is_uuid;
use handover_guest::contract::*;
use handover_guest::outbound::invalid;

/// The maximum length of a summary in participant data. Genesys documents no limit for Open Messaging; other channels allow
/// about 2 kB for all participant data of a message.
const MAX_SUMMARY_CHARACTERS: usize = 1000;

/// Returns the attributes of a handover. The platform's override the operator's.
pub(super) fn attributes(
    policy: &MessagePolicy<'_>,
    conversation: &Conversation,
    start: &HandoverStart,
) -> Result<BTreeMap<String, String>, Unsupported> {
    let settings = &policy.attributes;
    let mut attributes = BTreeMap::new();
    let mut set = |key: &str, value: &str| attributes.insert(key.to_string(), value.to_string());

    let user = given(&start.user_id).unwrap_or(&conversation.recipient);
    set("userId", user);
    if let Some(copilot) = &policy.copilot {
        let session = given(&start.session_id).unwrap_or(&conversation.recipient);
        set("copilotUrl", &copilot::link(copilot, session, user));
    }
    if let Some(queue) = given(&start.routing.queue).or(settings.queue) {
        // Existing flows look up the queue by `queueId`. A name is also set as `queueName`.
        set("queueId", queue);
        if !is_uuid(queue) {
            set("queueName", queue);
        }
    }
    if let Some(language) = given(&start.routing.language).or(settings.language) {
        set("myLanguage", language);
    }
    let wanted = routing::skills(&start.routing);
    if wanted.iter().any(|skill| skill.contains(',')) {
        return Err(invalid("start.routing.skills", "skills without a comma, which separates them in mySkills"));
    }
    let skills = if wanted.is_empty() { settings.skills.join(",") } else { wanted.join(",") };
    if !skills.is_empty() {
        set("mySkills", &skills);
    }
    if let Some(priority) = routing::priority(&start.routing, "start.routing")?.map(i64::from).or(settings.priority) {
        set("priority", &priority.to_string());
    }
    if let Some(summary) = given(&start.summary).filter(|_| policy.summary.is_attribute()) {
        set("summary", &clipped(summary, MAX_SUMMARY_CHARACTERS));
    }
    // Everyone at the contact center sees participant data.
    if start.attributes.iter().any(|attribute| attribute.confidential) {
        return Err(invalid(
            "start.attributes",
            "attributes that are not confidential; record the others with annotate",
        ));
    }
    let own = settings.own.iter().copied();
    // Forms and templates may add spaces around a key.
    for (key, value) in own
        .chain(start.attributes.iter().map(|attribute| (attribute.key.trim(), attribute.value.as_str())))
        .filter(|(key, _)| !key.is_empty())
    {
        if key == "queueId" {
            // The name is that of the queue that this attribute overrides.
            attributes.remove("queueName");
        }
        attributes.insert(key.into(), value.into());
    }
    Ok(attributes)
}
