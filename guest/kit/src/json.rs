//! Reads the JSON of webhooks, events and responses, and JSON that the provider itself wrote.
//!
//! Reading is lenient, because what a contact center sends often differs from its documentation, and the schemas of
//! webhooks often have neither required properties nor a version. A member of another type than documented counts as
//! absent, and a number can stand for a text.
//!
//! A value has no clear meaning if its member occurs twice, or if it is an id that is a number other than a 64-bit
//! integer. Such a value counts as absent as well, but looking it up is remembered: [`map_object`] returns an ignored
//! event instead, and [`Document::is_clear`] is false.
//!
//! [`json_types!`](crate::json_types) declares types with the fields that a provider reads.

mod document;
mod tape;
mod types;

pub use document::{Document, Embedded, Object};

use crate::contract::{AgentEvent, MappingError};
use crate::events;
use alloc::{format, vec, vec::Vec};

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
    let events = map(object);
    // Forgets it, so that the next object of the document does not become an ignored event.
    match object.take_unclear() {
        Some(offset) => {
            let why = format!("JSON without a clear meaning at byte {offset}");
            Ok(vec![events::ignored(object.json().as_bytes(), why)])
        }
        None => events,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::EventKind;

    const TWICE: &str = r#"{"a": "1", "a": "2", "b": "3", "id": 1.5, "c": {"a": "4"}}"#;

    fn why(events: &[AgentEvent]) -> &str {
        match events {
            [AgentEvent { kind: EventKind::Ignored(why), .. }] => why,
            _ => panic!("{events:?}"),
        }
    }

    #[test]
    fn only_a_value_that_is_looked_up_can_be_unclear() {
        let document = Document::read(TWICE).expect("JSON");
        let root = document.root();
        assert_eq!(root.text("b"), Some("3"));
        assert_eq!(root.object("c").and_then(|object| object.text("a")), Some("4"));
        assert!(document.is_clear());
        assert_eq!((root.text("a"), root.text("b")), (None, Some("3")));
        assert!(!document.is_clear());
        let document = Document::read(TWICE).expect("JSON");
        assert_eq!((document.root().id("id"), document.is_clear()), (None, false));
    }

    #[test]
    fn an_object_that_is_unclear_becomes_an_ignored_event_whatever_its_mapping_returns() {
        for outcome in [Ok(vec![]), Err(MappingError::NotAnObject)] {
            let events = map_text(TWICE, |object| {
                let _ = object.text("a");
                outcome.clone()
            });
            assert_eq!(why(&events.expect("an event")), "JSON without a clear meaning at byte 12");
        }
    }

    #[test]
    fn an_unclear_member_of_a_list_does_not_concern_the_next_one() {
        let document = Document::read(r#"[{"a": 1, "a": 2}, {"a": 3}, "\u0061", 4]"#).expect("JSON");
        let members: Vec<_> = document.list().expect("a list").collect();
        let map = |object: Object<'_>| {
            let _ = object.text("a");
            Err(MappingError::Empty)
        };
        assert!(map_object(members[0].expect("an object"), map).is_ok());
        assert_eq!(map_object(members[1].expect("an object"), map), Err(MappingError::Empty));
        assert_eq!((members[2].err(), members[3].err()), (Some(r#""\u0061""#), Some("4")));
    }

    #[test]
    fn members_are_listed_with_their_names() {
        let text =
            r#"{"a": "", "b": "x", "\u0063": 1.50, "d": [1, {"z": 1}], "e": {"y": 2}, "f": null, "g": true, "h": "i"}"#;
        let document = Document::read(text).expect("JSON");
        let scalars: Vec<_> = document.root().scalars().collect();
        assert_eq!(scalars, [("a", ""), ("b", "x"), ("c", "1.50"), ("g", "true"), ("h", "i")]);
        assert_eq!(Document::read("[1]").expect("JSON").root().scalars().count(), 0);
        let objects: Vec<_> = document.root().named_objects().map(|(name, object)| (name, object.json())).collect();
        assert_eq!(objects, [("e", r#"{"y": 2}"#)]);
        let all: Vec<_> = document.root().named_json().collect();
        assert_eq!(all[..2], [("a", r#""""#), ("b", r#""x""#)]);
        assert_eq!(all[3..6], [("d", r#"[1, {"z": 1}]"#), ("e", r#"{"y": 2}"#), ("f", "null")]);
    }

    #[test]
    fn debug_hides_the_content() {
        let document = Document::read(r#"{"secret": "{1"}"#).expect("JSON");
        let shown = format!("{document:?} {:?} {:?}", document.root(), document.root().embedded("secret"));
        assert_eq!(shown, "Document Object Some(Embedded)");
    }
}
