//! Compares the guest kit's reader of JSON with serde_json.

use handover_guest::contract::MappingError;
use handover_guest::json::{Document, Object};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use std::fmt;

/// A value as serde_json reads it, with repeated members.
enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Reads a text with both and compares the result: whether it is JSON, and if it is, the value of every member.
///
/// serde_json reads no value that is nested more than 127 deep, that contains a lone surrogate, or a number beyond the
/// range of a 64-bit float. Of such a text, only whether it is JSON is compared.
pub fn compare(text: &str) {
    let document = Document::read(text);
    let grammar = serde_json::from_str::<IgnoredAny>(text);
    assert_eq!(document.is_ok(), grammar.is_ok(), "{text}");
    if let (Err(MappingError::NotJson(offset)), Err(error)) = (&document, grammar) {
        let lines_before: usize = text.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
        let expected = (lines_before + error.column()).saturating_sub(1) as u64;
        // serde_json reports a wrong digit of `\u` after all four.
        let tolerance = if text.contains(r"\u") { 5 } else { 1 };
        assert!(offset.abs_diff(expected) <= tolerance, "{text}: {offset} instead of {expected}");
    }
    let (Ok(document), Ok(value)) = (document, serde_json::from_str::<Value>(text)) else { return };
    match value {
        Value::Object(members) => compare_object(document.root(), &members),
        Value::List(members) => {
            let read: Vec<_> = document.list().expect("a list").collect();
            assert_eq!(read.len(), members.len(), "{text}");
            for (read, member) in read.into_iter().zip(&members) {
                match (read, member) {
                    (Ok(object), Value::Object(members)) => compare_object(object, members),
                    (Err(json), member) if !matches!(member, Value::Object(_)) => compare_json(json, member),
                    _ => panic!("another type than {member:?} in {text}"),
                }
            }
        }
        _ => {
            assert!(!document.is_object() && document.list().is_none(), "{text}");
            assert_eq!(document.root().text("a"), None);
        }
    }
}

fn compare_object(object: Object<'_>, members: &[(String, Value)]) {
    for (name, value) in members {
        let is_unique = members.iter().filter(|(other, _)| other == name).count() == 1;
        compare_member(object, name, if is_unique { value } else { &Value::Null });
    }
    compare_json(object.json(), &Value::Object(Vec::new()));
}

/// Compares the ways of looking up a member.
fn compare_member(object: Object<'_>, name: &str, value: &Value) {
    let text = value.text().filter(|text| !text.is_empty());
    assert_eq!(object.text(name), text.as_deref(), "{name}");
    assert_eq!(object.id(name), text.as_deref(), "{name}");
    assert_eq!(object.integer(name), text.as_ref().and_then(|text| text.parse().ok()), "{name}");
    let number = if let Value::Number(number) = value { number.as_f64() } else { None };
    // serde_json rounds the last bit of some numbers differently, unless its feature `float_roundtrip` is on.
    let is_close = |(ours, number): (f64, f64)| (ours - number).abs() <= number.abs() * 1e-15;
    assert_eq!(object.number(name).is_some(), number.is_some(), "{name}");
    assert!(object.number(name).zip(number).is_none_or(is_close), "{name}");
    assert_eq!(object.boolean(name), matches!(value, Value::Bool(true)), "{name}");
    let members = if let Value::Object(members) = value { Some(members) } else { None };
    assert_eq!(object.object(name).is_some(), members.is_some(), "{name}");
    if let Some((object, members)) = object.object(name).zip(members) {
        compare_object(object, members);
    }
    let body = members.and_then(|members| one(members, "body"));
    let text_or_body = if members.is_some() { body.and_then(Value::text) } else { value.text() };
    assert_eq!(object.text_or_body(name), text_or_body.filter(|text| !text.is_empty()).as_deref(), "{name}");
    let looks_like_an_object = value.text().is_some_and(|text| text.trim_start().starts_with('{'));
    assert_eq!(object.embedded(name).is_some(), members.is_some() || looks_like_an_object, "{name}");
    let list = if let Value::List(members) = value { members.as_slice() } else { &[] };
    let texts: Vec<_> = list.iter().filter_map(Value::text).filter(|text| !text.is_empty()).collect();
    assert_eq!(object.texts(name).collect::<Vec<_>>(), texts, "{name}");
    let objects =
        list.iter().filter_map(|member| if let Value::Object(members) = member { Some(members) } else { None });
    assert_eq!(object.objects(name).count(), objects.clone().count(), "{name}");
    for (object, members) in object.objects(name).zip(objects) {
        compare_object(object, members);
    }
}

