//! Copies of a SQLite database: taken while it is in use, and put in its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use rustix::fs::{FlockOperation, fcntl_lock};

use super::address::Address;
use super::connect::{beside, check_no_orphaned_log, connect, create_private, sqlite_uri};
use super::connection::AnyConnection;
use super::error::DbError;
use super::sqlite_file::identity;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    integrity: String,
    #[diesel(sql_type = BigInt)]
    tables: i64,
}

/// Writes a copy of the database as it is at this moment; writers go on. The file must not exist.
///
/// # Errors
/// [`DbError`] if the file exists or cannot be written, or if the copy is not whole.
pub fn copy_to(sqlite: &mut SqliteConnection, file: &Path) -> Result<(), DbError> {
    if file.exists() {
        return Err(DbError::Broken(format!("{} exists already", file.display())));
    }
    // Under another name until it is whole, so that a killed command leaves no backup.
    let part = beside(file, ".part");
    let copied = write_copy(sqlite, &part).and_then(|()| fs::rename(&part, file).map_err(broken));
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

fn write_copy(sqlite: &mut SqliteConnection, part: &Path) -> Result<(), DbError> {
    let _ = fs::remove_file(part);
    // Private from the first byte on; SQLite accepts an empty file.
    create_private(part).map_err(broken)?;
    let path = part.to_string_lossy();
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(path).execute(sqlite)?;
    check_whole(part)
}

/// Checks that a file is a whole database of this service.
///
/// # Errors
/// [`DbError`] if it is not.
pub fn check_whole(file: &Path) -> Result<(), DbError> {
    let opened = SqliteConnection::establish(&sqlite_uri(file, "ro"));
    let mut sqlite = opened.map_err(|cause| DbError::Connect(cause.to_string()))?;
    let query = "SELECT integrity_check AS integrity, (SELECT count(*) FROM sqlite_master \
         WHERE name IN ('users', '__diesel_schema_migrations')) AS tables \
         FROM pragma_integrity_check LIMIT 1";
    match diesel::sql_query(query).get_result::<Found>(&mut sqlite)? {
        Found { integrity, tables: 2 } if integrity == "ok" => Ok(()),
        Found { integrity, tables: 2 } => Err(DbError::Broken(integrity)),
        _ => Err(DbError::Broken(format!("{} has no accounts", file.display()))),
    }
}

/// Copies a backup to a path, where only this user can read it.
///
/// # Errors
/// [`DbError`] if it cannot be read or written.
pub fn copy_backup(file: &Path, to: &Path) -> Result<(), DbError> {
    remove_copy(to);
    create_private(to).map_err(broken)?;
    let mut from = fs::File::open(file).map_err(broken)?;
    let mut target = fs::OpenOptions::new().write(true).open(to).map_err(broken)?;
    io::copy(&mut from, &mut target).and_then(|_| target.sync_all()).map_err(broken)
}

/// Removes a copy that [`copy_backup`] wrote, also an unfinished one, and what SQLite left beside it.
pub fn remove_copy(copy: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(copy, suffix));
    }
}

/// Puts a file in the place of the database at a path, and returns where the former one is then. The path leads
/// to one of the two at every moment, also if the process is killed.
///
/// # Errors
/// [`DbError::InUse`] if a process has it open; [`DbError`] otherwise. The former one stays.
pub fn put_in_place(ready: &Path, path: &Path) -> Result<Option<PathBuf>, DbError> {
    check_no_orphaned_log(path)?;
    let aside = if path.exists() { Some(keep_aside(path)?) } else { None };
    fs::rename(ready, path).map_err(broken)?;
    // It is in place, so a failure is not one of the restore.
    let _ = sync_directory(path);
    Ok(aside)
}

/// Gives the database at a path a second name, under which it stays, and leaves no `-wal` and no `-journal` at the
/// path: SQLite would apply them to the file that takes the place.
fn keep_aside(path: &Path) -> Result<PathBuf, DbError> {
    match connect(&Address::Sqlite(path.to_owned()), Duration::ZERO, false)
        .and_then(|mut connection| merge_log(&mut connection))
    {
        // Its `-wal` gets the second name too.
        Err(error) if is_corrupt(&error) => check_not_in_use(path)?,
        merged => merged?,
    }
    // The second name that a killed restore has left is used again.
    let is_free = |aside: &PathBuf| !aside.exists() || identity(aside).ok() == identity(path).ok();
    let aside = (1..)
        .map(|number| beside(path, &format!(".before-restore-{number}")))
        .find(is_free)
        .unwrap_or_else(|| beside(path, ".before-restore"));
    for suffix in ["", "-wal", "-journal"] {
        let (from, to) = (beside(path, suffix), beside(&aside, suffix));
        if from.exists() {
            // A killed restore may have removed the first of the two names: then the second stays.
            let _ = fs::remove_file(&to);
            // Some file systems have no links.
            let linked = fs::hard_link(&from, &to);
            linked.or_else(|_| fs::copy(&from, &to).map(drop)).map_err(broken)?;
        }
    }
    sync_directory(path).map_err(broken)?;
    for suffix in ["-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(broken(cause)),
            _ => {}
        }
    }
    Ok(aside)
}

/// Merges the `-wal` of a SQLite database into its file, which only the last connection can do.
///
/// # Errors
/// [`DbError::InUse`] if another connection is open; [`DbError::Query`] otherwise.
pub fn merge_log(connection: &mut AnyConnection) -> Result<(), DbError> {
    let AnyConnection::Sqlite(sqlite) = connection else { return Ok(()) };
    sqlite.batch_execute("PRAGMA journal_mode = DELETE;").map_err(|cause| {
        if cause.to_string().contains("locked") { DbError::InUse } else { DbError::Query(cause) }
    })
}

/// Returns whether SQLite says that a file is no database, or a damaged one.
fn is_corrupt(error: &DbError) -> bool {
    let text = error.to_string();
    let corrupt =
        ["file is not a database", "disk image is malformed", "malformed database schema"];
    corrupt.iter().any(|message| text.contains(message))
}

/// Fails if another process has a lock on a file that SQLite cannot read: every open connection has one.
fn check_not_in_use(path: &Path) -> Result<(), DbError> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).map_err(broken)?;
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| DbError::InUse)
}

/// Syncs the names in the directory of a file, or a power failure may lose the last ones.
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn broken(cause: io::Error) -> DbError {
    DbError::Broken(cause.to_string())
}
