//! `secrets.toml`: the generated secrets, and the previous ones.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rocket::figment::Figment;
use rocket::figment::error::Kind;
use rocket::figment::providers::{Format, Toml};
use serde::Deserialize;

/// The prefix of temporary files.
const TEMPORARY_PREFIX: &str = ".secrets-";

/// The content of the file. Unknown keys are an error, because rewriting the file would lose them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secrets {
    secret_key: String,
    #[serde(default)]
    replaced_at: Vec<String>,
    auth: AuthTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthTable {
    #[serde(default)]
    session: SessionTable,
    token: TokenTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionTable {
    #[serde(default)]
    previous_secret_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenTable {
    secret: String,
    #[serde(default)]
    previous_secrets: Vec<String>,
}

/// The previous secrets that were dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSecrets {
    /// The number of previous values of `secret_key`.
    pub secret_keys: usize,
    /// The number of previous values of `auth.token.secret`.
    pub token_secrets: usize,
    /// When they were replaced, newest first; empty if the file does not say.
    pub replaced_at: Vec<String>,
}

impl Secrets {
    /// Generates secrets, long enough for every algorithm, from the system's randomness.
    pub(super) fn random() -> io::Result<Self> {
        let secret_key = STANDARD.encode(random::<32>()?);
        let secret = URL_SAFE_NO_PAD.encode(random::<64>()?);
        let token = TokenTable { secret, previous_secrets: Vec::new() };
        let auth = AuthTable { session: SessionTable::default(), token };
        Ok(Self { secret_key, replaced_at: Vec::new(), auth })
    }

    /// Reads the file. The error never holds a value of it.
    fn read(path: &Path) -> Result<Self, String> {
        let read = Figment::from(Toml::file_exact(path)).extract();
        read.map_err(|error| match &error.kind {
            Kind::UnknownField(name, _) => {
                format!("{} holds the setting `{name}`; move it to Rocket.toml", path.display())
            }
            _ => format!(
                "{} does not hold what the first start wrote there; change its secrets by hand",
                path.display()
            ),
        })
    }

    /// Replaces the secrets by `new`; the old ones become the newest of the previous ones.
    fn rotate(self, new: Self, now: &str) -> Self {
        let prepend = |old: String, older: Vec<String>| [vec![old], older].concat();
        let (session, token) = (self.auth.session, self.auth.token);
        let session = SessionTable {
            previous_secret_keys: prepend(self.secret_key, session.previous_secret_keys),
        };
        let token = TokenTable {
            secret: new.auth.token.secret,
            previous_secrets: prepend(token.secret, token.previous_secrets),
        };
        Self {
            secret_key: new.secret_key,
            replaced_at: prepend(now.to_owned(), self.replaced_at),
            auth: AuthTable { session, token },
        }
    }

    /// Drops the previous secrets.
    fn forget(&mut self) -> DroppedSecrets {
        DroppedSecrets {
            secret_keys: std::mem::take(&mut self.auth.session.previous_secret_keys).len(),
            token_secrets: std::mem::take(&mut self.auth.token.previous_secrets).len(),
            replaced_at: std::mem::take(&mut self.replaced_at),
        }
    }

    fn text(&self) -> String {
        let (session, token) = (&self.auth.session, &self.auth.token);
        let mut text = format!(
            "# Made by Vestibule. Keep it secret and keep it: without it everybody is signed out.\n\
             # `vestibule secrets rotate` makes new ones.\n\
             secret_key = {}\n",
            quoted(&self.secret_key)
        );
        if !self.replaced_at.is_empty() {
            text += &format!("replaced_at = {}\n", list(&self.replaced_at));
        }
        if !session.previous_secret_keys.is_empty() {
            let keys = list(&session.previous_secret_keys);
            text += &format!("\n[auth.session]\nprevious_secret_keys = {keys}\n");
        }
        text += &format!("\n[auth.token]\nsecret = {}\n", quoted(&token.secret));
        if !token.previous_secrets.is_empty() {
            text += &format!("previous_secrets = {}\n", list(&token.previous_secrets));
        }
        text
    }
}

/// Quotes a TOML string; its escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    let lines: String = texts.iter().map(|text| format!("  {},\n", quoted(text))).collect();
    format!("[\n{lines}]")
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// Generates the secrets at the first start. The file is written under a temporary name and then
/// linked into place: a crash leaves no incomplete file, and of two processes that start at once one
/// wins and both read the same secrets.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let directory = lock_directory(path)?;
    let temporary = write_temporary(path, &Secrets::random()?)?.0;
    let linked = match fs::hard_link(&temporary, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&temporary)?;
    // The directory entry must be on the disk too, or a power failure loses the file.
    linked.and_then(|()| directory.sync_all())
}

