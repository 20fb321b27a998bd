//! The same provider, linked natively: the baseline for the sandbox.

use genesys_open_messaging::settings::Prepared;
use genesys_open_messaging::{contract as guest, events, outbound, settings, webhook};
use handover_host::contract as host;

/// Checks settings, and returns them as the other calls receive them. Returns `None` if they are not valid.
#[must_use]
pub fn prepare(settings: &[host::Setting]) -> Option<Vec<u8>> {
    let setting = |setting: &host::Setting| guest::Setting { key: setting.key.clone(), value: setting.value.clone() };
    let settings: Vec<_> = settings.iter().map(setting).collect();
    settings::check(&settings).ok().map(|accepted| accepted.prepared)
}

/// Converts a webhook to the types of the library.
#[must_use]
pub fn webhook(webhook: host::Webhook) -> guest::Webhook {
    guest::Webhook { method: webhook.method, path: webhook.path, headers: webhook.headers, body: webhook.body }
}

/// Verifies and maps a webhook. Returns the number of its events, or `None` if it is rejected or cannot be mapped.
#[must_use]
pub fn receive(settings: &[u8], webhook: guest::Webhook) -> Option<usize> {
    let settings = Prepared::open(settings).ok()?;
    webhook::verify(&settings.webhook().ok()?, &webhook).ok()?;
    Some(events::map(&settings.events().ok()?, &guest::EventSource::Webhook(webhook.body)).ok()?.len())
}

/// Builds the requests for a text message. Returns their number, or `None` if the message cannot be built.
#[must_use]
pub fn build(settings: &[u8], conversation: &host::Conversation, text: &str) -> Option<usize> {
    let settings = Prepared::open(settings).ok()?;
    let conversation = guest::Conversation {
        recipient: conversation.recipient.clone(),
        handover: conversation.handover,
        id: conversation.id.clone(),
    };
    let message = guest::OutboundMessage::Text(text.to_owned());
    let message = guest::Outbound { id: "m-1".into(), time: 1_790_000_000_000, message };
    Some(outbound::build(&settings.messages().ok()?, &conversation, &message).ok()?.len())
}
