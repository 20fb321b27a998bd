//! An HTTP client that repeats a POST until it is accepted ("developer center: validate webhook notifications").

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use tokio::time::sleep;
use url::Url;

use crate::config::WebhookConfig;

/// Sends posts within a time limit, with retries.
#[derive(Clone, Debug)]
pub(crate) struct RetryingClient {
    client: reqwest::Client,
    config: WebhookConfig,
}

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) url: Url,
    /// The headers without the content type, which is JSON.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why a post was not accepted in the end.
#[derive(Debug)]
pub(crate) struct NotAccepted {
    pub(crate) why: String,
    /// Whether the receiver refused it. `false`: it was busy or out of reach until the last retry.
    pub(crate) refused: bool,
}

/// How an attempt ended.
enum Outcome {
    /// 2xx.
    Accepted,
    /// Timeout, 429, 5xx or no connection: worth another attempt.
    NotNow(String),
    /// Any other answer.
    Refused(String),
}

impl RetryingClient {
    /// Creates a client with the timeout and the retries of `config`.
    pub(crate) fn new(config: WebhookConfig) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(config.timeout_ms))
            .redirect(Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, config })
    }

    /// Sends `post` until it is accepted or refused, or all retries are used up. Calls `record` after each attempt
    /// with its number, from 1, and the status or the reason why there is none.
    pub(crate) async fn send(
        &self,
        post: &Post,
        record: impl Fn(u32, Result<StatusCode, String>) + Send,
    ) -> Result<(), NotAccepted> {
        let mut attempt = 1;
        loop {
            let result = self.attempt(post).await;
            record(attempt, result.clone());
            match outcome(result) {
                Outcome::Accepted => return Ok(()),
                Outcome::Refused(why) => return Err(NotAccepted { why, refused: true }),
                Outcome::NotNow(why) if attempt > self.config.retries => {
                    return Err(NotAccepted { why, refused: false });
                }
                Outcome::NotNow(_) => {}
            }
            attempt += 1;
            sleep(Duration::from_millis(self.config.retry_delay_ms)).await;
        }
    }

    async fn attempt(&self, post: &Post) -> Result<StatusCode, String> {
        let mut headers = post.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = self.client.post(post.url.clone()).headers(headers).body(post.body.clone());
        match request.send().await {
            Ok(response) => Ok(response.status()),
            Err(error) if error.is_timeout() => Err(format!("no answer within {} ms", self.config.timeout_ms)),
            Err(error) => Err(format!("no connection: {}", error.without_url())),
        }
    }
}

fn outcome(result: Result<StatusCode, String>) -> Outcome {
    let status = match result {
        Ok(status) => status,
        Err(why) => return Outcome::NotNow(why),
    };
    let why = || format!("the receiver answered {status}");
    if status.is_success() {
        Outcome::Accepted
    } else if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        Outcome::NotNow(why())
    } else {
        Outcome::Refused(why())
    }
}
