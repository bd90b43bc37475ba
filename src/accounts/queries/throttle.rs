//! Queries about counters: how often something was tried within a time window.
//!
//! A counter is a row of the table `throttle`; its name is in the column `bucket`.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use time::OffsetDateTime;

use crate::db::AnyConnection;
use crate::db::schema::throttle;
use crate::db::to_micros;

/// Adds 1, in one query, so that simultaneous attempts are all counted. A counter whose window has
/// ended begins again.
const COUNT: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 1, $2) \
     ON CONFLICT (bucket) DO UPDATE SET \
     failures = CASE WHEN throttle.ends_at <= $3 THEN 1 ELSE throttle.failures + 1 END, \
     ends_at = CASE WHEN throttle.ends_at <= $3 THEN $2 ELSE throttle.ends_at END";

/// Subtracts, but not below 0: a window may have ended meanwhile and begun again. The parameters
/// are numbered in order of appearance, because SQLite takes the numbers for names.
const UNCOUNT: &str = "UPDATE throttle \
     SET failures = CASE WHEN failures > $1 THEN failures - $1 ELSE 0 END WHERE bucket = $2";

/// Inserts a row that counts nothing and only exists until its end.
const MARK: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 0, $2) \
     ON CONFLICT (bucket) DO UPDATE SET ends_at = $2";

/// A counter after counting.
#[derive(Clone, Copy, Debug)]
pub(in crate::accounts) struct CounterState {
    pub(in crate::accounts) count: i64,
    /// In microseconds since 1970.
    pub(in crate::accounts) ends_at: i64,
}

/// Adds 1 to a counter and returns its state.
pub(in crate::accounts) fn count(
    connection: &mut AnyConnection,
    name: &str,
    now: OffsetDateTime,
    window: Duration,
) -> QueryResult<CounterState> {
    diesel::sql_query(COUNT)
        .bind::<Text, _>(name)
        .bind::<BigInt, _>(to_micros(now + window))
        .bind::<BigInt, _>(to_micros(now))
        .execute(connection)?;
    let row = throttle::table.find(name).select((throttle::failures, throttle::ends_at));
    let (count, ends_at) = row.get_result(connection)?;
    Ok(CounterState { count, ends_at })
}

/// Subtracts from a counter, for attempts that did not fail after all.
pub(in crate::accounts) fn uncount(
    connection: &mut AnyConnection,
    name: &str,
    count: i64,
) -> QueryResult<usize> {
    diesel::sql_query(UNCOUNT).bind::<BigInt, _>(count).bind::<Text, _>(name).execute(connection)
}

/// Returns the state of a counter whose window has not ended.
pub(in crate::accounts) fn state(
    connection: &mut AnyConnection,
    name: &str,
    now: OffsetDateTime,
) -> QueryResult<Option<CounterState>> {
    let row = throttle::table.find(name).filter(throttle::ends_at.gt(to_micros(now)));
    let row = row.select((throttle::failures, throttle::ends_at)).get_result(connection);
    Ok(row.optional()?.map(|(count, ends_at)| CounterState { count, ends_at }))
}

/// Returns the count of a counter; 0 if it does not exist.
pub(in crate::accounts) fn current(connection: &mut AnyConnection, name: &str) -> QueryResult<i64> {
    let row = throttle::table.find(name).select(throttle::failures).get_result(connection);
    Ok(row.optional()?.unwrap_or(0))
}

/// Deletes a counter.
pub(in crate::accounts) fn reset(connection: &mut AnyConnection, name: &str) -> QueryResult<usize> {
    diesel::delete(throttle::table.find(name)).execute(connection)
}

/// Sets a mark until a time, and replaces the time of an existing one.
pub(in crate::accounts) fn mark(
    connection: &mut AnyConnection,
    name: &str,
    until: OffsetDateTime,
) -> QueryResult<usize> {
    diesel::sql_query(MARK)
        .bind::<Text, _>(name)
        .bind::<BigInt, _>(to_micros(until))
        .execute(connection)
}

/// Returns whether an unexpired mark exists.
pub(in crate::accounts) fn is_marked(
    connection: &mut AnyConnection,
    name: &str,
    now: OffsetDateTime,
) -> QueryResult<bool> {
    let row = throttle::table.find(name).filter(throttle::ends_at.gt(to_micros(now)));
    let found: Option<String> = row.select(throttle::bucket).get_result(connection).optional()?;
    Ok(found.is_some())
}

/// Deletes at most `limit` counters whose window has ended and returns how many. The condition is
/// checked again while deleting, so that one that begins again at this moment stays.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_throttle(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let has_ended = throttle::ends_at.le(to_micros(now));
    let names: Vec<String> = throttle::table
        .filter(has_ended)
        .order(throttle::ends_at)
        .select(throttle::bucket)
        .limit(limit)
        .load(connection)?;
    let ended = throttle::table.filter(throttle::bucket.eq_any(names)).filter(has_ended);
    diesel::delete(ended).execute(connection)
}
