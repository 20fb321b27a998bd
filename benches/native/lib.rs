//! The inputs of the measurements: a webhook with an agent's message of two thousand characters, and a user's message
//! of the same length.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use genesys_open_messaging::settings::check;
use handover_guest::contract::{Conversation, EventSource, Outbound, OutboundMessage, Setting, Webhook};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SECRET: &str = "a-secret-of-16-or-more-chars";

/// Returns the prepared settings of a connection, or nothing if they are not valid.
#[must_use]
pub fn settings() -> Vec<u8> {
    let settings = [
        ("host", "mypurecloud.de"),
        ("deployment-name", "BotHandover"),
        ("webhook-secret", SECRET),
        ("client-id", "0a1b2c3d-0000-4000-8000-000000000002"),
        ("client-secret", "secret"),
    ]
    .map(|(key, value)| Setting { key: key.into(), value: value.into() });
    check(&settings).map(|accepted| accepted.prepared).unwrap_or_default()
}

/// Returns the body of the webhook.
#[must_use]
pub fn body() -> Vec<u8> {
    let text = "Good morning, how can I help? ".repeat(67);
    format!(
        r#"{{"id":"8a1b3c5d-0000-4000-8000-00000000000a","channel":{{"platform":"Open","type":"Private","messageId":"8a1b3c5d-0000-4000-8000-00000000000a","to":{{"id":"sess-42"}},"from":{{"id":"11111111-2222-4333-8444-555555555555","nickname":"BotHandover"}},"time":"2026-03-01T10:00:05.123Z"}},"type":"Text","text":"{text}","originatingEntity":"Human","direction":"Outbound","conversationId":"d06cb41e-f938-4dcf-b823-c8af1a39d7e5"}}"#
    )
    .into_bytes()
}

/// Returns the HMAC-SHA-256 of a body.
#[must_use]
pub fn tag(body: &[u8]) -> [u8; 32] {
    let tag = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).map(|mac| mac.chain_update(body).finalize());
    tag.map(|tag| tag.into_bytes().into()).unwrap_or_default()
}

/// Returns the value of the signature's header for a tag.
#[must_use]
pub fn signature(tag: [u8; 32]) -> String {
    format!("sha256={}", BASE64_STANDARD.encode(tag))
}

/// Returns the webhook with this tag.
#[must_use]
pub fn webhook(tag: [u8; 32]) -> Webhook {
    let headers = [("content-type", "application/json".to_owned()), ("x-hub-signature-256", signature(tag))];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.into_bytes())).into();
    Webhook { method: "POST".into(), path: "/".into(), headers, body: body() }
}

/// Returns a webhook with a wrong signature, which costs as much to verify as a valid one.
#[must_use]
pub fn forged() -> (Vec<u8>, Webhook) {
    (settings(), webhook([0; 32]))
}

/// Returns the webhook's body as the source of events.
#[must_use]
pub fn webhook_event() -> (Vec<u8>, EventSource) {
    (settings(), EventSource::Webhook(body()))
}

/// Returns the user's message.
#[must_use]
pub fn user_message() -> (Vec<u8>, Conversation, Outbound) {
    let id = Some("d06cb41e-f938-4dcf-b823-c8af1a39d7e5".into());
    let message = OutboundMessage::Text("Where is my order? ".repeat(105));
    (
        settings(),
        Conversation { recipient: "sess-42".into(), handover: 1, id },
        Outbound { id: "m-1".into(), time: 1_790_000_000_000, message },
    )
}
