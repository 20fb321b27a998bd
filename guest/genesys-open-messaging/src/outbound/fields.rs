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

/// Returns whether a text is a telephone number in international format: `+` and a country code, with at most 15 digits
/// (ITU-T E.164, section 6, which has no minimum).
pub(super) fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or("");
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_numbers_in_international_format_only() {
        for phone in ["+4930123456", "+123456789012345"] {
            assert!(is_phone_number(phone), "{phone}");
        }
        for phone in ["", "+", "4930123456", "030123456", "+030123456", "+49 30 123456", "+4", "+1234567890123456"] {
            assert!(!is_phone_number(phone), "{phone}");
        }
    }
}
