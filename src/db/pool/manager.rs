//! How the pool opens and checks its connections.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};

use crate::db::address::Address;
use crate::db::connect::{connect, limit_waits_of_server, open_server};
use crate::db::connection::AnyConnection;
use crate::db::error::DbError;
use crate::db::health::is_writable;
use crate::db::pooler::{POOLED_PER_TRANSACTION, is_pooled_per_transaction};
use crate::db::sqlite_file::SqliteFile;

/// Opens connections for the pool.
pub(super) struct ConnectionManager {
    address: Address,
    timeout: Duration,
    file: Option<SqliteFile>,
    /// Set when a connection got another process of the server than it had: a pooler was switched
    /// to transactions. No connection is used until it is switched back.
    pooled_per_transaction: AtomicBool,
}

/// An open connection, and what decides whether the pool keeps it.
pub(super) struct OpenConnection {
    pub(super) connection: AnyConnection,
    /// The process of the server; `None` until the first check, and for SQLite.
    server_process: Option<i32>,
    only_reads: bool,
}

impl OpenConnection {
    fn new(connection: AnyConnection) -> Self {
        Self { connection, server_process: None, only_reads: false }
    }

    /// Gives the connection up if its server only reads: behind a pooler it may stay with what was
    /// the primary. To be called after work that failed.
    pub(super) fn discard_if_only_reads(&mut self) {
        if let AnyConnection::Postgres(_) = self.connection {
            self.only_reads = !is_writable(&mut self.connection);
        }
    }
}

impl ConnectionManager {
    pub(super) fn new(address: Address, timeout: Duration) -> Self {
        let file = match &address {
            Address::Sqlite(path) => Some(SqliteFile::at(path.clone())),
            Address::Postgres(_) => None,
        };
        Self { address, timeout, file, pooled_per_transaction: AtomicBool::new(false) }
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

    fn refuse_pooled_transactions(&self) -> Result<(), DbError> {
        if self.pooled_per_transaction.load(Ordering::Relaxed) {
            return Err(DbError::Connect(format!("a pooler {POOLED_PER_TRANSACTION}")));
        }
        Ok(())
    }
}

impl ManageConnection for ConnectionManager {
    type Connection = OpenConnection;
    type Error = DbError;

    fn connect(&self) -> Result<OpenConnection, DbError> {
        if self.pooled_per_transaction.load(Ordering::Relaxed) {
            let still = is_pooled_per_transaction(&self.address, self.timeout)?;
            self.pooled_per_transaction.store(still, Ordering::Relaxed);
        }
        self.refuse_pooled_transactions()?;
        self.open().map(OpenConnection::new)
    }

    /// Pings a server by setting its time limits, and checks that it is the same process of it; for
    /// SQLite checks that the file is still the same one.
    fn is_valid(&self, open: &mut OpenConnection) -> Result<(), DbError> {
        let AnyConnection::Postgres(server) = &mut open.connection else {
            return self.file.as_ref().map_or(Ok(()), SqliteFile::check);
        };
        self.refuse_pooled_transactions()?;
        let process = limit_waits_of_server(server, self.timeout)?;
        if *open.server_process.get_or_insert(process) != process {
            log::error!(target: "vestibule::database", "a pooler {POOLED_PER_TRANSACTION}");
            self.pooled_per_transaction.store(true, Ordering::Relaxed);
        }
        self.refuse_pooled_transactions()
    }

    fn has_broken(&self, open: &mut OpenConnection) -> bool {
        open.only_reads || open.connection.is_broken()
    }
}

/// Limits the page cache of a SQLite connection to half a megabyte instead of two. There are
/// several connections, and the operating system caches the file for all of them.
pub(super) fn limit_cache(connection: &mut AnyConnection) -> Result<(), DbError> {
    Ok(connection.batch_execute("PRAGMA cache_size = -512;")?)
}
