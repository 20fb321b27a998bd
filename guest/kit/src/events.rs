//! Agent events: their ids, and events that are ignored.
//!
//! An id is derived from the content, so the same event has the same id in every delivery.

use crate::contract::{AgentEvent, AgentMessage, Author, EventKind, EventSource};
use alloc::{format, string::String, vec};
use core::fmt::Write;
use sha2::{Digest, Sha256};

/// The maximum length of an event's id, in bytes (contract, `agent-event.id`).
const MAX_ID_BYTES: usize = 512;

/// Returns the id, or its digest if it exceeds the contract's limit.
#[must_use]
pub fn bounded_id(id: String) -> String {
    if id.len() <= MAX_ID_BYTES { id } else { format!("digest:{}", digest(id.as_bytes())) }
}

/// Returns the SHA-256 digest of the bytes, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Creates an event that concerns a recipient, without any other details. The id may have any length.
#[must_use]
pub fn event(id: String, recipient: &str, kind: EventKind) -> AgentEvent {
    let (id, recipient) = (bounded_id(id), Some(recipient.into()));
    AgentEvent { id, recipient, handover: None, conversation_id: None, time: None, kind }
}

/// Creates a text message from a human agent.
#[must_use]
pub fn text_message(id: &str, text: &str) -> EventKind {
    let (author, content) = (Author::Human, vec![]);
    let (id, text, plain_text) = (id.into(), Some(text.into()), text.into());
    EventKind::Message(AgentMessage { id, author, agent: None, text, content, plain_text })
}

/// Creates the event for a body that has no meaning for the user. `why` must not repeat any content of the body.
#[must_use]
pub fn ignored(body: &[u8], why: String) -> AgentEvent {
    let id = format!("ignored:{}", digest(body));
    AgentEvent { id, recipient: None, handover: None, conversation_id: None, time: None, kind: EventKind::Ignored(why) }
}

/// Returns the bytes of an event from any source.
#[must_use]
pub fn body(source: &EventSource) -> &[u8] {
    let (EventSource::Webhook(body)
    | EventSource::EventBus(body)
    | EventSource::Trigger(body)
    | EventSource::Notification(body)) = source;
    body
}
