//! The connection type, in a private module because the derive generates undocumented items.

/// A connection to either database.
///
/// Queries are written once and run on both; where the databases differ, `match` on it.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// SQLite.
    Sqlite(diesel::SqliteConnection),
    /// PostgreSQL.
    Postgres(diesel::PgConnection),
}

impl vestibule::database::StoreConnection for AnyConnection {
    fn backend(&mut self) -> vestibule::database::BackendConnection<'_> {
        match self {
            Self::Sqlite(sqlite) => sqlite.backend(),
            Self::Postgres(postgres) => postgres.backend(),
        }
    }
}
