//! The queued events of a mailbox, as entries of the log.

use crate::address::Address;
use crate::mailbox::Mailbox;
use crate::metrics::ConnectionMetrics;
use crate::platform_event::PlatformEvent;
use crate::store::{Entry, StoreError};

/// Events to append to the log, in order.
#[derive(Default)]
pub(crate) struct Publication {
    pub(crate) entries: Vec<Entry>,
    pub(crate) events: PublishedEvents,
}

/// The events of a publication, to be counted once they are in the log.
#[derive(Default)]
pub(crate) struct PublishedEvents(Vec<PlatformEvent>);

impl Publication {
    /// Creates the publication of the events of a mailbox that are not in the log yet.
    ///
    /// # Errors
    /// An event cannot be serialized.
    pub(crate) fn of(address: &Address, mailbox: &Mailbox) -> Result<Self, StoreError> {
        let mut publication = Self::default();
        for queued in mailbox.unpublished() {
            let event = PlatformEvent::of(address, &mailbox.event_id(queued), queued);
            let body = serde_json::to_vec(&event)
                .map_err(|error| StoreError::Broken(format!("an event cannot be serialized: {error}")))?;
            publication.entries.push(Entry {
                connection: address.connection.clone(),
                recipient: address.recipient.clone(),
                stream_id: mailbox.id().to_owned(),
                number: queued.number,
                time: queued.time,
                body,
            });
            publication.events.0.push(event);
        }
        Ok(publication)
    }
}

impl PublishedEvents {
    /// Returns the number of the last event.
    pub(crate) fn last_number(&self) -> Option<u64> {
        self.0.last().map(|event| event.number)
    }

    pub(crate) fn count(&self, metrics: &ConnectionMetrics) {
        for event in &self.0 {
            metrics.published(&event.kind, event.data.as_deref());
        }
    }
}
