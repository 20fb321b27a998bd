//! Reads the JSON of webhooks, events and responses, and JSON that the provider itself wrote.
//!
//! Reading is lenient, because what a contact center sends often differs from its documentation, and the schemas of
//! webhooks often have neither required properties nor a version. A member of another type than documented counts as
//! absent, and a number can stand for a text. Only a member without a clear meaning is noted: one that occurs twice, or
//! an id that a number cannot hold exactly.
//!
//! [`json_types!`](crate::json_types) declares types with the fields that a provider reads.

mod object;
mod tape;
mod types;

pub use object::{Embedded, Object};

use crate::contract::{AgentEvent, MappingError};
use crate::events;
use alloc::{format, vec, vec::Vec};
use core::cell::Cell;
use object::Value;
use tape::Tape;

/// A JSON text that has been read. Its values borrow from it.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    tape: Tape,
    /// The offset of the first value that was looked up and has no clear meaning.
    unclear: Cell<Option<usize>>,
}

impl<'t> Document<'t> {
    /// Reads a text of any depth. A lone surrogate in an escape becomes U+FFFD.
    ///
    /// # Errors
    /// [`MappingError::NotJson`] with the offset in bytes.
    pub fn read(text: &'t str) -> Result<Self, MappingError> {
        let tape = Tape::scan(text).map_err(|offset| MappingError::NotJson(offset as u64))?;
        Ok(Self { text, tape, unclear: Cell::new(None) })
    }

    /// The outermost value as an object. If it is not an object, the object has no members.
    #[must_use]
    pub fn root(&self) -> Object<'_> {
        Object(self.value())
    }

    /// Whether the outermost value is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.value().object().is_some()
    }

    /// The members of the outermost value if it is a list. A member that is not an object is the JSON that was sent.
    #[must_use]
    pub fn list(&self) -> Option<impl Iterator<Item = Result<Object<'_>, &str>>> {
        let list = Some(self.value()).filter(|value| value.is_list())?;
        Some(list.members().map(|member| member.object().ok_or_else(|| member.json())))
    }

    fn value(&self) -> Value<'_> {
        Value { document: self, entry: 0 }
    }

    fn note_unclear(&self, offset: usize) {
        self.unclear.set(self.unclear.get().or(Some(offset)));
    }
}

/// Reads JSON. Returns `None` if the bytes are not JSON.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Document<'_>> {
    Document::read(core::str::from_utf8(bytes).ok()?).ok()
}

/// Returns the body of a webhook as text, without a byte order mark (RFC 8259, section 8.1).
///
/// # Errors
/// [`MappingError::Empty`] or [`MappingError::NotUtf8`].
pub fn text(body: &[u8]) -> Result<&str, MappingError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_empty() {
        return Err(MappingError::Empty);
    }
    core::str::from_utf8(body).map_err(|error| MappingError::NotUtf8(error.valid_up_to() as u64))
}

/// Maps a text that must be one object to events.
///
/// # Errors
/// Why the text is not an object, or the error of `map`.
pub fn map_text(
    text: &str,
    map: impl FnOnce(Object<'_>) -> Result<Vec<AgentEvent>, MappingError>,
) -> Result<Vec<AgentEvent>, MappingError> {
    let document = Document::read(text)?;
    if !document.is_object() {
        return Err(MappingError::NotAnObject);
    }
    map_object(document.root(), map)
}

/// Maps an object to events. If `map` looks up a value without a clear meaning, the object becomes an ignored event.
///
/// # Errors
/// The error of `map`.
pub fn map_object<'d>(
    object: Object<'d>,
    map: impl FnOnce(Object<'d>) -> Result<Vec<AgentEvent>, MappingError>,
) -> Result<Vec<AgentEvent>, MappingError> {
    let events = map(object)?;
    Ok(match object.0.document.unclear.take() {
        Some(offset) => {
            let why = format!("JSON without a clear meaning at byte {offset}");
            vec![events::ignored(object.json().as_bytes(), why)]
        }
        None => events,
    })
}
