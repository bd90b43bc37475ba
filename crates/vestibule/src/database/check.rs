//! The check of a table at launch.

use diesel::QueryResult;

use super::backend::{StoreConnection, on_backend};
use crate::error::Error;

/// Reads a table; a missing one is 500 `internal`, because no retry helps, any other error is 503
/// `unavailable`.
pub(super) fn check_table<C: StoreConnection>(
    connection: &mut C,
    table: &str,
    read: impl FnOnce(&mut C) -> QueryResult<()>,
) -> Result<(), Error> {
    let Err(error) = read(connection) else { return Ok(()) };
    if on_backend!(connection, has_table(table))? {
        return Err(error.into());
    }
    Err(Error::misuse(format!(
        "the table `{table}` is missing in the database: before the launch run \
         `connection.run_pending_migrations(vestibule::database::MIGRATIONS)`, or the SQL files in \
         `migrations` of the package vestibule"
    )))
}
