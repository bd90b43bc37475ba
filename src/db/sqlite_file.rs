//! The identity of the SQLite file: a file that was deleted, moved or replaced while the service
//! runs must not be used any further.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::DbError;

/// A SQLite file as it was when this value was created.
pub(super) struct SqliteFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl SqliteFile {
    /// Remembers which file the path leads to now.
    pub(super) fn at(path: PathBuf) -> Self {
        let identity = identity(&path).ok();
        Self { path, identity }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails if the path no longer leads to the same file.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match identity(&self.path) {
            Ok(found) if self.identity.is_none_or(|identity| identity == found) => Ok(()),
            Ok(_) => Err(DbError::Connect("the file is another one than at the start".to_owned())),
            Err(cause) => Err(DbError::Connect(cause.to_string())),
        }
    }
}

/// Returns the device and inode numbers of the file that a path leads to.
pub(super) fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
