//! Edits JSON as text. The faults know how the bodies are serialized.

use alloc::{format, string::String, vec::Vec};

/// Changes a body if it is UTF-8.
pub(crate) fn edit(body: &mut Vec<u8>, change: impl FnOnce(&str) -> String) {
    if let Ok(text) = core::str::from_utf8(body) {
        *body = change(text).into_bytes();
    }
}

/// Returns the first member with the name, at any depth: a string without its quotes, any other value as written.
pub(crate) fn member<'t>(json: &'t str, name: &str) -> Option<&'t str> {
    let (_, value) = json.split_once(&format!("\"{name}\":"))?;
    match value.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => value.split([',', '}', ']']).next(),
    }
}

/// Returns a text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Renames the first member with the name.
pub(crate) fn rename(json: &str, name: &str, other: &str) -> String {
    json.replacen(&format!("\"{name}\":"), &format!("\"{other}\":"), 1)
}
