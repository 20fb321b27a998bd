//! Percent-encodes the parts of a URL.

use alloc::string::{String, ToString};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The ASCII characters to encode: all except the unreserved ones (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes the value of a query parameter.
#[must_use]
pub fn query_value(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// Encodes a path segment. Returns `None` for an empty segment and for `.` and `..`, which lead to another path even if
/// they are encoded (RFC 3986, section 5.2.4).
#[must_use]
pub fn path_segment(id: &str) -> Option<String> {
    (!matches!(id, "" | "." | "..")).then(|| query_value(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_all_but_unreserved_characters() {
        assert_eq!(query_value("a-b_c.d~e f/g?h=ä"), "a-b_c.d~e%20f%2Fg%3Fh%3D%C3%A4");
        assert_eq!(path_segment("a/b").as_deref(), Some("a%2Fb"));
    }

    #[test]
    fn refuses_empty_and_dot_segments() {
        assert_eq!(["", ".", ".."].map(path_segment), [None, None, None]);
        assert_eq!(path_segment("...").as_deref(), Some("..."));
    }
}
