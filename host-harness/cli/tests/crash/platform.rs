//! The bot platform: it says things by the API, and hears of events by callback and by stream.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use standardwebhooks::WebhookError;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) const TOKEN: &str = "a-token-for-the-crash-test";
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct Platform {
    gateway: String,
    http: reqwest::Client,
    pub(crate) callback: String,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    /// Of a hundred callbacks so many are refused, and as many taken and refused.
    trouble: u32,
    ids: HashSet<String>,
    heard: Vec<Heard>,
    repeated: usize,
}

/// An event.
#[derive(Clone)]
pub(crate) struct Heard {
    pub(crate) recipient: String,
    pub(crate) kind: String,
    pub(crate) handover: u64,
    pub(crate) number: u64,
    pub(crate) text: Option<String>,
}

impl Heard {
    fn of(event: &Value) -> Self {
        Self {
            recipient: event["recipient"].as_str().unwrap().to_owned(),
            kind: event["type"].as_str().unwrap().to_owned(),
            handover: event["handover"].as_u64().unwrap(),
            number: event["number"].as_u64().unwrap(),
            text: event["data"]["plain-text"].as_str().filter(|_| event["type"] == "message").map(String::from),
        }
    }
}

impl Platform {
    /// Of a hundred callbacks it refuses so many, and takes as many without saying so.
    pub(crate) async fn start(gateway: &str, trouble: u32) -> Self {
        let book = Arc::new(Mutex::new(Book { trouble, ..Book::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/events", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/events", post(hear)).with_state(Arc::clone(&book));
        tokio::spawn(axum::serve(listener, router).into_future());
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(12)).build().unwrap();
        Self { gateway: gateway.to_owned(), http, callback, book }
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/v1/connections/acme/{rest}", self.gateway)
    }

    /// Again and again until it is answered: the same key, so that it is done once.
    async fn ask(&self, path: &str, key: &str, body: &Value) {
        loop {
            let request = self.http.post(self.path(path)).bearer_auth(TOKEN).header("idempotency-key", key).json(body);
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::ACCEPTED => return,
                Ok(answer) if answer.status().is_server_error() || answer.status() == StatusCode::TOO_MANY_REQUESTS => {
                }
                Ok(answer) => panic!("{path}: {} {}", answer.status(), answer.text().await.unwrap()),
                // There is no gateway, or there was one until a moment ago.
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn begin(&self, recipient: &str) {
        let path = format!("recipients/{recipient}/handover");
        self.ask(&path, &format!("{recipient}-begin-{}", fastrand::u64(..)), &json!({ "text": "Help!" })).await;
    }

    /// The user says so many things.
    pub(crate) async fn talk(&self, recipient: &str, each: usize, pace: Duration) {
        for number in 0..each {
            let path = format!("recipients/{recipient}/messages");
            let text = json!({ "text": format!("out {recipient} {number}") });
            self.ask(&path, &format!("{recipient}-{number}"), &text).await;
            tokio::time::sleep(pace.mul_f64(fastrand::f64() * 2.0)).await;
        }
    }

    /// The events that were called back, each once, in the order in which they came.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.book.lock().unwrap().heard.clone()
    }

    /// How often one came again with its id.
    pub(crate) fn repeated(&self) -> usize {
        self.book.lock().unwrap().repeated
    }

    /// The log from its beginning, until nothing comes any more.
    pub(crate) async fn log(&self) -> Vec<Heard> {
        let (_, text) = self.stream(None).await;
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| Heard::of(&serde_json::from_str(data).unwrap())).collect()
    }

    /// The id that the last event has in the log (`Last-Event-ID`).
    pub(crate) async fn last_id(&self) -> String {
        let (_, text) = self.stream(None).await;
        text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap().to_owned()
    }

    /// What a follower is answered who has read up to this id.
    pub(crate) async fn follow(&self, id: &str) -> StatusCode {
        self.stream(Some(id)).await.0
    }

    /// The stream after an id or from its beginning, until nothing comes any more.
    async fn stream(&self, after: Option<&str>) -> (StatusCode, String) {
        let mut request = self.http.get(self.path("events")).bearer_auth(TOKEN);
        if let Some(id) = after {
            request = request.header("last-event-id", id);
        }
        let mut answer = request.send().await.unwrap();
        let mut text = Vec::new();
        while let Ok(Ok(Some(piece))) = tokio::time::timeout(Duration::from_secs(3), answer.chunk()).await {
            text.extend_from_slice(&piece);
        }
        (answer.status(), String::from_utf8(text).unwrap())
    }

    /// What may have been doubled, as the gateways that live have counted it.
    pub(crate) async fn doubts(&self) -> String {
        let text = self.metrics().await;
        let lines = text.lines().filter(|line| line.contains("doubled_total{") || line.contains("doubts_total{"));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// The metrics of one gateway.
    pub(crate) async fn metrics(&self) -> String {
        let answer = self.http.get(format!("{}/metrics", self.gateway)).bearer_auth(TOKEN).send().await.unwrap();
        answer.text().await.unwrap()
    }
}

async fn hear(State(book): State<Arc<Mutex<Book>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signer = standardwebhooks::Webhook::new(SECRET).unwrap();
    match signer.verify(&body, &headers) {
        Ok(()) => {}
        // The clock of the gateway is wrong.
        Err(WebhookError::TimestampTooOldError | WebhookError::FutureTimestampError) => {
            return StatusCode::UNAUTHORIZED;
        }
        Err(error) => panic!("the signature of a callback: {error}"),
    }
    let trouble = book.lock().unwrap().trouble;
    if fastrand::u32(0..100) < trouble {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let event: Value = serde_json::from_slice(&body).unwrap();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    assert_eq!(event["id"], id);
    let mut book = book.lock().unwrap();
    if book.ids.insert(id) {
        book.heard.push(Heard::of(&event));
    } else {
        book.repeated += 1;
    }
    // Taken, and nobody knows.
    if fastrand::u32(0..100) < trouble { StatusCode::BAD_GATEWAY } else { StatusCode::NO_CONTENT }
}
