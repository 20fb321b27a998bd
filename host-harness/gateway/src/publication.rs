//! Queued events, as entries of the log.

use crate::address::Address;
use crate::mailbox::QueuedEvent;
use crate::metrics::ConnectionMetrics;
use crate::platform_event::DeliverableEvent;
use crate::store::{Entry, StoreError};
use serde_json::value::RawValue;

/// Events to append to the log, in order.
#[derive(Default)]
pub struct Publication {
    pub(crate) entries: Vec<Entry>,
    pub(crate) events: PublishedEvents,
}

/// The events of a publication, to be counted once they are in the log.
#[derive(Default)]
pub(crate) struct PublishedEvents(Vec<PublishedEvent>);

struct PublishedEvent {
    number: u64,
    kind: String,
    data: Option<Box<RawValue>>,
}

impl Publication {
    /// Adds an event that is not in the log yet. `stream_id` is the id of the mailbox or the session.
    ///
    /// # Errors
    /// The event cannot be serialized.
    pub(crate) fn add<E: DeliverableEvent>(
        &mut self,
        address: &Address,
        stream_id: &str,
        queued: &QueuedEvent,
        event: E,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_vec(&event)
            .map_err(|error| StoreError::Broken(format!("an event cannot be serialized: {error}")))?;
        self.entries.push(Entry {
            connection: address.connection.clone(),
            recipient: address.recipient.clone(),
            stream_id: stream_id.to_owned(),
            number: queued.number,
            time: queued.time,
            body,
        });
        let (kind, data) = event.into_kind_and_data();
        self.events.0.push(PublishedEvent { number: queued.number, kind, data });
        Ok(())
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
