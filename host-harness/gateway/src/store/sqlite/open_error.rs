//! Why a file cannot be opened.

use std::path::PathBuf;

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another gateway uses it.
    #[error("another gateway uses {}; use NATS for several gateways", .0.display())]
    InUse(PathBuf),
    /// It is a database of another program.
    #[error("{} is a database of another program", .0.display())]
    NotOurs(PathBuf),
    /// A later version of the gateway created it.
    #[error("{} has version {found}, and this gateway knows versions up to {known}", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: i64,
        /// The latest version that this gateway knows.
        known: i64,
    },
    /// The file or its lock file cannot be locked.
    #[error("cannot lock {}: {source}", path.display())]
    Lock {
        /// The file that cannot be locked.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// SQLite cannot open it.
    #[error("cannot open {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
}
