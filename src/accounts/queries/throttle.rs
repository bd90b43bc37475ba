//! Every statement about buckets: how often something was done lately.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use time::OffsetDateTime;

use crate::db::AnyConnection;
use crate::db::schema::throttle;
use vestibule::to_micros;

/// One count, in one statement, so that many attempts at once are all counted: a count whose
/// window is over begins anew.
const COUNT: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 1, $2) \
     ON CONFLICT (bucket) DO UPDATE SET \
     failures = CASE WHEN throttle.ends_at <= $3 THEN 1 ELSE throttle.failures + 1 END, \
     ends_at = CASE WHEN throttle.ends_at <= $3 THEN $2 ELSE throttle.ends_at END";

/// Never below nothing: a window that ended meanwhile began anew without these. The numbers
/// come in order, because to SQLite they are names.
const UNCOUNT: &str = "UPDATE throttle \
     SET failures = CASE WHEN failures > $1 THEN failures - $1 ELSE 0 END WHERE bucket = $2";

/// A row that counts nothing and only is there until its end.
const NOTE: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 0, $2) \
     ON CONFLICT (bucket) DO UPDATE SET ends_at = $2";

/// What a bucket holds after counting.
#[derive(Clone, Copy, Debug)]
pub(in crate::accounts) struct Counted {
    pub(in crate::accounts) failures: i64,
    pub(in crate::accounts) ends_at: i64,
}

/// Counts one attempt as failed until it succeeds, and answers the count.
pub(in crate::accounts) fn count(
    connection: &mut AnyConnection,
    bucket: &str,
    now: OffsetDateTime,
    window: Duration,
) -> QueryResult<Counted> {
    diesel::sql_query(COUNT)
        .bind::<Text, _>(bucket)
        .bind::<BigInt, _>(to_micros(now + window))
        .bind::<BigInt, _>(to_micros(now))
        .execute(connection)?;
    let row = throttle::table.find(bucket).select((throttle::failures, throttle::ends_at));
    let (failures, ends_at) = row.get_result(connection)?;
    Ok(Counted { failures, ends_at })
}

/// Takes so many counts back: the attempts were none of the bucket's failures.
pub(in crate::accounts) fn uncount(
    connection: &mut AnyConnection,
    bucket: &str,
    by: i64,
) -> QueryResult<usize> {
    diesel::sql_query(UNCOUNT).bind::<BigInt, _>(by).bind::<Text, _>(bucket).execute(connection)
}

/// How many failures a bucket holds.
pub(in crate::accounts) fn failures(
    connection: &mut AnyConnection,
    bucket: &str,
) -> QueryResult<i64> {
    let row = throttle::table.find(bucket).select(throttle::failures).get_result(connection);
    Ok(row.optional()?.unwrap_or(0))
}

/// Forgets a bucket.
pub(in crate::accounts) fn forget(
    connection: &mut AnyConnection,
    bucket: &str,
) -> QueryResult<usize> {
    diesel::delete(throttle::table.find(bucket)).execute(connection)
}

/// Notes something until a time; noted again, until the new one.
pub(in crate::accounts) fn note(
    connection: &mut AnyConnection,
    bucket: &str,
    until: OffsetDateTime,
) -> QueryResult<usize> {
    diesel::sql_query(NOTE)
        .bind::<Text, _>(bucket)
        .bind::<BigInt, _>(to_micros(until))
        .execute(connection)
}

/// Whether something is noted and its time not over.
pub(in crate::accounts) fn is_noted(
    connection: &mut AnyConnection,
    bucket: &str,
    now: OffsetDateTime,
) -> QueryResult<bool> {
    let row = throttle::table.find(bucket).filter(throttle::ends_at.gt(to_micros(now)));
    let found: Option<String> = row.select(throttle::bucket).get_result(connection).optional()?;
    Ok(found.is_some())
}

/// Deletes the buckets whose window is over; answers how many.
///
/// # Errors
/// Whatever the database says.
pub fn purge_throttle(connection: &mut AnyConnection, now: OffsetDateTime) -> QueryResult<usize> {
    let over = throttle::table.filter(throttle::ends_at.le(to_micros(now)));
    diesel::delete(over).execute(connection)
}
