//! Publishes queued events in the log, from which they are streamed. A transactional store publishes them when their
//! mailbox is saved, so this is for other stores, and for mailboxes that an earlier version saved.

use crate::address::Address;
use crate::mailbox::Rules;
use crate::mailboxes::{ChangeError, Mailboxes};
use crate::publication::Publication;
use crate::store::{AppendError, StoreError};
use handover_host::contract::Timestamp;
use std::convert::Infallible;

/// The result of publishing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Published {
    /// Whether any event was published.
    pub(crate) progress: bool,
    /// When the mailbox is due next.
    pub(crate) due: Option<Timestamp>,
}

impl Mailboxes {
    /// Appends the queued events of a mailbox to the log, and then removes them from the mailbox.
    pub(crate) async fn publish(&self, address: &Address, rules: &Rules) -> Result<Published, ChangeError<Infallible>> {
        let Some(loaded) = self.loaded(address).await? else { return Ok(Published::default()) };
        let Publication { entries, events } = Publication::of(address, &loaded.mailbox)?;
        let Some(last) = events.last_number() else {
            return Ok(Published { progress: false, due: loaded.mailbox.due(rules) });
        };
        for entry in entries {
            self.store().append(entry).await.map_err(|error| match error {
                AppendError::Store(error) => error,
                error @ AppendError::TooLarge(_) => StoreError::Broken(error.to_string()),
            })?;
        }
        let due = self.change_from(loaded, address, rules, |mailbox| {
            mailbox.published(last, rules);
            Ok(mailbox.due(rules))
        });
        let due = due.await?.flatten();
        events.count(&self.metrics_of(address));
        Ok(Published { progress: true, due })
    }
}
