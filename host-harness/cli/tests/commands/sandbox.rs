//! Commands that connect to a contact center: a local Genesys Cloud in a separate process.

use crate::folder::Folder;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

/// A sandbox process. Dropping it stops the process.
pub(crate) struct Sandbox {
    process: std::process::Child,
    announced: serde_json::Value,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.process.kill().expect("the sandbox is running");
        self.process.wait().expect("the sandbox exits");
    }
}

impl Sandbox {
    pub(crate) fn start(folder: &Folder, config: &str) -> Self {
        folder.write("sandbox.toml", config);
        let mut process = std::process::Command::new(assert_cmd::cargo::cargo_bin("handover"))
            .args(["sandbox", "--config", "sandbox.toml"])
            .current_dir(&folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a piped output")).read_line(&mut line).expect("a line");
        let announced = serde_json::from_str(&line).expect("one line of JSON");
        Self { process, announced }
    }

    /// Returns a field of the line that the sandbox prints at the start.
    pub(crate) fn announced(&self, key: &str) -> &str {
        self.announced[key].as_str().unwrap_or_else(|| panic!("{key} is not in {}", self.announced))
    }

    pub(crate) fn settings(&self, deployment_name: &str, client_secret: &str) -> String {
        format!(
            "host = {:?}\ndeployment-name = {deployment_name:?}\nqueue = \"Support\"\nwebhook-secret = {:?}\n\
             client-id = {:?}\nclient-secret = {client_secret:?}\nflow = \"Inbound Message\"\n",
            self.announced("origin"),
            self.announced("webhook_secret"),
            self.announced("client_id"),
        )
    }
}

#[test]
fn check_prints_every_step() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, "listen = \"127.0.0.1:0\"\n");
    assert!(!sandbox.announced("integration_id").is_empty());
    let check = ["check", "--settings", "settings.toml"];
    folder.write("settings.toml", sandbox.settings("BotHandover", "wrong"));
    let (status, out, _) = folder.run(&check);
    assert_eq!(status, 1, "{out}");
    assert!(out.contains("error    credentials: ") && out.contains("skipped  integration: "), "{out}");
    // The webhook URL is still missing.
    folder.write("settings.toml", sandbox.settings("BotHandover", sandbox.announced("client_secret")));
    let (status, out, _) = folder.run(&check);
    assert_eq!(status, 1, "{out}");
    assert!(out.contains("ok       credentials: ") && out.contains("error    webhook-url: "), "{out}");
    // A remedy is on its own line, which starts with spaces.
    let checks = out.lines().filter(|line| !line.starts_with(' '));
    let steps: Vec<_> = checks.filter_map(|line| line.get(9..)?.split_once(':')).map(|(step, _)| step).collect();
    let expected = [
        "settings",
        "webhook-secret",
        "region",
        "clock",
        "credentials",
        "integration",
        "webhook-url",
        "content-profile",
        "typing",
        "permission-receive",
        "permission-disconnect",
        "end-detection",
        "permission-lookup",
        "queue",
        "queue-state",
        "flow",
    ];
    assert_eq!(steps, expected, "{out}");
}

/// The check sends a message and waits for its webhook. It reports a signature that does not match.
#[test]
fn check_verifies_that_webhooks_arrive() {
    let folder = Folder::new();
    let port = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let address = port().to_string();
    let config = format!(
        "listen = \"127.0.0.1:0\"\n[[integrations]]\nname = \"BotHandover\"\nwebhook-url = \"http://{address}/\"\n\
         webhook-secret = \"a-secret-of-16-or-more-chars\"\n"
    );
    let sandbox = Sandbox::start(&folder, &config);
    let check = ["check", "--settings", "settings.toml", "--webhook-listen", &address];
    let settings = sandbox.settings("BotHandover", sandbox.announced("client_secret"));
    folder.write("settings.toml", &settings);
    let (_, out, _) = folder.run(&check);
    assert!(out.contains("ok       webhook-round-trip: "), "{out}");
    folder.write("settings.toml", settings.replace("a-secret-of-16-or-more-chars", "a-secret-that-is-another"));
    let (status, out, _) = folder.run(&check);
    assert_eq!(status, 1);
    assert!(out.contains("error    webhook-round-trip: a webhook arrived and is not authentic"), "{out}");
}

#[test]
fn provision_prints_its_plan_and_applies_it_once() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, "listen = \"127.0.0.1:0\"\n");
    folder.write("settings.toml", sandbox.settings("New", sandbox.announced("client_secret")));
    let apply =
        ["provision", "--settings", "settings.toml", "--url", "https://bot.example.com/handover/genesysCloudOM"];
    let (status, out, _) = folder.run(&[&apply[..], &["--dry-run"]].concat());
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("planned  integration: New: webhook URL https://bot.example.com/"), "{out}");
    let (status, out, _) = folder.run(&apply);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("applied  integration: New") && out.contains("manual   authorized-application: "), "{out}");
    let (status, out, _) = folder.run(&apply);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("present  integration: New") && !out.contains("applied "), "{out}");
}
