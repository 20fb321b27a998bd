//! The platform's callback. Each event is posted to it, signed according to Standard Webhooks.

use crate::clock::now;
use crate::mailbox::{CallbackOutcome, REQUEST_TIMEOUT};
use crate::platform_event::DeliverableEvent;
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// The maximum size of the platform's response, in bytes: as large as an answer through the API.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// The platform's callback, or another of its services that gets signed requests. Cheap to clone.
#[derive(Clone)]
pub struct Callback {
    url: reqwest::Url,
    client: reqwest::Client,
    /// The current secret, and other secrets that the platform may still use.
    secrets: Vec<String>,
}

/// Why a callback is not valid.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// The URL is not valid.
    #[error("the callback is not an http or https URL without credentials")]
    Url,
    /// The number of secrets is not valid.
    #[error("a callback needs at least one secret, and has at most ten")]
    Secrets,
    /// A secret is not valid.
    #[error("secret {0} is not valid: expected whsec_ followed by 24 to 64 random bytes in base64")]
    Secret(usize),
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
}

impl Callback {
    /// Creates a callback that signs with each of these secrets (`whsec_…`), so that a secret can be rotated. It
    /// follows no redirects.
    ///
    /// # Errors
    /// The URL or a secret is not valid.
    pub fn new(url: &str, secrets: Vec<String>) -> Result<Self, CallbackError> {
        let url = reqwest::Url::parse(url).map_err(|_| CallbackError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(CallbackError::Url);
        }
        if !(1..=10).contains(&secrets.len()) {
            return Err(CallbackError::Secrets);
        }
        for (index, secret) in secrets.iter().enumerate() {
            signer(secret).ok_or(CallbackError::Secret(index + 1))?;
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(REQUEST_TIMEOUT / 2)
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(CallbackError::Client)?;
        Ok(Self { url, client, secrets })
    }

    /// Posts an event. From the second `attempt` on, the platform may have processed it before.
    pub(crate) async fn call(&self, event: &impl DeliverableEvent, attempt: u32) -> CallbackOutcome {
        match self.post(event, attempt).await {
            Ok(_) => CallbackOutcome::Accepted,
            Err(outcome) => outcome,
        }
    }

    /// Posts an event like [`call`](Self::call), and returns the JSON of the response, if there is any. `within` is the time
    /// after which no response is of use.
    pub(crate) async fn ask(
        &self,
        event: &impl DeliverableEvent,
        attempt: u32,
        within: Duration,
    ) -> (CallbackOutcome, Option<Vec<u8>>) {
        let asked = async { json(self.post(event, attempt).await?).await };
        match tokio::time::timeout(within, asked).await {
            Ok(Ok(body)) => (CallbackOutcome::Accepted, body),
            Ok(Err(outcome)) => (outcome, None),
            Err(_) => (CallbackOutcome::Retry(None, "the server did not answer in time".into()), None),
        }
    }

    /// Posts content that is not an event, once, and returns the JSON of the response.
    ///
    /// # Errors
    /// There is no JSON within this time. Contains why.
    pub(crate) async fn post_for_json(
        &self,
        id: &str,
        content: &impl Serialize,
        within: Duration,
    ) -> Result<Vec<u8>, String> {
        let asked = async { json(send(self.signed(id, content)?).await?).await };
        match tokio::time::timeout(within, asked).await {
            Ok(Ok(Some(body))) => Ok(body),
            Ok(Ok(None)) => Err("the response has no JSON".into()),
            Ok(Err(CallbackOutcome::Retry(_, why) | CallbackOutcome::Refused(why))) => Err(why),
            Ok(Err(CallbackOutcome::Accepted)) | Err(_) => Err("the server did not answer in time".into()),
        }
    }

    async fn post(&self, event: &impl DeliverableEvent, attempt: u32) -> Result<reqwest::Response, CallbackOutcome> {
        let mut request = self.signed(event.id(), event)?.header("webhook-attempt", attempt);
        if let Some(correlation) = event.correlation() {
            request = request.header("x-request-id", correlation);
        }
        send(request).await
    }

    fn signed(&self, id: &str, content: &impl Serialize) -> Result<reqwest::RequestBuilder, CallbackOutcome> {
        let refused = |why: &str| CallbackOutcome::Refused(why.into());
        let body = serde_json::to_vec(content).map_err(|_| refused("the body cannot be serialized"))?;
        let time = now() / 1_000;
        let signatures = self.sign(id, i64::try_from(time).unwrap_or(i64::MAX), &body);
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", signatures.ok_or_else(|| refused("the body cannot be signed"))?);
        Ok(request.body(body))
    }

    /// Returns one signature for each secret, separated by spaces (Standard Webhooks, "Signature scheme").
    fn sign(&self, id: &str, time: i64, body: &[u8]) -> Option<String> {
        let signatures: Option<Vec<String>> =
            self.secrets.iter().map(|secret| signer(secret)?.sign(id, time, body).ok()).collect();
        Some(signatures?.join(" "))
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<reqwest::Response, CallbackOutcome> {
    match request.send().await {
        Ok(response) => accepted(response),
        Err(error) => Err(CallbackOutcome::Retry(None, describe(&error).to_owned())),
    }
}

fn signer(secret: &str) -> Option<standardwebhooks::Webhook> {
    use base64::Engine;
    let bytes = base64::prelude::BASE64_STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    (24..=64).contains(&bytes.len()).then(|| standardwebhooks::Webhook::from_bytes(bytes).ok()).flatten()
}

fn accepted(response: reqwest::Response) -> Result<reqwest::Response, CallbackOutcome> {
    let status = response.status();
    match status.as_u16() {
        200..=299 => Ok(response),
        // The platform will never accept the event. After any other status, even a 400 of a faulty release, a later
        // attempt may succeed.
        410 | 413 => Err(CallbackOutcome::Refused(format!("the server answered {status}"))),
        _ => {
            let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok());
            let after = after.and_then(|after| seconds_until(after.trim(), SystemTime::now()));
            Err(CallbackOutcome::Retry(after, format!("the server answered {status}")))
        }
    }
}

/// Reads the JSON of a response. Returns `None` for a response without JSON.
async fn json(mut response: reqwest::Response) -> Result<Option<Vec<u8>>, CallbackOutcome> {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
        return Ok(None);
    }
    let mut body = Vec::new();
    loop {
        let more = response.chunk().await;
        match more.map_err(|error| CallbackOutcome::Retry(None, describe(&error).to_owned()))? {
            Some(more) if body.len() + more.len() <= MAX_RESPONSE_BYTES => body.extend_from_slice(&more),
            Some(_) => {
                let why = format!("the response has more than {MAX_RESPONSE_BYTES} bytes");
                return Err(CallbackOutcome::Refused(why));
            }
            None => return Ok((!body.is_empty()).then_some(body)),
        }
    }
}

/// Reads `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
fn seconds_until(after: &str, now: SystemTime) -> Option<u32> {
    after.parse().ok().or_else(|| {
        let wait = httpdate::parse_http_date(after).ok()?.duration_since(now).unwrap_or_default();
        Some(u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX))
    })
}

