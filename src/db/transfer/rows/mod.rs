//! The tables that are copied: the columns of a row, and how rows are read and written.
//!
//! A row is read with all columns of the schema, in their order, so a new column in the schema does
//! not compile here until it is added. Keys are sorted as bytes (on PostgreSQL by `COLLATE "C"`), so
//! that both databases return the rows in the same order.

mod accounts;
mod events;
mod throttle;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::digest::Field;
use super::error::TransferError;
use crate::db::connection::AnyConnection;
pub(super) use accounts::{SetupLinkRow, SignInRow, UserRow};
pub(super) use events::{ChainRow, EventRow};
pub(super) use throttle::ThrottleRow;

/// All tables. A table that others reference comes before them.
pub(super) const TABLES: [&str; 6] = [
    UserRow::TABLE,
    SignInRow::TABLE,
    ThrottleRow::TABLE,
    EventRow::TABLE,
    ChainRow::TABLE,
    SetupLinkRow::TABLE,
];

/// What is called for each row.
pub(super) type Each<'e, R> = &'e mut dyn FnMut(R) -> Result<(), TransferError>;

/// A row of a table.
pub(super) trait TableRow: Sized {
    /// The name of the table.
    const TABLE: &'static str;

    /// Every column with its name, the key first.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)>;

    /// Reads the rows one by one, in the order of their keys; only one is in memory at a time.
    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError>;

    /// Inserts rows with their keys.
    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize>;
}

fn for_each<R>(
    rows: impl Iterator<Item = QueryResult<R>>,
    each: Each<'_, R>,
) -> Result<(), TransferError> {
    for row in rows {
        each(row?)?;
    }
    Ok(())
}

/// Sorts by bytes and not by a language's rules; for PostgreSQL.
fn by_bytes(column: &str) -> SqlLiteral<Text> {
    sql(&format!("{column} COLLATE \"C\""))
}
