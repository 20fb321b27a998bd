//! Reads the JSON of webhooks, events and responses, and JSON that the provider itself wrote.

use crate::contract::{AgentEvent, MappingError};
use crate::events;
use crate::surrogates;
use alloc::{borrow::Cow, boxed::Box, format, vec, vec::Vec};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The characters that may precede a value (RFC 8259, section 2).
const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Reads JSON. Returns `None` if the bytes are not JSON of this type.
///
/// Always reads from text. A second reader, for bytes, would compile the deserializer of every type twice.
pub fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    serde_json::from_str(core::str::from_utf8(bytes).ok()?).ok()
}

/// Returns the body of a webhook as text, without a byte order mark (RFC 8259, section 8.1) and with U+FFFD instead of
/// lone surrogates. Senders that cut texts between UTF-16 units produce lone surrogates.
///
/// # Errors
/// [`MappingError::Empty`] or [`MappingError::NotUtf8`].
pub fn text(body: &[u8]) -> Result<Cow<'_, str>, MappingError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_empty() {
        return Err(MappingError::Empty);
    }
    let text = core::str::from_utf8(body).map_err(|error| MappingError::NotUtf8(error.valid_up_to() as u64))?;
    Ok(surrogates::replace_lone(text))
}

/// Why an object cannot be read.
#[derive(Debug)]
pub enum Unread {
    /// The text is not JSON, or not an object.
    Unmappable(MappingError),
    /// The text is an object without a clear meaning, such as one with a duplicate member. The event reports that.
    Unclear(Box<AgentEvent>),
}

/// Reads an object.
///
/// # Errors
/// Why the text cannot be read as an object.
pub fn object<'b, T: Deserialize<'b>>(text: &'b str) -> Result<T, Unread> {
    if !text.trim_start_matches(WHITESPACE).starts_with('{') {
        return Err(Unread::Unmappable(check_grammar(text).err().unwrap_or(MappingError::NotAnObject)));
    }
    serde_json::from_str(text).map_err(|error| {
        if let Err(error) = check_grammar(text) {
            return Unread::Unmappable(error);
        }
        let why = format!("JSON without a clear meaning at line {}, column {}", error.line(), error.column());
        Unread::Unclear(Box::new(events::ignored(text.as_bytes(), why)))
    })
}

/// Maps a text that must be one object to events. An object without a clear meaning becomes an ignored event.
///
/// # Errors
/// Why the text is not an object.
pub fn map_object(
    text: &str,
    map: impl Fn(&str) -> Result<Vec<AgentEvent>, Unread>,
) -> Result<Vec<AgentEvent>, MappingError> {
    match map(text) {
        Ok(events) => Ok(events),
        Err(Unread::Unclear(event)) => Ok(vec![*event]),
        Err(Unread::Unmappable(error)) => Err(error),
    }
}

/// Returns whether the text is a list rather than an object. It may still be malformed.
#[must_use]
pub fn is_list(text: &str) -> bool {
    text.trim_start_matches(WHITESPACE).starts_with('[')
}

/// Checks that a text is JSON, whatever its type and however deeply it is nested.
///
/// # Errors
/// [`MappingError::NotJson`] with the offset in bytes.
pub fn check_grammar(text: &str) -> Result<(), MappingError> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| {
        let lines_before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        MappingError::NotJson((lines_before + error.column().saturating_sub(1)) as u64)
    })
}