/// Describes an error without its own text, which contains the URL.
fn describe(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "the server did not answer in time"
    } else if error.is_connect() {
        "the server is unreachable"
    } else {
        "the connection to the server broke"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn matches_the_signature_of_the_specification() {
        // Secret, ID, time, payload and signature are from the reference libraries of the specification.
        let callback =
            Callback::new("https://platform.example/events", vec![SECRET.into()]).expect("the callback is valid");
        let signed = callback.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn reads_retry_after_as_seconds_or_a_date() {
        // The date is the example of RFC 9110, section 5.6.7: 784111777 s after 1970. The clock is 20 s earlier.
        let now = UNIX_EPOCH + Duration::from_secs(784_111_757);
        assert_eq!(seconds_until("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(20));
        assert_eq!(seconds_until("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(0));
        assert_eq!(seconds_until("120", now), Some(120));
        assert_eq!(seconds_until("soon", now), None);
        assert_eq!(seconds_until("-1", now), None);
    }

    #[test]
    fn signs_with_every_secret() {
        let other = format!("whsec_{}", "A".repeat(32));
        let callback =
            Callback::new("https://platform.example/", vec![other, SECRET.into()]).expect("the callback is valid");
        let signed = callback.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let signed = signed.expect("the event is signed");
        assert!(signed.ends_with(" v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), "{signed}");
        assert_eq!(signed.split(' ').count(), 2);
    }

    #[test]
    fn rejects_invalid_urls_and_secrets() {
        let new = |url: &str, secrets: &[&str]| Callback::new(url, secrets.iter().map(ToString::to_string).collect());
        assert!(matches!(new("ftp://platform.example/", &[SECRET]), Err(CallbackError::Url)));
        assert!(matches!(new("https://user:word@platform.example/", &[SECRET]), Err(CallbackError::Url)));
        assert!(matches!(new("https://platform.example/", &[]), Err(CallbackError::Secrets)));
        assert!(matches!(new("https://platform.example/", &[SECRET, "whsec_AAAA"]), Err(CallbackError::Secret(2))));
        assert!(matches!(new("https://platform.example/", &["secret"]), Err(CallbackError::Secret(1))));
    }
}
