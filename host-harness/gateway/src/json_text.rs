//! Repairs common mistakes in JSON whose meaning is unambiguous.

use std::borrow::Cow;

/// The length of an escape, `\uXXXX`, in bytes.
const ESCAPE: usize = 6;

/// Returns the text without a byte order mark (RFC 8259, section 8.1), and with `\ufffd` for each lone surrogate, which
/// results from cutting a text between UTF-16 code units.
pub(crate) fn readable(json: &str) -> Cow<'_, str> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let mut repaired: Option<String> = None;
    let mut at = 0;
    while let Some(backslash) = json.get(at..).and_then(|rest| rest.find('\\')).map(|found| at + found) {
        at = match surrogate(json, backslash) {
            Some(Half::High) if surrogate(json, backslash + ESCAPE) == Some(Half::Low) => backslash + 2 * ESCAPE,
            Some(_) => {
                repaired.get_or_insert_with(|| json.into()).replace_range(backslash..backslash + ESCAPE, "\\ufffd");
                backslash + ESCAPE
            }
            // The character after the backslash is escaped, and may be a backslash itself.
            None => {
                let escaped = json.get(backslash + 1..).and_then(|rest| rest.chars().next());
                backslash + 1 + escaped.map_or(0, char::len_utf8)
            }
        };
    }
    repaired.map_or(Cow::Borrowed(json), Cow::Owned)
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Returns which surrogate the escape at `at` is, if it is one (RFC 8259, section 7).
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
    fn repairs_lone_surrogates_and_byte_order_marks_and_nothing_else() {
        for (json, expected) in [
            ("\u{feff}{}", "{}"),
            (r#"{"text":"cut \ud83d"}"#, r#"{"text":"cut \ufffd"}"#),
            (r#"{"text":"\uDE00 begins"}"#, r#"{"text":"\ufffd begins"}"#),
            (r#"{"text":"\ud83d\ude00"}"#, r#"{"text":"\ud83d\ude00"}"#),
            (r#"{"text":"\\ud83d \n \ud83dx"}"#, r#"{"text":"\\ud83d \n \ufffdx"}"#),
        ] {
            assert_eq!(readable(json), expected, "{json}");
        }
    }
}
