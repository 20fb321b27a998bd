//! The state of one recipient: the handover, and the queues on both sides of it. Pure: no I/O, no clock, no randomness.
//!
//! ```text
//! events ──▶ deduplication ──▶ Handover ──▶ EventQueue ──▶ log, callback
//!                                         messages ──▶ DeliveryQueue ──▶ contact center
//! ```
//!
//! A mailbox is one record of the [store](crate::store), changed by compare-and-set. Related changes are therefore
//! atomic: an event is accepted and its consequences are queued, or neither happens.
//!
//! Leases are written ahead: a worker stores its [`Lease`] before it acts. A worker that finds an expired lease treats
//! the outcome of its request as unknown.

mod capacity;
mod deduplication;
mod delivery_queue;
mod ended_handovers;
mod event_queue;
mod idempotency;
mod lease;
mod outcomes;
mod reconciliation;
mod rules;
mod short_digest;
mod state;
mod tasks;
pub(crate) mod time;

pub use self::capacity::{Full, MAX_BYTES, MAX_REQUESTS, NoRoom, TooLarge};
pub use self::deduplication::{EventOrigin, Refused, Source};
pub(crate) use self::delivery_queue::StoredRequest;
pub use self::delivery_queue::{DeliveryOutcome, Item, LookupOutcome, MessageKind, Reason};
pub use self::event_queue::{CallbackOutcome, DisplayedMessage, Event, QueuedEvent};
pub(crate) use self::event_queue::{EventQueue, Translations};
pub use self::idempotency::{CachedResponse, CommandResponse};
pub(crate) use self::lease::Leases;
pub use self::lease::{Channel, DeadLetter, DeadLetterContent, Lease, Task};
pub use self::reconciliation::ReceivedMessages;
pub use self::rules::{
    CallbackRules, LEASE, LOOKUP_DELAY, OUTCOME_TIMEOUT, RECONCILIATION_DELAY, REQUEST_TIMEOUT, Retries, Rules,
};
pub use self::state::{Accepted, Mailbox, NoHandover, NotAccepted, NotFetched, NotStarted, SendError};
pub(crate) use self::state::{MAX_CLOCK_DIFFERENCE, id_suffix};
