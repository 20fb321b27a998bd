//! The component, the host and the local Genesys Cloud, put together.

use crate::support::{limits, settings};
use genesys_sandbox::{Config, Sandbox};
use handover_host::contract::{
    CheckOutcome, Conversation, EventKind, Failure, HandoverStart, Outbound, OutboundMessage,
};
use handover_host::{AllowedOrigins, Connection, Host, HttpClient, HttpClientLimits};
use handover_tests::answered;
use serde_json::Value;
use std::time::Duration;

/// A component with settings, in a host, before a local Genesys Cloud.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) connection: Connection,
    pub(crate) desk: reqwest::Client,
}

impl World {
    pub(crate) async fn new(config: Config) -> Self {
        Self::with(config, &[]).await
    }

    /// With settings instead of, or besides, those that the sandbox announces.
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
        let mut patience = HttpClientLimits::default();
        patience.read = Duration::from_secs(2);
        let client = HttpClient::new(patience).expect("a client");
        let host = Host::builder().limits(limits()).http(client).build().expect("a host");
        let provider = host.load(handover_tests::GENESYS).await.expect("the provider loads");
        let allowed = AllowedOrigins::none().allow(&announced.origin).expect("an origin");
        let connection = provider.connect(settings(&entries), &allowed).await.expect("it connects");
        Self { sandbox, connection, desk: reqwest::Client::new() }
    }

    pub(crate) async fn send(
        &self,
        conversation: &Conversation,
        id: &str,
        message: OutboundMessage,
    ) -> Result<Option<String>, Failure> {
        let outbound = Outbound { id: id.into(), time: 1_772_359_200_123, message };
        let requests = self.connection.build_outbound_message(conversation, &outbound).await.expect("built");
        let mut told = None;
        for request in requests {
            told = answered(self.connection.deliver(&request).await).expect("no trap")?.conversation_id;
        }
        Ok(told)
    }

    pub(crate) async fn start(&self) -> Conversation {
        let mut conversation = Conversation { recipient: "sess-42".into(), handover: 1, id: None };
        conversation.id = self.send(&conversation, "m-1", start()).await.expect("it is delivered");
        assert!(conversation.id.is_some());
        conversation
    }

    pub(crate) async fn observe(&self, conversation: &Conversation) -> Vec<EventKind> {
        let events = self.connection.observe_conversation(conversation).await.expect("observed");
        events.into_iter().map(|event| event.kind).collect()
    }

    pub(crate) async fn desk(&self, path: &str) -> Value {
        let url = format!("{}/sandbox/{path}", self.sandbox.announcement().origin);
        self.desk.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(crate) async fn order(&self, path: &str, body: Value) {
        let url = format!("{}/sandbox/{path}", self.sandbox.announcement().origin);
        let answer = self.desk.post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
    }

    /// What an OAuth client sees, by Genesys's own API.
    pub(crate) async fn as_client(&self, url: &str) -> Value {
        let answer = self.desk.get(url).bearer_auth(self.token().await).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    pub(crate) async fn token(&self) -> String {
        let announced = self.sandbox.announcement();
        let login = format!("{}/oauth/token", announced.origin);
        let login = self.desk.post(login).basic_auth(&announced.client_id, Some(&announced.client_secret));
        let login = login.header("content-type", "application/x-www-form-urlencoded");
        let token: Value =
            login.body("grant_type=client_credentials").send().await.expect("an answer").json().await.expect("JSON");
        token["access_token"].as_str().expect("a token").to_owned()
    }

    /// How often each path of the API was asked.
    pub(crate) async fn asked(&self, path: &str) -> usize {
        let log = self.desk("requests").await;
        let requests = log["requests"].as_array().expect("a list").iter();
        requests.filter(|request| request["path"].as_str().is_some_and(|asked| asked.contains(path))).count()
    }

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
