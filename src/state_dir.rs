//! `var/`: what the service makes for itself at its first start and finds again at the next.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

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
            format!(
                "cannot write {}: {cause}; set VESTIBULE_STATE to a directory that can be written",
                what.display()
            )
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
        write_secrets(&path).map_err(|cause| failed(&path, &cause))
    }
}

/// Written aside and linked into place: a crash leaves no half a secret, and of two processes
/// that start at once one wins and both read the same.
fn write_secrets(path: &Path) -> io::Result<()> {
    let mut random = [0; 64 + 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let (keys, name) = random.split_at(64);
    let (secret_key, token_key) = keys.split_at(32);
    let text = format!(
        "# Made at the first start. Keep it secret and keep it: a new one signs everybody out.\n\
         secret_key = \"{}\"\n\n[auth.token]\nsecret = \"{}\"\n",
        STANDARD.encode(secret_key),
        URL_SAFE_NO_PAD.encode(token_key),
    );
    let aside = path.with_file_name(format!(".secrets-{}", URL_SAFE_NO_PAD.encode(name)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&aside, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&aside)?;
    linked
}
