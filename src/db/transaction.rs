//! Write transactions.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::Error as Query;

use super::connection::AnyConnection;

/// Runs `work` in one transaction, which is committed if `work` succeeds.
///
/// On SQLite the transaction is IMMEDIATE: a deferred one that starts with a read fails at once,
/// without waiting, if another connection wrote before its first write. A panic in `work` leaves
/// the transaction open, and the pool discards such a connection.
///
/// # Errors
/// The error of `work`, or a failure to begin or commit.
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
