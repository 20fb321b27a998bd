//! The bot platform: it sends messages through the API and receives events by callback and by stream.

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
    inbox: Arc<Mutex<Inbox>>,
}

#[derive(Default)]
struct Inbox {
    /// The percentage of callbacks that are refused, and of those that are accepted but answered with an error.
    failure_percent: u32,
    ids: HashSet<String>,
    events: Vec<Event>,
    repeated: usize,
}

/// An event of the gateway.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) recipient: String,
    pub(crate) kind: String,
    pub(crate) handover: u64,
    pub(crate) number: u64,
    pub(crate) text: Option<String>,
}

impl Event {
    fn parse(event: &Value) -> Self {
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
    /// Starts the platform. It refuses `failure_percent` of the callbacks, and accepts as many but answers with an
    /// error.
    pub(crate) async fn start(gateway: &str, failure_percent: u32) -> Self {
        let inbox = Arc::new(Mutex::new(Inbox { failure_percent, ..Inbox::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/events", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/events", post(receive_callback)).with_state(Arc::clone(&inbox));
        tokio::spawn(axum::serve(listener, router).into_future());
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(12)).build().unwrap();
        Self { gateway: gateway.to_owned(), http, callback, inbox }
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/v1/connections/acme/{rest}", self.gateway)
    }

    /// Sends a request until the gateway accepts it. The key stays the same, so that the gateway processes it once.
    async fn send(&self, path: &str, key: &str, body: &Value) {
        loop {
            let request = self.http.post(self.path(path)).bearer_auth(TOKEN).header("idempotency-key", key).json(body);
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::ACCEPTED => return,
                Ok(answer) if answer.status().is_server_error() || answer.status() == StatusCode::TOO_MANY_REQUESTS => {
                }
                Ok(answer) => panic!("{path}: {} {}", answer.status(), answer.text().await.unwrap()),
                // No gateway is running, or it was just killed.
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn begin(&self, recipient: &str) {
        let path = format!("recipients/{recipient}/handover");
        self.send(&path, &format!("{recipient}-begin-{}", fastrand::u64(..)), &json!({ "text": "Help!" })).await;
    }

    /// Sends `each` texts as the user, with a mean pause of `pace` between them.
    pub(crate) async fn talk(&self, recipient: &str, each: usize, pace: Duration) {
        for number in 0..each {
            let path = format!("recipients/{recipient}/messages");
            let text = json!({ "text": format!("out {recipient} {number}") });
            self.send(&path, &format!("{recipient}-{number}"), &text).await;
            tokio::time::sleep(pace.mul_f64(fastrand::f64() * 2.0)).await;
        }
    }

    /// Returns the events received by callback without repeats, in order of arrival.
    pub(crate) fn received(&self) -> Vec<Event> {
        self.inbox.lock().unwrap().events.clone()
    }

    /// Returns how many callbacks repeated an id.
    pub(crate) fn repeated(&self) -> usize {
        self.inbox.lock().unwrap().repeated
    }

    /// Reads the log from its beginning until no more events arrive.
    pub(crate) async fn log(&self) -> Vec<Event> {
        let (_, text) = self.stream(None).await;
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| Event::parse(&serde_json::from_str(data).unwrap())).collect()
    }

    /// Returns the id of the last event in the log (`Last-Event-ID`).
    pub(crate) async fn last_id(&self) -> String {
        let (_, text) = self.stream(None).await;
        text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap().to_owned()
    }

    /// Returns the status of a stream request with this `Last-Event-ID`.
    pub(crate) async fn follow(&self, id: &str) -> StatusCode {
        self.stream(Some(id)).await.0
    }

    /// Reads the stream after an id, or from its beginning, until no more events arrive.
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

    /// Returns the metrics of a running gateway that count possible duplicates and lookups of unknown outcomes.
    pub(crate) async fn duplicate_metrics(&self) -> String {
        let text = self.metrics().await;
        let lines =
            text.lines().filter(|line| line.contains("possibly_duplicated_total{") || line.contains("lookups_total{"));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// Returns the metrics of a running gateway.
    pub(crate) async fn metrics(&self) -> String {
        let answer = self.http.get(format!("{}/metrics", self.gateway)).bearer_auth(TOKEN).send().await.unwrap();
        answer.text().await.unwrap()
    }
}

async fn receive_callback(State(inbox): State<Arc<Mutex<Inbox>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signer = standardwebhooks::Webhook::new(SECRET).unwrap();
    match signer.verify(&body, &headers) {
        Ok(()) => {}
        // The gateway's clock is wrong.
        Err(WebhookError::TimestampTooOldError | WebhookError::FutureTimestampError) => {
            return StatusCode::UNAUTHORIZED;
        }
        Err(error) => panic!("invalid callback signature: {error}"),
    }
    let failure_percent = inbox.lock().unwrap().failure_percent;
    if fastrand::u32(0..100) < failure_percent {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let event: Value = serde_json::from_slice(&body).unwrap();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    assert_eq!(event["id"], id);
    let mut inbox = inbox.lock().unwrap();
    if inbox.ids.insert(id) {
        inbox.events.push(Event::parse(&event));
    } else {
        inbox.repeated += 1;
    }
    // The event is accepted even if the answer is an error.
    if fastrand::u32(0..100) < failure_percent { StatusCode::BAD_GATEWAY } else { StatusCode::NO_CONTENT }
}
