//! What survives the gateway: records, and the log of what the platform is told.
//!
//! A record is changed by compare-and-set alone. All that concerns one recipient is in one record, so that nothing has
//! to change in two places at once: the same works in a file for one gateway and in a cluster for many. The log takes
//! an entry once, however often it is handed over, so that a gateway that was killed in between hands it over again.

pub mod nats;
pub mod sqlite;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use handover_host::contract::Timestamp;

/// The largest value of a record and the largest entry of the log, in bytes: four fifths of what a NATS server takes for
/// one message unless it is told otherwise (1 MiB), which leaves room for headers.
pub const MAX_BYTES: usize = 832 << 10;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// The handovers of one recipient, and all that waits for it.
    Recipient,
    /// Whose conversation it is.
    Conversation,
    /// A request that nobody took.
    DeadLetter,
}

/// Which state of a record it is. No two states of one record have the same, not even after it was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision(pub(crate) u64);

/// A record as it was stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// To be named when it is changed.
    pub revision: Revision,
    /// What it holds.
    pub content: Content,
}

/// What a record holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// At most [`MAX_BYTES`].
    pub value: Vec<u8>,
    /// When somebody has to look at it; missing when nothing waits.
    pub due: Option<Timestamp>,
}

/// A change of a record, as [`Store::watch`] tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which record.
    pub key: String,
    /// When somebody has to look at it now; missing when nothing waits, or when it was removed.
    pub due: Option<Timestamp>,
}

/// Something that the platform is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// By whose webhooks it came.
    pub connection: String,
    /// Whom it concerns.
    pub recipient: String,
    /// Whose numbers they are: when a recipient is forgotten and comes back, they begin anew. Visible ASCII.
    pub stream_id: String,
    /// Counts the entries of the series.
    pub number: u64,
    /// When it came about.
    pub time: Timestamp,
    /// What it says; at most [`MAX_BYTES`].
    pub body: Vec<u8>,
}

/// Where in the log an entry is: later entries have higher ones, with gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// An entry of the log.
#[derive(Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it is.
    pub position: Position,
    /// What it is.
    pub entry: Entry,
}

/// Why the store did not do something. What it was asked may have been done all the same if it is
/// [`Unavailable`](Self::Unavailable): compare-and-set, and the numbers of the log's entries, show it the next time.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may go well the next time.
    #[error("the store cannot be used now: {0}")]
    Unavailable(String),
    /// Somebody has to look at it.
    #[error("the store is broken: {0}")]
    Broken(String),
}

impl StoreError {
    /// What is stored cannot be read. The error's own words could be what people said.
    pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        Self::Broken(format!("{what} that no gateway of this version wrote ({kind:?} at {line}:{column})"))
    }
}

/// Why a record was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Its revision is another. To be loaded, and tried again.
    #[error("somebody else has changed the record")]
    Conflict,
    /// More than [`MAX_BYTES`].
    #[error("{0} bytes are more than the {MAX_BYTES} that a record may have")]
    TooLarge(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an entry is not in the log.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// More than [`MAX_BYTES`].
    #[error("{0} bytes are more than the {MAX_BYTES} that an entry may have")]
    TooLarge(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the gateway keeps what must survive it. What a method has answered with `Ok` is durable.
///
/// A stream ends with its first error; whoever needs more asks anew.
#[async_trait]
pub trait Store: Send + Sync {
    /// The record, as it is now.
    async fn load(&self, family: Family, key: &str) -> Result<Option<Record>, StoreError>;

    /// Changes a record of this revision, or makes one where there must be none.
    async fn save(
        &self,
        family: Family,
        key: &str,
        expected: Option<Revision>,
        content: Content,
    ) -> Result<Revision, SaveError>;

    /// Removes a record of this revision.
    async fn remove(&self, family: Family, key: &str, expected: Revision) -> Result<(), SaveError>;

    /// At most `most` keys that come after this one in the order of their bytes; all pages together are all records
    /// that were there throughout.
    async fn keys(&self, family: Family, after: Option<&str>, limit: usize) -> Result<Vec<String>, StoreError>;

    /// Each record that is due some time, and from then on each change, by whichever gateway. Of several changes of one
    /// record only the last may be told.
    async fn watch(&self, family: Family) -> Result<BoxStream<'static, Result<Change, StoreError>>, StoreError>;

    /// Puts an entry at the end of the log, unless one of its series is there with its number or a higher one. So
    /// one recipient's entries are to be handed over in the order of their numbers, and can be handed over again.
    async fn append(&self, entry: Entry) -> Result<(), AppendError>;

    /// The entries of a connection after this position, the oldest first, and from then on each as it comes.
    async fn follow(
        &self,
        connection: &str,
        after: Position,
    ) -> Result<BoxStream<'static, Result<LogEntry, StoreError>>, StoreError>;

    /// The entry of a connection at this position; missing if there is none, or none any more.
    async fn log_entry(&self, connection: &str, position: Position) -> Result<Option<LogEntry>, StoreError>;

    /// Where the log begins: the first position that an entry still has, or one past the end.
    async fn first_position(&self) -> Result<Position, StoreError>;

    /// Where the log ends: the last position that any entry ever had, or 0.
    async fn last_position(&self) -> Result<Position, StoreError>;

    /// Whether something can be written now.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Forgets the entries of the log that are older.
    async fn remove_entries_before(&self, before: Timestamp) -> Result<(), StoreError>;
}
