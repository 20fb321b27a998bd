//! A store in one file, for one gateway.

mod locks;
mod open_error;
mod schema;
mod worker;

pub use self::open_error::OpenError;

use self::locks::Locks;
use self::worker::Worker;
use super::contract::{
    AppendError, Change, Content, Entry, Family, LogEntry, MAX_BYTES, Position, Record, Revision, SaveError, Store,
    StoreError, TransactionalStore,
};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use handover_host::contract::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// The number of changes that a watcher may lag behind before it starts again with all due records.
const MAX_PENDING_CHANGES: usize = 1_024;

/// The number of log entries that are read at once.
const ENTRIES_PER_PAGE: usize = 256;

/// A store in one file, and the two files of SQLite's write-ahead log. Acknowledged changes survive a power failure.
/// Cheap to clone.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    writer: Worker,
    /// A second connection, so that reads do not wait for writes to the disk.
    reader: Worker,
    changes: broadcast::Sender<(Family, Change)>,
    /// The end of the log.
    last_position: watch::Sender<Position>,
}

impl SqliteStore {
    /// Opens or creates the file. Locks on it, and on a file with the same name and `.lock`, prevent other gateways
    /// from using it.
    ///
    /// # Errors
    /// Another gateway uses it, it is not a gateway's file, or it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let locks = Locks::acquire(path)?;
        let writer = schema::open(path)?;
        let reader = schema::open(path)?;
        let last_position =
            last_position(&writer).map_err(|source| OpenError::Sqlite { path: path.to_owned(), source })?;
        Ok(Self(Arc::new(Inner {
            writer: Worker::start(writer, Some(locks)),
            reader: Worker::start(reader, None),
            changes: broadcast::channel(MAX_PENDING_CHANGES).0,
            last_position: watch::channel(last_position).0,
        })))
    }

    async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        announce: impl FnOnce(&Inner, &R) + Send + 'static,
    ) -> Result<R, StoreError> {
        // Weak, because queued writes must not keep the store open.
        let inner = Arc::downgrade(&self.0);
        let announce = move |done: &R| {
            if let Some(inner) = inner.upgrade() {
                announce(&inner, done);
            }
        };
        self.0.writer.write(work, announce).await
    }

    async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.0.reader.read(work).await
    }

    async fn due(&self, family: Family) -> Result<VecDeque<Change>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT key, due FROM record WHERE family = ? AND due IS NOT NULL";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement
                .query_map([family_number(family)], |row| Ok(Change { key: row.get(0)?, due: row.get(1)? }))?;
            rows.collect()
        })
        .await
    }

    /// Reads at most `limit` entries of a connection after a position.
    async fn page(
        &self,
        connection: Arc<str>,
        after: Position,
        limit: usize,
    ) -> Result<VecDeque<LogEntry>, StoreError> {
        self.read(move |database| {
            let sql = "SELECT position, recipient, stream_id, number, time, body FROM log \
                       WHERE connection = ? AND position > ? ORDER BY position LIMIT ?";
            let mut statement = database.prepare_cached(sql)?;
            let log_entry = |row: &Row<'_>| {
                Ok(LogEntry {
                    position: Position(row.get(0)?),
                    entry: Entry {
                        connection: connection.to_string(),
                        recipient: row.get(1)?,
                        stream_id: row.get(2)?,
                        number: row.get(3)?,
                        time: row.get(4)?,
                        body: row.get(5)?,
                    },
                })
            };
            statement.query_map(params![&*connection, after.0, limit], log_entry)?.collect()
        })
        .await
    }
}

fn last_position(connection: &Connection) -> rusqlite::Result<Position> {
    let sql = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'log'), 0)";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(Position)
}

