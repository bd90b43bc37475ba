//! Finds a connection pooler between the service and PostgreSQL that gives each transaction another
//! connection of the server. The service needs the same one for all: it sets time limits, keeps
//! prepared statements and locks its migrations.

use std::time::Duration;

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::prelude::*;

use super::address::{Address, Backend};
use super::connect::{BackendProcess, connect};
use super::connection::AnyConnection;
use super::error::DbError;

/// The rest of a sentence about such a pooler.
pub const POOLED_PER_TRANSACTION: &str = "gives each transaction another connection of the server; \
                                          let it pool sessions (PgBouncer: pool_mode = session)";

/// How often to compare: a pooler may take the server's connections in turn.
const ATTEMPTS: usize = 4;

/// Returns whether two connections share one of the server, or one of them changes it.
///
/// # Errors
/// [`DbError`] if there is no connection.
pub fn is_pooled_per_transaction(address: &Address, timeout: Duration) -> Result<bool, DbError> {
    if address.backend() == Backend::Sqlite {
        return Ok(false);
    }
    let mut first = connect_unprepared(address, timeout)?;
    let mut second = connect_unprepared(address, timeout)?;
    let own = begin(&mut first)?;
    first.batch_execute("COMMIT")?;
    for _ in 0..ATTEMPTS {
        let other = begin(&mut second)?;
        let now = begin(&mut first)?;
        first.batch_execute("COMMIT")?;
        second.batch_execute("COMMIT")?;
        if other == own || now != own {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens a connection that keeps no prepared statements, which a pooler might not find again.
fn connect_unprepared(address: &Address, timeout: Duration) -> Result<AnyConnection, DbError> {
    let mut connection = connect(address, timeout, false)?;
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    Ok(connection)
}

/// Begins a transaction, and returns the process id of its backend.
fn begin(connection: &mut AnyConnection) -> Result<i32, DbError> {
    connection.batch_execute("BEGIN")?;
    let row = diesel::sql_query("SELECT pg_backend_pid() AS pid");
    Ok(row.get_result::<BackendProcess>(connection)?.pid)
}
