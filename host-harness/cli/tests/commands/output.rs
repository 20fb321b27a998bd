//! Commands whose standard output cannot be written.

use crate::folder::Folder;
use std::process::{Command, Stdio};

/// Commands that answer without a contact center.
const COMMANDS: [&[&str]; 10] = [
    &["inspect"],
    &["features", "--organization", "o"],
    &["serve", "--reference"],
    &["serve", "--api"],
    &["map", "--settings", "settings.toml", "body.json"],
    &["verify", "--settings", "settings.toml", "--header", "X-Hub-Signature-256: sha256=AAAA", "body.json"],
    &["build", "--settings", "settings.toml", "message.json"],
    &["copilot-url", "--settings", "copilot.toml", "--session", "s", "--user", "u"],
    &["sandbox", "--listen", "127.0.0.1:0"],
    &["demo", "--script"],
];

/// Runs a command; its status and its standard error.
fn run(arguments: &[&str], output: impl Into<Stdio>) -> (Option<i32>, String) {
    let folder = Folder::new();
    folder.write("message.json", r#"{"recipient": "r", "id": "m", "time": 1772359200123, "message": {"text": "hi"}}"#);
    folder.write(
        "copilot.toml",
        "copilot-url = \"https://copilot.example.com/\"\ncopilot-token = \"t\"\ncopilot-organization = \"o\"\ncopilot-config = \"c\"\n",
    );
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
fn a_closed_pipe_ends_a_command_silently() {
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert_eq!(run(arguments, writer), (Some(2), String::new()), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_reported_as_an_error() {
    for arguments in COMMANDS {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let (status, error) = run(arguments, full);
        assert_eq!(status, Some(2), "{arguments:?}: {error}");
        assert!(
            error.starts_with("handover: standard output cannot be written\n  because: "),
            "{arguments:?}: {error}"
        );
    }
}
