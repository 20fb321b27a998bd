//! Agent events: their ids, and events that are ignored.
//!
//! An id comes from the content, so that the same event has the same id in every delivery.

use crate::contract::{AgentEvent, AgentMessage, Author, EventKind, EventSource};
use alloc::{format, string::String, vec};
use core::fmt::Write;
use sha2::{Digest, Sha256};

/// Bytes of an event's id at most (contract, `agent-event.id`).
const MAX_ID_BYTES: usize = 512;

/// Returns an id that is within the contract's bound: a longer one is replaced by its digest.
#[must_use]
pub fn bounded_id(id: String) -> String {
    if id.len() <= MAX_ID_BYTES { id } else { format!("digest:{}", digest(id.as_bytes())) }
}

/// Returns the SHA-256 of some bytes in hex.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// An event of a recipient, with nothing else known. The id may have any length.
#[must_use]
pub fn event(id: String, recipient: &str, kind: EventKind) -> AgentEvent {
    let (id, recipient) = (bounded_id(id), Some(recipient.into()));
    AgentEvent { id, recipient, handover: None, conversation_id: None, time: None, kind }
}

/// A message of an agent that consists of text.
#[must_use]
pub fn text_message(id: &str, text: &str) -> EventKind {
    let (author, content) = (Author::Human, vec![]);
    let (id, text, plain_text) = (id.into(), Some(text.into()), text.into());
    EventKind::Message(AgentMessage { id, author, agent: None, text, content, plain_text })
}

/// The event for a body that has no meaning for the user. `why` must not repeat what the body contains.
#[must_use]
pub fn ignored(body: &[u8], why: String) -> AgentEvent {
    let id = format!("ignored:{}", digest(body));
    AgentEvent { id, recipient: None, handover: None, conversation_id: None, time: None, kind: EventKind::Ignored(why) }
}

/// Returns the bytes of an event, whatever its source is.
#[must_use]
pub fn body(source: &EventSource) -> &[u8] {
    let (EventSource::Webhook(body)
    | EventSource::EventBus(body)
    | EventSource::Trigger(body)
    | EventSource::Notification(body)) = source;
    body
}
