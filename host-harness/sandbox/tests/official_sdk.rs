//! Genesys's own JavaScript SDK talks to the sandbox. Needs Node and npm; without them the test is skipped, except
//! where `CI` is set, where it fails.

#![expect(clippy::unwrap_used, reason = "clippy lets tests do so, but not the helpers beside them")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use genesys_sandbox::{Config, Sandbox};

/// Where `talk.mjs` and its lock file are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk")
}

fn run(program: &str, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(program).args(arguments).current_dir(folder()).output()
}

fn is_there(program: &str) -> bool {
    run(program, &["--version"]).is_ok_and(|output| output.status.success())
}

fn assert_success(what: &str, output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {}\n{out}\n{err}", output.status);
}

/// Installs what the lock file says, unless that is what is there.
fn install() {
    let lock = std::fs::read(folder().join("package-lock.json")).unwrap();
    let mark = folder().join("node_modules/.installed-from");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return;
    }
    assert_success("npm ci", &run("npm", &["ci", "--ignore-scripts"]).unwrap());
    std::fs::write(mark, lock).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_talks_to_the_sandbox() {
    if let Some(missing) = ["node", "npm"].into_iter().find(|program| !is_there(program)) {
        assert!(std::env::var_os("CI").is_none(), "{missing} is missing, and CI must not skip this");
        // Not `eprintln!`: the test harness would keep that to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: the official SDK was not tried, because {missing} is missing");
        return;
    }
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let announcement = serde_json::to_string(sandbox.announcement()).unwrap();
    let talk = tokio::task::spawn_blocking(move || {
        install();
        run("node", &["talk.mjs", &announcement]).unwrap()
    });
    let output = talk.await.unwrap();
    assert_success("node talk.mjs", &output);
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with("ok ")).count(), 10);
    sandbox.stop().await;
}
