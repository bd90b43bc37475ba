//! Queries that end many sign-ins: expired ones, and those above the limit of an account.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use time::OffsetDateTime;

use crate::db::AnyConnection;
use crate::db::schema::sign_ins;
use crate::db::to_micros;

/// Ends all browser and token sign-ins of a user except the `max` that were used last, at most 500 at
/// once; returns how many.
pub(in crate::accounts) fn end_least_recently_used(
    connection: &mut AnyConnection,
    account: i64,
    max: i64,
) -> QueryResult<usize> {
    let ids: Vec<String> = sign_ins::table
        .filter(sign_ins::account.eq(account).and(sign_ins::kind.ne("key")))
        .order((sign_ins::last_seen_at.desc(), sign_ins::created_at.desc(), sign_ins::id.desc()))
        .select(sign_ins::id)
        .offset(max)
        .limit(500)
        .load(connection)?;
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::delete(sign_ins::table.filter(sign_ins::id.eq_any(ids))).execute(connection)
}

/// Deletes at most `limit` expired or idle sign-ins and returns how many. The condition is checked
/// again while deleting, so that one used at this moment stays.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge(
    connection: &mut AnyConnection,
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
