//! The tables that are moved, whole: what each row holds, and how it is read and written.
//!
//! A row is read with all columns of the schema, in their order: a column more there does not
//! compile here. Keys are sorted as bytes, which SQLite does anyway and PostgreSQL where it is
//! told so: the same rows must come in the same order from both.

mod events;
mod people;
mod throttle;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::MoveError;
use super::digest::Field;
use crate::db::AnyConnection;
pub(super) use events::{Chain, Event};
pub(super) use people::{SetupLink, SignIn, User};
pub(super) use throttle::Throttle;

/// Every table, those first to which others refer.
pub(super) const TABLES: [&str; 6] =
    [User::TABLE, SignIn::TABLE, Throttle::TABLE, Event::TABLE, Chain::TABLE, SetupLink::TABLE];

/// What becomes of each row.
pub(super) type Each<'e, R> = &'e mut dyn FnMut(R) -> Result<(), MoveError>;

/// A row of a table.
pub(super) trait Row: Sized {
    /// The name of the table.
    const TABLE: &'static str;

    /// Every column with its name, the key first.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)>;

    /// Reads all rows one by one, in the order of their keys; never more than one is in memory.
    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), MoveError>;

    /// Adds rows with the keys that they have.
    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize>;
}

fn drain<R>(
    rows: impl Iterator<Item = QueryResult<R>>,
    each: Each<'_, R>,
) -> Result<(), MoveError> {
    for row in rows {
        each(row?)?;
    }
    Ok(())
}

/// For PostgreSQL: the order of bytes and not of a language.
fn by_bytes(column: &str) -> SqlLiteral<Text> {
    sql(&format!("{column} COLLATE \"C\""))
}