/// Returns the number of a family in the file. A number never changes.
pub(crate) fn family_number(family: Family) -> u8 {
    match family {
        Family::Recipient => 1,
        Family::Conversation => 2,
        Family::DeadLetter => 3,
        Family::BotSession => 4,
        Family::Availability => 5,
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's messages contain no values.
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::SystemIoFailure,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// The result of a compare-and-set.
enum Compared<T> {
    Same(T),
    Different,
}

impl<T> From<Compared<T>> for Result<T, SaveError> {
    fn from(compared: Compared<T>) -> Self {
        match compared {
            Compared::Same(done) => Ok(done),
            Compared::Different => Err(SaveError::Conflict),
        }
    }
}

fn next_revision(connection: &Connection) -> rusqlite::Result<Revision> {
    let sql = "UPDATE counter SET revision = revision + 1 RETURNING revision";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(Revision)
}

fn save(
    connection: &Connection,
    family: Family,
    key: &str,
    expected: Option<Revision>,
    content: &Content,
) -> rusqlite::Result<Compared<Revision>> {
    let revision = next_revision(connection)?;
    let changed = match expected {
        None => {
            let sql = "INSERT INTO record (family, key, revision, due, value) VALUES (?, ?, ?, ?, ?) \
                       ON CONFLICT DO NOTHING";
            let values = params![family_number(family), key, revision.0, content.due, content.value];
            connection.prepare_cached(sql)?.execute(values)?
        }
        Some(expected) => {
            let sql =
                "UPDATE record SET revision = ?, due = ?, value = ? WHERE family = ? AND key = ? AND revision = ?";
            let values = params![revision.0, content.due, content.value, family_number(family), key, expected.0];
            connection.prepare_cached(sql)?.execute(values)?
        }
    };
    Ok(if changed == 1 { Compared::Same(revision) } else { Compared::Different })
}

/// Appends an entry unless the log has it. Returns its position.
fn append(connection: &Connection, entry: &Entry) -> rusqlite::Result<Option<u64>> {
    let sql = "INSERT INTO log (connection, recipient, stream_id, number, time, body) \
               SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM log \
               WHERE connection = ?1 AND recipient = ?2 AND stream_id = ?3 AND number >= ?4) \
               RETURNING position";
    let Entry { connection: name, recipient, stream_id, number, time, body } = entry;
    let values = params![name, recipient, stream_id, number, time, body];
    connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()
}

#[async_trait]
impl TransactionalStore for SqliteStore {
    async fn save_and_append(
        &self,
        family: Family,
        key: &str,
        expected: Option<Revision>,
        content: Content,
        entries: Vec<Entry>,
    ) -> Result<Revision, SaveError> {
        let largest = entries.iter().map(|entry| entry.body.len()).fold(content.value.len(), usize::max);
        if largest > MAX_BYTES {
            return Err(SaveError::TooLarge(largest));
        }
        let change = Change { key: key.to_owned(), due: content.due };
        let key = key.to_owned();
        let (saved, _) = self
            .write(
                move |connection| {
                    let saved = save(connection, family, &key, expected, &content)?;
                    let mut last = None;
                    if matches!(saved, Compared::Same(_)) {
                        for entry in &entries {
                            last = append(connection, entry)?.or(last);
                        }
                    }
                    Ok((saved, last))
                },
                move |inner, (saved, last)| {
                    if let Some(position) = last {
                        inner.last_position.send_replace(Position(*position));
                    }
                    if matches!(saved, Compared::Same(_)) {
                        // There may be no watcher.
                        let _ = inner.changes.send((family, change));
                    }
                },
            )
            .await?;
        saved.into()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, family: Family, key: &str) -> Result<Option<Record>, StoreError> {
        let key = key.to_owned();
        self.read(move |connection| {
            let sql = "SELECT revision, value, due FROM record WHERE family = ? AND key = ?";
            let record = |row: &Row<'_>| {
                Ok(Record {
                    revision: Revision(row.get(0)?),
                    content: Content { value: row.get(1)?, due: row.get(2)? },
                })
            };
            connection.prepare_cached(sql)?.query_row(params![family_number(family), key], record).optional()
        })
        .await
    }

    async fn save(
        &self,
        family: Family,
        key: &str,
        expected: Option<Revision>,
        content: Content,
    ) -> Result<Revision, SaveError> {
        self.save_and_append(family, key, expected, content, Vec::new()).await
    }

    async fn remove(&self, family: Family, key: &str, expected: Revision) -> Result<(), SaveError> {
        let change = Change { key: key.to_owned(), due: None };
        let key = key.to_owned();
        self.write(
            move |connection| {
                let sql = "DELETE FROM record WHERE family = ? AND key = ? AND revision = ?";
                let removed =
                    connection.prepare_cached(sql)?.execute(params![family_number(family), key, expected.0])?;
                Ok(if removed == 1 { Compared::Same(()) } else { Compared::Different })
            },
            move |inner, compared| {
                if matches!(compared, Compared::Same(())) {
                    let _ = inner.changes.send((family, change));
                }
            },
        )
        .await?
        .into()
    }

    async fn keys(&self, family: Family, after: Option<&str>, limit: usize) -> Result<Vec<String>, StoreError> {
        // No key is empty.
        let after = after.unwrap_or_default().to_owned();
        self.read(move |connection| {
            let sql = "SELECT key FROM record WHERE family = ? AND key > ? ORDER BY key LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(params![family_number(family), after, limit], |row| row.get(0))?.collect()
        })
        .await
    }

    async fn watch(&self, family: Family) -> Result<BoxStream<'static, Result<Change, StoreError>>, StoreError> {
        // Subscribes first, so that no change is lost before the subscription.
        let changes = self.0.changes.subscribe();
        let due = self.due(family).await?;
        let watching = Watching { store: self.clone(), family, changes, due };
        Ok(stream::try_unfold(watching, |mut watching| async {
            Ok(watching.next().await?.map(|change| (change, watching)))
        })
        .boxed())
    }

    async fn append(&self, entry: Entry) -> Result<(), AppendError> {
        if entry.body.len() > MAX_BYTES {
            return Err(AppendError::TooLarge(entry.body.len()));
        }
        self.write(
            move |connection| append(connection, &entry),
            |inner, position: &Option<u64>| {
                if let Some(position) = position {
                    inner.last_position.send_replace(Position(*position));
                }
            },
        )
        .await?;
        Ok(())
    }

    async fn follow(
        &self,
        connection: &str,
        after: Position,
    ) -> Result<BoxStream<'static, Result<LogEntry, StoreError>>, StoreError> {
        let last_position = self.0.last_position.subscribe();
        let connection: Arc<str> = connection.into();
        let page = self.page(Arc::clone(&connection), after, ENTRIES_PER_PAGE).await?;
        let following = Following { store: self.clone(), connection, last_position, after, page };
        Ok(stream::try_unfold(following, |mut following| async {
            Ok(following.next().await?.map(|log_entry| (log_entry, following)))
        })
        .boxed())
    }

    async fn log_entry(&self, connection: &str, position: Position) -> Result<Option<LogEntry>, StoreError> {
        let Some(before) = position.0.checked_sub(1) else { return Ok(None) };
        let next = self.page(connection.into(), Position(before), 1).await?.pop_front();
        Ok(next.filter(|log_entry| log_entry.position == position))
    }

    async fn first_position(&self) -> Result<Position, StoreError> {
        let sql = "SELECT COALESCE((SELECT MIN(position) FROM log), \
                   (SELECT seq FROM sqlite_sequence WHERE name = 'log') + 1, 1)";
        self.read(move |connection| connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(Position)).await
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        self.read(last_position).await
    }

    /// Checks writing and reading, because damage may affect only one of them.
    async fn ready(&self) -> Result<(), StoreError> {
        self.write(next_revision, |_, _| ()).await?;
        self.read(|connection| {
            // Reads through the index that `load` uses. Selects the values, because SQLite reads only selected columns.
            for sql in [
                "SELECT value FROM record ORDER BY family, key LIMIT 2",
                "SELECT value FROM record ORDER BY family DESC, key DESC LIMIT 2",
                "SELECT body FROM log ORDER BY position LIMIT 2",
                "SELECT body FROM log ORDER BY position DESC LIMIT 2",
            ] {
                let mut statement = connection.prepare_cached(sql)?;
                let mut values = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
                values.try_for_each(|value| value.map(|_| ()))?;
            }
            Ok(())
        })
        .await
    }

    async fn remove_entries_before(&self, before: Timestamp) -> Result<(), StoreError> {
        // In batches, so that other writes do not wait long.
        const BATCH: usize = 2_000;
        let sql = "DELETE FROM log WHERE position IN (SELECT position FROM log WHERE time < ? LIMIT ?)";
        let some = move |connection: &Connection| connection.prepare_cached(sql)?.execute(params![before, BATCH]);
        while self.write(some, |_, _| ()).await? == BATCH {}
        Ok(())
    }

    fn transactional(&self) -> Option<&dyn TransactionalStore> {
        Some(self)
    }
}

