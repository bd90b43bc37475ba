//! The schema, brought up to date at every start, under a lock: two processes that start at
//! once must not both do it.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConnection, DbError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as every process uses the same.
const LOCK: i64 = 0x7665_7374_6962;

/// Brings the schema up to date.
///
/// # Errors
/// [`DbError`] when a migration fails; none is half done.
pub fn migrate(connection: &mut AnyConnection) -> Result<(), DbError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            // Once, before any pool opens: the file remembers it.
            sqlite.batch_execute("PRAGMA journal_mode = WAL;")?;
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

fn run<D: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<D>,
    migrations: EmbeddedMigrations,
) -> Result<(), DbError>
where
    EmbeddedMigrations: diesel::migration::MigrationSource<D>,
{
    let done = harness.run_pending_migrations(migrations);
    done.map(drop).map_err(|cause| DbError::Broken(cause.to_string()))
}
