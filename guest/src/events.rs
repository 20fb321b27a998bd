//! What happened at Genesys, from the bytes that told it.

mod content;
mod detail;
mod webhook;

use crate::contract::*;
use crate::settings::EventPolicy;
use crate::wire::detail::{BusEvent, Callback};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use core::fmt::Write;
use detail::Detail;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use webhook::Webhook;

/// Bytes of an event's id (contract, `agent-event.id`).
const LONGEST_ID: usize = 512;

/// Maps what came from any source.
pub fn map(settings: &[Setting], source: &EventSource) -> Result<Vec<AgentEvent>, Malformed> {
    match read(&EventPolicy::of(settings), source) {
        Ok(events) => Ok(events),
        Err(Unread::Unclear(event)) => Ok(vec![*event]),
        Err(Unread::Malformed(why)) => Err(why),
    }
}

fn read(policy: &EventPolicy, source: &EventSource) -> Result<Vec<AgentEvent>, Unread> {
    match source {
        EventSource::Webhook(body) => Ok(Webhook { policy, message: &object(body)?, body }.events()),
        EventSource::EventBus(body) => {
            let event: BusEvent<'_> = object(body)?;
            // What rules of the bus pass on may be the detail alone.
            let detail = match event.detail.into_inner() {
                Some(detail) => detail,
                None => object(body)?,
            };
            Ok(Detail::new(policy, body, &detail).events())
        }
        EventSource::Trigger(body) => {
            let callback: Callback<'_> = object(body)?;
            let topic = callback.topic.get().or(callback.topic_name.get()).unwrap_or("");
            let event = match callback.event_body.into_inner() {
                Some(event) => event,
                None => object(body)?,
            };
            Ok(Detail::of_callback(policy, body, topic, &event).events())
        }
        EventSource::Notification(body) => Ok(Detail::new(policy, body, &object(body)?).events()),
    }
}

/// Why nothing was read.
enum Unread {
    Malformed(Malformed),
    /// An object that has no one reading; the event that says so.
    Unclear(Box<AgentEvent>),
}

fn object<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Unread> {
    let text = text(body).map_err(Unread::Malformed)?;
    serde_json::from_str(text).map_err(|error| {
        if let Err(why) = grammar(text) {
            return Unread::Malformed(why);
        }
        // An object may have no reading all the same: a member twice, half of a surrogate pair.
        let why = format!("JSON without a clear meaning at line {}, column {}", error.line(), error.column());
        Unread::Unclear(Box::new(nameless(body, why)))
    })
}

fn text(body: &[u8]) -> Result<&str, Malformed> {
    if body.is_empty() {
        return Err(Malformed::Empty);
    }
    let text = core::str::from_utf8(body).map_err(|error| Malformed::NotUtf8(error.valid_up_to() as u64))?;
    // RFC 8259, section 2: blank space may stand before the value.
    match text.trim_start_matches([' ', '\t', '\n', '\r']).chars().next() {
        Some('{') => Ok(text),
        // A number or a string may still be broken; only what is JSON is told that it should be an object.
        _ => Err(grammar(text).err().unwrap_or(Malformed::NotAnObject)),
    }
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
    AgentEvent { id, recipient: None, handover: None, conversation: None, time: None, kind: EventKind::Ignored(why) }
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
