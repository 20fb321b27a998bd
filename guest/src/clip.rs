//! Other people's words, made fit for a log or an error.

use alloc::string::String;

/// Characters that are kept: enough for a sentence of Genesys's that names a permission.
const LONGEST: usize = 200;

/// Short enough for one line, and without anything that would begin another.
pub(crate) fn clip(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}
