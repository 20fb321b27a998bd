//! Requests for a call by telephone.

use super::fields::{given, is_phone_number};
use super::request::request;
use super::routing::{priority, skills};
use crate::operations::{CALLBACK, Callback, CallbackData};
use crate::settings::MessagePolicy;
use alloc::{string::ToString, vec, vec::Vec};
use handover_guest::contract::*;
use handover_guest::outbound::invalid;
use handover_guest::time;

/// Builds the request for a call.
pub(super) fn callback(
    policy: &MessagePolicy<'_>,
    conversation: &Conversation,
    outbound: &Outbound,
    wanted: &CallbackRequest,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let phone = wanted.phone.trim();
    if !is_phone_number(phone) {
        return Err(invalid(
            "callback.phone",
            "a number in international format: +, the country code and the number, at most 15 digits",
        ));
    }
    let (routing, settings) = (&wanted.routing, &policy.attributes);
    let queue = given(&routing.queue);
    if queue.or(settings.queue).is_none() {
        return Err(invalid("callback.routing.queue", "a queue, because the settings name none"));
    }
    // Everyone at the contact center sees participant data.
    if wanted.attributes.iter().any(|attribute| attribute.confidential) {
        return Err(invalid("callback.attributes", "attributes that are not confidential"));
    }
    let time = wanted.time.filter(|time| *time > outbound.time);
    let time =
        time.map(|time| time::format(time).ok_or_else(|| invalid("callback.time", "a time before the year 10000")));
    let priority = priority(routing, "callback.routing")?.map(i64::from).or(settings.priority);
    let data = wanted.attributes.iter().map(|attribute| (attribute.key.trim(), attribute.value.as_str()));
    let callback = Callback {
        phone,
        name: given(&wanted.name),
        time: time.transpose()?,
        queue,
        // Those of the settings are names that the flow understands, not names of Genesys's.
        language: given(&routing.language),
        skills: skills(routing),
        priority: priority.map(|priority| priority.to_string()),
        data: data.filter(|(key, _)| !key.is_empty()).map(|(key, value)| CallbackData { key, value }).collect(),
    };
    Ok(vec![request(conversation, &outbound.id, CALLBACK, &callback)?])
}
