//! Finds the first name in a person's full name.

use alloc::vec::Vec;

/// Titles before a name, in lower case without dots.
const TITLES: &[&str] = &[
    "dr",
    "drs",
    "prof",
    "professor",
    "mr",
    "mrs",
    "ms",
    "mx",
    "miss",
    "sir",
    "dame",
    "lord",
    "lady",
    "rev",
    "fr",
    "herr",
    "frau",
    "hr",
    "dipl-ing",
    "ing",
    "mag",
    "monsieur",
    "madame",
    "mme",
    "mlle",
    "sr",
    "sra",
    "srta",
    "señor",
    "señora",
    "don",
    "doña",
    "dott",
    "dottssa",
    "sig",
    "signor",
    "signora",
    "dhr",
    "mevr",
    "capt",
    "col",
    "lt",
    "sgt",
];

/// Suffixes after a name, in lower case without dots.
const SUFFIXES: &[&str] = &[
    "jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "msc", "bsc", "ma", "ba", "rn", "esq", "cpa", "llm", "mph",
    "jun", "sen", "pmp", "cissp",
];

/// Particles at the start of a family name, in lower case.
const PARTICLES: &[&str] = &[
    "von", "van", "vom", "zu", "zum", "zur", "de", "del", "dela", "della", "di", "da", "dal", "do", "dos", "das", "du",
    "des", "der", "den", "het", "ten", "ter", "te", "la", "le", "el", "al", "bin", "bint", "ibn", "ben", "abu", "af",
    "av", "mac", "mc", "st", "san", "santa", "o",
];

/// Family names that precede the given name, in languages that the letters do not identify: Vietnamese without
/// diacritics.
const FAMILY_NAMES_FIRST: &[&str] = &["nguyen", "tran", "pham", "huynh"];

/// Returns the first name of a full name if it is certain. Never returns the family name.
///
/// Reads `Grace Hopper`, `Hopper, Grace`, `Dr. Grace Hopper` and `HOPPER Grace`. Returns `None` for a single word, for
/// initials, for scripts of languages that put the family name first, and for anything that is not a name.
pub(super) fn first_name(name: &str) -> Option<&str> {
    if name.chars().any(is_family_name_first) {
        return None;
    }
    let Some((before, behind)) = name.split_once(',') else { return before_family_name(name) };
    match words(behind).find(|word| !is_one_of(word, TITLES)) {
        // `Grace Hopper, PhD`
        None => before_family_name(before),
        Some(word) if is_one_of(word, SUFFIXES) => before_family_name(before),
        // `Hopper, Grace`
        Some(word) => Some(word).filter(|word| is_name(word) && words(before).any(is_name)),
    }
}

/// Returns the first name of a name without a comma, which must have at least two words.
fn before_family_name(name: &str) -> Option<&str> {
    let words: Vec<&str> = words(name).collect();
    // The family name precedes a title in the middle: `Hopper Dr. Grace`.
    let begin = words.iter().position(|word| !is_one_of(word, TITLES))?;
    let end = words.iter().rposition(|word| !is_one_of(word, SUFFIXES))? + 1;
    let words = words.get(begin..end)?;
    let is_part = |word: &&str| (is_name(word) || is_initial(word) || is_particle(word)) && !is_title(word);
    if !words.iter().all(is_part) || words.first().is_some_and(|first| is_one_of(first, FAMILY_NAMES_FIRST)) {
        return None;
    }
    // `HOPPER Grace` and `Grace HOPPER`: the family name is in capitals.
    let mut names = words.iter().filter(|word| is_name(word));
    let in_capitals = names.clone().filter(|word| is_in_capitals(word)).count();
    if in_capitals == 0 || in_capitals == names.clone().count() {
        return words.first().copied().filter(|first| is_name(first) && names.count() > 1);
    }
    let first = names.find(|word| !is_in_capitals(word)).copied()?;
    let mut behind = names.skip_while(|word| !is_in_capitals(word));
    if words.first() == Some(&first) {
        return Some(first);
    }
    // `HOPPER Grace IT` has capitals on both sides, and two letters may be initials: `AJ Hopper`.
    let is_clear = words.iter().filter(|word| is_in_capitals(word)).any(|word| word.chars().count() > 2);
    (is_clear && behind.next().is_none()).then_some(first)
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split_whitespace()
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    let plain = || word.chars().filter(|c| *c != '.').flat_map(char::to_lowercase);
    list.iter().any(|known| plain().eq(known.chars()))
}

