//! Replaces lone surrogates in JSON.

use alloc::{borrow::Cow, string::String};
use memchr::memchr;

/// The length of an escape, `\uXXXX`, in bytes.
const ESCAPE: usize = 6;

/// Replaces each `\u` escape of a lone surrogate with `\ufffd`. JSON has no backslashes outside strings, so nothing
/// else changes, and all offsets stay the same.
pub fn replace_lone(json: &str) -> Cow<'_, str> {
    let mut replaced: Option<String> = None;
    let mut at = 0;
    while let Some(backslash) = json.as_bytes().get(at..).and_then(|rest| memchr(b'\\', rest)).map(|found| at + found) {
        at = match surrogate(json, backslash) {
            Some(Half::High) if surrogate(json, backslash + ESCAPE) == Some(Half::Low) => backslash + 2 * ESCAPE,
            Some(_) => {
                let text = replaced.get_or_insert_with(|| json.into());
                text.replace_range(backslash..backslash + ESCAPE, "\\ufffd");
                backslash + ESCAPE
            }
            // The character after the backslash is escaped, and may be a backslash itself.
            None => {
                backslash + 1 + json.get(backslash + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
            }
        };
    }
    replaced.map_or(Cow::Borrowed(json), Cow::Owned)
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Returns which half of a surrogate pair the escape at `at` is, if any (RFC 8259, section 7).
fn surrogate(json: &str, at: usize) -> Option<Half> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_lone_surrogates() {
        for (json, expected) in [
            (r#"{"text":"cut \ud83d"}"#, r#"{"text":"cut \ufffd"}"#),
            (r#"{"text":"\ude00 begins"}"#, r#"{"text":"\ufffd begins"}"#),
            (r#"{"text":"\uD83D\uDE00"}"#, r#"{"text":"\uD83D\uDE00"}"#),
            (r#"{"text":"\ud83d\ud83d\ude00"}"#, r#"{"text":"\ufffd\ud83d\ude00"}"#),
            (r#"{"text":"\ude00\ud83d"}"#, r#"{"text":"\ufffd\ufffd"}"#),
            (r#"{"text":"\\ud83d"}"#, r#"{"text":"\\ud83d"}"#),
            (r#"{"text":"\\\ud83d"}"#, r#"{"text":"\\\ufffd"}"#),
            (r#"{"text":"\ud83d\n\ude00"}"#, r#"{"text":"\ufffd\n\ufffd"}"#),
            (r#"{"text":"\u00e9 \\ä \uDBFF"}"#, r#"{"text":"\u00e9 \\ä \ufffd"}"#),
            (r#"{"text":"\ud8"}"#, r#"{"text":"\ud8"}"#),
            (r#"{"text":"\"#, r#"{"text":"\"#),
        ] {
            assert_eq!(replace_lone(json), expected, "{json}");
        }
    }

    #[test]
    fn borrows_a_text_without_lone_surrogates() {
        assert!(matches!(replace_lone(r#"{"text":"\ud83d\ude00 \n"}"#), Cow::Borrowed(_)));
    }
}
