//! Looks for what is wrong with a store in a file.

use super::{OpenError, number};
use crate::dead_letters::Buried;
use crate::mailbox::Mailbox;
use crate::store::Family;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Faults that are listed at most.
const MOST: usize = 100;

/// What is wrong with the file, each in a line of its own, at most 100 of them; nothing if all is well. Goes through
/// all of it, so it takes as long as reading the file. A gateway may use the file meanwhile: nothing is changed.
///
/// # Errors
/// The file cannot be opened.
pub fn check(path: &Path) -> Result<Vec<String>, OpenError> {
    let refused = |source| OpenError::Sqlite { path: path.to_owned(), source };
    // Without this flag SQLite makes a file that is not there.
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refused)?;
    let mut faults = match pages(&connection) {
        Ok(faults) => faults,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    if let Err(error) = records(&connection, &mut faults) {
        faults.push(error.to_string());
    }
    faults.truncate(MOST);
    Ok(faults)
}

/// What SQLite itself finds.
fn pages(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Records that no gateway of this version can read. What is in them is not shown.
fn records(connection: &Connection, faults: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT family, key, value FROM record")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (family, key, value): (u8, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (what, read) = if family == number(Family::Recipient) {
            ("mailbox", serde_json::from_slice::<Mailbox>(&value).map(|_| ()))
        } else if family == number(Family::DeadLetter) {
            ("dead letter", serde_json::from_slice::<Buried>(&value).map(|_| ()))
        } else {
            continue;
        };
        if let Err(error) = read {
            let (kind, line, column) = (error.classify(), error.line(), error.column());
            faults.push(format!("{what} {key}: cannot be read ({kind:?} at {line}:{column})"));
        }
    }
    Ok(())
}
