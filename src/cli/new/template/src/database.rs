//! The pool of connections to SQLite.

use std::error::Error;
use std::path::Path;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

pub type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Opens the database and brings its tables up to date.
pub fn open(path: &str) -> Result<Pool, Box<dyn Error + Send + Sync>> {
    if let Some(directory) = Path::new(path).parent() {
        std::fs::create_dir_all(directory)?;
    }
    let pool = Pool::builder().connection_customizer(Box::new(Settings));
    let pool = pool.build(ConnectionManager::new(path))?;
    let connection = &mut pool.get()?;
    connection.run_pending_migrations(vestibule::database::MIGRATIONS)?;
    connection.run_pending_migrations(MIGRATIONS)?;
    Ok(pool)
}

/// Waits for another writer, and lets readers go on meanwhile.
#[derive(Debug)]
struct Settings;

impl CustomizeConnection<SqliteConnection, PoolError> for Settings {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        let settings =
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;";
        connection
            .batch_execute(settings)
            .map_err(PoolError::QueryError)
    }
}
