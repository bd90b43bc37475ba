//! The connection type; alone in its file because the derive's own items have no docs.

/// A connection to either database.
///
/// Queries are written once and run on both; what the derive cannot say is a `match`.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// SQLite.
    Sqlite(diesel::SqliteConnection),
    /// PostgreSQL.
    Postgres(diesel::PgConnection),
}
