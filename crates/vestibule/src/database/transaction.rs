//! Write transactions.

use super::backend::{StoreConnection, on_backend};

/// Runs `work` in one transaction, which is committed if `work` succeeds.
///
/// On SQLite the transaction excludes other writers from its begin (`BEGIN IMMEDIATE`): a deferred
/// one that starts with a read fails at once, without waiting, if another connection wrote before its
/// first write. A panic in `work` leaves the transaction open, and a pool discards such a connection.
///
/// # Errors
/// The error of `work`, or a failure to begin or commit.
pub fn write<C: StoreConnection, T, E: From<diesel::result::Error>>(
    connection: &mut C,
    work: impl FnOnce(&mut C) -> Result<T, E>,
) -> Result<T, E> {
    on_backend!(connection, begin())?;
    match work(connection) {
        Ok(done) => {
            on_backend!(connection, commit())?;
            Ok(done)
        }
        Err(error) => {
            on_backend!(connection, rollback())?;
            Err(error)
        }
    }
}
