//! Scans a JSON text (RFC 8259) into a tape: one entry for each value and each name, in the order of the text.
//!
//! A loop scans the text, so its depth is not limited. Texts without an escape stay where they are. The others are
//! unescaped after the scan: while the tape grows, nothing else is allocated, so that it grows in place.

use alloc::{string::String, vec::Vec};

/// What an entry is. A name is a text before its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    False,
    True,
    /// A number without fraction and exponent.
    Integer,
    /// Any other number.
    Float,
    Text,
    /// A text with escapes.
    EscapedText,
    List,
    Object,
}

/// A value or a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// The offset of the first byte: of a text's first character, otherwise of the value.
    pub(super) start: usize,
    /// The offset after the last byte: of a text's last character, otherwise of the value.
    pub(super) end: usize,
    /// The index of the entry that follows the value and everything in it. While a list or object is open, the list or
    /// object that contains it, or [`NONE`].
    pub(super) next: usize,
}

/// No list or object.
const NONE: usize = usize::MAX;

/// The entries of a text. The first entry is the outermost value.
#[derive(Debug)]
pub(super) struct Tape {
    pub(super) entries: Vec<Entry>,
    /// The index of each entry that is a text with escapes, ascending, and the text without them. A lone surrogate is
    /// U+FFFD: senders that cut texts between UTF-16 units produce lone surrogates.
    unescaped: Vec<(usize, String)>,
}

impl Tape {
    /// Scans a text. If it is not JSON, returns the offset of the first byte that cannot follow, which is the length of
    /// the text if it ends too early.
    pub(super) fn scan(text: &str) -> Result<Self, usize> {
        // Room for an ordinary webhook.
        let mut tape = Self { entries: Vec::with_capacity(64), unescaped: Vec::new() };
        let (mut cursor, mut open) = (Cursor { text, at: 0 }, NONE);
        loop {
            let opened = tape.scan_value(&mut cursor, &mut open).map_err(|Unexpected| cursor.at)?;
            if !opened && tape.scan_separator(&mut cursor, &mut open).map_err(|Unexpected| cursor.at)? {
                tape.unescape(text);
                return Ok(tape);
            }
        }
    }

    fn unescape(&mut self, text: &str) {
        let escaped = self.entries.iter().enumerate().filter(|(_, entry)| entry.kind == Kind::EscapedText);
        let unescape = |(number, entry): (usize, &Entry)| Some((number, unescape(text.get(entry.start..entry.end)?)));
        self.unescaped = escaped.filter_map(unescape).collect();
    }

    /// Returns the text without escapes of the entry with an index.
    pub(super) fn unescaped(&self, entry: usize) -> Option<&str> {
        let found = self.unescaped.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        self.unescaped.get(found).map(|(_, text)| text.as_str())
    }

    /// Scans a value up to its end, or a list or object up to its first member. Returns whether it opened one. `open`
    /// is the innermost list or object that has not ended.
    #[inline(always)]
    fn scan_value(&mut self, cursor: &mut Cursor<'_>, open: &mut usize) -> Result<bool, Unexpected> {
        let start = cursor.skip_whitespace();
        let (kind, end) = match start {
            Some(b'"') => return self.scan_string(cursor).map(|()| false),
            Some(b'{') => (Kind::Object, b'}'),
            Some(b'[') => (Kind::List, b']'),
            Some(b'-' | b'0'..=b'9') => {
                let start = cursor.at;
                let kind = cursor.number()?;
                self.push(kind, start, cursor.at);
                return Ok(false);
            }
            _ => {
                let start = cursor.at;
                let kind = cursor.literal()?;
                self.push(kind, start, cursor.at);
                return Ok(false);
            }
        };
        let next = core::mem::replace(open, self.entries.len());
        self.entries.push(Entry { kind, start: cursor.at, end: cursor.at, next });
        cursor.at += 1;
        if cursor.skip_whitespace() == Some(end) {
            self.close(cursor, open);
            return Ok(false);
        }
        if kind == Kind::Object {
            self.scan_name(cursor)?;
        }
        Ok(true)
    }

