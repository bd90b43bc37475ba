//! Copies of a SQLite database: taken while it is in use, and put in its place.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connect::create_private;
use super::connection::AnyConnection;
use super::error::DbError;

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Text)]
    answer: String,
}

/// Writes a copy of the database as it is at this moment; writers go on. The file must not exist.
///
/// # Errors
/// [`DbError`] if the file exists or cannot be written, or if the copy is not whole.
pub fn copy_to(sqlite: &mut SqliteConnection, file: &Path) -> Result<(), DbError> {
    if file.exists() {
        return Err(DbError::Broken(format!("{} exists already", file.display())));
    }
    // Private from the first byte on; SQLite accepts an empty file.
    create_private(file).map_err(|cause| DbError::Connect(cause.to_string()))?;
    let copied = diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(file.to_string_lossy())
        .execute(sqlite)
        .map_err(DbError::from)
        .and_then(|_| check_whole(file));
    if copied.is_err() {
        // It holds nothing that the database does not.
        let _ = fs::remove_file(file);
    }
    copied
}

/// Checks that a file is a whole database.
///
/// # Errors
/// [`DbError`] if it is not.
pub fn check_whole(file: &Path) -> Result<(), DbError> {
    let mut sqlite = SqliteConnection::establish(&format!("file:{}?mode=ro", file.display()))
        .map_err(|cause| DbError::Connect(cause.to_string()))?;
    let query = "SELECT integrity_check AS answer FROM pragma_integrity_check(1)";
    match diesel::sql_query(query).get_result::<Answer>(&mut sqlite)?.answer {
        answer if answer == "ok" => Ok(()),
        answer => Err(DbError::Broken(answer)),
    }
}

/// Moves the database at a path aside, if there is one, and returns where it is then.
///
/// # Errors
/// [`DbError`] if a process has it open.
pub fn move_aside(path: &Path) -> Result<Option<PathBuf>, DbError> {
    if !path.exists() {
        return Ok(None);
    }
    let mut connection =
        super::connect(&super::Address::Sqlite(path.to_owned()), std::time::Duration::ZERO, false)?;
    if let AnyConnection::Sqlite(sqlite) = &mut connection {
        // Only the last connection can do this; it also takes in the write-ahead log beside the file.
        sqlite.batch_execute("PRAGMA journal_mode = DELETE;")?;
    }
    drop(connection);
    let aside = path.with_extension("before-restore");
    if aside.exists() {
        return Err(DbError::Broken(format!("{} exists already", aside.display())));
    }
    fs::rename(path, &aside).map_err(|cause| DbError::Broken(cause.to_string()))?;
    Ok(Some(aside))
}
