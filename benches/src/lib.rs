//! The subjects of the benchmarks: the provider, and webhooks of several sizes.

pub mod native;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use handover_host::contract::{Conversation, Outbound, OutboundMessage, Setting, Webhook};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The released component of the provider for Genesys Cloud Open Messaging.
pub const COMPONENT: &[u8] = include_bytes!(env!("GENESYS_OPEN_MESSAGING"));

/// A provider with a slot for an attack on its host.
pub const EVIL: &[u8] = include_bytes!(env!("EVIL_COMPONENT"));

/// The secret that signs the webhooks.
pub const SECRET: &str = "a-secret-of-16-or-more-chars";

/// The names and sizes, in bytes, of webhook bodies: a line of text, a card, a large message, and nearly the largest
/// body that Genesys sends.
pub const SIZES: [(&str, usize); 4] = [("0.5k", 500), ("4k", 4_000), ("64k", 64_000), ("500k", 500_000)];

/// Returns the settings of a connection.
#[must_use]
pub fn settings() -> Vec<Setting> {
    [
        ("host", "mypurecloud.de"),
        ("deployment-name", "BotHandover"),
        ("webhook-secret", SECRET),
        ("client-id", "0a1b2c3d-0000-4000-8000-000000000002"),
        ("client-secret", "secret"),
    ]
    .map(|(key, value)| Setting { key: key.into(), value: value.into() })
    .into()
}

/// Returns the webhook body for a text message from an agent, padded to `size` bytes. `size` is at least 500.
#[must_use]
pub fn body(size: usize) -> Vec<u8> {
    let json = |text: &str| {
        serde_json::json!({
            "id": "8a1b3c5d-0000-4000-8000-00000000000a",
            "channel": {
                "platform": "Open",
                "type": "Private",
                "messageId": "8a1b3c5d-0000-4000-8000-00000000000a",
                "to": { "id": "sess-42" },
                "from": { "id": "11111111-2222-4333-8444-555555555555", "nickname": "BotHandover" },
                "time": "2026-03-01T10:00:05.123Z"
            },
            "type": "Text",
            "text": text,
            "originatingEntity": "Human",
            "direction": "Outbound",
            "conversationId": "d06cb41e-f938-4dcf-b823-c8af1a39d7e5"
        })
        .to_string()
    };
    let text = "Good morning, how can I help you with your order? ".bytes().cycle();
    let text_length = size.saturating_sub(json("").len());
    json(&String::from_utf8_lossy(&text.take(text_length).collect::<Vec<_>>())).into_bytes()
}

/// Returns the value of `X-Hub-Signature-256` for a body.
#[must_use]
pub fn signature(body: &[u8]) -> String {
    let tag = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).map(|mac| mac.chain_update(body).finalize());
    format!("sha256={}", BASE64_STANDARD.encode(tag.map(|tag| tag.into_bytes()).unwrap_or_default()))
}

/// Returns a webhook with a body of `size` bytes and the headers that a server receives.
#[must_use]
pub fn webhook(size: usize) -> Webhook {
    let body = body(size);
    let headers = [
        ("host", "bot.example.com".to_owned()),
        ("user-agent", "Genesys/1.0".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("content-length", body.len().to_string()),
        ("accept", "*/*".to_owned()),
        ("x-hub-signature-256", signature(&body)),
    ];
    Webhook {
        method: "POST".into(),
        path: "/handover/genesysCloudOM".into(),
        headers: headers.into_iter().map(|(name, value)| (name.into(), value.into_bytes())).collect(),
        body,
    }
}

/// Returns a text message from a user with `size` characters.
#[must_use]
pub fn message(size: usize) -> (Conversation, Outbound) {
    let text: String = "Where is my order? ".chars().cycle().take(size).collect();
    let id = Some("d06cb41e-f938-4dcf-b823-c8af1a39d7e5".into());
    let conversation = Conversation { recipient: "sess-42".into(), handover: 1, id };
    (conversation, Outbound { id: "m-1".into(), time: 1_790_000_000_000, message: OutboundMessage::Text(text) })
}
