//! JSONTestSuite, and generated texts.

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
        let member =
            (name.clone(), inner, space).prop_map(|(name, value, space)| format!("\"{name}\"{space}:{space}{value}"));
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
