//! Replaces personal data in the platform's messages before anything stores or delivers them.
//!
//! Only what the kinds below can recognize with certainty is replaced: a checksum or a fixed form decides, so that order numbers
//! and dates stay. Nothing is replaced that the platform sends in a field of its own: the profile, confidential attributes, and
//! the telephone number of a callback.

use crate::message_texts;
use handover_host::contract::{Attribute, HandoverStart, OutboundMessage};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// The maximum size of a compiled pattern, in bytes. A larger one would need too much memory.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The maximum number of words that a number with check digits consists of. An IBAN has at most 34 characters in groups of 4.
const MAX_WORDS: usize = 20;

/// A kind of personal data that is recognized without a pattern of the operator.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The number of a payment card: 12 to 19 digits (ISO/IEC 7812-1) of an issuer in finance, travel or commerce, with a valid
    /// check digit, in one word or grouped as on a card.
    CardNumber,
    /// An international bank account number with valid check digits (ISO 13616).
    Iban,
    /// An email address.
    Email,
    /// A telephone number in international format: `+` or `00`, and 8 to 15 digits (ITU-T E.164).
    Phone,
}

/// A pattern of the operator is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(#[from] regex::Error);

/// What is replaced in the messages of a connection.
#[derive(Debug)]
pub struct Redaction {
    rules: Vec<Rule>,
    dry_run: bool,
}

/// One kind of personal data.
#[derive(Debug)]
struct Rule {
    name: String,
    pattern: Regex,
    is_certain: fn(&str) -> bool,
    replacement: String,
}

/// The number of replacements of each kind.
pub type Replacements = BTreeMap<String, usize>;

impl Kind {
    /// Returns the name in the configuration and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CardNumber => "card-number",
            Self::Iban => "iban",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// Returns a pattern for candidates, which may be longer than what is certain. A candidate is a word, or several in a row.
    fn pattern(self) -> &'static str {
        match self {
            Self::CardNumber => r"\b[0-9](?:[ -]?[0-9]){11,}\b",
            Self::Iban => r"\b[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]){11,}\b",
            Self::Email => r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}\b",
            // A number that only begins with 00 may be an order number, so a separator must follow the country code.
            Self::Phone => r"(?:\+[1-9]|\b00 ?[1-9][0-9]{0,2}[ ()./-])(?:[ ()./-]{0,2}[0-9]){7,14}\b",
        }
    }

    /// Returns whether a candidate is certainly of the kind.
    fn check(self) -> fn(&str) -> bool {
        match self {
            Self::CardNumber => is_card_number,
            Self::Iban => is_iban,
            Self::Email | Self::Phone => |_| true,
        }
    }

    fn replacement(self) -> &'static str {
        match self {
            Self::CardNumber => "[card number]",
            Self::Iban => "[IBAN]",
            Self::Email => "[email address]",
            Self::Phone => "[telephone number]",
        }
    }
}

/// Returns whether digits are the number of a payment card. The first digit is the issuer's industry (ISO/IEC 7812-1): 2 for
/// airlines and other assignments, 3 for travel and entertainment, 4 and 5 for banking, 6 for merchandising and banking.
fn is_card_number(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    (12..=19).contains(&digits.len())
        && matches!(digits.first(), Some(b'2'..=b'6'))
        && is_grouped_as_on_a_card(text)
        && luhn3::valid(&digits)
}

/// Returns whether digits are in one word, or in groups as cards show them: of four, or of four, six and the rest.
fn is_grouped_as_on_a_card(text: &str) -> bool {
    if text.contains(' ') && text.contains('-') {
        return false;
    }
    match words(text).map(|word| word.len()).collect::<Vec<_>>().as_slice() {
        [_] | [4, 6, 4 | 5] => true,
        [groups @ .., 1..=4] => groups.iter().all(|length| *length == 4),
        _ => false,
    }
}

fn is_iban(text: &str) -> bool {
    let compact: String = text.chars().filter(|character| *character != ' ').collect();
    compact.to_ascii_uppercase().parse::<iban::Iban>().is_ok()
}

