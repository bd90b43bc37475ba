//! Migrations. Every start brings the schema up to date under a lock, because several processes may
//! start at once.

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

use super::connection::AnyConnection;
use super::error::DbError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The key of the advisory lock: any number that all processes share.
const LOCK_KEY: i64 = 0x7665_7374_6962;

/// How often, and after which pause, switching the journal mode is tried.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Brings the schema up to date.
///
/// # Errors
/// [`DbError`] if a migration fails; none is left half applied.
pub fn migrate(connection: &mut AnyConnection) -> Result<(), DbError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            switch_to_wal(sqlite)?;
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
            let migrated = run(sqlite, SQLITE);
            match migrated {
                Ok(()) => Ok(AnsiTransactionManager::commit_transaction(sqlite)?),
                Err(error) => {
                    AnsiTransactionManager::rollback_transaction(sqlite)?;
                    Err(error)
                }
            }
        }
        AnyConnection::Postgres(postgres) => {
            // Another process's migration may take longer than a request may.
            postgres.batch_execute(&format!(
                "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK_KEY});"
            ))?;
            let migrated = run(postgres, POSTGRES);
            postgres.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK_KEY});"))?;
            migrated
        }
    }
}

/// Switches the file to a write-ahead log. The file keeps this mode.
///
/// If two processes switch at the same moment, SQLite refuses one at once, whatever its busy
/// timeout, because each would wait for the other. A later attempt finds the switch done.
fn switch_to_wal(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let mut result = Ok(());
    for _ in 0..ATTEMPTS {
        result = sqlite.batch_execute("PRAGMA journal_mode = WAL;");
        match &result {
            Err(error) if error.to_string().contains("locked") => thread::sleep(PAUSE),
            _ => break,
        }
    }
    result
}

fn run<D: Backend>(
    harness: &mut impl MigrationHarness<D>,
    migrations: EmbeddedMigrations,
) -> Result<(), DbError>
where
    EmbeddedMigrations: MigrationSource<D>,
{
    let applied = harness.run_pending_migrations(migrations);
    applied.map(drop).map_err(|cause| DbError::Broken(cause.to_string()))
}

/// How the schema of a database compares with the migrations of this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchemaStatus {
    /// The number of applied migrations.
    pub applied: usize,
    /// The number of migrations that the next start applies.
    pub pending: usize,
    /// The number of applied migrations that this program does not know: a newer one applied them.
    pub unknown: usize,
}

#[derive(QueryableByName)]
struct AppliedVersion {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Compares the schema with this program's migrations without changing anything.
///
/// # Errors
/// [`DbError`] if the migrations of this program cannot be listed.
pub fn schema_status(connection: &mut AnyConnection) -> Result<SchemaStatus, DbError> {
    let known = match connection {
        AnyConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        AnyConnection::Postgres(_) => versions::<Pg>(&POSTGRES),
    }?;
    // An empty database does not have this table.
    let applied = diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
        .get_results::<AppliedVersion>(connection)
        .unwrap_or_default();
    let is_applied = |version: &String| applied.iter().any(|row| row.version == *version);
    let unknown = applied.iter().filter(|row| !known.contains(&row.version)).count();
    let pending = known.iter().filter(|version| !is_applied(version)).count();
    Ok(SchemaStatus { applied: applied.len(), pending, unknown })
}

fn versions<D: Backend>(migrations: &EmbeddedMigrations) -> Result<Vec<String>, DbError>
where
    EmbeddedMigrations: MigrationSource<D>,
{
    let listed = MigrationSource::<D>::migrations(migrations);
    let listed = listed.map_err(|cause| DbError::Broken(cause.to_string()))?;
    Ok(listed.iter().map(|migration| migration.name().version().to_string()).collect())
}
