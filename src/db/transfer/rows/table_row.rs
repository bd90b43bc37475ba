//! What the tables have in common.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::connection::AnyConnection;
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// What is called for each row.
pub(in crate::db::transfer) type Each<'e, R> = &'e mut dyn FnMut(R) -> Result<(), TransferError>;

/// A row of a table.
pub(in crate::db::transfer) trait TableRow: Sized {
    /// The name of the table.
    const TABLE: &'static str;

    /// Every column with its name, the key first.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)>;

    /// Reads the rows one by one, in the order of their keys; only one is in memory at a time.
    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError>;

    /// Inserts rows with their keys.
    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize>;
}

/// Calls `each` for all rows; stops at the first error.
pub(super) fn for_each<R>(
    rows: impl Iterator<Item = QueryResult<R>>,
    each: Each<'_, R>,
) -> Result<(), TransferError> {
    for row in rows {
        each(row?)?;
    }
    Ok(())
}

/// Sorts by bytes and not by a language's rules; for PostgreSQL.
pub(super) fn by_bytes(column: &str) -> SqlLiteral<Text> {
    sql(&format!("{column} COLLATE \"C\""))
}
