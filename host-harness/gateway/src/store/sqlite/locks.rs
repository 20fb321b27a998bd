//! Locks that prevent other gateways from using a file.

use super::open_error::OpenError;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Locks of the operating system, which end with the process.
pub(super) struct Locks {
    _beside: File,
    /// The database itself, which is the same file through every link. On Linux this lock and SQLite's own do not
    /// affect each other; elsewhere SQLite would wait for it.
    #[cfg(target_os = "linux")]
    _database: File,
}

impl Locks {
    pub(super) fn acquire(path: &Path) -> Result<Self, OpenError> {
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        // It contains message texts. SQLite gives its other files the same permissions.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let database = options.open(path).map_err(|source| OpenError::Lock { path: path.to_owned(), source })?;
        #[cfg(target_os = "linux")]
        lock(&database, path, path)?;
        #[cfg(not(target_os = "linux"))]
        drop(database);
        // Resolves symbolic links, so that all of them lead to the same lock file.
        let mut name = path.canonicalize().map_or_else(|_| path.as_os_str().to_owned(), PathBuf::into_os_string);
        name.push(".lock");
        let name = PathBuf::from(name);
        let beside = File::create(&name).map_err(|source| OpenError::Lock { path: name.clone(), source })?;
        lock(&beside, &name, path)?;
        Ok(Self {
            _beside: beside,
            #[cfg(target_os = "linux")]
            _database: database,
        })
    }
}

fn lock(file: &File, name: &Path, database: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(database.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::Lock { path: name.to_owned(), source }),
    }
}
