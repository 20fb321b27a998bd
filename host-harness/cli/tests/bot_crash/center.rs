//! The contact center: a local Genesys Cloud whose flows ask a bot.

use crate::{Flow, LATE_ANSWER_TIMEOUT, RESPONSE_TIMEOUT, THINKING_TIME};
use genesys_sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const BOTS: &str = r#"[{"id": "acme-support", "name": "Acme support", "versions": [
    {"version": "1", "languages": ["en-us"], "intents": [{"name": "finished"}]}]}]"#;

pub(crate) struct Center {
    sandbox: Sandbox,
    http: reqwest::Client,
    integration: OnceLock<String>,
}

impl Center {
    pub(crate) async fn start() -> Self {
        let sandbox = Sandbox::start(Config { requests_per_minute: 0, ..Config::default() }).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http, integration: OnceLock::new() }
    }

    /// Returns a folder with the settings and the list of bots.
    pub(crate) fn folder(&self) -> tempfile::TempDir {
        let announced = self.sandbox.announcement();
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let settings = format!(
            "host = {}\nproduct = \"digital-bot-connector\"\nintegration = \"Acme bots\"\n\
             secret = \"a-secret-of-16-or-more\"\nclient-id = {}\nclient-secret = {}\n",
            quoted(&announced.origin),
            quoted(&announced.client_id),
            quoted(&announced.client_secret),
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bots.toml"), settings).unwrap();
        std::fs::write(folder.path().join("bots.json"), BOTS).unwrap();
        folder
    }

    /// Creates the integration, which asks bots at this URL.
    pub(crate) fn provision(&self, folder: &Path, url: &str) {
        handover(folder, &["provision", "--settings", "bots.toml", "--plugin", "genesys-bot-connector", "--url", url]);
    }

    /// Reads the id of the integration.
    pub(crate) async fn find_integration(&self) {
        let announced = self.sandbox.announcement();
        let login = self.http.post(format!("{}/oauth/token", announced.origin));
        let login = login.basic_auth(&announced.client_id, Some(&announced.client_secret));
        let login = login.header("content-type", "application/x-www-form-urlencoded");
        let login = login.body("grant_type=client_credentials").send().await.unwrap();
        let token: Value = login.json().await.unwrap();
        let request = self.http.get(format!("{}/api/v2/integrations", announced.origin));
        let list = request.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
        let list: Value = list.json().await.unwrap();
        self.integration.set(list["entities"][0]["id"].as_str().unwrap().to_owned()).unwrap();
    }

    /// Runs a flow: the user says `turns` things, each after the answer to the previous one.
    pub(crate) async fn flow(&self, number: usize, turns: usize) -> Flow {
        let action = json!({
            "integrationId": self.integration.get(), "bot": "acme-support", "version": "1", "language": "en-us",
        });
        let run = self.post("bot-sessions", &action).await;
        let path = format!("bot-sessions/{}", run["id"].as_str().unwrap());
        let mut flow = Flow::default();
        for turn in 1..=turns {
            tokio::time::sleep(THINKING_TIME.mul_f64(fastrand::f64())).await;
            let text = format!("{number}.{turn}");
            let timeout = u64::try_from(RESPONSE_TIMEOUT.as_millis()).unwrap();
            let asked = Instant::now();
            let run = self.post(&format!("{path}/messages"), &json!({ "text": text, "timeoutMs": timeout })).await;
            flow.slowest = flow.slowest.max(asked.elapsed());
            if run["outcome"]["errorType"].is_string() {
                flow.failed.push(format!("{text}: {}", run["outcome"]));
                return flow;
            }
            if answers(&run, &text).is_empty() {
                match self.late_answer(&path, &text).await {
                    true => flow.late += 1,
                    false => flow.lost += 1,
                }
            } else {
                flow.in_time += 1;
            }
        }
        // A repeated delivery would arrive by now: a lease lasts 13 s.
        tokio::time::sleep(Duration::from_secs(20)).await;
        let run = self.get(&path).await;
        let all = run["messages"].as_array().unwrap().iter().filter(|message| message["from"] == "bot").count();
        let mut of_turns = 0;
        for turn in 1..=turns {
            let answers = answers(&run, &format!("{number}.{turn}"));
            of_turns += answers.len();
            flow.doubled += answers.len().saturating_sub(1);
            // Of two answers with different texts, one counts.
            flow.wrong += usize::from(answers.windows(2).any(|pair| pair[0] != pair[1]));
        }
        flow.wrong += all - of_turns;
        flow
    }

    async fn late_answer(&self, path: &str, text: &str) -> bool {
        let deadline = Instant::now() + LATE_ANSWER_TIMEOUT;
        while Instant::now() < deadline {
            if !answers(&self.get(path).await, text).is_empty() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        false
    }

    fn url(&self, path: &str) -> String {
        format!("{}/sandbox/{path}", self.sandbox.announcement().origin)
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(self.url(path)).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }
}

/// Runs a command in a folder.
pub(crate) fn handover(folder: &Path, arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_handover")).args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Returns the bot's answers to the turn with this text.
fn answers<'r>(run: &'r Value, text: &str) -> Vec<&'r str> {
    let messages = run["messages"].as_array().unwrap().iter().filter(|message| message["from"] == "bot");
    let texts = messages.filter_map(|message| message["text"].as_str());
    texts.filter(|answer| answer.split_whitespace().next() == Some(text)).collect()
}
