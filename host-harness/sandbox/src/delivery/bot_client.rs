//! Calls to the bots of a platform.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

use crate::config::Secret;

/// The longest response, in bytes. Unconfirmed: the limit.
const MAX_BODY_BYTES: usize = 512_000;
/// The repetitions of a message of v2 after a 5xx, and the time between them. Unconfirmed: both.
const REPETITIONS: u32 = 2;
const REPETITION_DELAY: Duration = Duration::from_millis(100);

/// Calls the bots of a platform.
#[derive(Clone, Debug)]
pub(crate) struct BotClient(reqwest::Client);

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct BotCall {
    pub(crate) url: Url,
    /// The body of a POST. Without one, the call is a GET.
    pub(crate) body: Option<Value>,
    /// The headers of the integration's credentials.
    pub(crate) headers: Vec<(String, Secret)>,
    /// The time for the answer, with all repetitions.
    pub(crate) timeout: Duration,
    /// Whether a 5xx is repeated.
    pub(crate) is_repeated: bool,
}

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The time is over.
    TimedOut,
    /// Another status than 200, or no connection.
    Refused(String),
    /// The body is too large or is not JSON.
    Invalid,
}

impl BotClient {
    /// Creates a client.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        // Each request has a connection of its own. A repeated one would otherwise meet others that broke with the first.
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().pool_max_idle_per_host(0);
        client.build().map(Self)
    }

    /// Calls a bot. Returns the JSON of a 200.
    pub(crate) async fn call(&self, call: &BotCall) -> Result<Value, CallError> {
        let repetitions = if call.is_repeated { REPETITIONS } else { 0 };
        let attempts = async {
            for _ in 0..repetitions {
                match self.attempt(call).await {
                    Err((true, _)) => tokio::time::sleep(REPETITION_DELAY).await,
                    other => return other.map_err(|(_, error)| error),
                }
            }
            self.attempt(call).await.map_err(|(_, error)| error)
        };
        tokio::time::timeout(call.timeout, attempts).await.unwrap_or(Err(CallError::TimedOut))
    }

    /// Sends the request once. An error says whether it can be repeated.
    async fn attempt(&self, call: &BotCall) -> Result<Value, (bool, CallError)> {
        let request = match &call.body {
            Some(body) => self.0.post(call.url.clone()).json(body),
            None => self.0.get(call.url.clone()),
        };
        let headers = call.headers.iter();
        let request = headers.fold(request, |request, (name, value)| request.header(name, value.expose()));
        let no_connection =
            |error: reqwest::Error| (true, CallError::Refused(format!("no connection: {}", error.without_url())));
        let mut response = request.send().await.map_err(no_connection)?;
        let status = response.status();
        if status != StatusCode::OK {
            let refused = CallError::Refused(format!("the bot responded with {status}"));
            return Err((status.is_server_error(), refused));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_connection)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY_BYTES {
                return Err((false, CallError::Invalid));
            }
        }
        serde_json::from_slice(&body).map_err(|_| (false, CallError::Invalid))
    }
}
