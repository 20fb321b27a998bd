//! Outbound messages: their ids, requests and deliveries, and the error for an invalid field.

use crate::contract::{Conversation, Delivery, InvalidField, Outbound, ProviderRequest, Unsupported};
use crate::invisible::is_invisible;
use alloc::{format, string::String, vec::Vec};

/// The maximum length of a message's id, in bytes (contract, `outbound.id`).
const MAX_ID_BYTES: usize = 100;

/// Returns the error for an invalid field.
#[must_use]
pub fn invalid(field: &str, expected: &str) -> Unsupported {
    Unsupported::Invalid(InvalidField { field: field.into(), expected: expected.into() })
}

/// Checks the id of a message and the number of its handover (contract, `outbound.id` and `conversation.handover`).
///
/// # Errors
/// [`Unsupported::Invalid`] if one of them is not valid.
pub fn check_numbers(conversation: &Conversation, outbound: &Outbound) -> Result<(), Unsupported> {
    if conversation.handover == 0 {
        return Err(invalid("conversation.handover", "1 or more"));
    }
    let id = &outbound.id;
    let is_valid =
        (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if is_valid { Ok(()) } else { Err(invalid("outbound.id", "1 to 100 visible ASCII characters without #")) }
}

/// Builds a request for each part of a message, in order. `body` receives the idempotency key and the part.
pub fn requests<Part>(
    conversation: &Conversation,
    message: &Outbound,
    operation: &str,
    parts: impl IntoIterator<Item = Part>,
    body: impl Fn(&str, Part) -> Vec<u8>,
) -> Vec<ProviderRequest> {
    let request = |(number, part)| {
        let (idempotency_key, recipient) = (part_key(message, number), conversation.recipient.clone());
        let body = body(&idempotency_key, part);
        ProviderRequest { idempotency_key, recipient, operation: operation.into(), ttl_ms: None, body }
    };
    (0..).zip(parts).map(request).collect()
}

/// Checks that a text contains a visible character.
///
/// # Errors
/// [`Unsupported::Invalid`] if it does not.
pub fn check_visible(field: &str, text: &str) -> Result<(), Unsupported> {
    if is_visible(text) { Ok(()) } else { Err(invalid(field, "visible characters")) }
}

/// Creates a delivery without events.
#[must_use]
pub fn delivered(message_id: Option<&str>, conversation_id: Option<&str>) -> Delivery {
    let (message_id, conversation_id) = (message_id.map(String::from), conversation_id.map(String::from));
    Delivery { message_id, conversation_id, events: Vec::new() }
}

/// Returns the idempotency key of a part of a message. Parts are counted from 0; their keys are the id itself, `id#2`,
/// `id#3` …
#[must_use]
pub fn part_key(outbound: &Outbound, part: u32) -> String {
    match part {
        0 => outbound.id.clone(),
        part => format!("{}#{}", outbound.id, part + 1),
    }
}

/// Returns whether a text contains a visible character.
#[must_use]
pub fn is_visible(text: &str) -> bool {
    !text.chars().all(is_invisible)
}
