//! What waits to be told goes into the log, whence it is streamed.

use crate::mailboxes::{Address, ChangeError};
use crate::platform_event::PlatformEvent;
use crate::served::Served;
use crate::store::{AppendError, Entry, StoreError};
use handover_host::contract::Timestamp;

/// What publishing came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Published {
    /// Something was published.
    pub(crate) progress: bool,
    /// When the mailbox is due now.
    pub(crate) due: Option<Timestamp>,
}

impl Served {
    /// Puts into the log what waits for it.
    pub(crate) async fn publish(&self, address: &Address) -> Result<Published, ChangeError<std::convert::Infallible>> {
        let rules = self.rules();
        let Some(mailbox) = self.mailboxes().load(address).await? else { return Ok(Published::default()) };
        let mut last = None;
        for told in mailbox.unpublished() {
            let event = PlatformEvent::of(address, &mailbox.event_id(told), told);
            let body = serde_json::to_vec(&event)
                .map_err(|error| StoreError::Broken(format!("an event that cannot be written: {error}")))?;
            let entry = Entry {
                connection: address.connection.clone(),
                recipient: address.recipient.clone(),
                series: mailbox.tag().to_owned(),
                number: told.number,
                time: told.time,
                body,
            };
            self.mailboxes().store().append(entry).await.map_err(|error| match error {
                AppendError::Store(error) => error,
                error @ AppendError::TooLarge(_) => StoreError::Broken(error.to_string()),
            })?;
            last = Some(told.number);
        }
        let Some(last) = last else { return Ok(Published { progress: false, due: mailbox.due(rules) }) };
        let due = self.mailboxes().change(address, rules, |mailbox| {
            mailbox.published(last, rules);
            Ok(mailbox.due(rules))
        });
        let due = due.await?.flatten();
        for told in mailbox.unpublished() {
            let event = PlatformEvent::of(address, "", told);
            self.counts().told(&event.kind, event.data.as_deref());
        }
        Ok(Published { progress: true, due })
    }
}
