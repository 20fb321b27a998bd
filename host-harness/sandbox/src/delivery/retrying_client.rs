//! An HTTP client that retries a POST until it is accepted ("developer center: validate webhook notifications").

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use tokio::time::sleep;
use url::Url;

use crate::config::WebhookConfig;

/// Sends posts with a timeout and retries.
#[derive(Clone, Debug)]
pub(crate) struct RetryingClient {
    client: reqwest::Client,
    config: WebhookConfig,
}

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) url: Url,
    /// The headers without the content type, which is always JSON.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why a post was not accepted.
#[derive(Debug)]
pub(crate) struct NotAccepted {
    pub(crate) reason: String,
    /// Whether the receiver refused it. `false`: all retries failed.
    pub(crate) refused: bool,
}

/// The outcome of an attempt.
enum Outcome {
    /// 2xx.
    Accepted,
    /// Timeout, 429, 5xx or no connection. Another attempt can succeed.
    Retryable(String),
    /// Any other response.
    Refused(String),
}

impl RetryingClient {
    /// Creates a client with the timeout and the retries in `config`.
    pub(crate) fn new(config: WebhookConfig) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(config.timeout_ms))
            .redirect(Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, config })
    }

    /// Sends `post` until it is accepted or refused, or until all retries have failed. Calls `record` after each
    /// attempt with its number, starting at 1, and the status or the reason why there is none.
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
                Outcome::Refused(reason) => return Err(NotAccepted { reason, refused: true }),
                Outcome::Retryable(reason) if attempt > self.config.retries => {
                    return Err(NotAccepted { reason, refused: false });
                }
                Outcome::Retryable(_) => {}
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
        Err(reason) => return Outcome::Retryable(reason),
    };
    let reason = || format!("the receiver responded with {status}");
    if status.is_success() {
        Outcome::Accepted
    } else if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        Outcome::Retryable(reason())
    } else {
        Outcome::Refused(reason())
    }
}
