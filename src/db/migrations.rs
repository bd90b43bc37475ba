//! The schema, brought up to date at every start, under a lock: two processes that start at
//! once must not both do it.

use std::thread;
use std::time::Duration;

use diesel::backend::Backend;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConnection, DbError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as every process uses the same.
const LOCK: i64 = 0x7665_7374_6962;

/// How often, and after which pause, the switch of the journal is tried.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Brings the schema up to date.
///
/// # Errors
/// [`DbError`] when a migration fails; none is half done.
pub fn migrate(connection: &mut AnyConnection) -> Result<(), DbError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            switch_to_wal(sqlite)?;
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
            let done = run(sqlite, SQLITE);
            match done {
                Ok(()) => Ok(AnsiTransactionManager::commit_transaction(sqlite)?),
                Err(error) => {
                    AnsiTransactionManager::rollback_transaction(sqlite)?;
                    Err(error)
                }
            }
        }
        AnyConnection::Postgres(postgres) => {
            // A neighbour's migration may take longer than a request may.
            postgres.batch_execute(&format!(
                "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK});"
            ))?;
            let done = run(postgres, POSTGRES);
            postgres.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK});"))?;
            done
        }
    }
}

/// Once, before any pool opens: the file remembers it.
///
/// Of two first starts that do it at the same moment SQLite refuses one at once, whatever time it
/// was told to wait: each would wait for the other. The second finds it done.
fn switch_to_wal(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let mut switched = Ok(());
    for _ in 0..ATTEMPTS {
        switched = sqlite.batch_execute("PRAGMA journal_mode = WAL;");
        match &switched {
            Err(error) if error.to_string().contains("locked") => thread::sleep(PAUSE),
            _ => break,
        }
    }
    switched
}

fn run<D: Backend>(
    harness: &mut impl MigrationHarness<D>,
    migrations: EmbeddedMigrations,
) -> Result<(), DbError>
where
    EmbeddedMigrations: MigrationSource<D>,
{
    let done = harness.run_pending_migrations(migrations);
    done.map(drop).map_err(|cause| DbError::Broken(cause.to_string()))
}

/// How the schema of a database compares with that of this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Migrations that were done.
    pub applied: usize,
    /// Migrations that the next start does.
    pub pending: usize,
    /// Migrations that were done by a newer program.
    pub unknown: usize,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Compares without changing anything.
///
/// # Errors
/// [`DbError`] when the migrations of this program cannot be listed.
pub fn inspect(connection: &mut AnyConnection) -> Result<Inspected, DbError> {
    let ours = match connection {
        AnyConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        AnyConnection::Postgres(_) => versions::<Pg>(&POSTGRES),
    }?;
    // An empty database has no such table.
    let done = diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
        .get_results::<Version>(connection)
        .unwrap_or_default();
    let is_done = |version: &String| done.iter().any(|done| done.version == *version);
    let unknown = done.iter().filter(|done| !ours.contains(&done.version)).count();
    let pending = ours.iter().filter(|version| !is_done(version)).count();
    Ok(Inspected { applied: done.len(), pending, unknown })
}

fn versions<D: Backend>(migrations: &EmbeddedMigrations) -> Result<Vec<String>, DbError>
where
    EmbeddedMigrations: MigrationSource<D>,
{
    let listed = MigrationSource::<D>::migrations(migrations);
    let listed = listed.map_err(|cause| DbError::Broken(cause.to_string()))?;
    Ok(listed.iter().map(|migration| migration.name().version().to_string()).collect())
}
