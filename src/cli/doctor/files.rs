//! The secrets and the database file: permissions, and space on the disk.

use std::fs::{self, Metadata};
use std::io::ErrorKind::NotFound;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rocket::figment::Figment;
use rustix::fs::Access;

use super::report::Report;
use crate::db::Address;
use crate::settings::Settings;
use crate::state_dir::{StateDir, cannot_read};

const MEBIBYTE: u64 = 1024 * 1024;

/// In MiB: less is used up within days, by the log of a busy service or a write-ahead log.
const MIN_FREE: u64 = 100;

/// The permission bits of other users.
const FOR_OTHERS: u32 = 0o077;

fn mode(found: &Metadata) -> u32 {
    found.permissions().mode() & 0o7777
}

/// The state directory, its secrets, and secrets in other files.
pub(super) fn state(report: &mut Report, state: &StateDir, figment: &Figment) {
    let (directory, generated) = (state.path(), state.secrets());
    match (unusable(existing_parent(directory)), fs::metadata(directory)) {
        // Starts with secrets that are there, but `secrets rotate` fails.
        (Some(problem), _) if generated.exists() => report.warn("state", problem),
        (Some(problem), _) => report.fail("state", problem),
        (None, Err(_)) => report.ok(
            "state",
            format_args!("{} is not there; the first start makes it", directory.display()),
        ),
        (None, Ok(found)) if mode(&found) & FOR_OTHERS != 0 => report.warn(
            "state",
            format_args!("{0} is open to others; run: chmod 700 {0}", directory.display()),
        ),
        (None, Ok(_)) => report.ok("state", directory.display()),
    }
    free_space(report, "state", existing_parent(directory));
    match fs::metadata(&generated) {
        Ok(found) if mode(&found) & FOR_OTHERS != 0 => report.fail(
            "secrets",
            format_args!("{0} can be read by others; run: chmod 600 {0}", generated.display()),
        ),
        Ok(_) => match fs::File::open(&generated) {
            Ok(_) => report.ok("secrets", generated.display()),
            Err(cause) => report.fail("secrets", cannot_read(&generated, &cause)),
        },
        Err(cause) if cause.kind() == NotFound => {
            report.ok("secrets", "none are generated yet; the first start makes them");
        }
        Err(cause) => report.fail("secrets", cannot_read(&generated, &cause)),
    }
    secrets_elsewhere(report, &generated, figment);
}

/// Returns why files in a directory cannot be read or written, if they cannot.
fn unusable(directory: &Path) -> Option<String> {
    let wanted = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    let cause = rustix::fs::access(directory, wanted).err()?;
    Some(format!(
        "{} cannot be read and written: {cause}; run this as the user of the service, or set \
         VESTIBULE_STATE",
        directory.display()
    ))
}

/// Returns the directory, or the nearest one above it that exists.
pub(super) fn existing_parent(directory: &Path) -> &Path {
    let mut above = directory.ancestors().filter(|path| !path.as_os_str().is_empty());
    above.find(|path| path.exists()).unwrap_or(Path::new("."))
}

/// Checks the free space where a directory is.
fn free_space(report: &mut Report, subject: &str, directory: &Path) {
    let Ok(found) = rustix::fs::statvfs(directory) else { return };
    let free = found.f_bavail.saturating_mul(found.f_frsize) / MEBIBYTE;
    let finding = format!(
        "{free} MiB are free at {}; without space nothing is written, and sign-ins fail: make room",
        directory.display()
    );
    if free == 0 {
        report.fail(subject, finding);
    } else if free < MIN_FREE {
        report.warn(subject, finding);
    }
}

/// Checks that other files with secrets, such as `Rocket.toml` or a PEM key, are not readable for all.
fn secrets_elsewhere(report: &mut Report, generated: &Path, figment: &Figment) {
    let url = figment.extract_inner::<String>("databases.main.url").unwrap_or_default();
    let mut keys = vec!["secret_key", "auth.token.secret", "auth.token.private_key"];
    keys.extend(holds_password(&url).then_some("databases.main.url"));
    let named = |key: &&str| Some(figment.find_metadata(key)?.source.as_ref()?.file_path()?.into());
    let mut files: Vec<PathBuf> = keys.iter().filter_map(named).collect();
    let pem = figment.extract_inner::<String>("auth.token.private_key").unwrap_or_default();
    if !pem.is_empty() && !pem.contains("-----BEGIN") {
        files.push(pem.into());
    }
    files.sort();
    files.dedup();
    for file in files.iter().filter(|file| *file != generated) {
        if fs::metadata(file).is_ok_and(|found| mode(&found) & 0o007 != 0) {
            report.warn(
                "secrets",
                format_args!(
                    "{0} holds a secret and can be read by all users; run: chmod o= {0}",
                    file.display()
                ),
            );
        }
    }
}

fn holds_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.split('/').next().and_then(|authority| authority.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=")
}

/// Checks the permissions of the SQLite files, and the space for them.
pub(super) fn database(report: &mut Report, settings: &Settings) {
    let Address::Sqlite(path) = &settings.database.address else { return };
    let directory = path.parent().unwrap_or(path);
    let files = ["", "-wal", "-shm"].map(|suffix| {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        PathBuf::from(file)
    });
    let there = files.iter().map(PathBuf::as_path).filter(|path| path.exists());
    // The directory too: SQLite makes the other two beside the database.
    for path in there.chain([existing_parent(directory)]) {
        if let Err(cause) = rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK) {
            let problem = format_args!("{} cannot be read and written: {cause}", path.display());
            report.fail("database", problem);
        }
    }
    free_space(report, "database", existing_parent(directory));
    for file in files {
        if fs::metadata(&file).is_ok_and(|found| mode(&found) & FOR_OTHERS != 0) {
            report.warn(
                "database",
                format_args!("{0} can be read by others; run: chmod 600 {0}", file.display()),
            );
        }
    }
}
