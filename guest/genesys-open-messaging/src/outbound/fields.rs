//! Fields of outbound messages.

use alloc::{borrow::Cow, format, string::String};
use handover_guest::outbound::is_visible;

/// Returns the trimmed value of a field; `None` if it is empty or shows nothing.
pub(super) fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| is_visible(text))
}

/// Returns a text, shortened to a number of characters. An ellipsis shows that it was.
pub(super) fn clipped(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        None => text.into(),
        // The ellipsis replaces the last character.
        Some(_) => format!("{}…", text.chars().take(characters.saturating_sub(1)).collect::<String>()).into(),
    }
}
