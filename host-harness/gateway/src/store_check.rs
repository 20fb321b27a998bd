//! Checks a SQLite store: the pages of the file, and whether every record is readable.

use crate::availability::StoredAvailability;
use crate::dead_letters::StoredDeadLetter;
use crate::mailbox::Mailbox;
use crate::mailboxes::StoredConversation;
use crate::record;
use crate::session::Session;
use crate::store::Family;
use crate::store::sqlite::{OpenError, family_number};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// The maximum number of faults that a check returns.
const MAX_FAULTS: usize = 100;

/// Returns the faults of the file, one line each, at most 100. Reads the whole file and changes nothing, so a gateway
/// may use it at the same time.
///
/// # Errors
/// The file cannot be opened.
pub fn check_sqlite_store(path: &Path) -> Result<Vec<String>, OpenError> {
    let refused = |source| OpenError::Sqlite { path: path.to_owned(), source };
    // Without the flag CREATE, so that a mistyped path is an error and not a new file.
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refused)?;
    let mut faults = match pages(&connection) {
        Ok(faults) => faults,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    if let Err(error) = records(&connection, &mut faults) {
        faults.push(error.to_string());
    }
    Ok(faults)
}

/// Returns the faults that SQLite finds.
fn pages(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Adds the records that this version cannot read, by their keys and without their contents.
fn records(connection: &Connection, faults: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT family, key, value FROM record")?;
    let mut rows = statement.query([])?;
    while faults.len() < MAX_FAULTS
        && let Some(row) = rows.next()?
    {
        let (family, key, value): (u8, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let read = if family == family_number(Family::Recipient) {
            record::decode::<Mailbox>(&format!("mailbox {key}"), &value).map(drop)
        } else if family == family_number(Family::DeadLetter) {
            record::decode::<StoredDeadLetter>(&format!("dead letter {key}"), &value).map(drop)
        } else if family == family_number(Family::BotSession) {
            record::decode::<Session>(&format!("session {key}"), &value).map(drop)
        } else if family == family_number(Family::Availability) {
            record::decode::<StoredAvailability>(&format!("availability {key}"), &value).map(drop)
        } else {
            record::decode::<StoredConversation>(&format!("conversation {key}"), &value).map(drop)
        };
        faults.extend(read.err().map(|error| error.to_string()));
    }
    Ok(())
}
