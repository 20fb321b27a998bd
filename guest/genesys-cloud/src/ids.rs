//! Ids of Genesys's objects.

/// Returns whether a text is a UUID. Genesys's ids are UUIDs, and names practically never are.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .char_indices()
            .all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_queue_ids_from_names() {
        assert!(is_uuid("d59d0280-1111-4222-8333-444444444444"));
        for name in ["Support", "d59d0280-1111-4222-8333-44444444444g", "d59d028001111-4222-8333-444444444444", ""] {
            assert!(!is_uuid(name), "{name}");
        }
    }
}
