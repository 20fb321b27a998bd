//! Requests to the operator's own services, signed according to Standard Webhooks.

use crate::clock::now;
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// The maximum size of a response, in bytes: as large as an answer through the API.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// A client of one service of the operator, such as the platform's callback. It posts JSON, signs it with each secret, so that a
/// secret can be rotated, and follows no redirects. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SignedClient {
    url: reqwest::Url,
    client: reqwest::Client,
    /// The current secret, and other secrets that the service may still use.
    secrets: Vec<String>,
}

/// Why a client is not valid.
#[derive(Debug, thiserror::Error)]
pub enum SignedClientError {
    /// The URL is not valid.
    #[error("the address is not an http or https URL without credentials")]
    Url,
    /// The number of secrets is not valid.
    #[error("signing needs at least one secret, and at most ten")]
    Secrets,
    /// A secret is not valid.
    #[error("secret {0} is not valid: expected whsec_ followed by 24 to 64 random bytes in base64")]
    Secret(usize),
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
}

/// Why a service did not accept a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PostError {
    /// A later attempt may succeed.
    #[error("{why}")]
    Temporary {
        /// The delay that the service asks for, in seconds.
        after_seconds: Option<u32>,
        /// What happened.
        why: String,
    },
    /// It will never succeed.
    #[error("{0}")]
    Permanent(String),
}

impl SignedClient {
    /// Creates a client of the service at this URL that signs with each of these secrets (`whsec_…`). `timeout` is the time for one request.
    ///
    /// # Errors
    /// The URL or a secret is not valid.
    pub(crate) fn new(url: &str, secrets: Vec<String>, timeout: Duration) -> Result<Self, SignedClientError> {
        let url = reqwest::Url::parse(url).map_err(|_| SignedClientError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(SignedClientError::Url);
        }
        if !(1..=10).contains(&secrets.len()) {
            return Err(SignedClientError::Secrets);
        }
        for (index, secret) in secrets.iter().enumerate() {
            signer(secret).ok_or(SignedClientError::Secret(index + 1))?;
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(timeout / 2)
            .timeout(timeout)
            .build()
            .map_err(SignedClientError::Client)?;
        Ok(Self { url, client, secrets })
    }

    /// Posts content once, with these additional headers, and returns a response with a status 2xx. `id` identifies the content: it
    /// is the same in each attempt.
    ///
    /// # Errors
    /// The service did not accept it, or did not respond in time.
    pub(crate) async fn post(
        &self,
        id: &str,
        headers: reqwest::header::HeaderMap,
        content: &impl Serialize,
    ) -> Result<reqwest::Response, PostError> {
        let permanent = |why: &str| PostError::Permanent(why.into());
        let body = serde_json::to_vec(content).map_err(|_| permanent("the body cannot be serialized"))?;
        let time = now() / 1_000;
        let signatures = self.sign(id, i64::try_from(time).unwrap_or(i64::MAX), &body);
        let request = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", signatures.ok_or_else(|| permanent("the body cannot be signed"))?)
            .body(body);
        accepted(request.send().await.map_err(|error| interrupted(&error))?)
    }

    /// Returns one signature for each secret, separated by spaces (Standard Webhooks, "Signature scheme").
    fn sign(&self, id: &str, time: i64, body: &[u8]) -> Option<String> {
        let signatures: Option<Vec<String>> =
            self.secrets.iter().map(|secret| signer(secret)?.sign(id, time, body).ok()).collect();
        Some(signatures?.join(" "))
    }
}

/// Reads the JSON of a response. Returns `None` for a response without JSON.
///
/// # Errors
/// The response is too large, or the connection broke.
pub(crate) async fn read_json(mut response: reqwest::Response) -> Result<Option<Vec<u8>>, PostError> {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(more) = response.chunk().await.map_err(|error| interrupted(&error))? {
        if body.len() + more.len() > MAX_RESPONSE_BYTES {
            return Err(PostError::Permanent(format!("the response has more than {MAX_RESPONSE_BYTES} bytes")));
        }
        body.extend_from_slice(&more);
    }
    Ok((!body.is_empty()).then_some(body))
}

fn signer(secret: &str) -> Option<standardwebhooks::Webhook> {
    use base64::Engine;
    let bytes = base64::prelude::BASE64_STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    (24..=64).contains(&bytes.len()).then(|| standardwebhooks::Webhook::from_bytes(bytes).ok()).flatten()
}

fn accepted(response: reqwest::Response) -> Result<reqwest::Response, PostError> {
    let status = response.status();
    let why = format!("the server answered {status}");
    match status.as_u16() {
        200..=299 => Ok(response),
        // The service will never accept the content. After any other status, even a 400 of a faulty release, a later
        // attempt may succeed.
        410 | 413 => Err(PostError::Permanent(why)),
        _ => {
            let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok());
            let after_seconds = after.and_then(|after| seconds_until(after.trim(), SystemTime::now()));
            Err(PostError::Temporary { after_seconds, why })
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
fn interrupted(error: &reqwest::Error) -> PostError {
    let why = if error.is_timeout() {
        "the server did not answer in time"
    } else if error.is_connect() {
        "the server is unreachable"
    } else {
        "the connection to the server broke"
    };
    PostError::Temporary { after_seconds: None, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn client(secrets: &[&str]) -> Result<SignedClient, SignedClientError> {
        let secrets = secrets.iter().map(ToString::to_string).collect();
        SignedClient::new("https://platform.example/events", secrets, Duration::from_secs(1))
    }

    #[test]
    fn matches_the_signature_of_the_specification() {
        // Secret, ID, time, payload and signature are from the reference libraries of the specification.
        let signed = client(&[SECRET]).expect("the client is valid").sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
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
        let client = client(&[&other, SECRET]).expect("the client is valid");
        let signed = client.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let signed = signed.expect("the event is signed");
        assert!(signed.ends_with(" v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), "{signed}");
        assert_eq!(signed.split(' ').count(), 2);
    }

    #[test]
    fn rejects_invalid_urls_and_secrets() {
        let at = |url: &str| SignedClient::new(url, vec![SECRET.to_owned()], Duration::from_secs(1));
        assert!(matches!(at("ftp://platform.example/"), Err(SignedClientError::Url)));
        assert!(matches!(at("https://user:word@platform.example/"), Err(SignedClientError::Url)));
        assert!(matches!(client(&[]), Err(SignedClientError::Secrets)));
        assert!(matches!(client(&[SECRET, "whsec_AAAA"]), Err(SignedClientError::Secret(2))));
        assert!(matches!(client(&["secret"]), Err(SignedClientError::Secret(1))));
    }
}
