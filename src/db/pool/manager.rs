//! How the pool opens and checks its connections.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};

use crate::db::address::Address;
use crate::db::connect::{connect, limit_waits_of_backend, open_server};
use crate::db::connection::AnyConnection;
use crate::db::error::DbError;
use crate::db::pooler::{POOLED_PER_TRANSACTION, is_pooled_per_transaction};
use crate::db::sqlite_file::SqliteFile;

/// Opens connections for the pool.
pub(super) struct ConnectionManager {
    address: Address,
    timeout: Duration,
    file: Option<SqliteFile>,
    /// Set when a connection got another backend: a pooler was switched to transactions. All work is refused
    /// until it pools sessions again.
    is_pooled_per_transaction: AtomicBool,
}

/// An open connection, and what decides whether the pool keeps it.
pub(super) struct OpenConnection {
    pub(super) connection: AnyConnection,
    /// The process id of the backend; `None` until the first check, and for SQLite.
    backend: Option<i32>,
    /// Set after work that was refused because the server is read-only: a pooler may keep a connection to
    /// what was the primary.
    pub(super) is_read_only: bool,
}

impl ConnectionManager {
    pub(super) fn new(address: Address, timeout: Duration) -> Self {
        let file = match &address {
            Address::Sqlite(path) => Some(SqliteFile::at(path.clone())),
            Address::Postgres(_) => None,
        };
        Self { address, timeout, file, is_pooled_per_transaction: AtomicBool::new(false) }
    }

    fn open(&self) -> Result<AnyConnection, DbError> {
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

    /// Refuses to work through a pooler of transactions, if one was noticed.
    fn check_pooler(&self) -> Result<(), DbError> {
        if self.is_pooled_per_transaction.load(Ordering::Relaxed) {
            return Err(DbError::Connect(format!("a pooler {POOLED_PER_TRANSACTION}")));
        }
        Ok(())
    }
}

impl ManageConnection for ConnectionManager {
    type Connection = OpenConnection;
    type Error = DbError;

    fn connect(&self) -> Result<OpenConnection, DbError> {
        if self.is_pooled_per_transaction.load(Ordering::Relaxed) {
            let still = is_pooled_per_transaction(&self.address, self.timeout)?;
            self.is_pooled_per_transaction.store(still, Ordering::Relaxed);
        }
        self.check_pooler()?;
        let connection = self.open()?;
        Ok(OpenConnection { connection, backend: None, is_read_only: false })
    }

    /// Pings a server by setting its time limits, and checks that the connection still has the same backend;
    /// for SQLite checks that the file is still the same one.
    fn is_valid(&self, open: &mut OpenConnection) -> Result<(), DbError> {
        let AnyConnection::Postgres(server) = &mut open.connection else {
            return self.file.as_ref().map_or(Ok(()), SqliteFile::check);
        };
        self.check_pooler()?;
        let backend = limit_waits_of_backend(server, self.timeout)?.pid;
        if *open.backend.get_or_insert(backend) != backend
            && !self.is_pooled_per_transaction.swap(true, Ordering::Relaxed)
        {
            log::error!(target: "vestibule::database", "a pooler {POOLED_PER_TRANSACTION}");
        }
        self.check_pooler()
    }

    fn has_broken(&self, open: &mut OpenConnection) -> bool {
        // Those of before are not compared with those of after the switch back.
        let is_of_pooler = self.is_pooled_per_transaction.load(Ordering::Relaxed);
        open.is_read_only || is_of_pooler || open.connection.is_broken()
    }
}

/// Limits the page cache of a SQLite connection to half a megabyte instead of two. There are
/// several connections, and the operating system caches the file for all of them.
pub(super) fn limit_cache(connection: &mut AnyConnection) -> Result<(), DbError> {
    Ok(connection.batch_execute("PRAGMA cache_size = -512;")?)
}
