//! A client of the sandbox, a receiver of its webhooks, and waiting without guessing how long.

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

/// After this long a condition is held never to come true.
const DEADLINE: Duration = Duration::from_secs(20);

/// What every test starts from: quick retries, and no receipts, so that all webhooks are what the agent wrote.
pub(crate) fn config() -> Config {
    let mut config =
        Config { webhooks: WebhookConfig { timeout_ms: 5_000, retries: 5, retry_delay_ms: 5 }, ..Config::default() };
    config.unconfirmed.inbound_receipts = false;
    config
}

/// Waits until `look` finds something.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "it did not happen within {DEADLINE:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The `code` of an `ErrorBody`.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A running sandbox and a client that has logged in.
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

    /// With webhooks going to `receiver`.
    pub(crate) async fn start_towards(receiver: &Receiver, mut config: Config) -> Self {
        config.integrations[0].webhook_url = Some(receiver.url.clone());
        Self::start(config).await
    }

    pub(crate) async fn log_in(&mut self) {
        let announcement = self.sandbox.announcement().clone();
        let answer = self.token_request(&announcement.client_id, &announcement.client_secret).await;
        self.token = answer.body["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn token_request(&self, id: &str, secret: &str) -> Answer {
        let request = self.http.post(format!("{}/oauth/token", self.origin)).basic_auth(id, Some(secret));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        read(request.body("grant_type=client_credentials")).await
    }

    /// A request with the token; `Value::Null` sends no body.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        read(self.request(method, path, body).bearer_auth(&self.token)).await
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: Value) -> reqwest::RequestBuilder {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.origin));
        if body.is_null() { request } else { request.header("content-type", "application/json").body(body.to_string()) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    /// To one of the inbound endpoints: `message`, `event`, `receipt`, `structured/response`.
    pub(crate) async fn inbound(&self, endpoint: &str, body: Value) -> Answer {
        let id = &self.sandbox.announcement().integration_id;
        self.call("POST", &format!("/api/v2/conversations/messages/{id}/inbound/open/{endpoint}"), body).await
    }

    /// An inbound text; answers the conversation's id.
    pub(crate) async fn says(&self, from: &str, text: &str) -> String {
        let answer = self.inbound("message?prefetchConversationId=true", text_message(from, text)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body["conversationId"].as_str().unwrap().to_owned()
    }

    /// An act of the agent's side on a conversation.
    pub(crate) async fn act(&self, conversation: &str, act: &str, body: Value) -> Answer {
        read(self.request("POST", &format!("/sandbox/conversations/{conversation}/{act}"), body)).await
    }

    /// The same, which must succeed.
    pub(crate) async fn does(&self, conversation: &str, act: &str, body: Value) -> Value {
        let answer = self.act(conversation, act, body).await;
        assert_eq!(answer.status, 200, "{act}: {:?}", answer.body);
        answer.body
    }

    /// A conversation that an agent has accepted.
    pub(crate) async fn accepted(&self, from: &str) -> String {
        let conversation = self.says(from, "hello").await;
        self.does(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
        conversation
    }

    pub(crate) async fn desk(&self, method: &str, path: &str, body: Value) -> Answer {
        read(self.request(method, &format!("/sandbox/{path}"), body)).await
    }

    pub(crate) async fn order(&self, fault: Value) {
        let answer = self.desk("POST", "faults", fault).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }

    /// How far the last message of a conversation has come.
    pub(crate) async fn last_delivery(&self, conversation: &str) -> Value {
        let answer = self.desk("GET", &format!("conversations/{conversation}"), Value::Null).await;
        answer.body["messages"].as_array().unwrap().last().unwrap()["delivery"].clone()
    }

    /// Waits until the last message of a conversation has come so far.
    pub(crate) async fn until_delivery(&self, conversation: &str, state: &str) -> Value {
        eventually(async || {
            let delivery = self.last_delivery(conversation).await;
            (delivery["state"] == state).then_some(delivery)
        })
        .await
    }

    /// The attempts to send webhooks, each as event id, attempt, and status or `null`.
    pub(crate) async fn attempts(&self) -> Vec<Value> {
        self.desk("GET", "webhooks", Value::Null).await.body["webhooks"].as_array().unwrap().clone()
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status, headers, body }
}

/// The smallest message there is.
pub(crate) fn text_message(from: &str, text: &str) -> Value {
    json!({
        "channel": { "from": { "id": from, "idType": "Opaque" }, "time": "2026-03-01T10:00:00.123Z" },
        "text": text,
    })
}

/// A webhook as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Arrived {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.json()["text"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn signature(&self) -> String {
        self.headers["x-hub-signature-256"].to_str().unwrap().to_owned()
    }

    /// Checks the signature with the `hmac` crate itself; it must be well-formed.
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
    arrived: Arc<Mutex<Vec<Arrived>>>,
    /// What to answer; 200 when it is empty. 0: nothing, ever.
    answers: Arc<Mutex<VecDeque<u16>>>,
}

/// The bot platform's side of the webhook.
pub(crate) struct Receiver {
    pub(crate) url: String,
    inbox: Inbox,
}

impl Receiver {
    /// Answers `answers`, and then 200 for ever. 0 stands for no answer.
    pub(crate) async fn start(answers: impl IntoIterator<Item = u16>) -> Self {
        let inbox = Inbox { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Inbox::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = axum::Router::new().route("/hook", axum::routing::post(take)).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, inbox }
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.inbox.arrived.lock().unwrap().clone()
    }

    /// Waits until so many have arrived, and answers them.
    pub(crate) async fn until(&self, count: usize) -> Vec<Arrived> {
        eventually(async || Some(self.arrived()).filter(|arrived| arrived.len() >= count)).await
    }
}

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    inbox.arrived.lock().unwrap().push(Arrived { headers, bytes });
    let answer = inbox.answers.lock().unwrap().pop_front().unwrap_or(200);
    if answer == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap()
}
