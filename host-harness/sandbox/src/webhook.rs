//! Sending webhooks: one lane for each conversation, in which order is kept; time limit and retries as in "developer
//! center: validate webhook notifications".

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use reqwest::redirect::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;
use url::Url;

use crate::config::{Secret, WebhookConfig};
use crate::conversations::{Conversations, DeliveryState};
use crate::faults::WebhookFault;
use crate::ring::Ring;
use crate::shared::Shared;
use crate::signature::{SIGNATURE_HEADER, signature};
use crate::wire::time_text;

/// How many attempts are remembered.
const MAX_ATTEMPTS_REMEMBERED: usize = 2_000;

/// How many webhooks of one conversation may wait.
const MAX_WAITING: usize = 1_000;

/// How many conversations may have webhooks that wait.
const MAX_LANES: usize = 10_000;

/// Where the webhooks of an integration go, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) url: Url,
    pub(crate) secret: Secret,
    pub(crate) headers: HeaderMap,
}

/// A webhook to send.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) conversation_id: String,
    /// The `id` of the body; of a message of the conversation, whose delivery state the outcome changes.
    pub(crate) event_id: String,
    /// The `type` of the body.
    pub(crate) event_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// `None`: the integration has no webhook URL.
    pub(crate) destination: Option<Destination>,
    pub(crate) fault: Option<WebhookFault>,
}

/// One attempt to send a webhook, as `GET /sandbox/webhooks` lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    conversation_id: String,
    event_id: String,
    #[serde(rename = "type")]
    event_type: &'static str,
    /// From 1; a second delivery of the fault `double` starts at 1 again. 0: nothing was sent.
    attempt: u32,
    /// What the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// When the attempt was over.
    time: String,
}

/// The webhooks of one conversation.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Webhook>,
    /// Those that go after the next one.
    held: Vec<Webhook>,
    /// Whether a task empties it.
    running: bool,
}

/// Sends webhooks in the background.
#[derive(Clone, Debug)]
pub(crate) struct Courier {
    client: reqwest::Client,
    config: WebhookConfig,
    lanes: Shared<HashMap<String, Lane>>,
    tasks: Shared<JoinSet<()>>,
    attempts: Shared<Ring<Attempt>>,
    conversations: Shared<Conversations>,
}

/// How an attempt ended.
enum Outcome {
    /// 2xx.
    Taken,
    /// Timeout, 429, 5xx or no connection: worth another attempt.
    NotNow(String),
    /// Any other answer.
    Refused(String),
}

