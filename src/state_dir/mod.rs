//! `var/`: what the service makes for itself at its first start and finds again at the next.

mod secrets;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub use secrets::Forgotten;

/// The directory of the service's own state: `VESTIBULE_STATE`, or `var`.
#[derive(Clone, Debug)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// The directory that the environment names, or `var` beside the working directory.
    #[must_use]
    pub fn from_env() -> Self {
        let named = std::env::var_os("VESTIBULE_STATE").filter(|name| !name.is_empty());
        Self(named.map_or_else(|| PathBuf::from("var"), PathBuf::from))
    }

    /// This directory.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where the directory is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of generated secrets.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets.toml")
    }

    /// The URL of the SQLite database in here.
    #[must_use]
    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.0.join("vestibule.sqlite3").display())
    }

    /// Makes the directory (0700) and the secrets (0600) where they are missing.
    ///
    /// # Errors
    /// One sentence that names the path and the system's reason.
    pub fn prepare(&self) -> Result<(), String> {
        let failed = |what: &Path, cause: &io::Error| {
            let failed = secrets::failed(what, cause);
            format!("{failed}; set VESTIBULE_STATE to a directory that can be written")
        };
        if !self.0.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(&self.0).map_err(|e| failed(&self.0, &e))?;
        }
        let path = self.secrets();
        match fs::metadata(&path) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                return Err(format!(
                    "{} can be read by others; run: chmod 600 {0}",
                    path.display()
                ));
            }
            Ok(_) => {
                return fs::File::open(&path).map(drop).map_err(|e| failed(&path, &e));
            }
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&path, &cause));
            }
            Err(_) => {}
        }
        secrets::create(&path).map_err(|cause| failed(&path, &cause))
    }

    /// Puts new secrets into the file; the former ones stay beside them, as the newest of the
    /// previous ones. A process that starts meanwhile reads the old file or the new one, and
    /// of two that rotate at once neither loses a secret. `now` is noted beside them.
    ///
    /// # Errors
    /// One sentence that names the path: the file is not there, holds a setting that is no
    /// secret of ours, or cannot be replaced; then it is as it was.
    pub fn rotate(&self, now: &str) -> Result<(), String> {
        secrets::rotate(&self.secrets(), now)
    }

    /// Drops the previous secrets: what only they signed or sealed is worth nothing any more.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn forget(&self) -> Result<Forgotten, String> {
        secrets::forget(&self.secrets())
    }
}
