//! How the pool opens and checks its connections.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};

use crate::db::address::Address;
use crate::db::connect::{connect, limit_waits, open_server};
use crate::db::connection::AnyConnection;
use crate::db::error::DbError;
use crate::db::sqlite_file::SqliteFile;

/// Opens connections for the pool.
pub(super) struct ConnectionManager {
    address: Address,
    timeout: Duration,
    file: Option<SqliteFile>,
}

impl ConnectionManager {
    pub(super) fn new(address: Address, timeout: Duration) -> Self {
        let file = match &address {
            Address::Sqlite(path) => Some(SqliteFile::at(path.clone())),
            Address::Postgres(_) => None,
        };
        Self { address, timeout, file }
    }
}

impl ManageConnection for ConnectionManager {
    type Connection = AnyConnection;
    type Error = DbError;

    fn connect(&self) -> Result<AnyConnection, DbError> {
        match (&self.address, &self.file) {
            // The time limits follow when it is checked: the few threads that connect must not
            // wait for a statement, which the time to connect does not bound.
            (Address::Postgres(url), _) => open_server(url, self.timeout),
            (Address::Sqlite(_), file) => {
                file.as_ref().map_or(Ok(()), SqliteFile::check)?;
                let mut connection = connect(&self.address, self.timeout, false)?;
                limit_cache(&mut connection)?;
                Ok(connection)
            }
        }
    }

    /// Pings a server by setting its time limits; for SQLite checks that the file is still the
    /// same one.
    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), DbError> {
        match &self.file {
            None => limit_waits(connection, self.timeout),
            Some(file) => file.check(),
        }
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        connection.is_broken()
    }
}

/// Limits the page cache of a SQLite connection to half a megabyte instead of two. There are
/// several connections, and the operating system caches the file for all of them.
pub(super) fn limit_cache(connection: &mut AnyConnection) -> Result<(), DbError> {
    Ok(connection.batch_execute("PRAGMA cache_size = -512;")?)
}
