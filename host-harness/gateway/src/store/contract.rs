//! The contract of stores: records, the log, and errors.

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use handover_host::contract::Timestamp;

/// The largest value of a record and the largest entry of the log, in bytes: four fifths of the default limit of a NATS
/// message (1 MiB), which leaves room for headers.
pub const MAX_BYTES: usize = 832 << 10;

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// The mailbox of one recipient.
    Recipient,
    /// The recipient of a conversation.
    Conversation,
    /// A dead letter.
    DeadLetter,
    /// A session of a bot.
    BotSession,
    /// The last answers about the availability of a connection's agents.
    Availability,
}

/// The version of a record, unique among all versions of the record, even after it was removed. Only a [`Store`] in
/// this crate can create one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision(pub(crate) u64);

/// A stored record.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The revision to name in the next change.
    pub revision: Revision,
    /// The content.
    pub content: Content,
}

/// The content of a record.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// At most [`MAX_BYTES`].
    pub value: Vec<u8>,
    /// When a worker must look at it; absent if nothing is queued.
    pub due: Option<Timestamp>,
}

/// A change of a record, from [`Store::watch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key of the record.
    pub key: String,
    /// When a worker must look at it; absent if nothing is queued or the record was removed.
    pub due: Option<Timestamp>,
}

/// An event in the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the connection.
    pub connection: String,
    /// The recipient.
    pub recipient: String,
    /// The stream of numbers: the id of the mailbox. A new mailbox of the same recipient starts a new stream. Visible
    /// ASCII.
    pub stream_id: String,
    /// The number in the stream.
    pub number: u64,
    /// When it happened.
    pub time: Timestamp,
    /// The event as JSON, of at most [`MAX_BYTES`].
    pub body: Vec<u8>,
}

/// A position in the log. Later entries have higher positions, with gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// An entry with its position.
#[derive(Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its position.
    pub position: Position,
    /// The entry.
    pub entry: Entry,
}

/// Why the store failed. After [`Unavailable`](Self::Unavailable), the change may have been stored; the next attempt
/// detects this by compare-and-set and by the numbers of the log's entries.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A later attempt may succeed.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// An operator must repair it.
    #[error("the store is broken: {0}")]
    Broken(String),
    /// A later gateway wrote the record.
    #[error("{what} has version {found}, but this gateway reads versions up to {known}: upgrade this gateway")]
    LaterVersion {
        /// The record.
        what: String,
        /// Its version.
        found: u64,
        /// The highest version that this gateway reads.
        known: u32,
    },
}

impl StoreError {
    /// Returns whether every attempt fails in the same way until the record changes.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    /// Creates the error for an unreadable record. It leaves out the parser's message, which may contain message texts.
    pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        Self::Broken(format!("{what} is not readable by this version ({kind:?} at {line}:{column})"))
    }
}

/// Why a record was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The revision differs. Load the record and try again.
    #[error("the record was changed by another gateway")]
    Conflict,
    /// The value, or the body of an entry that is appended with it, has more than [`MAX_BYTES`].
    #[error("{0} bytes are more than the {MAX_BYTES} that a record or an entry may have")]
    TooLarge(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns `None` on a conflict. A value that is too large becomes [`StoreError::Broken`].
pub(crate) fn none_on_conflict<T>(result: Result<T, SaveError>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(saved) => Ok(Some(saved)),
        Err(SaveError::Conflict) => Ok(None),
        Err(SaveError::Store(error)) => Err(error),
        Err(error @ SaveError::TooLarge(_)) => Err(StoreError::Broken(error.to_string())),
    }
}

/// Why an entry is not in the log.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The value has more than [`MAX_BYTES`].
    #[error("{0} bytes are more than the {MAX_BYTES} that an entry may have")]
    TooLarge(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The durable store of a gateway. A change is durable when its method returns `Ok`.
///
/// A stream ends with its first error; subscribe again for more. The trait is sealed in effect: only this crate can
/// create a [`Revision`].
#[async_trait]
pub trait Store: Send + Sync {
    /// Loads a record.
    async fn load(&self, family: Family, key: &str) -> Result<Option<Record>, StoreError>;

    /// Changes a record if it has this revision, or creates one if `expected` is `None`.
    async fn save(
        &self,
        family: Family,
        key: &str,
        expected: Option<Revision>,
        content: Content,
    ) -> Result<Revision, SaveError>;

    /// Removes a record if it has this revision.
    async fn remove(&self, family: Family, key: &str, expected: Revision) -> Result<(), SaveError>;

    /// Returns at most `limit` keys after this one, in byte order. All pages together contain every record that existed
    /// throughout.
    async fn keys(&self, family: Family, after: Option<&str>, limit: usize) -> Result<Vec<String>, StoreError>;

    /// Streams each record with a due time, and then every change by any gateway. It may report only the last of
    /// several changes of one record.
    async fn watch(&self, family: Family) -> Result<BoxStream<'static, Result<Change, StoreError>>, StoreError>;

    /// Appends an entry, unless its stream already has an entry with its number or a higher one. Entries of one
    /// recipient must therefore be appended in the order of their numbers, and can be appended again.
    async fn append(&self, entry: Entry) -> Result<(), AppendError>;

    /// Streams the entries of a connection after this position, oldest first, and then each new one.
    async fn follow(
        &self,
        connection: &str,
        after: Position,
    ) -> Result<BoxStream<'static, Result<LogEntry, StoreError>>, StoreError>;

    /// Returns the entry of a connection at this position; `None` if there is none, or if it was removed.
    async fn log_entry(&self, connection: &str, position: Position) -> Result<Option<LogEntry>, StoreError>;

    /// Returns the position of the oldest entry, or one past the end of an empty log.
    async fn first_position(&self) -> Result<Position, StoreError>;

    /// Returns the last position that any entry ever had, or 0.
    async fn last_position(&self) -> Result<Position, StoreError>;

    /// Checks that the store can be read and written now.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Removes the log's entries that are older than this time.
    async fn remove_entries_before(&self, before: Timestamp) -> Result<(), StoreError>;

    /// Returns the store if it can change a record and the log together.
    fn transactional(&self) -> Option<&dyn TransactionalStore>;
}

/// A store that can change a record and the log together.
#[async_trait]
pub trait TransactionalStore: Store {
    /// Changes or creates a record as [`save`](Store::save) does, and appends entries as [`append`](Store::append) does:
    /// both or neither.
    async fn save_and_append(
        &self,
        family: Family,
        key: &str,
        expected: Option<Revision>,
        content: Content,
        entries: Vec<Entry>,
    ) -> Result<Revision, SaveError>;
}
