//! A client of the sandbox, a receiver of its webhooks, and helpers that wait for a condition.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use genesys_sandbox::{Config, Sandbox, WebhookConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

/// The time after which [`eventually`] fails.
const CONDITION_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the configuration that every test starts from. Retries are quick. Receipts are off, so every webhook is
/// something that an agent wrote.
pub(crate) fn config() -> Config {
    let mut config =
        Config { webhooks: WebhookConfig { timeout_ms: 5_000, retries: 5, retry_delay_ms: 5 }, ..Config::default() };
    config.unconfirmed.inbound_receipts = false;
    config
}

/// Waits until `look` returns a value, and returns it.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < CONDITION_TIMEOUT, "the condition did not become true within {CONDITION_TIMEOUT:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Response {
    /// Returns the `code` of an `ErrorBody`.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A running sandbox and a client with a token.
pub(crate) struct Genesys {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    pub(crate) origin: String,
    pub(crate) token: String,
}

impl Genesys {
    pub(crate) async fn start(config: Config) -> Self {
        let sandbox = Sandbox::start(config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut genesys = Self { origin: sandbox.announcement().origin.clone(), sandbox, http, token: String::new() };
        genesys.log_in().await;
        genesys
    }

    /// Starts a sandbox whose webhooks go to `receiver`.
    pub(crate) async fn start_with_receiver(receiver: &Receiver, mut config: Config) -> Self {
        config.integrations[0].webhook_url = Some(receiver.url.clone());
        Self::start(config).await
    }

    pub(crate) async fn log_in(&mut self) {
        let announcement = self.sandbox.announcement().clone();
        let response = self.token_request(&announcement.client_id, &announcement.client_secret).await;
        self.token = response.body["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn token_request(&self, id: &str, secret: &str) -> Response {
        let request = self.http.post(format!("{}/oauth/token", self.origin)).basic_auth(id, Some(secret));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        read(request.body("grant_type=client_credentials")).await
    }

    /// Sends a request with the token; `Value::Null` sends no body.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Response {
        read(self.request(method, path, body).bearer_auth(&self.token)).await
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: Value) -> reqwest::RequestBuilder {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.origin));
        if body.is_null() { request } else { request.header("content-type", "application/json").body(body.to_string()) }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.call("GET", path, Value::Null).await
    }

    /// Sends a request to an inbound endpoint: `message`, `event`, `receipt` or `structured/response`.
    pub(crate) async fn inbound(&self, endpoint: &str, body: Value) -> Response {
        let id = &self.sandbox.announcement().integration_id;
        self.call("POST", &format!("/api/v2/conversations/messages/{id}/inbound/open/{endpoint}"), body).await
    }

    /// Sends an inbound text. Returns the ID of the conversation.
    pub(crate) async fn send_text(&self, from: &str, text: &str) -> String {
        let response = self.inbound("message?prefetchConversationId=true", text_message(from, text)).await;
        assert_eq!(response.status, 200, "{:?}", response.body);
        response.body["conversationId"].as_str().unwrap().to_owned()
    }

    /// Performs an action of the agent's side on a conversation.
    pub(crate) async fn act(&self, conversation: &str, action: &str, body: Value) -> Response {
        read(self.request("POST", &format!("/sandbox/conversations/{conversation}/{action}"), body)).await
    }

    /// Performs an action like [`act`](Self::act) and asserts that it succeeds.
    pub(crate) async fn act_ok(&self, conversation: &str, action: &str, body: Value) -> Value {
        let response = self.act(conversation, action, body).await;
        assert_eq!(response.status, 200, "{action}: {:?}", response.body);
        response.body
    }

    /// Returns the ID of a conversation that an agent accepted.
    pub(crate) async fn accepted_conversation(&self, from: &str) -> String {
        let conversation = self.send_text(from, "hello").await;
        self.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
        conversation
    }

    pub(crate) async fn desk(&self, method: &str, path: &str, body: Value) -> Response {
        read(self.request(method, &format!("/sandbox/{path}"), body)).await
    }

    pub(crate) async fn order_fault(&self, fault: Value) {
        let response = self.desk("POST", "faults", fault).await;
        assert_eq!(response.status, 200, "{:?}", response.body);
    }

    /// Returns the delivery state of the last message of a conversation.
    pub(crate) async fn last_delivery(&self, conversation: &str) -> Value {
        let response = self.desk("GET", &format!("conversations/{conversation}"), Value::Null).await;
        response.body["messages"].as_array().unwrap().last().unwrap()["delivery"].clone()
    }

    /// Waits until the last message of a conversation has this delivery state.
    pub(crate) async fn wait_for_delivery(&self, conversation: &str, state: &str) -> Value {
        eventually(async || {
            let delivery = self.last_delivery(conversation).await;
            (delivery["state"] == state).then_some(delivery)
        })
        .await
    }

    /// Returns the attempts to send webhooks, each with the event ID, the attempt, and the status or `null`.
    pub(crate) async fn attempts(&self) -> Vec<Value> {
        self.desk("GET", "webhooks", Value::Null).await.body["webhooks"].as_array().unwrap().clone()
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Response { status, headers, body }
}

/// Returns the smallest valid message.
pub(crate) fn text_message(from: &str, text: &str) -> Value {
    json!({
        "channel": { "from": { "id": from, "idType": "Opaque" }, "time": "2026-03-01T10:00:00.123Z" },
        "text": text,
    })
}

/// A received webhook or event.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl ReceivedRequest {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.json()["text"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn signature(&self) -> String {
        self.headers["x-hub-signature-256"].to_str().unwrap().to_owned()
    }

    /// Returns whether the signature is valid according to the `hmac` crate. Panics if it is malformed.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let signature = self.signature();
        let encoded = signature.strip_prefix("sha256=").unwrap();
        let claimed = STANDARD.decode(encoded).unwrap();
        assert_eq!((encoded.len(), claimed.len()), (44, 32), "padded base64 of 32 bytes");
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(&self.bytes);
        mac.verify_slice(&claimed).is_ok()
    }
}

#[derive(Clone, Default)]
struct Inbox {
    arrived: Arc<Mutex<Vec<ReceivedRequest>>>,
    /// The status of each response; 200 when it is empty. 0: no response.
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

/// The bot platform's webhook endpoint.
pub(crate) struct Receiver {
    pub(crate) url: String,
    inbox: Inbox,
}

impl Receiver {
    /// Starts a receiver that responds with each of `statuses` and then always with 200. 0 means no response.
    pub(crate) async fn start(statuses: impl IntoIterator<Item = u16>) -> Self {
        let inbox = Inbox { statuses: Arc::new(Mutex::new(statuses.into_iter().collect())), ..Inbox::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = axum::Router::new().route("/hook", axum::routing::post(receive)).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, inbox }
    }

    pub(crate) fn arrived(&self) -> Vec<ReceivedRequest> {
        self.inbox.arrived.lock().unwrap().clone()
    }

    /// Waits until at least `count` requests have arrived. Returns all of them.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<ReceivedRequest> {
        eventually(async || Some(self.arrived()).filter(|arrived| arrived.len() >= count)).await
    }
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    inbox.arrived.lock().unwrap().push(ReceivedRequest { headers, bytes });
    let status = inbox.statuses.lock().unwrap().pop_front().unwrap_or(200);
    if status == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(status).unwrap()
}