/// Locks the directory of the file, because the file itself is replaced, and removes temporary files
/// that a crash left behind.
fn lock_directory(path: &Path) -> io::Result<File> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let directory = File::open(parent)?;
    directory.lock()?;
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_temporary) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(directory)
}

/// Returns whether [`write_temporary`] made up this name.
fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(TEMPORARY_PREFIX).map(|random| URL_SAFE_NO_PAD.decode(random));
    random.is_some_and(|bytes| bytes.is_ok_and(|bytes| bytes.len() == 8))
}

/// Replaces the secrets in the file by new ones.
pub(super) fn rotate(path: &Path, now: &str) -> Result<(), String> {
    let random = || Secrets::random().map_err(|cause| cannot_write(path, &cause));
    change(path, |old| Ok((old.rotate(random()?, now), ())))
}

/// Drops the previous secrets from the file.
pub(super) fn forget(path: &Path) -> Result<DroppedSecrets, String> {
    change(path, |mut secrets| {
        let forgotten = secrets.forget();
        Ok((secrets, forgotten))
    })
}

/// Reads the file, changes its content and replaces it, one process at a time.
fn change<T>(
    path: &Path,
    change: impl FnOnce(Secrets) -> Result<(Secrets, T), String>,
) -> Result<T, String> {
    // If the path is a symbolic link, its target is replaced and not the link.
    let path = &fs::canonicalize(path).map_err(|cause| cannot_write(path, &cause))?;
    let io = |cause: io::Error| cannot_write(path, &cause);
    let directory = lock_directory(path).map_err(io)?;
    let (changed, result) = change(Secrets::read(path)?)?;
    replace(path, &changed).and_then(|()| directory.sync_all()).map_err(io)?;
    Ok(result)
}

/// Replaces the file atomically: a reader sees the old content or the new one.
fn replace(path: &Path, secrets: &Secrets) -> io::Result<()> {
    let (temporary, file) = write_temporary(path, secrets)?;
    let owned = fs::metadata(path).and_then(|old| {
        let new = file.metadata()?;
        // Root may rotate for a service that runs as another user and must be able to read it.
        if (old.uid(), old.gid()) == (new.uid(), new.gid()) {
            Ok(())
        } else {
            fchown(&file, Some(old.uid()), Some(old.gid()))
        }
    });
    let replaced = owned.and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// Writes a temporary file with mode 0600 in the same directory, and syncs it.
fn write_temporary(path: &Path, secrets: &Secrets) -> io::Result<(PathBuf, File)> {
    let name = format!("{TEMPORARY_PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<8>()?));
    let temporary = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = file.write_all(secrets.text().as_bytes()).and_then(|()| file.sync_all());
    match written {
        Ok(()) => Ok((temporary, file)),
        Err(cause) => {
            let _ = fs::remove_file(&temporary);
            Err(cause)
        }
    }
}

/// Returns the message for a file that could not be written.
pub(super) fn cannot_write(path: &Path, cause: &io::Error) -> String {
    format!("cannot write {}: {cause}", path.display())
}
