//! The two databases before anything is moved: do they fit, and are they two?

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::MoveError;
use super::rows::TABLES;
use crate::db::manager::identity;
use crate::db::{Address, AnyConnection, DbError, connect, inspect};

/// How long it is waited for a connection or for whoever holds a lock.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What a statement answers in its column `n`.
pub(super) fn number(connection: &mut AnyConnection, statement: &str) -> QueryResult<i64> {
    diesel::sql_query(statement).get_result::<Number>(connection).map(|number| number.n)
}

/// The source, if this program knows its tables as they are.
pub(super) fn open_source(from: &Address) -> Result<AnyConnection, MoveError> {
    if matches!(from, Address::Sqlite(path) if !path.exists()) {
        return Err(MoveError::NoSource);
    }
    let mut source = connect(from, TIMEOUT, false)?;
    be_patient(&mut source)?;
    if let AnyConnection::Sqlite(sqlite) = &mut source {
        sqlite.batch_execute("PRAGMA query_only = ON;")?;
    }
    match inspect(&mut source)? {
        found if found.unknown > 0 => Err(MoveError::SourceIsNewer),
        found if found.applied == 0 => Err(MoveError::SourceIsEmpty),
        found if found.pending > 0 => Err(MoveError::SourceIsOlder),
        _ => Ok(source),
    }
}

/// The target; `None` in a dry run that would have to make its file.
pub(super) fn open_target(
    from: &Address,
    to: &Address,
    dry: bool,
) -> Result<Option<AnyConnection>, MoveError> {
    if let (Address::Sqlite(from), Address::Sqlite(to)) = (from, to)
        && identity(from).ok().is_some_and(|from| identity(to).is_ok_and(|to| from == to))
    {
        return Err(MoveError::Same);
    }
    if matches!(to, Address::Sqlite(path) if dry && !path.exists()) {
        return Ok(None);
    }
    let mut target = connect(to, TIMEOUT, !dry)?;
    be_patient(&mut target)?;
    Ok(Some(target))
}

/// Refuses two connections to one database, whatever names its server has: a lock that the one
/// holds, the other cannot get.
pub(super) fn keep_apart(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
) -> Result<(), MoveError> {
    let (AnyConnection::Postgres(_), AnyConnection::Postgres(_)) = (&*source, &*target) else {
        return Ok(());
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|cause| DbError::Broken(cause.to_string()))?;
    let key = i64::from_ne_bytes(random);
    source.batch_execute(&format!("SELECT pg_advisory_lock({key})"))?;
    let got = format!("SELECT pg_try_advisory_lock({key})::int::bigint AS n");
    if number(target, &got)? == 1 { Ok(()) } else { Err(MoveError::Same) }
}

/// No limit of time for a statement: a table may take minutes.
pub(super) fn be_patient(connection: &mut AnyConnection) -> Result<(), MoveError> {
    if let AnyConnection::Postgres(postgres) = connection {
        let millis = TIMEOUT.as_millis();
        postgres.batch_execute(&format!(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
             SET lock_timeout = {millis};"
        ))?;
    }
    Ok(())
}

/// From here on the source is read as it is now, and cannot be written to.
pub(super) fn begin_snapshot(source: &mut AnyConnection) -> Result<(), MoveError> {
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

/// Keeps everybody else out of the target's tables until the transaction ends. SQLite's write
/// transaction already lets only one in.
pub(super) fn lock(target: &mut AnyConnection) -> Result<(), MoveError> {
    if let AnyConnection::Postgres(postgres) = target {
        let tables = TABLES.join(", ");
        postgres.batch_execute(&format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))?;
    }
    Ok(())
}

/// Refuses a target with rows; without tables it has none.
pub(super) fn expect_empty(target: &mut AnyConnection) -> Result<(), MoveError> {
    let mut found = Vec::new();
    for table in TABLES {
        let there = match target {
            AnyConnection::Sqlite(_) => {
                format!("SELECT count(*) AS n FROM sqlite_master WHERE name = '{table}'")
            }
            AnyConnection::Postgres(_) => {
                format!("SELECT count(to_regclass('{table}')) AS n")
            }
        };
        if number(target, &there)? == 0 {
            continue;
        }
        // The migration itself writes the row before the first event.
        let but = if table == "event_chain" { "WHERE head <> 0 OR hash <> ''" } else { "" };
        let rows = number(target, &format!("SELECT count(*) AS n FROM {table} {but}"))?;
        if rows > 0 {
            found.push((table, rows));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(MoveError::NotEmpty(found)) }
}