/// A watcher and the changes that it has not reported yet.
struct Watching {
    store: SqliteStore,
    family: Family,
    changes: broadcast::Receiver<(Family, Change)>,
    due: VecDeque<Change>,
}

impl Watching {
    async fn next(&mut self) -> Result<Option<Change>, StoreError> {
        loop {
            if let Some(change) = self.due.pop_front() {
                return Ok(Some(change));
            }
            match self.changes.recv().await {
                Ok((family, change)) if family == self.family => return Ok(Some(change)),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(None),
                // Records that are no longer due need no report.
                Err(broadcast::error::RecvError::Lagged(_)) => self.due = self.store.due(self.family).await?,
            }
        }
    }
}

/// A follower and the entries that it has not reported yet.
struct Following {
    store: SqliteStore,
    connection: Arc<str>,
    last_position: watch::Receiver<Position>,
    after: Position,
    page: VecDeque<LogEntry>,
}

impl Following {
    async fn next(&mut self) -> Result<Option<LogEntry>, StoreError> {
        loop {
            if let Some(log_entry) = self.page.pop_front() {
                self.after = log_entry.position;
                return Ok(Some(log_entry));
            }
            // Before the page is read, so that an entry appended in the meantime counts as new.
            self.last_position.mark_unchanged();
            self.page = self.store.page(Arc::clone(&self.connection), self.after, ENTRIES_PER_PAGE).await?;
            if self.page.is_empty() && self.last_position.changed().await.is_err() {
                return Ok(None);
            }
        }
    }
}
