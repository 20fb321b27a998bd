//! What happened at Genesys, from the bytes that told it.

mod content;
mod detail;
mod webhook;

use crate::contract::*;
use crate::settings::EventPolicy;
use crate::surrogates;
use crate::wire::detail::{BusEvent, Callback, Notification};
use alloc::{borrow::Cow, boxed::Box, format, string::String, vec, vec::Vec};
use core::fmt::Write;
use detail::Detail;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use webhook::Webhook;

/// Bytes of an event's id (contract, `agent-event.id`).
const LONGEST_ID: usize = 512;

/// Events in one list; an event bus delivers them one by one.
const LONGEST_LIST: usize = 500;

/// Maps what came from any source.
pub fn map(settings: &[Setting], source: &EventSource) -> Result<Vec<AgentEvent>, Malformed> {
    let policy = EventPolicy::of(settings);
    let (EventSource::Webhook(body)
    | EventSource::EventBus(body)
    | EventSource::Trigger(body)
    | EventSource::Notification(body)) = source;
    let text = text(body)?;
    match source {
        EventSource::Webhook(_) => one(&text, |text| webhook(&policy, text)),
        EventSource::EventBus(_) => each(&text, |text| bus_event(&policy, text)),
        EventSource::Trigger(_) => each(&text, |text| callback(&policy, text)),
        EventSource::Notification(_) => one(&text, |text| notification(&policy, text)),
    }
}

fn webhook(policy: &EventPolicy, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    Ok(Webhook { policy, message: &object(text)?, body: text.as_bytes() }.events())
}

fn bus_event(policy: &EventPolicy, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    let event: BusEvent<'_> = object(text)?;
    // Rules of the bus may pass on the detail alone.
    match event.detail.object() {
        Some(detail) => notification(policy, &detail),
        None => notification(policy, text),
    }
}

fn callback(policy: &EventPolicy, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    let callback: Callback<'_> = object(text)?;
    let topic = callback.topic.get().or(callback.topic_name.get()).unwrap_or("");
    let event = callback.event_body.object().unwrap_or(Cow::Borrowed(text));
    Ok(Detail::of_callback(policy, text.as_bytes(), topic, &object(&event)?).events())
}

fn notification(policy: &EventPolicy, text: &str) -> Result<Vec<AgentEvent>, Unread> {
    let told: Notification<'_> = object(text)?;
    let body = told.event_body.object();
    let event = body.as_deref().map(object).transpose()?;
    // The envelope differs from delivery to delivery; what happened does not.
    let happened = body.as_deref().unwrap_or(text).as_bytes();
    Ok(Detail::new(policy, happened, told.topic_name.get().unwrap_or(""), event.as_ref()).events())
}

/// Maps what has to be one object.
fn one(text: &str, read: impl Fn(&str) -> Result<Vec<AgentEvent>, Unread>) -> Result<Vec<AgentEvent>, Malformed> {
    match read(text) {
        Ok(events) => Ok(events),
        Err(Unread::Unclear(event)) => Ok(vec![*event]),
        Err(Unread::Malformed(why)) => Err(why),
    }
}

/// Maps an object or a list of objects: what operators build may collect several. What is no object in a list is
/// ignored.
fn each(text: &str, read: impl Fn(&str) -> Result<Vec<AgentEvent>, Unread>) -> Result<Vec<AgentEvent>, Malformed> {
    if !text.trim_start_matches(BLANKS).starts_with('[') {
        return one(text, read);
    }
    grammar(text)?;
    let list: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| Malformed::NotAnObject)?;
    if list.len() > LONGEST_LIST {
        return Err(Malformed::NotAnObject);
    }
    let events = list.into_iter().map(|member| match one(member.get(), &read) {
        Ok(events) => events,
        Err(_) => vec![nameless(member.get().as_bytes(), "a member of a list that is no object".into())],
    });
    Ok(events.flatten().collect())
}

/// Why nothing was read.
enum Unread {
    Malformed(Malformed),
    /// An object that has no one reading; the event that says so.
    Unclear(Box<AgentEvent>),
}

fn object<'b, T: Deserialize<'b>>(text: &'b str) -> Result<T, Unread> {
    if !text.trim_start_matches(BLANKS).starts_with('{') {
        // A number or a string may still be broken; only what is JSON is told that it should be an object.
        return Err(Unread::Malformed(grammar(text).err().unwrap_or(Malformed::NotAnObject)));
    }
    serde_json::from_str(text).map_err(|error| {
        if let Err(why) = grammar(text) {
            return Unread::Malformed(why);
        }
        // An object may have no reading all the same: a member twice.
        let why = format!("JSON without a clear meaning at line {}, column {}", error.line(), error.column());
        Unread::Unclear(Box::new(nameless(text.as_bytes(), why)))
    })
}

/// What may stand before a value (RFC 8259, section 2).
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The body as text: without a byte order mark (RFC 8259, section 8.1), and with U+FFFD for each half of a surrogate
/// pair, which a sender makes that cuts texts between UTF-16 units.
fn text(body: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_empty() {
        return Err(Malformed::Empty);
    }
    let text = core::str::from_utf8(body).map_err(|error| Malformed::NotUtf8(error.valid_up_to() as u64))?;
    Ok(surrogates::replace_lone(text))
}

/// Whether a text is JSON by the grammar alone, whatever is in it and however deep.
fn grammar(text: &str) -> Result<(), Malformed> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| {
        let lines_before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        Malformed::NotJson((lines_before + error.column().saturating_sub(1)) as u64)
    })
}

/// An event of which nothing is known but its bytes.
fn nameless(body: &[u8], why: String) -> AgentEvent {
    let id = format!("ignored:{}", digest(body));
    AgentEvent { id, recipient: None, handover: None, conversation_id: None, time: None, kind: EventKind::Ignored(why) }
}

/// An event's id within the contract's bound, whatever it is made of.
pub(crate) fn bounded(id: String) -> String {
    if id.len() <= LONGEST_ID { id } else { format!("digest:{}", digest(id.as_bytes())) }
}

fn digest(body: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
