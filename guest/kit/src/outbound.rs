//! Outbound messages: their ids, and the error for an invalid field.

use crate::contract::{InvalidField, Outbound, Unsupported};
use crate::invisible::is_invisible;
use alloc::{format, string::String};

/// The maximum length of a message's id, in bytes (contract, `outbound.id`).
const MAX_ID_BYTES: usize = 100;

/// Returns the error for an invalid field.
#[must_use]
pub fn invalid(field: &str, expected: &str) -> Unsupported {
    Unsupported::Invalid(InvalidField { field: field.into(), expected: expected.into() })
}

/// Checks the id of a message (contract, `outbound.id`).
///
/// # Errors
/// [`Unsupported::Invalid`] if the id is not valid.
pub fn check_id(outbound: &Outbound) -> Result<(), Unsupported> {
    let id = &outbound.id;
    let is_valid =
        (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if is_valid { Ok(()) } else { Err(invalid("outbound.id", "1 to 100 visible ASCII characters without #")) }
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