    /// Scans what follows a value up to the next one. Returns whether the text ends instead.
    #[inline(always)]
    fn scan_separator(&mut self, cursor: &mut Cursor<'_>, open: &mut usize) -> Result<bool, Unexpected> {
        loop {
            let next = cursor.skip_whitespace();
            let Some(container) = self.entries.get(*open) else {
                return if next.is_none() { Ok(true) } else { Err(Unexpected) };
            };
            match (next, container.kind) {
                (Some(b','), Kind::Object) => {
                    cursor.at += 1;
                    cursor.skip_whitespace();
                    return self.scan_name(cursor).map(|()| false);
                }
                (Some(b','), _) => {
                    cursor.at += 1;
                    return Ok(false);
                }
                (Some(b'}'), Kind::Object) | (Some(b']'), Kind::List) => self.close(cursor, open),
                _ => return Err(Unexpected),
            }
        }
    }

    #[inline(always)]
    fn close(&mut self, cursor: &mut Cursor<'_>, open: &mut usize) {
        cursor.at += 1;
        let next = self.entries.len();
        if let Some(entry) = self.entries.get_mut(*open) {
            *open = entry.next;
            (entry.end, entry.next) = (cursor.at, next);
        }
    }

    #[inline(always)]
    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = self.entries.len() + 1;
        self.entries.push(Entry { kind, start, end, next });
    }

    /// Scans the name of a member and the colon after it.
    #[inline(always)]
    fn scan_name(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Unexpected> {
        if cursor.byte() != Some(b'"') {
            return Err(Unexpected);
        }
        self.scan_string(cursor)?;
        if cursor.skip_whitespace() != Some(b':') {
            return Err(Unexpected);
        }
        cursor.at += 1;
        Ok(())
    }

    #[inline(always)]
    fn scan_string(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Unexpected> {
        cursor.at += 1;
        let start = cursor.at;
        let mut kind = Kind::Text;
        if cursor.skip_plain() != Some(b'"') {
            let (end, is_string) = cursor.skip_escaped();
            *cursor = end;
            if !is_string {
                return Err(Unexpected);
            }
            kind = Kind::EscapedText;
        }
        self.push(kind, start, cursor.at);
        cursor.at += 1;
        Ok(())
    }
}

/// The byte at the cursor cannot follow.
struct Unexpected;

/// A place in a text. It stays in registers, because it is passed by value to every function that is not inlined.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    #[inline(always)]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips whitespace (RFC 8259, section 2) and returns the byte after it.
    #[inline(always)]
    fn skip_whitespace(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other,
            }
        }
    }

    #[inline(always)]
    fn literal(&mut self) -> Result<Kind, Unexpected> {
        let (literal, kind) = match self.byte() {
            Some(b't') => ("true", Kind::True),
            Some(b'f') => ("false", Kind::False),
            Some(b'n') => ("null", Kind::Null),
            _ => return Err(Unexpected),
        };
        for byte in literal.bytes() {
            if self.byte() != Some(byte) {
                return Err(Unexpected);
            }
            self.at += 1;
        }
        Ok(kind)
    }

    #[inline(always)]
    fn number(&mut self) -> Result<Kind, Unexpected> {
        let mut kind = Kind::Integer;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            kind = Kind::Float;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
            kind = Kind::Float;
        }
        Ok(kind)
    }

    /// Scans one or more digits.
    #[inline(always)]
    fn digits(&mut self) -> Result<(), Unexpected> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Unexpected) }
    }

    /// Skips the characters that a string contains as they are. Returns the byte after them.
    #[inline(always)]
    fn skip_plain(&mut self) -> Option<u8> {
        self.at += length_of_plain(self.text.as_bytes().get(self.at..).unwrap_or_default());
        self.byte()
    }

    /// Scans the rest of a string, of which the cursor has passed the plain characters. Returns the cursor at the
    /// closing quote, or at the byte that cannot follow, and whether it is a string.
    #[inline(never)]
    fn skip_escaped(mut self) -> (Self, bool) {
        loop {
            match self.byte() {
                Some(b'"') => return (self, true),
                Some(b'\\') if self.escape().is_ok() => {}
                // A wrong escape, a control character, or the end of the text.
                _ => return (self, false),
            }
            self.skip_plain();
        }
    }

    /// Scans an escape from its backslash.
    fn escape(&mut self) -> Result<char, Unexpected> {
        self.at += 1;
        let character = match self.byte() {
            Some(b'u') => return self.unicode_escape(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(Unexpected),
        };
        self.at += 1;
        Ok(character)
    }

    /// Scans the escape of a UTF-16 unit from its `u`, and that of the second unit of a pair.
    fn unicode_escape(&mut self) -> Result<char, Unexpected> {
        self.at += 1;
        let first = self.unit()?;
        let after_first = self.at;
        let second = self.second_unit();
        let mut characters = char::decode_utf16([Some(first), second].into_iter().flatten());
        let character = characters.next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
        if character.len_utf16() == 1 {
            self.at = after_first;
        }
        Ok(character)
    }

    /// Scans another escape of a UTF-16 unit if there is one.
    fn second_unit(&mut self) -> Option<u16> {
        self.text.get(self.at..)?.strip_prefix("\\u")?;
        self.at += 2;
        self.unit().ok()
    }

    /// Scans the four hexadecimal digits of a UTF-16 unit.
    fn unit(&mut self) -> Result<u16, Unexpected> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16)).ok_or(Unexpected)?;
            unit = unit << 4 | digit as u16;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// Returns the characters of a string without its escapes, of which all are valid.