/// Returns whether a word consists of letters and is neither an initial nor a particle of a family name.
fn is_name(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    letters > 1
        && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}' | '-' | '\u{2010}'))
        && word.starts_with(char::is_alphabetic)
        && !is_one_of(word, PARTICLES)
}

fn is_initial(word: &str) -> bool {
    word.chars().filter(|c| c.is_alphabetic()).count() == 1 && word.chars().all(|c| c.is_alphabetic() || c == '.')
}

fn is_particle(word: &str) -> bool {
    is_one_of(word, PARTICLES)
}

fn is_title(word: &str) -> bool {
    is_one_of(word, TITLES)
}

/// Returns whether a word ends in capitals, as `HOPPER` and `McDONALD` do.
fn is_in_capitals(word: &str) -> bool {
    let mut letters = word.chars().rev().filter(|c| c.is_alphabetic());
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_uppercase)
}

/// Returns whether a letter is one of a language that puts the family name first: Chinese, Japanese, Korean or
/// Vietnamese.
fn is_family_name_first(c: char) -> bool {
    matches!(c,
        'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'..='\u{1ef9}' | '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{30ff}' | '\u{3130}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_name_in_every_common_order() {
        for (name, first) in [
            ("Grace Hopper", "Grace"),
            ("  Grace   Hopper ", "Grace"),
            ("Hopper, Grace", "Grace"),
            ("Hopper,Grace", "Grace"),
            ("Hopper, Grace Brewster", "Grace"),
            ("Hopper, Dr. Grace", "Grace"),
            ("de la Cruz, Maria", "Maria"),
            ("Dr. Grace Hopper", "Grace"),
            ("Prof. Dr. Grace Hopper", "Grace"),
            ("Frau Dr. Grace Hopper", "Grace"),
            ("Grace Hopper, PhD", "Grace"),
            ("Grace Hopper Jr.", "Grace"),
            ("HOPPER Grace", "Grace"),
            ("Grace HOPPER", "Grace"),
            ("Anne-Marie Smith", "Anne-Marie"),
            ("Jean O’Neil", "Jean"),
            ("Élodie Dupont", "Élodie"),
            ("Ludwig van Beethoven", "Ludwig"),
            ("Грейс Хоппер", "Грейс"),
            ("GRACE HOPPER", "GRACE"),
            ("GARCIA LOPEZ Maria", "Maria"),
            ("McDONALD Ronald", "Ronald"),
            ("Ronald McDONALD", "Ronald"),
            ("VAN DER BERG Anna", "Anna"),
            ("Grace B. Hopper", "Grace"),
            ("Grace de la Cruz", "Grace"),
            ("Grace Hopper PhD", "Grace"),
        ] {
            assert_eq!(first_name(name), Some(first), "{name}");
        }
    }

    #[test]
    fn returns_none_if_it_may_be_the_family_name() {
        for name in [
            "",
            " ",
            ",",
            "Hopper",
            "Hopper,",
            ", Grace",
            "Dr. Hopper",
            "Mrs Hopper",
            "Hopper Jr.",
            "Hopper, PhD",
            "Hopper, Dr.",
            "G. Hopper",
            "G Hopper",
            "Hopper, G.",
            "von Neumann",
            "van der Berg, Dr.",
            "grace.hopper@example.com",
            "grace.hopper@example.com Hopper",
            "Hopper/Grace",
            "Hopper; Grace",
            "Hopper 🎧",
            "(Support) Hopper",
            "Hopper 2",
            "HOPPER Grace BSN",
            "HOPPER Grace IT",
            "Hopper Dr. Grace",
            "Hopper Frau Grace",
            "Hopper - Grace",
            "Hopper | Grace",
            "Hopper / Grace",
            "Hopper (Support) Grace",
            "Hopper 2 Grace",
            "AJ Hopper",
            "NG Grace",
            "Nguyễn Văn An",
            "Nguyen Van An",
            "TRAN Van An",
            "山田 太郎",
            "김 민준",
            "Ｈｏｐｐｅｒ Ｇｒａｃｅ",
        ] {
            assert_eq!(first_name(name), None, "{name}");
        }
    }
}
