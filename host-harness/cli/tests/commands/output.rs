//! Where an answer is written to that takes nothing.

use crate::folder::Folder;
use std::process::{Command, Stdio};

const ANSWERING: [&[&str]; 8] = [
    &["inspect"],
    &["features", "--organisation", "o"],
    &["serve", "--reference"],
    &["serve", "--api"],
    &["map", "--settings", "settings.toml", "body.json"],
    &["verify", "--settings", "settings.toml", "--header", "X-Hub-Signature-256: sha256=AAAA", "body.json"],
    &["sandbox", "--listen", "127.0.0.1:0"],
    &["demo", "--script"],
];

/// The status of each command, and what it says on its standard error.
fn run(arguments: &[&str], output: impl Into<Stdio>) -> (Option<i32>, String) {
    let folder = Folder::new();
    let ended = Command::new(assert_cmd::cargo::cargo_bin("handover"))
        .args(arguments)
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .stdout(output)
        .output()
        .expect("it runs");
    (ended.status.code(), String::from_utf8(ended.stderr).expect("UTF-8"))
}

#[test]
fn a_reader_that_has_gone_ends_a_command_without_a_word() {
    for arguments in ANSWERING {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert_eq!(run(arguments, writer), (Some(2), String::new()), "{arguments:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    for arguments in ANSWERING {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let (status, error) = run(arguments, full);
        assert_eq!(status, Some(2), "{arguments:?}: {error}");
        assert!(
            error.starts_with("handover: the standard output cannot be written\n  because: "),
            "{arguments:?}: {error}"
        );
    }
}
