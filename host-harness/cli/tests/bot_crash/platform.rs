//! The bot platform: it is asked with callbacks, and answers with the API.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) const TOKEN: &str = "a-token-for-the-crash-test";
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The longest time until the platform answers, in milliseconds.
const MAX_DELAY_MS: u64 = 12_000;
/// The percentage of turns that it answers twice.
const SECOND_PERCENT: u32 = 10;

#[derive(Clone)]
pub(crate) struct Platform {
    gateway: String,
    http: reqwest::Client,
    pub(crate) callback: String,
    report: Arc<Mutex<Report>>,
}

/// What the gateways answered to the platform.
#[derive(Clone, Default)]
pub(crate) struct Report {
    ids: HashSet<String>,
    pub(crate) repeated: usize,
    pub(crate) second_refused: usize,
    pub(crate) second_accepted: usize,
}

impl Platform {
    pub(crate) async fn start(gateway: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/events", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(12)).build().unwrap();
        let platform = Self { gateway: gateway.to_owned(), http, callback, report: Arc::default() };
        let router = axum::Router::new().route("/events", post(receive_callback)).with_state(platform.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        platform
    }

    pub(crate) fn report(&self) -> Report {
        self.report.lock().unwrap().clone()
    }

    /// Answers a turn, and maybe once more with another text.
    async fn take(self, event: Value) {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..MAX_DELAY_MS))).await;
        let text = event["data"]["turn"]["input"]["text"].as_str().unwrap();
        let first = self.answer(&event, &format!("{text} is answered")).await;
        assert_eq!(first, StatusCode::ACCEPTED, "{text}");
        if fastrand::u32(0..100) < SECOND_PERCENT {
            let second = self.answer(&event, &format!("{text} is answered again")).await;
            let mut report = self.report.lock().unwrap();
            match second {
                StatusCode::CONFLICT => report.second_refused += 1,
                _ => report.second_accepted += 1,
            }
        }
    }

    /// Sends an answer until a gateway decides on it.
    async fn answer(&self, event: &Value, text: &str) -> StatusCode {
        let (session, number) = (event["session"].as_str().unwrap(), &event["data"]["number"]);
        let url = format!("{}/v1/bot-connections/bots/sessions/{session}/turns/{number}/answer", self.gateway);
        let answer = json!({ "messages": [{ "text": text }], "next": "wait" });
        loop {
            match self.http.put(&url).bearer_auth(TOKEN).json(&answer).send().await {
                Ok(response) if !response.status().is_server_error() => return response.status(),
                // No gateway is running, it was just killed, or the store does not respond.
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn receive_callback(State(platform): State<Platform>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signer = standardwebhooks::Webhook::new(SECRET).unwrap();
    signer.verify(&body, &headers).unwrap();
    let event: Value = serde_json::from_slice(&body).unwrap();
    if event["type"] != "turn" {
        return StatusCode::NO_CONTENT;
    }
    let is_new = {
        let mut report = platform.report.lock().unwrap();
        let is_new = report.ids.insert(event["id"].as_str().unwrap().to_owned());
        report.repeated += usize::from(!is_new);
        is_new
    };
    if is_new {
        tokio::spawn(platform.take(event));
    }
    StatusCode::NO_CONTENT
}
