//! The same provider, linked natively: the baseline for the sandbox.

use genesys_open_messaging::contract as guest;
use genesys_open_messaging::{events, outbound, webhook};
use handover_host::contract as host;

/// Converts settings to the types of the library.
#[must_use]
pub fn settings(settings: &[host::Setting]) -> Vec<guest::Setting> {
    settings.iter().map(|setting| guest::Setting { key: setting.key.clone(), value: setting.value.clone() }).collect()
}

/// Converts a webhook to the types of the library.
#[must_use]
pub fn webhook(webhook: host::Webhook) -> guest::Webhook {
    guest::Webhook { method: webhook.method, path: webhook.path, headers: webhook.headers, body: webhook.body }
}

/// Verifies and maps a webhook. Returns the number of its events, or `None` if it is rejected or malformed.
#[must_use]
pub fn receive(settings: &[guest::Setting], webhook: guest::Webhook) -> Option<usize> {
    webhook::verify(settings, &webhook).ok()?;
    Some(events::map(settings, &guest::EventSource::Webhook(webhook.body)).ok()?.len())
}

/// Builds the requests for a text message. Returns their number, or `None` if the message cannot be built.
#[must_use]
pub fn build(settings: &[guest::Setting], conversation: &host::Conversation, text: &str) -> Option<usize> {
    let conversation = guest::Conversation {
        recipient: conversation.recipient.clone(),
        handover: conversation.handover,
        id: conversation.id.clone(),
    };
    let message = guest::OutboundMessage::Text(text.to_owned());
    let message = guest::Outbound { id: "m-1".into(), time: 1_790_000_000_000, message };
    Some(outbound::build(settings, &conversation, &message).ok()?.len())
}