impl Rule {
    /// Replaces what is certain, and returns how often.
    fn replace(&self, text: &str) -> (String, usize) {
        let (mut replaced, mut count, mut at) = (String::new(), 0, 0);
        while let Some(candidate) = self.pattern.find_at(text, at) {
            let found = self.certain_part(candidate.as_str());
            let (start, end) = match &found {
                Some(part) => (candidate.start() + part.start, candidate.start() + part.end),
                // The next candidate may begin with the next word of this one.
                None => {
                    let first = words(candidate.as_str()).next().map_or(candidate.len(), |word| word.end);
                    (candidate.start() + first, candidate.start() + first)
                }
            };
            replaced.push_str(text.get(at..start).unwrap_or_default());
            if found.is_some() {
                replaced.push_str(&self.replacement);
                count += 1;
            }
            // A pattern of the operator may match nothing, which would not end.
            let next = text.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            at = if end > at { end } else { end + next };
            if end < at {
                replaced.push_str(text.get(end..at).unwrap_or_default());
            }
            if at > text.len() {
                break;
            }
        }
        replaced.push_str(text.get(at..).unwrap_or_default());
        (replaced, count)
    }

    /// Returns the first and longest part of a candidate that is certain and consists of whole words.
    fn certain_part(&self, candidate: &str) -> Option<Range<usize>> {
        if (self.is_certain)(candidate) {
            return Some(0..candidate.len());
        }
        let words: Vec<_> = words(candidate).collect();
        words.iter().enumerate().find_map(|(first, word)| {
            let ends = words.get(first..)?.iter().take(MAX_WORDS).rev().map(|last| last.end);
            ends.map(|end| word.start..end).find(|part| candidate.get(part.clone()).is_some_and(self.is_certain))
        })
    }
}

/// Returns the words of a candidate, which spaces and hyphens separate.
fn words(candidate: &str) -> impl Iterator<Item = Range<usize>> {
    candidate.split([' ', '-']).scan(0, |at, word| {
        let start = *at;
        *at = start + word.len() + 1;
        Some(start..start + word.len())
    })
}

impl Redaction {
    /// Creates a redaction of these kinds and of the operator's patterns, each with its name. With `dry_run`, replacements are
    /// only counted.
    ///
    /// # Errors
    /// A pattern is not a regular expression (syntax of the crate regex), or it is too large.
    pub fn new<'p>(
        kinds: &[Kind],
        patterns: impl IntoIterator<Item = (&'p str, &'p str)>,
        dry_run: bool,
    ) -> Result<Self, InvalidPattern> {
        let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
        let own = patterns.into_iter().map(|(name, pattern)| {
            let (is_certain, replacement): (fn(&str) -> bool, _) = (|text| !text.is_empty(), format!("[{name}]"));
            Ok(Rule { name: name.to_owned(), pattern: compile(pattern)?, is_certain, replacement })
        });
        // An IBAN contains digits that could be a card number, and a card number digits that could be a telephone number.
        let in_order = [Kind::Email, Kind::Iban, Kind::CardNumber, Kind::Phone];
        let known = in_order.into_iter().filter(|kind| kinds.contains(kind)).map(|kind| {
            let (name, replacement) = (kind.name().to_owned(), kind.replacement().to_owned());
            Ok(Rule { name, pattern: compile(kind.pattern())?, is_certain: kind.check(), replacement })
        });
        Ok(Self { rules: own.chain(known).collect::<Result<_, InvalidPattern>>()?, dry_run })
    }

    /// Returns a text without personal data, and what was replaced.
    #[must_use]
    pub fn redact(&self, text: &str) -> (String, Replacements) {
        let (mut text, mut replacements) = (text.to_owned(), Replacements::new());
        for rule in &self.rules {
            let (replaced, count) = rule.replace(&text);
            text = replaced;
            if count > 0 {
                *replacements.entry(rule.name.clone()).or_default() += count;
            }
        }
        (text, replacements)
    }

    /// Redacts the texts of a message, unless this is a dry run. Returns what was, or would be, replaced.
    pub(crate) fn apply(&self, message: &mut OutboundMessage) -> Replacements {
        let mut all = Replacements::new();
        match message {
            OutboundMessage::Start(start) => return self.apply_to_start(start),
            OutboundMessage::Callback(callback) => self.replace_each(visible(&mut callback.attributes), &mut all),
            message => self.replace_each(message_texts::of_message(message), &mut all),
        }
        all
    }

    /// Redacts the texts of a start, like [`apply`](Self::apply).
    pub(crate) fn apply_to_start(&self, start: &mut HandoverStart) -> Replacements {
        let mut all = Replacements::new();
        self.replace_each(message_texts::of_start(start), &mut all);
        self.replace_each(visible(&mut start.attributes), &mut all);
        all
    }

    fn replace_each<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>, all: &mut Replacements) {
        texts.into_iter().for_each(|text| self.replace(text, all));
    }

    fn replace(&self, text: &mut String, all: &mut Replacements) {
        let (redacted, replacements) = self.redact(text);
        for (name, count) in replacements {
            *all.entry(name).or_default() += count;
        }
        if !self.dry_run {
            *text = redacted;
        }
    }
}

