//! Webhooks, and the result of their verification.

use serde::{Deserialize, Serialize};
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// One field of an HTTP message. Names are case-insensitive and may repeat. Values are bytes, because HTTP does not
/// define their encoding (RFC 9110, section 5.5).
pub type Header = (String, Vec<u8>);

/// An HTTP request that the platform received, unchanged.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(record)]
pub struct Webhook {
    /// The method in upper case: `POST`.
    pub method: String,
    /// The request target as received: path and query.
    pub path: String,
    /// The header fields in the order received: at least those that `accepted-settings.headers` names.
    pub headers: Vec<Header>,
    /// The exact bytes. The signature covers them, so a host must not parse and serialize the body again.
    pub body: Vec<u8>,
}

/// A [`Webhook`] as it crosses into a component: it borrows, and has only the headers that the provider reads.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WebhookView<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a [u8])>,
    pub(crate) body: &'a [u8],
}

/// A source of agent events that the operator builds. It sends HTTP requests, is not the contact center's own signed
/// webhook, and authenticates with a key of its own.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum OperatorSource {
    /// An event bus, such as Amazon EventBridge.
    #[component(name = "event-bus")]
    EventBus,
    /// A trigger or workflow that the operator configured at the contact center.
    #[component(name = "trigger")]
    Trigger,
}

/// How a webhook was authenticated.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Authenticity {
    /// The signature is valid. The value is the index of the secret, counted from 0 in the order of the settings.
    #[component(name = "signed")]
    Signed(u32),
    /// The request has the key of a source that the operator built.
    #[component(name = "api-key")]
    ApiKey(OperatorSource),
    /// The operator disabled authentication.
    #[component(name = "unchecked")]
    Unchecked,
}

/// Why a webhook is not authentic. The host answers 401 or 403 and stores nothing.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rejection {
    /// The signature header is missing.
    #[component(name = "missing-signature")]
    MissingSignature,
    /// There is more than one signature header.
    #[component(name = "multiple-signatures")]
    MultipleSignatures,
    /// The signature does not name the expected algorithm.
    #[component(name = "unsupported-algorithm")]
    UnsupportedAlgorithm,
    /// The signature does not have the expected encoding: hexadecimal instead of base64, missing padding, white space.
    #[component(name = "invalid-encoding")]
    InvalidEncoding,
    /// The signature is well-formed and does not have the length of the full tag.
    #[component(name = "invalid-length")]
    InvalidLength,
    /// The signature was made with another secret or over other bytes.
    #[component(name = "signature-mismatch")]
    SignatureMismatch,
    /// The key of an operator's source is not one of the settings.
    #[component(name = "key-mismatch")]
    KeyMismatch,
    /// The settings have no secret and do not allow unsigned webhooks.
    #[component(name = "no-secret")]
    NoSecret,
    /// The webhook is for another connection. The reason is for people.
    #[component(name = "other-connection")]
    OtherConnection(String),
    /// The prepared settings are not from this version of the provider. Call `check-settings` again.
    #[component(name = "stale-settings")]
    StaleSettings,
}

impl Webhook {
    /// Creates a webhook from an HTTP request, with all occurrences of all headers. `body` must contain the bytes as
    /// they arrived.
    #[must_use]
    pub fn from_http(parts: &http::request::Parts, body: impl Into<Vec<u8>>) -> Self {
        let header =
            |(name, value): (&http::HeaderName, &http::HeaderValue)| (name.to_string(), value.as_bytes().to_vec());
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: parts.headers.iter().map(header).collect(),
            body: body.into(),
        }
    }
}

impl Webhook {
    /// Returns the webhook with only these headers, whose names are in lower case.
    pub(crate) fn view(&self, headers: &[String]) -> WebhookView<'_> {
        let is_read = |name: &str| headers.iter().any(|read| read.eq_ignore_ascii_case(name));
        let read = self.headers.iter().filter(|(name, _)| is_read(name));
        WebhookView {
            method: &self.method,
            path: &self.path,
            headers: read.map(|(name, value)| (name.as_str(), value.as_slice())).collect(),
            body: &self.body,
        }
    }
}

/// Prints only the method, the number of headers and the size of the body, because the rest may contain keys and
/// message texts.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}