/// Returns the member with a name if it occurs once.
fn one<'v>(members: &'v [(String, Value)], name: &str) -> Option<&'v Value> {
    let mut named = members.iter().filter(|(other, _)| other == name);
    named.next().filter(|_| named.next().is_none()).map(|(_, value)| value)
}

/// Checks that the part of the text that a value was read from is a value of the same type.
fn compare_json(json: &str, value: &Value) {
    let again: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(std::mem::discriminant(&again), std::mem::discriminant(value), "{json}");
    assert_eq!(again.text(), value.text(), "{json}");
}

impl Value {
    /// The text, or the digits of an integer. serde_json reads `-0` as a float.
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) if !number.is_f64() => Some(number.to_string()),
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(Value::List(members))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use handover_guest::json::{Document, read};
    use proptest::prelude::*;
    use std::path::PathBuf;

    fn suite() -> Vec<(String, Vec<u8>)> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/json-test-suite");
        let files = std::fs::read_dir(folder).expect("the suite is in the repository");
        let files = files.map(|file| file.expect("a file"));
        let json = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json"));
        json.map(|file| (file.file_name().into_string().expect("a name"), std::fs::read(file.path()).expect("a file")))
            .collect()
    }

    /// The first letter of a name says whether a reader must accept the text, must refuse it, or may do either.
    #[test]
    fn agrees_with_the_json_test_suite() {
        let suite = suite();
        assert_eq!(suite.len(), 318);
        for (name, bytes) in suite {
            match name.as_bytes().first() {
                Some(b'y') => assert!(read(&bytes).is_some(), "{name}"),
                Some(b'n') => assert!(read(&bytes).is_none(), "{name}"),
                _ => {}
            }
            if let Ok(text) = std::str::from_utf8(&bytes) {
                compare(text);
                // As a member, where more of it is looked up.
                compare(&format!(r#"{{"a":{text},"b":[{text},{{"c":{text}}}],"a\u0062":{text},"d":1,"d":{text}}}"#));
            }
        }
    }

    #[test]
    fn reads_any_depth() {
        let depth = 500_000;
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let json = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(Document::read(&json).is_ok());
            assert!(Document::read(&json[..json.len() - 1]).is_err());
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            "[ -~]",
            any::<char>().prop_map(String::from),
            prop::sample::select(vec![
                r"\n",
                r"\\",
                r#"\""#,
                r"\/",
                r"\u0041",
                r"\ud83d\ude00",
                r"\ud83d",
                r"\ude00",
                r"\u00e",
                r"\x",
                "\u{1}"
            ])
            .prop_map(String::from),
        ];
        let text = prop::collection::vec(character, 0..12).prop_map(|characters| characters.concat());
        let name = prop::sample::select(vec!["id", "text", "content", r"\u0069d", ""]).prop_map(String::from);
        let number = "-?(0|[1-9][0-9]{0,20})([.][0-9]{1,3})?([eE][+-]?[0-9]{1,3})?";
        let word = prop::sample::select(vec!["true", "false", "null", "-0", "nul", "01", "18446744073709551616"]);
        let leaf = prop_oneof![
            number.prop_map(String::from),
            word.prop_map(String::from),
            text.prop_map(|text| format!("\"{text}\""))
        ];
        let space = "[ \t\n\r]{0,2}";
        leaf.prop_recursive(5, 60, 6, move |inner| {
            let list = (prop::collection::vec(inner.clone(), 0..6), space)
                .prop_map(|(members, space)| format!("{space}[{}{space}]", members.join(&format!("{space},"))));
            let member = (name.clone(), inner, space)
                .prop_map(|(name, value, space)| format!("\"{name}\"{space}:{space}{value}"));
            let object = (prop::collection::vec(member, 0..6), space)
                .prop_map(|(members, space)| format!("{{{space}{}}}{space}", members.join(",")));
            prop_oneof![list, object]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reads_what_serde_json_reads(text in json()) {
            compare(&text);
        }

        #[test]
        fn refuses_what_serde_json_refuses(text in json(), at in any::<prop::sample::Index>(), other in "[\\[\\]{},:\"\\\\0e. a-]?") {
            let at = at.index(text.len() + 1);
            let (before, after) = (text.get(..at).unwrap_or(&text), text.get(at..).unwrap_or(""));
            let mut rest = after.chars();
            rest.next();
            compare(&format!("{before}{other}{}", rest.as_str()));
            compare(&format!("{before}{other}{after}"));
            compare(before);
        }
    }
}
