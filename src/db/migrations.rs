//! Migrations. Every start brings the schema up to date under a lock, because several processes may
//! start at once. A schema of a newer program is refused.

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

/// Brings the schema up to date; returns how many migrations were applied.
///
/// # Errors
/// [`DbError::NewerSchema`] if another program applied migrations that this one does not know;
/// [`DbError::NotUtf8`] if one is pending and the PostgreSQL database has another encoding;
/// [`DbError`] if a migration fails. None is left half applied.
pub fn migrate(connection: &mut AnyConnection) -> Result<usize, DbError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => switch_to_wal(sqlite)?,
        // Another process's migration may take longer than a request may.
        AnyConnection::Postgres(postgres) => {
            postgres.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0;")?;
        }
    }
    // Without a pending migration nothing is locked, and no right to create tables is needed.
    if find_pending(connection)? == 0 {
        return Ok(0);
    }
    expect_utf8(connection)?;
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
        AnyConnection::Postgres(postgres) => {
            postgres.batch_execute(&format!("SELECT pg_advisory_lock({LOCK_KEY});"))?;
        }
    }
    let migrated = apply(connection);
    match connection {
        AnyConnection::Sqlite(sqlite) if migrated.is_ok() => {
            AnsiTransactionManager::commit_transaction(sqlite)?;
        }
        AnyConnection::Sqlite(sqlite) => AnsiTransactionManager::rollback_transaction(sqlite)?,
        AnyConnection::Postgres(postgres) => {
            postgres.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK_KEY});"))?;
        }
    }
    migrated
}

#[derive(QueryableByName)]
struct Encoding {
    #[diesel(sql_type = Text)]
    encoding: String,
}

/// Refuses a PostgreSQL database with another encoding than UTF-8; SQLite has no other.
pub(super) fn expect_utf8(connection: &mut AnyConnection) -> Result<(), DbError> {
    let AnyConnection::Postgres(postgres) = connection else { return Ok(()) };
    let query = "SELECT current_setting('server_encoding') AS encoding";
    match diesel::sql_query(query).get_result::<Encoding>(postgres)?.encoding {
        encoding if encoding == "UTF8" => Ok(()),
        encoding => Err(DbError::NotUtf8(encoding)),
    }
}

/// Applies what is pending, under the lock: another process may have migrated meanwhile.
fn apply(connection: &mut AnyConnection) -> Result<usize, DbError> {
    let pending = find_pending(connection)?;
    match connection {
        AnyConnection::Sqlite(sqlite) => run(sqlite, SQLITE)?,
        AnyConnection::Postgres(postgres) => run(postgres, POSTGRES)?,
    }
    Ok(pending)
}

fn find_pending(connection: &mut AnyConnection) -> Result<usize, DbError> {
    let SchemaStatus { pending, unknown, known, found, .. } = schema_status(connection)?;
    if unknown == 0 { Ok(pending) } else { Err(DbError::NewerSchema { found, known }) }
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaStatus {
    /// The number of applied migrations.
    pub applied: usize,
    /// The number of migrations that the next start applies.
    pub pending: usize,
    /// The number of applied migrations that this program does not know: a newer one applied them.
    pub unknown: usize,
    /// The newest version that this program knows.
    pub known: String,
    /// The newest applied version, of the unknown ones if there are any; empty without a schema.
    pub found: String,
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
    let applied: Vec<String> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .get_results::<AppliedVersion>(connection)
            .map(|rows| rows.into_iter().map(|row| row.version).collect())
            .unwrap_or_default();
    let unknown: Vec<_> = applied.iter().filter(|version| !known.contains(version)).collect();
    Ok(SchemaStatus {
        applied: applied.len(),
        pending: known.iter().filter(|version| !applied.contains(version)).count(),
        unknown: unknown.len(),
        found: unknown.last().copied().or(applied.last()).cloned().unwrap_or_default(),
        known: known.into_iter().max().unwrap_or_default(),
    })
}

fn versions<D: Backend>(migrations: &EmbeddedMigrations) -> Result<Vec<String>, DbError>
where
    EmbeddedMigrations: MigrationSource<D>,
{
    let listed = MigrationSource::<D>::migrations(migrations);
    let listed = listed.map_err(|cause| DbError::Broken(cause.to_string()))?;
    Ok(listed.iter().map(|migration| migration.name().version().to_string()).collect())
}
