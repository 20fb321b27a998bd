//! Makes external text safe for logs and errors.

use alloc::string::String;

/// The maximum number of characters, which is enough for a sentence that names a permission.
const MAX_CHARACTERS: usize = 200;

/// Removes control characters, including line breaks, and shortens the text.
pub fn clip(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect()
}
