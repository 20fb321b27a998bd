//! Maps webhooks and other events of Genesys to agent events.

mod content;
mod conversation;
mod detail;
mod webhook;

pub(crate) use conversation::events as conversation_events;

use crate::settings::EventPolicy;
use crate::wire::detail::{BusEvent, Callback, Notification};
use alloc::{borrow::Cow, vec, vec::Vec};
use detail::Detail;
use handover_guest::contract::*;
use handover_guest::events::{body, ignored};
use handover_guest::json::{Unread, check_grammar, is_list, map_object, object, text};
use serde_json::value::RawValue;
use webhook::Webhook;

/// The maximum number of events in a list. An event bus delivers them one by one.
const MAX_LIST_EVENTS: usize = 500;

/// Maps the bytes of any source.
pub fn map(policy: &EventPolicy<'_>, source: &EventSource) -> Result<Vec<AgentEvent>, MappingError> {
    let text = text(body(source))?;
    match source {
        EventSource::Webhook(_) => map_object(&text, |text| map_webhook(policy, text)),
        EventSource::EventBus(_) => map_objects(&text, |text| map_bus_event(policy, text)),
        EventSource::Trigger(_) => map_objects(&text, |text| map_callback(policy, text)),
        EventSource::Notification(_) => map_object(&text, |text| map_notification(policy, text)),
    }
}

fn map_webhook(policy: &EventPolicy<'_>, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    Ok(Webhook { policy, message: &object(text)?, body: text.as_bytes() }.events())
}

fn map_bus_event(policy: &EventPolicy<'_>, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    let event: BusEvent<'_> = object(text)?;
    // A rule of the bus may forward only the detail.
    match event.detail.object() {
        Some(detail) => map_notification(policy, &detail),
        None => map_notification(policy, text),
    }
}

fn map_callback(policy: &EventPolicy<'_>, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    let callback: Callback<'_> = object(text)?;
    let topic = callback.topic.get().or(callback.topic_name.get()).unwrap_or("");
    let event = callback.event_body.object().unwrap_or(Cow::Borrowed(text));
    Ok(Detail::of_callback(policy, text.as_bytes(), topic, &object(&event)?).events())
}

fn map_notification(policy: &EventPolicy<'_>, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    let notification: Notification<'_> = object(text)?;
    let body = notification.event_body.object();
    let event = body.as_deref().map(object).transpose()?;
    // The envelope differs between deliveries, but its body does not.
    let content = body.as_deref().unwrap_or(text).as_bytes();
    Ok(Detail::new(policy, content, notification.topic_name.get().unwrap_or(""), event.as_ref()).events())
}

/// Maps an object or a list of objects, because an operator's source may collect several. Members of a list that are
/// not objects are ignored.
fn map_objects(
    text: &str,
    map: impl Fn(&str) -> Result<Vec<AgentEvent>, Unread>,
) -> Result<Vec<AgentEvent>, MappingError> {
    if !is_list(text) {
        return map_object(text, map);
    }
    check_grammar(text)?;
    let list: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| MappingError::NotAnObject)?;
    if list.len() > MAX_LIST_EVENTS {
        return Err(MappingError::NotAnObject);
    }
    let events = list.into_iter().map(|member| match map_object(member.get(), &map) {
        Ok(events) => events,
        Err(_) => vec![ignored(member.get().as_bytes(), "a member of a list that is not an object".into())],
    });
    Ok(events.flatten().collect())
}
