//! Just enough of JSON to break it: bodies as text, of which the faults know how they are written.

use alloc::{format, string::String, vec::Vec};

/// Changes a body, where it is text.
pub(crate) fn edit(body: &mut Vec<u8>, change: impl FnOnce(&str) -> String) {
    if let Ok(text) = core::str::from_utf8(body) {
        *body = change(text).into_bytes();
    }
}

/// The first member of this name, at whatever depth: a text without its quotes, anything else as it stands there.
pub(crate) fn member<'t>(json: &'t str, name: &str) -> Option<&'t str> {
    let (_, value) = json.split_once(&format!("\"{name}\":"))?;
    match value.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => value.split([',', '}', ']']).next(),
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Gives the first member of a name another one.
pub(crate) fn rename(json: &str, name: &str, other: &str) -> String {
    json.replacen(&format!("\"{name}\":"), &format!("\"{other}\":"), 1)
}
