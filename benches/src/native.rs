//! The same provider, linked into the process: what the sandbox is measured against.

use genesys_open_messaging::contract as guest;
use genesys_open_messaging::{events, outbound, webhook};
use handover_host::contract as host;

/// The settings, as the library takes them.
#[must_use]
pub fn settings(settings: &[host::Setting]) -> Vec<guest::Setting> {
    settings.iter().map(|one| guest::Setting { key: one.key.clone(), value: one.value.clone() }).collect()
}

/// A webhook, as the library takes it.
#[must_use]
pub fn webhook(webhook: host::Webhook) -> guest::Webhook {
    guest::Webhook { method: webhook.method, path: webhook.path, headers: webhook.headers, body: webhook.body }
}

/// Verifies a webhook and maps it; how many events it has, or nothing if it is not believed.
#[must_use]
pub fn receive(settings: &[guest::Setting], webhook: guest::Webhook) -> Option<usize> {
    webhook::verify(settings, &webhook).ok()?;
    Some(events::map(settings, &guest::EventSource::Webhook(webhook.body)).ok()?.len())
}

/// Builds what a user says; how many requests that takes.
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
