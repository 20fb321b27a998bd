//! The contact center: a local Genesys Cloud with its agents and faults.

use genesys_sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) struct Center {
    sandbox: Sandbox,
    http: reqwest::Client,
    fault_task: std::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
}

pub(crate) struct Message {
    pub(crate) from_user: bool,
    pub(crate) text: String,
    /// The gateway has acknowledged the webhook, or can still do so.
    pub(crate) arrived: bool,
}

impl Center {
    pub(crate) async fn start(gateway: &str) -> Self {
        let mut config = Config { requests_per_minute: 0, ..Config::default() };
        config.integrations[0].webhook_url = Some(format!("{gateway}/handover/genesysCloudOM"));
        // Without receipts, the gateway must look up deliveries whose outcome is unknown.
        config.unconfirmed.inbound_receipts = false;
        let sandbox = Sandbox::start(config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http, fault_task: std::sync::Mutex::default() }
    }

    /// Returns a folder with the settings of the connection `acme`.
    pub(crate) fn folder(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("acme.toml"), self.settings()).unwrap();
        folder
    }

    /// Returns the settings file of a connection to this contact center.
    pub(crate) fn settings(&self) -> String {
        let announced = self.sandbox.announcement();
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        format!(
            "host = {}\ndeployment-name = {}\nqueue = \"Support\"\nwebhook-secret = {}\nclient-id = {}\nclient-secret = {}\n",
            quoted(&announced.origin),
            quoted(&announced.integration_name),
            quoted(&announced.webhook_secret),
            quoted(&announced.client_id),
            quoted(&announced.client_secret),
        )
    }

    /// Returns the secret that signs webhooks.
    pub(crate) fn webhook_secret(&self) -> &str {
        &self.sandbox.announcement().webhook_secret
    }

    /// Returns the integration id that webhooks contain.
    pub(crate) fn integration_id(&self) -> &str {
        &self.sandbox.announcement().integration_id
    }

    fn url(&self, path: &str) -> String {
        format!("{}/sandbox/{path}", self.sandbox.announcement().origin)
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> bool {
        self.http.post(self.url(path)).json(&body).send().await.unwrap().status().is_success()
    }

    /// Waits for an open conversation of the user and returns its id.
    pub(crate) async fn conversation(&self, recipient: &str) -> String {
        loop {
            let all = self.get("conversations").await;
            let mut all = all["conversations"].as_array().unwrap().iter();
            let is_open =
                |conversation: &&Value| conversation["from"]["id"] == recipient && conversation["endedAt"].is_null();
            if let Some(conversation) = all.find(is_open) {
                return conversation["id"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for the user's conversation, accepts it as an agent, and returns its id.
    pub(crate) async fn accept(&self, recipient: &str) -> String {
        let id = self.conversation(recipient).await;
        assert!(self.post(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await);
        id
    }

    /// Sends `each` texts as the agent, with a mean pause of `pace` between them.
    pub(crate) async fn talk(&self, conversation: &str, recipient: &str, each: usize, pace: Duration) {
        for number in 0..each {
            let text = json!({ "text": format!("in {recipient} {number}") });
            assert!(self.post(&format!("conversations/{conversation}/text"), text).await);
            tokio::time::sleep(pace.mul_f64(fastrand::f64() * 2.0)).await;
        }
    }

    /// Answers the next `messages` user messages with 429 and a `Retry-After` of `seconds`.
    pub(crate) async fn rate_limit(&self, messages: usize, seconds: u32) {
        for _ in 0..messages {
            let order =
                json!({ "on": "api", "path": "/inbound/", "fault": "rate-limited", "retryAfterSeconds": seconds });
            assert!(self.post("faults", order).await);
        }
    }

    /// Starts injecting random faults.
    pub(crate) fn start_faults(self: &std::sync::Arc<Self>) {
        let center = std::sync::Arc::clone(self);
        let task = tokio::spawn(async move {
            loop {
                let order = match fastrand::u32(0..10) {
                    0..3 => json!({ "on": "webhook", "fault": "double" }),
                    3..5 => json!({ "on": "webhook", "fault": "late", "ms": fastrand::u32(50..800) }),
                    5..7 => json!({ "on": "webhook", "fault": "disordered" }),
                    7 => json!({ "on": "api", "path": "/inbound/", "fault": "rate-limited", "retryAfterSeconds": 1 }),
                    8 => json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 503 }),
                    _ => json!({ "on": "api", "path": "/inbound/", "fault": "cut" }),
                };
                assert!(center.post("faults", order).await);
                tokio::time::sleep(Duration::from_millis(fastrand::u64(100..1_000))).await;
            }
        });
        *self.fault_task.lock().unwrap() = Some(task);
    }

    /// Stops injecting faults. Sends one more text per conversation, which releases webhooks that the `disordered`
    /// fault held back.
    pub(crate) async fn stop_faults(&self, conversations: &[(String, String)]) {
        if let Some(task) = self.fault_task.lock().unwrap().take() {
            task.abort();
        }
        self.http.delete(self.url("faults")).send().await.unwrap();
        for (recipient, conversation) in conversations {
            let text = json!({ "text": format!("in {recipient} last") });
            assert!(self.post(&format!("conversations/{conversation}/text"), text).await);
        }
    }

    /// Ends the conversation: by the agent, or by Genesys Cloud if no agent has accepted it.
    pub(crate) async fn end(&self, conversation: &str) {
        assert!(self.post(&format!("conversations/{conversation}/disconnect"), json!({})).await);
    }

    pub(crate) async fn messages(&self, conversation: &str) -> Vec<Message> {
        let conversation = self.get(&format!("conversations/{conversation}")).await;
        let messages = conversation["messages"].as_array().unwrap().iter();
        let message = |message: &Value| Message {
            from_user: message["direction"] == "Inbound",
            text: message["text"].as_str().unwrap_or_default().to_owned(),
            // A message in transit must still arrive.
            arrived: !matches!(message["delivery"]["state"].as_str(), Some("failed" | "undeliverable")),
        };
        messages.map(message).collect()
    }

    /// Returns how many lookups of deliveries with unknown outcome are in the request log, which keeps only recent
    /// requests.
    pub(crate) async fn lookups(&self) -> usize {
        let log = self.get("requests").await;
        let requests = log["requests"].as_array().unwrap().iter();
        requests.filter(|request| request["path"].as_str().is_some_and(|path| path.contains("/messages/bulk"))).count()
    }
}