fn unescape(string: &str) -> String {
    let (mut unescaped, mut cursor) = (String::with_capacity(string.len()), Cursor { text: string, at: 0 });
    loop {
        let start = cursor.at;
        let next = cursor.skip_plain();
        unescaped.push_str(string.get(start..cursor.at).unwrap_or_default());
        if next.is_none() {
            return unescaped;
        }
        unescaped.extend(cursor.escape());
    }
}

/// Returns the number of bytes before the first quote, backslash or control character.
#[inline(always)]
fn length_of_plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return number * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Sets the highest bit of the lowest byte that is a quote, a backslash or a control character. The bytes above it may
/// be wrong. A byte is below `n` if subtracting `n` borrows, and equal to another one if their difference is below 1.
fn special_bytes(word: u64) -> u64 {
    const EVERY: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, n: u8| word.wrapping_sub(EVERY * u64::from(n)) & !word;
    let equal = |byte: u8| below(word ^ (EVERY * u64::from(byte)), 1);
    (below(word, 0x20) | equal(b'"') | equal(b'\\')) & (EVERY * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn finds_the_end_of_the_plain_characters() {
        for length in 0..40 {
            for special in [b'"', b'\\', 0, 0x1f] {
                let mut bytes = vec![b' '; length];
                assert_eq!(length_of_plain(&bytes), length);
                bytes.push(special);
                bytes.extend([b'"', b'\\', 0, 0x7f, 0xff, b'!', b'#', b'[', b']']);
                assert_eq!(length_of_plain(&bytes), length, "{special}");
            }
        }
        let plain: Vec<u8> = (0x20..=0xff).filter(|byte| ![b'"', b'\\'].contains(byte)).collect();
        assert_eq!(length_of_plain(&plain), plain.len());
    }

    /// RFC 8259, section 7: the escapes, and pairs of surrogates. A surrogate without its other half is U+FFFD.
    #[test]
    fn unescapes_texts() {
        for (json, expected) in [
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u00e9\u20AC\u0000""#, "é€\0"),
            (r#""ä\uD83D\uDE00ß""#, "ä😀ß"),
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ude00 begins""#, "\u{fffd} begins"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\n\ude00""#, "\u{fffd}\n\u{fffd}"),
            (r#""\ud83dA\udbff\u0041""#, "\u{fffd}A\u{fffd}A"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
        ] {
            let tape = Tape::scan(json).expect("JSON");
            assert_eq!(tape.unescaped(0), Some(expected), "{json}");
        }
        for (json, offset) in
            [(r#""\ud8""#, 5), (r#""\u12G4""#, 5), (r#""\ud83d\u12""#, 11), (r#""\x""#, 2), ("\"\\", 2)]
        {
            assert_eq!(Tape::scan(json).err(), Some(offset), "{json}");
        }
    }
}
