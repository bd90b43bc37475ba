//! Opens and checks the source and the target: known schema, empty target, two different databases.

use std::fs;
use std::path::Path;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::error::TransferError;
use super::rows::TABLES;
use crate::db::address::Address;
use crate::db::connect::connect;
use crate::db::connection::AnyConnection;
use crate::db::error::DbError;
use crate::db::migrations::schema_status;
use crate::db::sqlite_file::identity;

/// How long to wait for a connection or a lock.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Returns the column `n` of a statement's one row.
pub(super) fn number(connection: &mut AnyConnection, statement: &str) -> QueryResult<i64> {
    diesel::sql_query(statement).get_result::<CountRow>(connection).map(|row| row.n)
}

/// Opens the source read-only; fails unless its schema is that of this program.
pub(super) fn open_source(from: &Address) -> Result<AnyConnection, TransferError> {
    if matches!(from, Address::Sqlite(path) if !path.exists()) {
        return Err(TransferError::NoSource);
    }
    let mut source = connect(from, TIMEOUT, false)?;
    allow_long_statements(&mut source)?;
    if let AnyConnection::Sqlite(sqlite) = &mut source {
        sqlite.batch_execute("PRAGMA query_only = ON;")?;
    }
    match schema_status(&mut source)? {
        found if found.unknown > 0 => Err(TransferError::SourceIsNewer),
        found if found.applied == 0 => Err(TransferError::SourceIsEmpty),
        found if found.pending > 0 => Err(TransferError::SourceIsOlder),
        _ => Ok(source),
    }
}

/// Opens the target; returns `None` in a dry run that would have to create its file.
pub(super) fn open_target(
    from: &Address,
    to: &Address,
    dry: bool,
) -> Result<Option<AnyConnection>, TransferError> {
    if let (Address::Sqlite(from), Address::Sqlite(to)) = (from, to)
        && identity(from).ok().is_some_and(|from| identity(to).is_ok_and(|to| from == to))
    {
        return Err(TransferError::Same);
    }
    if let Address::Sqlite(path) = to
        && dry
        && !path.exists()
    {
        // Without a dry run the file would be created.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let failed = |cause| DbError::Connect(format!("cannot write {}: {cause}", path.display()));
        fs::read_dir(parent.unwrap_or(Path::new("."))).map_err(failed)?;
        return Ok(None);
    }
    let mut target = connect(to, TIMEOUT, !dry)?;
    allow_long_statements(&mut target)?;
    Ok(Some(target))
}

/// Fails if both connections lead to the same PostgreSQL database, under whatever names: then the
/// second connection cannot get an advisory lock that the first one holds.
pub(super) fn expect_different(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
) -> Result<(), TransferError> {
    let (AnyConnection::Postgres(_), AnyConnection::Postgres(_)) = (&*source, &*target) else {
        return Ok(());
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|cause| DbError::Broken(cause.to_string()))?;
    let key = i64::from_ne_bytes(random);
    source.batch_execute(&format!("SELECT pg_advisory_lock({key})"))?;
    let try_lock = format!("SELECT pg_try_advisory_lock({key})::int::bigint AS n");
    if number(target, &try_lock)? == 1 { Ok(()) } else { Err(TransferError::Same) }
}

/// Removes the time limit of statements, because copying a table may take minutes.
pub(super) fn allow_long_statements(connection: &mut AnyConnection) -> Result<(), TransferError> {
    if let AnyConnection::Postgres(postgres) = connection {
        let millis = TIMEOUT.as_millis();
        postgres.batch_execute(&format!(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
             SET lock_timeout = {millis};"
        ))?;
    }
    Ok(())
}

/// Begins a read-only snapshot of the source.
pub(super) fn begin_snapshot(source: &mut AnyConnection) -> Result<(), TransferError> {
    match source {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN")?;
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(
            postgres,
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )?,
    }
    Ok(())
}

/// Locks the target's tables until the transaction ends. On SQLite the write transaction is already
/// exclusive.
pub(super) fn lock(target: &mut AnyConnection) -> Result<(), TransferError> {
    if let AnyConnection::Postgres(postgres) = target {
        let tables = TABLES.join(", ");
        postgres.batch_execute(&format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))?;
    }
    Ok(())
}

/// Fails if the target has rows. Missing tables count as empty.
pub(super) fn expect_empty(target: &mut AnyConnection) -> Result<(), TransferError> {
    let mut found = Vec::new();
    for table in TABLES {
        let table_exists = match target {
            AnyConnection::Sqlite(_) => {
                format!("SELECT count(*) AS n FROM sqlite_master WHERE name = '{table}'")
            }
            AnyConnection::Postgres(_) => {
                format!("SELECT count(to_regclass('{table}')) AS n")
            }
        };
        if number(target, &table_exists)? == 0 {
            continue;
        }
        // The migration itself inserts the initial row.
        let filter = if table == "event_chain" { "WHERE head <> 0 OR hash <> ''" } else { "" };
        let rows = number(target, &format!("SELECT count(*) AS n FROM {table} {filter}"))?;
        if rows > 0 {
            found.push((table, rows));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(TransferError::NotEmpty(found)) }
}
