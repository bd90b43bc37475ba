//! The state directory (`var/`): what the service creates at its first start, secrets and the SQLite
//! file.

mod file;
mod key_pair;
mod secrets;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub(crate) use file::give_owner;
pub(crate) use key_pair::generate as generate_key_pair;
pub use secrets::{DroppedSecrets, Publication};

/// Returns the message for secrets that cannot be read. It does not suggest another directory: the service
/// would generate new secrets there, which end all sign-ins.
pub(crate) fn cannot_read(secrets: &Path, cause: &io::Error) -> String {
    format!(
        "{} cannot be read: {cause}; it must belong to the user that runs the service",
        secrets.display()
    )
}

/// The directory of the service's state: `VESTIBULE_STATE`, or `var`.
#[derive(Clone, Debug)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// Returns the directory in `VESTIBULE_STATE`, or `var` in the working directory.
    #[must_use]
    pub fn from_env() -> Self {
        let named = std::env::var_os("VESTIBULE_STATE").filter(|name| !name.is_empty());
        Self(named.map_or_else(|| PathBuf::from("var"), PathBuf::from))
    }

    /// Uses this directory.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Returns the path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of the generated secrets.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets.toml")
    }

    /// Returns the URL of the SQLite database in this directory.
    #[must_use]
    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.0.join("vestibule.sqlite3").display())
    }

    /// Returns the URL of the directory for mails that are not sent, for development.
    #[must_use]
    pub fn mail_url(&self) -> String {
        format!("file://{}", self.0.join("mail").display())
    }

    /// Creates the directory (mode 0700) and the secrets (mode 0600) if they are missing.
    ///
    /// # Errors
    /// A sentence with the path and the system's error.
    pub fn prepare(&self) -> Result<(), String> {
        let failed = |what: &Path, cause: &io::Error| {
            let message = file::cannot_write(what, cause);
            format!("{message}; set VESTIBULE_STATE to a directory that can be written")
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
                return fs::File::open(&path).map(drop).map_err(|e| cannot_read(&path, &e));
            }
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(cannot_read(&path, &cause));
            }
            Err(_) => {}
        }
        file::create(&path).map_err(|cause| failed(&path, &cause))
    }

    /// Replaces the secrets by those that were published ahead, or by new ones; the former ones are
    /// kept as the newest of the previous ones. A process that starts meanwhile reads the old file or
    /// the new one, and of two concurrent rotations neither loses a secret. `now` is recorded in the
    /// file. Returns how long the new ones had been published.
    ///
    /// # Errors
    /// A sentence with the path, if the file does not exist, has an unknown setting, or cannot be
    /// replaced. The file is then unchanged.
    pub fn rotate(&self, now: &str) -> Result<Publication, String> {
        file::rotate(&self.secrets(), now)
    }

    /// Publishes the secrets of the next rotation: from the next start on they verify, and sign
    /// nothing.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate), and if they are published already.
    pub fn publish_ahead(&self, now: &str) -> Result<(), String> {
        file::publish_ahead(&self.secrets(), now)
    }

    /// Generates a key pair for `EdDSA`, unless there is one.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn add_key_pair(&self) -> Result<(), String> {
        file::add_key_pair(&self.secrets())
    }

    /// Drops the previous secrets: credentials that only they signed or sealed are no longer valid.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn forget(&self) -> Result<DroppedSecrets, String> {
        file::forget(&self.secrets())
    }
}
