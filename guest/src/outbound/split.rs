//! Long texts as several messages.

use unicode_segmentation::GraphemeCursor;

/// Cuts a text into pieces of at most `limit` characters: after a line, else after a word, where there is one to cut
/// after in the second half of the piece; else between what people see as characters (UAX 29), unless one of those is
/// longer than a piece. Nothing but blanks at the cuts is lost.
pub(super) fn split(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((end, _)) = rest.char_indices().nth(limit) else {
            return Some(core::mem::take(&mut rest));
        };
        let cut = blank_before(rest, end, limit).unwrap_or_else(|| boundary_before(rest, end));
        let (piece, remainder) = rest.split_at(cut);
        rest = remainder.trim_start();
        Some(piece.trim_end())
    })
    // A stretch of blanks may be longer than a piece.
    .filter(|piece| !piece.trim().is_empty())
}

/// Where to cut at a blank in the second half of what is before `end`.
fn blank_before(text: &str, end: usize, limit: usize) -> Option<usize> {
    let (half, _) = text.char_indices().nth(limit / 2)?;
    let (piece, rest) = text.split_at_checked(end)?;
    // The piece may end where a blank is next.
    if rest.starts_with(char::is_whitespace) && is_boundary(text, end) {
        return Some(end);
    }
    let blank = |wanted: char| {
        let places = piece.rmatch_indices(wanted).map(|(at, _)| at).take_while(|at| *at >= half);
        // A blank with a mark on it is none.
        places.into_iter().find(|at| is_boundary(text, *at) && is_boundary(text, at + wanted.len_utf8()))
    };
    blank('\n').or_else(|| blank(' '))
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
    fn texts_are_cut_after_lines_then_words_then_anywhere() {
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
    fn a_blank_early_in_a_piece_is_no_place_to_cut() {
        assert_eq!(pieces("a bcdefghijkl", 10), ["a bcdefghi", "jkl"]);
    }

    #[test]
    fn what_people_see_as_one_character_stays_whole() {
        // A family of five code points, a flag of two, an e with a mark.
        assert_eq!(
            pieces("ab\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}c", 6),
            ["ab", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}c"]
        );
        assert_eq!(pieces("abc\u{1f1e9}\u{1f1ea}", 4), ["abc", "\u{1f1e9}\u{1f1ea}"]);
        assert_eq!(pieces("abce\u{301}", 4), ["abc", "e\u{301}"]);
    }

    #[test]
    fn one_that_is_longer_than_a_piece_is_cut_all_the_same() {
        let tower = ["e", &"\u{301}".repeat(9)].concat();
        let pieces = pieces(&tower, 4);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= 4), "{pieces:?}");
        assert_eq!(pieces.concat(), tower);
    }

    #[test]
    fn a_blank_with_a_mark_is_no_blank() {
        let text = String::from("abcd \u{301}efgh");
        assert_eq!(pieces(&text, 7).concat(), text);
    }
}