/// Returns the values that scripts and reports of the contact center show.
fn visible(attributes: &mut [Attribute]) -> impl Iterator<Item = &mut String> {
    attributes.iter_mut().filter(|attribute| !attribute.confidential).map(|attribute| &mut attribute.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Redaction {
        Redaction::new(&[Kind::CardNumber, Kind::Iban, Kind::Email, Kind::Phone], [], false).expect("valid patterns")
    }

    #[test]
    fn replaces_card_numbers_with_a_valid_check_digit() {
        // Test numbers that card networks and payment providers publish.
        for number in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "6011111111111117",
            "30569309025904",
            "3782 822463 10005",
            "3056-930902-5904",
            "3530111333300000",
        ] {
            let (text, replacements) = all().redact(&format!("My card is {number}, please."));
            assert_eq!(text, "My card is [card number], please.", "{number}");
            assert_eq!(replacements, Replacements::from([("card-number".to_owned(), 1)]));
        }
    }

    #[test]
    fn replaces_ibans_with_valid_check_digits() {
        // Examples of the IBAN registry (SWIFT).
        for number in [
            "DE89370400440532013000",
            "GB29 NWBK 6016 1331 9268 19",
            "fr14 2004 1010 0505 0001 3M02 606",
            "NO9386011117947",
        ] {
            let (text, _) = all().redact(&format!("Pay to {number}."));
            assert_eq!(text, "Pay to [IBAN].", "{number}");
        }
    }

    #[test]
    fn finds_numbers_between_other_words_and_digits() {
        for (text, expected) in [
            ("My IBAN is DE89370400440532013000 and I need help", "My IBAN is [IBAN] and I need help"),
            ("code AB12 DE89 3704 0044 0532 0130 00 please", "code AB12 [IBAN] please"),
            ("4111 1111 1111 1111 12/27", "[card number] 12/27"),
            ("4111111111111111 123", "[card number] 123"),
            ("order 43 4111 1111 1111 1111", "order 43 [card number]"),
            ("4111111111111111 5555555555554444", "[card number] [card number]"),
            ("42 42 42 4111-1111-1111-1111 42", "42 42 42 [card number] 42"),
            ("order 42 4111 1111 1111 1111", "order 42 [card number]"),
            ("43 43 43 4111-1111-1111-1111 43", "43 43 43 [card number] 43"),
        ] {
            assert_eq!(all().redact(text).0, expected);
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_ends() {
        let redaction = Redaction::new(&[], [("x", "x*")], false).expect("a valid pattern");
        assert_eq!(redaction.redact("aäxxb").0, "aä[x]b");
    }

    #[test]
    fn replaces_addresses_and_international_telephone_numbers() {
        for (text, expected) in [
            ("Write to ada.lovelace+x@mail.example.com.", "Write to [email address]."),
            ("Call +49 (30) 123-456 78 now", "Call [telephone number] now"),
            ("Call 0049 30 12345678", "Call [telephone number]"),
            ("Call 00 49 30/12345678", "Call [telephone number]"),
            ("+1 202 555 0143 or a@example.org", "[telephone number] or [email address]"),
        ] {
            assert_eq!(all().redact(text).0, expected);
        }
    }

    #[test]
    fn leaves_what_only_looks_like_personal_data() {
        for text in [
            // A wrong check digit, an industry without payment cards, and a longer number.
            "4111 1111 1111 1112",
            "order 1234567890123452",
            "tracking 00340434161094042557",
            "invoice 0012345678",
            "id 0a1b2c3d-0000-4000-8000-000000000002",
            // Wrong check digits, and an unknown country.
            "DE89370400440532013001",
            "XX89370400440532013000",
            // Dates, times, versions, prices and codes.
            "2026-11-30 10:15:00",
            "between 1000 and 2000 EUR, 30.11.2026",
            "ISBN 978-3-16-148410-0",
            "version 1.22.333.4444",
            "build 20261130123456",
            "030 123456",
            "user@localhost",
            "@ada and #42",
            "C++ 17",
            "room +2",
        ] {
            let (redacted, replacements) = all().redact(text);
            assert_eq!((redacted.as_str(), replacements.len()), (text, 0));
        }
    }

    #[test]
    fn applies_the_patterns_of_the_operator_first() {
        let patterns = [("customer number", r"\bK-[0-9]{6}\b")];
        let redaction = Redaction::new(&[], patterns, false).expect("valid patterns");
        let (text, replacements) = redaction.redact("K-123456 and K-654321, not K-12");
        assert_eq!(text, "[customer number] and [customer number], not K-12");
        assert_eq!(replacements, Replacements::from([("customer number".to_owned(), 2)]));
        assert!(Redaction::new(&[], [("broken", "(")], false).is_err());
        assert!(Redaction::new(&[], [("huge", r"(\w{1000}){1000}")], false).is_err());
    }

    #[test]
    fn a_dry_run_only_counts() {
        let redaction = Redaction::new(&[Kind::Email], [], true).expect("valid patterns");
        let mut message = OutboundMessage::Text("I am ada@example.com".to_owned());
        assert_eq!(redaction.apply(&mut message), Replacements::from([("email".to_owned(), 1)]));
        assert_eq!(message, OutboundMessage::Text("I am ada@example.com".to_owned()));
    }

    #[test]
    fn redacts_every_free_text_and_no_field_of_its_own() {
        let text = |text: &str| serde_json::json!(format!("{text} ada@example.com"));
        let messages = [
            serde_json::json!({ "text": text("a") }),
            serde_json::json!({ "proactive-text": text("a") }),
            serde_json::json!({ "attachment": { "kind": "file", "url": "https://example.com/", "caption": text("a") } }),
            serde_json::json!({ "answer": { "message-id": "1", "kind": "button", "text": text("a"), "payload": "p" } }),
            serde_json::json!({ "survey-score": { "score": 1, "maximum": 5, "comment": text("a") } }),
            serde_json::json!({ "start": {
                "text": text("a"), "summary": text("a"),
                "transcript": [{ "speaker": "user", "time": 1, "text": text("a") }],
                "attributes": [{ "key": "note", "value": text("a") }],
                "profile": { "email": "ada@profile.example.com" },
            } }),
            serde_json::json!({ "callback": {
                "phone": "+4930123456",
                "attributes": [{ "key": "note", "value": text("a") }],
            } }),
        ];
        for message in messages {
            let mut parsed: OutboundMessage = serde_json::from_value(message.clone()).expect("a message");
            let expected = message.to_string().matches(" ada@example.com").count();
            let replaced = all().apply(&mut parsed);
            assert_eq!(replaced.get("email"), Some(&expected), "{message}");
            let redacted = serde_json::to_string(&parsed).expect("JSON");
            assert_eq!(redacted.matches("a [email address]").count(), expected, "{redacted}");
            for kept in ["ada@profile.example.com", "+4930123456"] {
                assert_eq!(redacted.contains(kept), message.to_string().contains(kept), "{redacted}");
            }
        }
    }
}
