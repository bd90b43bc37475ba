//! The permissions of the secrets and the database file.

use std::fs::{self, Metadata};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rocket::figment::Figment;

use super::report::Report;
use crate::db::Address;
use crate::settings::Settings;
use crate::state_dir::StateDir;

/// The permission bits of other users.
const FOR_OTHERS: u32 = 0o077;

fn mode(found: &Metadata) -> u32 {
    found.permissions().mode() & 0o7777
}

/// The state directory, its secrets, and secrets in other files.
pub(super) fn state(report: &mut Report, state: &StateDir, figment: &Figment) {
    let directory = state.path();
    match fs::metadata(directory) {
        Err(_) => report.ok(
            "state",
            format_args!("{} is not there; the first start makes it", directory.display()),
        ),
        Ok(found) if mode(&found) & FOR_OTHERS != 0 => report.warn(
            "state",
            format_args!("{0} is open to others; run: chmod 700 {0}", directory.display()),
        ),
        Ok(_) => report.ok("state", directory.display()),
    }
    let generated = state.secrets();
    match fs::metadata(&generated) {
        Ok(found) if mode(&found) & FOR_OTHERS != 0 => report.fail(
            "secrets",
            format_args!("{0} can be read by others; run: chmod 600 {0}", generated.display()),
        ),
        Ok(_) => match fs::File::open(&generated) {
            Ok(_) => report.ok("secrets", generated.display()),
            Err(cause) => report.fail(
                "secrets",
                format_args!(
                    "{} cannot be read: {cause}; it belongs to the user that runs the service",
                    generated.display()
                ),
            ),
        },
        Err(_) => report.ok("secrets", "none are generated yet; the first start makes them"),
    }
    secrets_elsewhere(report, &generated, figment);
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

/// Checks the permissions of the SQLite files.
pub(super) fn database(report: &mut Report, settings: &Settings) {
    let Address::Sqlite(path) = &settings.database.address else { return };
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        let file = PathBuf::from(file);
        if fs::metadata(&file).is_ok_and(|found| mode(&found) & FOR_OTHERS != 0) {
            report.warn(
                "database",
                format_args!("{0} can be read by others; run: chmod 600 {0}", file.display()),
            );
        }
    }
}
