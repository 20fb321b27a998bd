//! The component in a host, connected to a local Genesys Cloud.

use crate::support::{self, settings};
use genesys_sandbox::{Config, Sandbox};
use handover_host::contract::{
    CheckOutcome, Conversation, EventKind, Failure, HandoverStart, Outbound, OutboundMessage,
};
use handover_host::{AllowedOrigins, Connection, Host, HttpClient, HttpClientLimits};
use handover_tests::answered;
use serde_json::Value;
use std::time::Duration;

/// A connection of the Genesys component to a local Genesys Cloud.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) connection: Connection,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn new(config: Config) -> Self {
        Self::with(config, &[]).await
    }

    /// Starts a sandbox and connects to it. `other` replaces or extends the settings that the sandbox announces.
    pub(crate) async fn with(config: Config, other: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
        let announced = sandbox.announcement();
        let mut entries = vec![
            ("host", announced.origin.as_str()),
            ("deployment-name", &announced.integration_name),
            ("queue", "Support"),
            ("webhook-secret", &announced.webhook_secret),
            ("client-id", &announced.client_id),
            ("client-secret", &announced.client_secret),
        ];
        entries.retain(|(key, _)| !other.iter().any(|(name, _)| name == key));
        entries.extend(other);
        let mut limits = HttpClientLimits::default();
        limits.read = Duration::from_secs(2);
        let client = HttpClient::new(limits).expect("a client");
        let host = Host::builder().limits(support::limits()).http(client).build().expect("a host");
        let provider = host.load(handover_tests::GENESYS).await.expect("the provider loads");
        let allowed = AllowedOrigins::none().allow(&announced.origin).expect("an origin");
        let connection = provider.connect(settings(&entries), &allowed).await.expect("the connection");
        Self { sandbox, connection, http: reqwest::Client::new() }
    }

    /// Builds and delivers a message. Returns the conversation id of the last delivery.
    pub(crate) async fn send(
        &self,
        conversation: &Conversation,
        id: &str,
        message: OutboundMessage,
    ) -> Result<Option<String>, Failure> {
        let outbound = Outbound { id: id.into(), time: 1_772_359_200_123, message };
        let requests = self.connection.build_outbound_message(conversation, &outbound).await.expect("built");
        let mut conversation_id = None;
        for request in requests {
            conversation_id = answered(self.connection.deliver(&request).await).expect("no trap")?.conversation_id;
        }
        Ok(conversation_id)
    }

    /// Starts a handover and returns its conversation.
    pub(crate) async fn start(&self) -> Conversation {
        let mut conversation = Conversation { recipient: "sess-42".into(), handover: 1, id: None };
        conversation.id = self.send(&conversation, "m-1", start()).await.expect("delivered");
        assert!(conversation.id.is_some());
        conversation
    }

    /// Polls the conversation and returns its events.
    pub(crate) async fn poll(&self, conversation: &Conversation) -> Vec<EventKind> {
        let events = self.connection.observe_conversation(conversation).await.expect("polled");
        events.into_iter().map(|event| event.kind).collect()
    }

    /// Sends a `GET` request to the control API of the sandbox.
    pub(crate) async fn sandbox_get(&self, path: &str) -> Value {
        let url = format!("{}/sandbox/{path}", self.sandbox.announcement().origin);
        self.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Sends a `POST` request to the control API of the sandbox.
    pub(crate) async fn sandbox_post(&self, path: &str, body: Value) {
        let url = format!("{}/sandbox/{path}", self.sandbox.announcement().origin);
        let answer = self.http.post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
    }

    /// Sends a `GET` request to the Genesys API with the token of an OAuth client.
    pub(crate) async fn api_get(&self, url: &str) -> Value {
        let answer = self.http.get(url).bearer_auth(self.token().await).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Obtains an access token with the client credentials.
    pub(crate) async fn token(&self) -> String {
        let announced = self.sandbox.announcement();
        let login = format!("{}/oauth/token", announced.origin);
        let login = self.http.post(login).basic_auth(&announced.client_id, Some(&announced.client_secret));
        let login = login.header("content-type", "application/x-www-form-urlencoded");
        let token: Value =
            login.body("grant_type=client_credentials").send().await.expect("an answer").json().await.expect("JSON");
        token["access_token"].as_str().expect("a token").to_owned()
    }

    /// Returns the number of API requests whose path contains `path`.
    pub(crate) async fn request_count(&self, path: &str) -> usize {
        let log = self.sandbox_get("requests").await;
        let requests = log["requests"].as_array().expect("a list").iter();
        requests.filter(|request| request["path"].as_str().is_some_and(|requested| requested.contains(path))).count()
    }

    /// Runs the doctor and returns the name and the outcome of each check.
    pub(crate) async fn outcomes(&self) -> Vec<(String, CheckOutcome)> {
        let checks = self.connection.check_connection(None).await.expect("no trap");
        checks.into_iter().map(|check| (check.name, check.outcome)).collect()
    }
}

pub(crate) fn start() -> OutboundMessage {
    OutboundMessage::Start(HandoverStart { text: Some("Help!".into()), ..HandoverStart::default() })
}

pub(crate) fn text(text: &str) -> OutboundMessage {
    OutboundMessage::Text(text.into())
}
