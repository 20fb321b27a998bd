//! What arrives over HTTP, and whether it is believed.

use serde::Serialize;
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// One field of an HTTP message. Names compare without regard to case. A name may stand more than once; values are
/// bytes, for HTTP promises no encoding (RFC 9110, section 5.5).
pub type Header = (String, Vec<u8>);

/// An HTTP request that reached the platform, as it arrived.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(record)]
pub struct Webhook {
    /// In capitals: `POST`.
    pub method: String,
    /// The request target as received: path and query.
    pub path: String,
    /// All of them, in the order received.
    pub headers: Vec<Header>,
    /// The exact bytes. A signature covers these; a host that parses and writes them again breaks it.
    pub body: Vec<u8>,
}

/// Sources of agent events that are not the contact centre's own signed webhook but come by HTTP all the same,
/// built by the operator and secured with a key of their own.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum KeyedSource {
    /// An event bus, such as Amazon EventBridge.
    #[component(name = "event-bus")]
    EventBus,
    /// A trigger or workflow that the operator set up in the contact centre.
    #[component(name = "trigger")]
    Trigger,
}

/// Why a webhook is believed.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Authenticity {
    /// Its signature is right: the number of the secret, counted from 0 in the order of the settings.
    #[component(name = "signed")]
    Signed(u32),
    /// It carries the right key of an operator-built source.
    #[component(name = "keyed")]
    Keyed(KeyedSource),
    /// The operator switched the check off.
    #[component(name = "unchecked")]
    Unchecked,
}

/// Why a webhook is not believed. Answer 401 or 403, keep nothing.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// There is no signature.
    #[component(name = "missing-signature")]
    MissingSignature,
    /// There is more than one signature header; which to believe is anybody's guess.
    #[component(name = "repeated-signature")]
    RepeatedSignature,
    /// The signature does not name the expected algorithm.
    #[component(name = "wrong-scheme")]
    WrongScheme,
    /// The signature is not written in the expected encoding (hex instead of base64, missing padding, a blank).
    #[component(name = "wrong-encoding")]
    WrongEncoding,
    /// The signature is well written and has another length than the full tag.
    #[component(name = "wrong-length")]
    WrongLength,
    /// The signature was made with another secret or over other bytes.
    #[component(name = "wrong-signature")]
    WrongSignature,
    /// An operator-built source sent another key than the settings have.
    #[component(name = "wrong-key")]
    WrongKey,
    /// The settings hold no secret, and do not allow unsigned webhooks.
    #[component(name = "no-secret")]
    NoSecret,
    /// A setting that this call needs cannot be used, so nothing can be believed: run `check-settings`.
    #[component(name = "unusable-settings")]
    UnusableSettings,
    /// It is authentic or may be, but for another connection; why, for people.
    #[component(name = "not-for-us")]
    NotForUs(String),
}

/// Path, headers and body may hold keys and people's words: only their sizes are printed.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}
