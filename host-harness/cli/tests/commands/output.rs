//! Commands that cannot write to standard output.

use crate::folder::Folder;
use std::process::{Command, Stdio};

/// Commands that need no contact center.
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

/// Runs a command. Returns its status and standard error.
fn run(arguments: &[&str], output: impl Into<Stdio>) -> (Option<i32>, String) {
    let folder = Folder::new();
    folder.write("message.json", r#"{"recipient": "r", "id": "m", "time": 1772359200123, "message": {"text": "hi"}}"#);
    folder.write(
        "copilot.toml",
        "copilot-url = \"https://copilot.example.com/\"\ncopilot-token = \"t\"\ncopilot-organization = \"o\"\ncopilot-config = \"c\"\n",
    );
    let result = Command::new(assert_cmd::cargo::cargo_bin("handover"))
        .args(arguments)
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .stdout(output)
        .output()
        .expect("the command runs");
    (result.status.code(), String::from_utf8(result.stderr).expect("UTF-8"))
}

#[test]
fn exits_silently_if_the_pipe_is_closed() {
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert_eq!(run(arguments, writer), (Some(2), String::new()), "{arguments:?}");
    }
}

#[test]
fn reports_a_full_disk() {
    for arguments in COMMANDS {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full, which Linux has");
        let (status, error) = run(arguments, full);
        assert_eq!(status, Some(2), "{arguments:?}: {error}");
        assert!(
            error.starts_with("handover: standard output cannot be written\n  because: "),
            "{arguments:?}: {error}"
        );
    }
}
