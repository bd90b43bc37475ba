//! A SQLite file and a pool of connections to it.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError};
use rocket::{Orbit, Rocket};
use vestibule::{Error, ErrorKind};

pub(crate) type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Opens the database; `create` makes the tables and rows that it lacks.
///
/// It runs in one transaction that excludes other writers: if two programs start at once, the
/// second waits, and finds everything made.
pub(crate) fn open(
    path: &str,
    create: impl FnOnce(&mut SqliteConnection) -> Result<(), Failure>,
) -> Result<Pool, Failure> {
    if let Some(directory) = Path::new(path).parent() {
        std::fs::create_dir_all(directory)?;
    }
    let pool = Pool::builder().max_size(4).connection_customizer(Box::new(Settings));
    let pool = pool.build(ConnectionManager::new(path))?;
    pool.get()?.immediate_transaction(create)?;
    Ok(pool)
}

/// Returns the pool that the application manages.
pub(crate) fn pool(rocket: &Rocket<Orbit>) -> Result<&Pool, Error> {
    rocket.state().ok_or_else(|| ErrorKind::Internal.into())
}

/// Waits for another writer, and lets readers go on meanwhile.
#[derive(Debug)]
struct Settings;

impl CustomizeConnection<SqliteConnection, PoolError> for Settings {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        let settings = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL;";
        connection.batch_execute(settings).map_err(PoolError::QueryError)
    }
}
