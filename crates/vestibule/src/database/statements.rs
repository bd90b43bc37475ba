//! The statements on sign-ins. A row with a unique key is read with `get_result`: `first` would bind
//! a `LIMIT`, and SQLite prepares a query again whenever its limit is bound.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use time::OffsetDateTime;

use super::Connection;
pub(in crate::database) use super::throttle_statements::{
    count, counter, mark, purge_counters, read_no_counter, reset, uncount,
};
pub(in crate::database) use super::{begin, has_table, lock_row, seen_all};
use crate::database::micros::to_micros;
use crate::database::row::SignInRow;
use crate::database::schema::sign_ins;
use crate::sign_in::SignIn;
use crate::sign_in::amr::Amr;
use crate::sign_in::store::SignInUse;

pub(in crate::database) fn commit(connection: &mut Connection) -> QueryResult<()> {
    AnsiTransactionManager::commit_transaction(connection)
}

pub(in crate::database) fn rollback(connection: &mut Connection) -> QueryResult<()> {
    AnsiTransactionManager::rollback_transaction(connection)
}

/// Names every column, and reads no row.
pub(in crate::database) fn read_no_row(connection: &mut Connection) -> QueryResult<()> {
    let rows = sign_ins::table.select(SignInRow::as_select()).limit(0);
    rows.load(connection).map(drop)
}

pub(in crate::database) fn insert(
    connection: &mut Connection,
    sign_in: &SignIn,
) -> QueryResult<()> {
    let row = SignInRow::of(sign_in);
    diesel::insert_into(sign_ins::table).values(row).execute(connection).map(drop)
}

pub(in crate::database) fn find(
    connection: &mut Connection,
    id: &str,
) -> QueryResult<Option<SignIn>> {
    let row = sign_ins::table.find(id).select(SignInRow::as_select());
    let found: Option<SignInRow> = row.get_result(connection).optional()?;
    Ok(found.and_then(SignInRow::into_sign_in))
}

pub(in crate::database) fn seen(connection: &mut Connection, used: &SignInUse) -> QueryResult<()> {
    let (id, at, generation) = (used.id.as_str(), to_micros(used.at), used.generation);
    let earlier = sign_ins::table.find(id).filter(sign_ins::last_seen_at.lt(at));
    diesel::update(earlier).set(sign_ins::last_seen_at.eq(at)).execute(connection)?;
    if generation > 0 {
        let older = sign_ins::table.find(id).filter(sign_ins::used_generation.lt(generation));
        diesel::update(older).set(sign_ins::used_generation.eq(generation)).execute(connection)?;
    }
    Ok(())
}

pub(in crate::database) fn replace(
    connection: &mut Connection,
    sign_in: &SignIn,
) -> QueryResult<()> {
    let row = sign_ins::table.find(sign_in.id.as_str());
    diesel::update(row).set(SignInRow::of(sign_in)).execute(connection).map(drop)
}

pub(in crate::database) fn confirm(
    connection: &mut Connection,
    id: &str,
    at: OffsetDateTime,
    amr: Amr,
) -> QueryResult<()> {
    let row = sign_ins::table.find(id);
    let proven = (sign_ins::auth_time.eq(to_micros(at)), sign_ins::amr.eq(amr.to_string()));
    diesel::update(row).set(proven).execute(connection).map(drop)
}

pub(in crate::database) fn end(connection: &mut Connection, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(sign_ins::table.find(id)).execute(connection)? > 0)
}

pub(in crate::database) fn end_all(
    connection: &mut Connection,
    account: &str,
    except: Option<&str>,
) -> QueryResult<u64> {
    let others = sign_ins::table
        .filter(sign_ins::account.eq(account))
        .filter(sign_ins::id.ne(except.unwrap_or_default()));
    Ok(diesel::delete(others).execute(connection)? as u64)
}

/// Sorted here, because a database with a language collation does not sort ids as bytes.
pub(in crate::database) fn list(
    connection: &mut Connection,
    account: &str,
) -> QueryResult<Vec<SignIn>> {
    let rows: Vec<SignInRow> = sign_ins::table
        .filter(sign_ins::account.eq(account))
        .select(SignInRow::as_select())
        .load(connection)?;
    let mut all: Vec<_> = rows.into_iter().filter_map(SignInRow::into_sign_in).collect();
    all.sort_by(SignIn::latest_first);
    Ok(all)
}

/// The conditions are checked again while deleting, so that a sign-in used at this moment stays.
pub(in crate::database) fn purge(
    connection: &mut Connection,
    now: OffsetDateTime,
    idle: Duration,
    limit: i64,
) -> QueryResult<usize> {
    // Two queries, because each has an index of its own.
    let is_expired = sign_ins::expires_at.le(to_micros(now));
    let ids: Vec<String> = sign_ins::table
        .filter(is_expired)
        .order(sign_ins::expires_at)
        .select(sign_ins::id)
        .limit(limit)
        .load(connection)?;
    let expired = sign_ins::table.filter(sign_ins::id.eq_any(ids)).filter(is_expired);
    let expired = diesel::delete(expired).execute(connection)?;
    // The literal condition of the index: with parameters SQLite would not use it.
    let is_idle = || {
        sql::<Bool>("kind = 'browser' AND NOT remembered")
            .and(sign_ins::last_seen_at.le(to_micros(now - idle)))
    };
    let ids: Vec<String> = sign_ins::table
        .filter(is_idle())
        .order(sign_ins::last_seen_at)
        .select(sign_ins::id)
        .limit(limit - i64::try_from(expired).unwrap_or(limit))
        .load(connection)?;
    let idle = sign_ins::table.filter(sign_ins::id.eq_any(ids)).filter(is_idle());
    Ok(expired + diesel::delete(idle).execute(connection)?)
}
