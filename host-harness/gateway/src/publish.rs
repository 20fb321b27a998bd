//! Publishes queued events in the log, from which they are streamed. A transactional store publishes them when their
//! record is saved, so this is for other stores, and for records that an earlier version saved.

use crate::address::Address;
use crate::publication::Publication;
use crate::repository::{ChangeError, Repository, StoredState};
use crate::store::{AppendError, StoreError};
use handover_host::contract::Timestamp;
use std::convert::Infallible;

/// The result of publishing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Published {
    /// Whether any event was published.
    pub(crate) progress: bool,
    /// When the record is due next.
    pub(crate) due: Option<Timestamp>,
}

impl<R: StoredState> Repository<R> {
    /// Appends the queued events of a record to the log, and then removes them from the record.
    pub(crate) async fn publish(
        &self,
        address: &Address,
        rules: &R::Rules,
    ) -> Result<Published, ChangeError<Infallible>> {
        let Some(loaded) = self.loaded(address).await? else { return Ok(Published::default()) };
        let Publication { entries, events } = loaded.state.publication(address)?;
        let Some(last) = events.last_number() else {
            return Ok(Published { progress: false, due: loaded.state.due(rules) });
        };
        for entry in entries {
            self.store().append(entry).await.map_err(|error| match error {
                AppendError::Store(error) => error,
                error @ AppendError::TooLarge(_) => StoreError::Broken(error.to_string()),
            })?;
        }
        let due = self.change_from(loaded, address, rules, |state| {
            state.published(last, rules);
            Ok(state.due(rules))
        });
        let due = due.await?.flatten();
        events.count(&self.metrics_of(address));
        Ok(Published { progress: true, due })
    }
}
