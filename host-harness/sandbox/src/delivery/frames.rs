//! The frames of a channel's WebSocket. No I/O.

use serde_json::{Value, json};
use uuid::Uuid;

/// Returns the frame of an event.
pub(crate) fn frame(topic: &str, body: &Value) -> String {
    let correlation_id = Uuid::new_v4().to_string();
    json!({
        "topicName": topic,
        "version": "2",
        "eventBody": body,
        "metadata": { "CorrelationId": correlation_id },
    })
    .to_string()
}

/// Returns the heartbeat of a connected channel.
pub(crate) fn heartbeat() -> String {
    metadata("WebSocket Heartbeat")
}

/// Returns the response to `{"message": "ping"}`.
pub(crate) fn pong() -> String {
    metadata("pong")
}

/// Returns the frame that requests the client to reconnect. Unconfirmed: the body.
pub(crate) fn socket_closing() -> String {
    json!({
        "topicName": "v2.system.socket_closing",
        "version": "2",
        "eventBody": { "message": "The websocket is closing; connect to the channel again." },
        "metadata": { "CorrelationId": Uuid::new_v4().to_string() },
    })
    .to_string()
}

/// Whether `text` is a client's ping.
pub(crate) fn is_ping(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("message") == Some(&json!("ping")))
}

fn metadata(message: &str) -> String {
    json!({ "topicName": "channel.metadata", "eventBody": { "message": message } }).to_string()
}
