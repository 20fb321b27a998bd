//! Publishes queued events in the log, from which they are streamed.

use crate::connection_service::ConnectionService;
use crate::mailboxes::{Address, ChangeError};
use crate::platform_event::PlatformEvent;
use crate::store::{AppendError, Entry, StoreError};
use handover_host::contract::Timestamp;

/// The result of publishing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Published {
    /// Whether any event was published.
    pub(crate) progress: bool,
    /// When the mailbox is due next.
    pub(crate) due: Option<Timestamp>,
}

/// Appends the queued events of a mailbox to the log.
pub(crate) async fn publish(
    service: &ConnectionService,
    address: &Address,
) -> Result<Published, ChangeError<std::convert::Infallible>> {
    let rules = service.rules();
    let Some(mailbox) = service.mailboxes().load(address).await? else { return Ok(Published::default()) };
    let mut last = None;
    for queued in mailbox.unpublished() {
        let event = PlatformEvent::of(address, &mailbox.event_id(queued), queued);
        let body = serde_json::to_vec(&event)
            .map_err(|error| StoreError::Broken(format!("an event cannot be serialized: {error}")))?;
        let entry = Entry {
            connection: address.connection.clone(),
            recipient: address.recipient.clone(),
            stream_id: mailbox.id().to_owned(),
            number: queued.number,
            time: queued.time,
            body,
        };
        service.mailboxes().store().append(entry).await.map_err(|error| match error {
            AppendError::Store(error) => error,
            error @ AppendError::TooLarge(_) => StoreError::Broken(error.to_string()),
        })?;
        last = Some(queued.number);
    }
    let Some(last) = last else { return Ok(Published { progress: false, due: mailbox.due(rules) }) };
    let due = service.mailboxes().change(address, rules, |mailbox| {
        mailbox.published(last, rules);
        Ok(mailbox.due(rules))
    });
    let due = due.await?.flatten();
    for queued in mailbox.unpublished() {
        let event = PlatformEvent::of(address, "", queued);
        service.metrics().published(&event.kind, event.data.as_deref());
    }
    Ok(Published { progress: true, due })
}
