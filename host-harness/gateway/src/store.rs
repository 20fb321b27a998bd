//! Durable state: records, and the log of events for the platform.
//!
//! A record is changed only by compare-and-set. The state of one recipient is one record, so no change spans several
//! records. This works in a file for one gateway and in a cluster for several. Appending an entry to the log again has
//! no effect, so a gateway that was killed after appending an entry appends it again. A file changes a record and the log
//! in one transaction.

mod contract;
pub mod nats;
pub mod sqlite;

pub(crate) use self::contract::none_on_conflict;
pub use self::contract::{
    AppendError, Change, Content, Entry, Family, LogEntry, MAX_BYTES, Position, Record, Revision, SaveError, Store,
    StoreError, TransactionalStore,
};