impl Courier {
    /// A courier that notes delivery states in `conversations`.
    pub(crate) fn new(config: WebhookConfig, conversations: Shared<Conversations>) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(config.timeout_ms))
            .redirect(Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            config,
            lanes: Shared::default(),
            tasks: Shared::default(),
            attempts: Shared::new(Ring::new(MAX_ATTEMPTS_REMEMBERED)),
            conversations,
        })
    }

    /// Puts `webhook` at the end of its conversation's lane.
    pub(crate) fn send(&self, webhook: Webhook) {
        if webhook.destination.is_none() {
            return self.give_up(&webhook, DeliveryState::Undeliverable, "the integration has no webhook URL");
        }
        if webhook.fault == Some(WebhookFault::Lost) {
            self.note_attempt(&webhook, 0, Err("lost, as ordered".to_owned()));
            return self.note_delivery(&webhook, DeliveryState::Sent, Vec::new());
        }
        let conversation_id = webhook.conversation_id.clone();
        let rejected = self.lanes.with(|lanes| {
            if lanes.len() >= MAX_LANES && !lanes.contains_key(&conversation_id) {
                return Some(webhook);
            }
            let lane = lanes.entry(conversation_id.clone()).or_default();
            if lane.waiting.len() + lane.held.len() >= MAX_WAITING {
                return Some(webhook);
            }
            if webhook.fault == Some(WebhookFault::Disordered) {
                lane.held.push(webhook);
            } else {
                lane.waiting.push_back(webhook);
                lane.waiting.extend(lane.held.drain(..));
            }
            None
        });
        if let Some(webhook) = rejected {
            return self.give_up(&webhook, DeliveryState::Failed, "too many webhooks wait");
        }
        self.run(conversation_id);
    }

    /// Every attempt that is remembered, the oldest first.
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.attempts.with(|attempts| attempts.iter().cloned().collect())
    }

    /// Stops at once; what waits is not sent.
    pub(crate) async fn stop(&self) {
        let mut tasks = self.tasks.with(std::mem::take);
        tasks.shutdown().await;
    }

    /// The same, without waiting for what is under way to have stopped.
    pub(crate) fn abort(&self) {
        self.tasks.with(JoinSet::abort_all);
    }

    /// Sees to it that a task empties the lane.
    fn run(&self, conversation_id: String) {
        let starts = self.lanes.with(|lanes| match lanes.get_mut(&conversation_id) {
            Some(lane) if !lane.running && !lane.waiting.is_empty() => {
                lane.running = true;
                true
            }
            _ => false,
        });
        if starts {
            let courier = self.clone();
            self.tasks.with(|tasks| {
                while tasks.try_join_next().is_some() {}
                tasks.spawn(async move {
                    while let Some(webhook) = courier.next(&conversation_id) {
                        courier.deliver(webhook).await;
                    }
                });
            });
        }
    }

    /// The lane's next webhook; none ends its task.
    fn next(&self, conversation_id: &str) -> Option<Webhook> {
        self.lanes.with(|lanes| {
            let lane = lanes.get_mut(conversation_id)?;
            let next = lane.waiting.pop_front();
            if next.is_none() {
                lane.running = false;
                if lane.held.is_empty() {
                    lanes.remove(conversation_id);
                }
            }
            next
        })
    }

    async fn deliver(&self, webhook: Webhook) {
        let Some(destination) = &webhook.destination else { return };
        if let Some(WebhookFault::Late(ms)) = webhook.fault {
            sleep(Duration::from_millis(ms)).await;
        }
        match self.attempt_until_taken(&webhook, destination).await {
            Ok(()) => self.note_delivery(&webhook, DeliveryState::Sent, Vec::new()),
            Err(why) => return self.note_failure(&webhook, DeliveryState::Failed, &why),
        }
        if webhook.fault == Some(WebhookFault::Double) {
            // It was taken once: what becomes of the repeat changes nothing.
            let _ = self.attempt_until_taken(&webhook, destination).await;
        }
    }

    async fn attempt_until_taken(&self, webhook: &Webhook, destination: &Destination) -> Result<(), String> {
        let mut attempt = 1;
        loop {
            match self.attempt(webhook, destination, attempt).await {
                Outcome::Taken => return Ok(()),
                Outcome::Refused(why) => return Err(why),
                Outcome::NotNow(why) if attempt > self.config.retries => return Err(why),
                Outcome::NotNow(_) => {}
            }
            attempt += 1;
            sleep(Duration::from_millis(self.config.retry_delay_ms)).await;
        }
    }

    async fn attempt(&self, webhook: &Webhook, destination: &Destination, attempt: u32) -> Outcome {
        let mut headers = destination.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let signed = match webhook.fault {
            Some(WebhookFault::WrongSignature) => signature("not the secret of this integration", &webhook.body),
            _ => signature(destination.secret.expose(), &webhook.body),
        };
        if let Ok(value) = HeaderValue::from_str(&signed) {
            headers.insert(HeaderName::from_static(SIGNATURE_HEADER), value);
        }
        let body = match webhook.fault {
            Some(WebhookFault::Cut) => webhook.body.get(..webhook.body.len() / 2).unwrap_or_default().to_vec(),
            _ => webhook.body.clone(),
        };
        let answer = self.client.post(destination.url.clone()).headers(headers).body(body).send().await;
        match answer {
            Ok(response) => {
                let status = response.status();
                self.note_attempt(webhook, attempt, Ok(status));
                let why = || format!("the receiver answered {status}");
                if status.is_success() {
                    Outcome::Taken
                } else if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
                    Outcome::NotNow(why())
                } else {
                    Outcome::Refused(why())
                }
            }
            Err(error) => {
                let why = if error.is_timeout() {
                    format!("no answer within {} ms", self.config.timeout_ms)
                } else {
                    format!("no connection: {}", error.without_url())
                };
                self.note_attempt(webhook, attempt, Err(why.clone()));
                Outcome::NotNow(why)
            }
        }
    }

    fn give_up(&self, webhook: &Webhook, delivery: DeliveryState, why: &str) {
        self.note_attempt(webhook, 0, Err(why.to_owned()));
        self.note_failure(webhook, delivery, why);
    }

    fn note_failure(&self, webhook: &Webhook, delivery: DeliveryState, why: &str) {
        self.note_delivery(webhook, delivery, vec![json!({ "code": "GeneralError", "message": why })]);
    }

    /// A receipt is about an inbound message, which has come all the way already.
    fn note_delivery(&self, webhook: &Webhook, delivery: DeliveryState, reasons: Vec<Value>) {
        if webhook.event_type != "Receipt" {
            self.conversations.with(|conversations| conversations.note_delivery(&webhook.event_id, delivery, reasons));
        }
    }

    fn note_attempt(&self, webhook: &Webhook, attempt: u32, result: Result<StatusCode, String>) {
        tracing::debug!(event = webhook.event_id, attempt, ?result, "webhook");
        let (status, error) = match result {
            Ok(status) => (Some(status.as_u16()), None),
            Err(error) => (None, Some(error)),
        };
        let attempt = Attempt {
            conversation_id: webhook.conversation_id.clone(),
            event_id: webhook.event_id.clone(),
            event_type: webhook.event_type,
            attempt,
            status,
            error,
            time: time_text(Timestamp::now()),
        };
        self.attempts.with(|attempts| attempts.push(attempt));
    }
}

/// `webhookHeaders` as HTTP headers; `None` if one cannot be a header.
pub(crate) fn header_map(headers: &BTreeMap<String, String>) -> Option<HeaderMap> {
    headers
        .iter()
        .map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)))
        .collect()
}
