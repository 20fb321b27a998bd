//! Makes text from outside safe for a log or an error.

use alloc::string::String;

/// Characters that are kept: enough for a sentence that names a permission.
const MAX_CHARACTERS: usize = 200;

/// Returns the text on one line: without control characters, and shortened.
pub fn clip(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect()
}
