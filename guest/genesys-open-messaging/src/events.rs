//! Maps webhooks and other events of Genesys to agent events.

mod content;
mod conversation;
mod detail;
mod webhook;

pub(crate) use conversation::events as conversation_events;

use crate::settings::EventPolicy;
use crate::wire::api::MessageData;
use crate::wire::detail::{BusEvent, Callback, EventBody, Notification};
use alloc::{vec, vec::Vec};
use detail::Detail;
use handover_guest::contract::*;
use handover_guest::events::{body, ignored};
use handover_guest::json::{Document, Embedded, Object, map_object, map_text, text};
use webhook::Webhook;

/// The maximum number of events in a list. An event bus delivers them one by one.
const MAX_LIST_EVENTS: usize = 500;

type Mapped = Result<Vec<AgentEvent>, MappingError>;

/// Maps the bytes of any source.
pub fn map(policy: &EventPolicy<'_>, source: &EventSource) -> Mapped {
    let text = text(body(source))?;
    match source {
        EventSource::Webhook(_) => map_text(text, |object| Ok(map_webhook(policy, object))),
        EventSource::EventBus(_) => map_objects(text, |object| map_bus_event(policy, object)),
        EventSource::Trigger(_) => map_objects(text, |object| map_callback(policy, object)),
        EventSource::Notification(_) => map_text(text, |object| map_notification(policy, object)),
    }
}

/// Maps a message that was fetched to the event of its webhook. Returns `None` for a message of the customer, and for what
/// is not a message.
pub(crate) fn fetched_message(policy: &EventPolicy<'_>, message: MessageData<'_>) -> Option<AgentEvent> {
    if message.direction().is_some_and(|direction| direction.eq_ignore_ascii_case("inbound")) {
        return None;
    }
    let object = message.outbound_message()?;
    let event = Webhook::fetched(policy, object, message.id(), message.timestamp()).message();
    matches!(event.kind, EventKind::Message(_)).then_some(event)
}

fn map_webhook(policy: &EventPolicy<'_>, object: Object<'_>) -> Vec<AgentEvent> {
    Webhook::of(policy, object).events()
}

fn map_bus_event(policy: &EventPolicy<'_>, object: Object<'_>) -> Mapped {
    // A rule of the bus may forward only the detail.
    map_embedded(object, BusEvent::of(object).detail(), |detail| map_notification(policy, detail.unwrap_or(object)))
}

fn map_callback(policy: &EventPolicy<'_>, object: Object<'_>) -> Mapped {
    let callback = Callback::of(object);
    let topic = callback.topic().or(callback.topic_name()).unwrap_or("");
    map_embedded(object, callback.event_body(), |event| {
        let event = EventBody::of(event.unwrap_or(object));
        Ok(Detail::of_callback(policy, object.json().as_bytes(), topic, event).events())
    })
}

fn map_notification(policy: &EventPolicy<'_>, object: Object<'_>) -> Mapped {
    let notification = Notification::of(object);
    let topic = notification.topic_name().unwrap_or("");
    map_embedded(object, notification.event_body(), |event| {
        // The envelope differs between deliveries, but its body does not.
        let content = event.unwrap_or(object).json().as_bytes();
        Ok(Detail::new(policy, content, topic, event.map(EventBody::of)).events())
    })
}

/// Maps the object inside `outer`, or `None` if there is none.
fn map_embedded(
    outer: Object<'_>,
    embedded: Option<Embedded<'_>>,
    map: impl Fn(Option<Object<'_>>) -> Mapped,
) -> Mapped {
    match embedded {
        Some(Embedded::Object(object)) => map_object(object, |object| map(Some(object))),
        Some(Embedded::Text(text)) => map_text(text, |object| map(Some(object))).or_else(|_| {
            let why = "an object with a text that begins like JSON and is not JSON";
            Ok(vec![ignored(outer.json().as_bytes(), why.into())])
        }),
        None => map(None),
    }
}

/// Maps an object or a list of objects, because an operator's source may collect several. Members of a list that are
/// not objects are ignored.
fn map_objects(text: &str, map: impl Fn(Object<'_>) -> Mapped) -> Mapped {
    let document = Document::read(text)?;
    let Some(members) = document.list() else {
        return match document.is_object() {
            true => map_object(document.root(), map),
            false => Err(MappingError::NotAnObject),
        };
    };
    let members: Vec<_> = members.collect();
    if members.len() > MAX_LIST_EVENTS {
        return Err(MappingError::NotAnObject);
    }
    let not_an_object = |json: &str| vec![ignored(json.as_bytes(), "a member of a list that is not an object".into())];
    let events = members.into_iter().map(|member| match member {
        Ok(object) => map_object(object, &map).unwrap_or_else(|_| not_an_object(object.json())),
        Err(json) => not_an_object(json),
    });
    Ok(events.flatten().collect())
}
