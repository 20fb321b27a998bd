//! Splits long texts into several messages.

use crate::invisible::is_invisible;
use unicode_segmentation::GraphemeCursor;

/// Splits a text into pieces of at most `limit` characters. A piece ends after the last line that ends in its second
/// half; if there is none, after the last such word; otherwise between grapheme clusters (UAX 29), unless a cluster is
/// longer than a piece.
///
/// A split drops its line break, or the spaces around it, and nothing else: the indentation of the next line stays.
/// Pieces without a visible character are dropped.
pub fn split(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((end, _)) = rest.char_indices().nth(limit) else {
            return Some(core::mem::take(&mut rest));
        };
        let cut = line_before(rest, end, limit)
            .or_else(|| word_before(rest, end, limit))
            .unwrap_or_else(|| boundary_before(rest, end));
        let (piece, remainder) = rest.split_at(cut);
        rest = behind_cut(remainder);
        Some(piece.trim_end())
    })
    // A run of spaces can be longer than a piece.
    .filter(|piece| !piece.chars().all(is_invisible))
}

/// Returns the text after a cut, without its leading blanks and without a line break that follows them.
fn behind_cut(remainder: &str) -> &str {
    let rest = remainder.trim_start_matches(is_blank);
    let line = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(is_line_break));
    line.unwrap_or(rest)
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && !is_line_break(c)
}

/// Returns the end of the last line that ends in the second half of the text before `end`, or at `end`.
fn line_before(text: &str, end: usize, limit: usize) -> Option<usize> {
    last_place(text, end, limit, is_line_break)
}

/// Returns the end of the last word that ends in the second half of the text before `end`, or at `end`.
fn word_before(text: &str, end: usize, limit: usize) -> Option<usize> {
    last_place(text, end, limit, is_blank)
}

/// Returns the start of the last character of a kind that is in the second half of a piece or directly after it. A
/// blank with a combining mark does not count, and neither does the second half of CR LF.
fn last_place(text: &str, end: usize, limit: usize, is_kind: fn(char) -> bool) -> Option<usize> {
    let (half, _) = text.char_indices().nth(limit / 2)?;
    let behind = text.get(end..)?.chars().next()?;
    let candidates = text.get(half..end + behind.len_utf8())?;
    let places = candidates.char_indices().rev().filter(|(_, c)| is_kind(*c)).map(|(at, c)| (half + at, c));
    places
        .filter(|(at, c)| is_boundary(text, *at) && (*c == '\r' || is_boundary(text, at + c.len_utf8())))
        .map(|(at, _)| at)
        .find(|at| *at > 0)
}

fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(true)
}

fn boundary_before(text: &str, end: usize) -> usize {
    if is_boundary(text, end) {
        return end;
    }
    let before = GraphemeCursor::new(end, text.len(), true).prev_boundary(text, 0);
    before.ok().flatten().filter(|at| *at > 0).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};

    fn pieces(text: &str, limit: usize) -> Vec<&str> {
        split(text, limit).collect()
    }

    #[test]
    fn splits_at_lines_then_words_then_anywhere() {
        assert_eq!(pieces("one two", 10), ["one two"]);
        assert_eq!(pieces("one two\nthree four", 12), ["one two", "three four"]);
        assert_eq!(pieces("one two three", 9), ["one two", "three"]);
        assert_eq!(pieces("one two", 3), ["one", "two"]);
        assert_eq!(pieces("äöüäöü", 4), ["äöüä", "öü"]);
        assert_eq!(pieces("abcdef", 3), ["abc", "def"]);
        assert_eq!(pieces(" a b ", 5), [" a b "]);
        assert_eq!(pieces("       ab", 3), ["ab"]);
        assert_eq!(pieces("a      b", 3), ["a", "b"]);
        assert_eq!(pieces("", 3), Vec::<&str>::new());
    }

    #[test]
    fn splits_at_every_kind_of_line_break() {
        for line_break in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}"] {
            let text = ["one two", line_break, "three four"].concat();
            assert_eq!(pieces(&text, 13), ["one two", "three four"], "{line_break:?}");
        }
        // The line break directly follows the piece.
        assert_eq!(pieces("abc\r\ndef", 3), ["abc", "def"]);
        assert_eq!(pieces("abc\r\ndef", 4), ["abc", "def"]);
    }

    #[test]
    fn keeps_the_indentation_of_the_line_after_a_split() {
        assert_eq!(pieces("if ready:\n    go()", 12), ["if ready:", "    go()"]);
        assert_eq!(pieces("if ready:\r\n\tgo()", 12), ["if ready:", "\tgo()"]);
        assert_eq!(pieces("if ready:  \n    go()", 10), ["if ready:", "    go()"]);
        assert_eq!(pieces("first\n\n  second", 8), ["first", "  second"]);
    }

    #[test]
    fn does_not_split_at_a_space_early_in_a_piece() {
        assert_eq!(pieces("a bcdefghijkl", 10), ["a bcdefghi", "jkl"]);
    }

    #[test]
    fn keeps_grapheme_clusters_whole() {
        // A family emoji of five code points, a flag of two, and an `e` with a combining mark.
        assert_eq!(
            pieces("ab\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}c", 6),
            ["ab", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}c"]
        );
        assert_eq!(pieces("abc\u{1f1e9}\u{1f1ea}", 4), ["abc", "\u{1f1e9}\u{1f1ea}"]);
        assert_eq!(pieces("abce\u{301}", 4), ["abc", "e\u{301}"]);
    }

    #[test]
    fn splits_a_grapheme_cluster_that_is_longer_than_a_piece() {
        let cluster = ["e", &"\u{301}".repeat(9)].concat();
        let pieces = pieces(&cluster, 4);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= 4), "{pieces:?}");
        assert_eq!(pieces.concat(), cluster);
    }

    #[test]
    fn does_not_split_at_a_space_with_a_combining_mark() {
        let text = String::from("abcd \u{301}efgh");
        assert_eq!(pieces(&text, 7).concat(), text);
    }
}
