//! The file `secrets.toml`: created at the first start, replaced as a whole at every change.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::secrets::{DroppedSecrets, Publication, Secrets, random};

/// The prefix of temporary files.
const TEMPORARY_PREFIX: &str = ".secrets-";

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

/// Publishes the secrets of the next rotation in the file.
pub(super) fn publish_ahead(path: &Path, now: &str) -> Result<(), String> {
    change(path, |secrets| secrets.publish_ahead(now))
}

/// Replaces the secrets in the file by new ones.
pub(super) fn rotate(path: &Path, now: &str) -> Result<Publication, String> {
    change(path, |secrets| secrets.rotate(now))
}

/// Drops the previous secrets from the file.
pub(super) fn forget(path: &Path) -> Result<DroppedSecrets, String> {
    change(path, Secrets::forget)
}

/// Generates a key pair, unless the file holds one.
pub(super) fn add_key_pair(path: &Path) -> Result<(), String> {
    change(path, Secrets::add_key_pair)
}

/// Reads the file, changes its content and replaces it, one process at a time.
fn change<T>(
    path: &Path,
    change: impl FnOnce(&mut Secrets) -> Result<T, String>,
) -> Result<T, String> {
    // If the path is a symbolic link, its target is replaced and not the link.
    let path = &fs::canonicalize(path).map_err(|cause| cannot_write(path, &cause))?;
    let io = |cause: io::Error| cannot_write(path, &cause);
    let directory = lock_directory(path).map_err(io)?;
    let mut secrets = Secrets::read(path)?;
    let result = change(&mut secrets).map_err(|error| format!("{} {error}", path.display()))?;
    replace(path, &secrets).and_then(|()| directory.sync_all()).map_err(io)?;
    Ok(result)
}

/// Replaces the file atomically: a reader sees the old content or the new one.
fn replace(path: &Path, secrets: &Secrets) -> io::Result<()> {
    let (temporary, file) = write_temporary(path, secrets)?;
    let owned = fs::metadata(path).and_then(|old| give_owner(&file, &old));
    let replaced = owned.and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// Gives a new file the owner of another one: root may run a command for a service that runs as another user and
/// must be able to read it.
pub(crate) fn give_owner(file: &File, old: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
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
