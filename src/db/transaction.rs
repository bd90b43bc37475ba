//! Transactions that will write.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::Error as Query;

use super::AnyConnection;

/// Runs `work` in one transaction that commits when it succeeds.
///
/// On SQLite it is IMMEDIATE: a transaction that only reads at first is refused at once,
/// without waiting, when it wants to write and another did meanwhile. A panic in `work`
/// leaves the transaction open, and the pool throws such a connection away.
///
/// # Errors
/// What `work` answers, or the database's refusal to begin or commit.
pub fn write<T, E: From<Query>>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    match work(connection) {
        Ok(done) => {
            <AnyConnection as diesel::Connection>::TransactionManager::commit_transaction(
                connection,
            )?;
            Ok(done)
        }
        Err(error) => {
            <AnyConnection as diesel::Connection>::TransactionManager::rollback_transaction(
                connection,
            )?;
            Err(error)
        }
    }
}
