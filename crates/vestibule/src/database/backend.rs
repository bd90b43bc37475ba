//! The databases that the statements are compiled for.

/// A connection of one of the databases.
#[non_exhaustive]
pub enum BackendConnection<'c> {
    /// SQLite.
    #[cfg(feature = "diesel-sqlite")]
    Sqlite(&'c mut diesel::SqliteConnection),
    /// PostgreSQL.
    #[cfg(feature = "diesel-postgres")]
    Postgres(&'c mut diesel::PgConnection),
}

/// A connection on which the statements of this module run: diesel's own, or an enum of yours over
/// them (`#[derive(MultiConnection)]`).
pub trait StoreConnection: Send + 'static {
    /// Returns the connection of the database behind it.
    fn backend(&mut self) -> BackendConnection<'_>;
}

#[cfg(feature = "diesel-sqlite")]
impl StoreConnection for diesel::SqliteConnection {
    fn backend(&mut self) -> BackendConnection<'_> {
        BackendConnection::Sqlite(self)
    }
}

#[cfg(feature = "diesel-postgres")]
impl StoreConnection for diesel::PgConnection {
    fn backend(&mut self) -> BackendConnection<'_> {
        BackendConnection::Postgres(self)
    }
}

/// Calls a function of `statements` for the database of a connection.
macro_rules! on_backend {
    ($connection:expr, $function:ident($($argument:expr),*)) => {
        match $crate::database::backend::StoreConnection::backend($connection) {
            #[cfg(feature = "diesel-sqlite")]
            $crate::database::backend::BackendConnection::Sqlite(connection) => {
                $crate::database::sqlite::statements::$function(connection, $($argument),*)
            }
            #[cfg(feature = "diesel-postgres")]
            $crate::database::backend::BackendConnection::Postgres(connection) => {
                $crate::database::postgres::statements::$function(connection, $($argument),*)
            }
        }
    };
}
pub(super) use on_backend;
