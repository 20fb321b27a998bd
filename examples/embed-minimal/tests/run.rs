//! The example, as a user runs it.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use genesys_sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// A process that ends with the test.
struct RunningProcess(Child);

impl Drop for RunningProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_over_and_prints_the_agents_message() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(format!("http://{free}/"));
    let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
    let announcement = sandbox.announcement();

    let folder = tempfile::tempdir().expect("a folder");
    let (component, settings) = (folder.path().join("provider.wasm"), folder.path().join("settings.json"));
    std::fs::write(&component, handover_tests::GENESYS).expect("written");
    let setting = |key: &str, value: &str| json!({ "key": key, "value": value });
    let values = json!([
        setting("host", &announcement.origin),
        setting("deployment-name", &announcement.integration_name),
        setting("webhook-secret", &announcement.webhook_secret),
        setting("client-id", &announcement.client_id),
        setting("client-secret", &announcement.client_secret),
    ]);
    std::fs::write(&settings, values.to_string()).expect("written");
    let mut example = Command::new(env!("CARGO_BIN_EXE_embed-minimal"))
        .args([component.as_os_str(), settings.as_os_str()])
        .args([&announcement.origin, &free.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map(RunningProcess)
        .expect("the example starts");
    let output = BufReader::new(example.0.stdout.take().expect("standard output"));

    let client = reqwest::Client::new();
    let desk = format!("{}/sandbox/conversations", announcement.origin);
    let conversation = async {
        loop {
            let all: Value = client.get(&desk).send().await.expect("an answer").json().await.expect("JSON");
            if let Some(id) = all["conversations"][0]["id"].as_str() {
                return id.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let conversation = tokio::time::timeout(STEP_TIMEOUT, conversation).await.expect("a conversation");
    for (action, body) in
        [("accept", json!({ "name": "Grace Hopper" })), ("text", json!({ "text": "How can I help?" }))]
    {
        let answer =
            client.post(format!("{desk}/{conversation}/{action}")).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{action}: {}", answer.status());
    }
    let message = tokio::task::spawn_blocking(move || {
        let events = output.lines().map(|line| serde_json::from_str::<Value>(&line.expect("readable")).expect("JSON"));
        events.map(|mut event| event["kind"]["message"].take()).find(Value::is_object).expect("a message")
    });
    let message = tokio::time::timeout(STEP_TIMEOUT, message).await.expect("a message").expect("no panic");
    assert_eq!(message["text"], "How can I help?");
    sandbox.stop().await;
}
