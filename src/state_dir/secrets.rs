//! `secrets.toml`: the secrets that the service made for itself, and those that they replaced.

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

/// What the names of files that are still being written begin with.
const ASIDE: &str = ".secrets-";

/// What the file holds. Unknown keys are refused, because writing it anew would lose them.
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

/// Secrets that were dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// How many previous values of `secret_key`.
    pub secret_keys: usize,
    /// How many previous values of `auth.token.secret`.
    pub token_secrets: usize,
    /// When they were replaced, newest first, as far as the file says so.
    pub replaced_at: Vec<String>,
}

impl Secrets {
    /// New ones from the system's randomness, as long as any algorithm wants them.
    pub(super) fn random() -> io::Result<Self> {
        let secret_key = STANDARD.encode(random::<32>()?);
        let secret = URL_SAFE_NO_PAD.encode(random::<64>()?);
        let token = TokenTable { secret, previous_secrets: Vec::new() };
        let auth = AuthTable { session: SessionTable::default(), token };
        Ok(Self { secret_key, replaced_at: Vec::new(), auth })
    }

    /// Reads the file; the fault repeats no value of it.
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

    /// Takes new secrets; the old ones become the newest of the previous ones.
    fn rotate(self, new: Self, now: &str) -> Self {
        let before = |old: String, older: Vec<String>| [vec![old], older].concat();
        let (session, token) = (self.auth.session, self.auth.token);
        let session = SessionTable {
            previous_secret_keys: before(self.secret_key, session.previous_secret_keys),
        };
        let token = TokenTable {
            secret: new.auth.token.secret,
            previous_secrets: before(token.secret, token.previous_secrets),
        };
        Self {
            secret_key: new.secret_key,
            replaced_at: before(now.to_owned(), self.replaced_at),
            auth: AuthTable { session, token },
        }
    }

    /// Drops the previous secrets.
    fn forget(&mut self) -> Forgotten {
        Forgotten {
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

/// A basic string of TOML escapes as one of JSON does.
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

/// Writes the secrets of the first start. Written aside and linked into place: a crash leaves
/// no half a secret, and of two processes that start at once one wins and both read the same.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let directory = locked(path)?;
    let aside = aside(path, &Secrets::random()?)?.0;
    let linked = match fs::hard_link(&aside, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&aside)?;
    // Without its name on the disk a file is lost with the power, however well it was written.
    linked.and_then(|()| directory.sync_all())
}

/// The directory of the file, locked: the file itself cannot be the lock, because it is another
/// one afterwards. What a crash left aside is removed; nobody else is writing now.
fn locked(path: &Path) -> io::Result<File> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let directory = File::open(parent)?;
    directory.lock()?;
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_aside) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(directory)
}

/// Whether a file is named as [`aside`] names them.
fn is_aside(name: &str) -> bool {
    let random = name.strip_prefix(ASIDE).map(|random| URL_SAFE_NO_PAD.decode(random));
    random.is_some_and(|bytes| bytes.is_ok_and(|bytes| bytes.len() == 8))
}

/// Puts new secrets in the place of those in the file.
pub(super) fn rotate(path: &Path, now: &str) -> Result<(), String> {
    let random = || Secrets::random().map_err(|cause| failed(path, &cause));
    change(path, |old| Ok((old.rotate(random()?, now), ())))
}

/// Drops the previous secrets from the file.
pub(super) fn forget(path: &Path) -> Result<Forgotten, String> {
    change(path, |mut secrets| {
        let forgotten = secrets.forget();
        Ok((secrets, forgotten))
    })
}

/// Reads the file, changes what it says and puts it back whole, one process at a time.
fn change<T>(
    path: &Path,
    change: impl FnOnce(Secrets) -> Result<(Secrets, T), String>,
) -> Result<T, String> {
    // Where it is a link, the file behind it is replaced and not the link.
    let path = &fs::canonicalize(path).map_err(|cause| failed(path, &cause))?;
    let io = |cause: io::Error| failed(path, &cause);
    let directory = locked(path).map_err(io)?;
    let (changed, answer) = change(Secrets::read(path)?)?;
    replace(path, &changed).and_then(|()| directory.sync_all()).map_err(io)?;
    Ok(answer)
}

/// Whoever reads the file meanwhile reads the old one or the new one, never half of either.
fn replace(path: &Path, secrets: &Secrets) -> io::Result<()> {
    let (aside, file) = aside(path, secrets)?;
    let owned = fs::metadata(path).and_then(|old| {
        let new = file.metadata()?;
        // Root rotates for a service that runs as somebody else and must read them again.
        match (old.uid(), old.gid()) == (new.uid(), new.gid()) {
            true => Ok(()),
            false => fchown(&file, Some(old.uid()), Some(old.gid())),
        }
    });
    let replaced = owned.and_then(|()| fs::rename(&aside, path));
    if replaced.is_err() {
        // The first cause is the one to tell.
        let _ = fs::remove_file(&aside);
    }
    replaced
}

/// A new file beside the one that is meant, on the disk, for its owner alone.
fn aside(path: &Path, secrets: &Secrets) -> io::Result<(PathBuf, File)> {
    let name = format!("{ASIDE}{}", URL_SAFE_NO_PAD.encode(random::<8>()?));
    let aside = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    let written = file.write_all(secrets.text().as_bytes()).and_then(|()| file.sync_all());
    match written {
        Ok(()) => Ok((aside, file)),
        Err(cause) => {
            let _ = fs::remove_file(&aside);
            Err(cause)
        }
    }
}

/// What could not be written, and why.
pub(super) fn failed(path: &Path, cause: &io::Error) -> String {
    format!("cannot write {}: {cause}", path.display())
}
