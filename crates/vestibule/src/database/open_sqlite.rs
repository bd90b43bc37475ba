//! A SQLite file and a pool of connections to it.

use std::path::Path;
use std::time::Duration;
use std::{fs, io, thread};

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool};
use diesel::{Connection, QueryResult, SqliteConnection};
use diesel_migrations::MigrationHarness;

use super::MIGRATIONS;

/// A pool of connections to SQLite, as [`open_sqlite`] returns it.
pub type SqlitePool = Pool<ConnectionManager<SqliteConnection>>;

/// How often a switch to WAL is tried, and the pause between: together as long as `busy_timeout`.
const ATTEMPTS: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Opens a SQLite file, with the tables of this library and those that `create` makes, and returns a
/// pool whose connections wait 5 seconds for another writer, let readers go on meanwhile (WAL) and
/// enforce foreign keys. The file and its directory are created if they are missing; on Unix only
/// the user of this process may read the new file and write to it.
///
/// The tables are made in one transaction that excludes other writers: of two programs that start
/// at once, the second waits and finds everything made.
///
/// ```
/// use diesel::connection::SimpleConnection;
/// use vestibule::database::open_sqlite;
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("var/app.sqlite3");
/// let pool = open_sqlite(path, |db| {
///     // Or `db.run_pending_migrations(MIGRATIONS).map(drop)`, of diesel_migrations.
///     Ok(db.batch_execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT)")?)
/// });
/// let auth = vestibule::Auth::fairing().database(pool.expect("the database"));
/// ```
///
/// # Errors
/// The file cannot be opened, or its tables cannot be made; then none was.
pub fn open_sqlite(
    path: impl AsRef<Path>,
    create: impl FnOnce(&mut SqliteConnection) -> Result<(), Failure>,
) -> Result<SqlitePool, Failure> {
    let path = path.as_ref();
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let path = path.to_str().ok_or("the path of the database is not UTF-8")?;
    make_file(path)?;
    let mut first = SqliteConnection::establish(path)?;
    Settings.on_acquire(&mut first)?;
    switch_to_wal(&mut first)?;
    first.immediate_transaction(|db| {
        db.run_pending_migrations(MIGRATIONS)?;
        create(db)
    })?;
    let pool = Pool::builder().connection_customizer(Box::new(Settings));
    Ok(pool.build(ConnectionManager::new(path))?)
}

/// Makes an empty file with mode 0600 if there is none: it will hold hashes of passwords. SQLite gives
/// the files beside it the same mode.
fn make_file(path: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Switches the file to a write-ahead log, which the file keeps.
///
/// If two processes switch at the same moment, SQLite refuses one at once, whatever its busy timeout,
/// because each would wait for the other. A later attempt finds the switch done.
fn switch_to_wal(db: &mut SqliteConnection) -> QueryResult<()> {
    let mut result = Ok(());
    for _ in 0..ATTEMPTS {
        result = db.batch_execute("PRAGMA journal_mode = WAL");
        match &result {
            Err(error) if error.to_string().contains("locked") => thread::sleep(PAUSE),
            _ => break,
        }
    }
    result
}

#[derive(Debug)]
struct Settings;

impl CustomizeConnection<SqliteConnection, PoolError> for Settings {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        let settings = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON";
        connection.batch_execute(settings).map_err(PoolError::QueryError)
    }
}
