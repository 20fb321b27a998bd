//! The tables of the file, and migrations.

use super::open_error::OpenError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// `hand`: identifies the file as a gateway's, for `file` and other tools.
const APPLICATION: i64 = 0x6861_6e64;

/// Each step leads from the version of its index to the next. A released step never changes.
const STEPS: &[&str] = &["
    CREATE TABLE record (
        family INTEGER NOT NULL,
        key TEXT NOT NULL,
        revision INTEGER NOT NULL,
        due INTEGER,
        value BLOB NOT NULL,
        UNIQUE (family, key)
    ) STRICT;
    CREATE INDEX record_due ON record (family) WHERE due IS NOT NULL;

    CREATE TABLE counter (revision INTEGER NOT NULL) STRICT;
    INSERT INTO counter VALUES (0);

    CREATE TABLE log (
        -- Never used again, so that a position stays a position after entries were forgotten.
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        connection TEXT NOT NULL,
        recipient TEXT NOT NULL,
        stream_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        time INTEGER NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (connection, recipient, stream_id, number)
    ) STRICT;
    CREATE INDEX log_connection ON log (connection, position);
    CREATE INDEX log_time ON log (time);
"];

/// Opens the file with the tables of the latest version.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let refused = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(refused)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(refused)?;
    let application = pragma(&transaction, "application_id").map_err(refused)?;
    let version = pragma(&transaction, "user_version").map_err(refused)?;
    if application != APPLICATION && !(application == 0 && is_empty(&transaction).map_err(refused)?) {
        return Err(OpenError::NotOurs(path.to_owned()));
    }
    let known = STEPS.len() as i64;
    let Some(steps) = usize::try_from(version).ok().and_then(|version| STEPS.get(version..)) else {
        return Err(OpenError::TooNew { path: path.to_owned(), found: version, known });
    };
    migrate(transaction, steps, known).map_err(refused)?;
    configure(&connection).map_err(refused)?;
    Ok(connection)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

fn migrate(transaction: Transaction<'_>, steps: &[&str], version: i64) -> rusqlite::Result<()> {
    for step in steps {
        transaction.execute_batch(step)?;
    }
    if !steps.is_empty() {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()
}

/// Sets up a write-ahead log that is on the disk before a transaction is committed.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}
