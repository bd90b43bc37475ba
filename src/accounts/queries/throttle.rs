//! Every statement about failed proofs of a password.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use time::OffsetDateTime;

use crate::auth::to_micros;
use crate::db::AnyConnection;
use crate::db::schema::throttle;

/// One count, in one statement, so that many attempts at once are all counted: a count whose
/// window is over begins anew.
const COUNT: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 1, $2) \
     ON CONFLICT (bucket) DO UPDATE SET \
     failures = CASE WHEN throttle.ends_at <= $3 THEN 1 ELSE throttle.failures + 1 END, \
     ends_at = CASE WHEN throttle.ends_at <= $3 THEN $2 ELSE throttle.ends_at END";

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
    let (failures, ends_at) = row.first(connection)?;
    Ok(Counted { failures, ends_at })
}

/// Takes one count back: the attempt was none of the bucket's failures.
pub(in crate::accounts) fn uncount(
    connection: &mut AnyConnection,
    bucket: &str,
) -> QueryResult<usize> {
    let counted = throttle::table.find(bucket).filter(throttle::failures.gt(0));
    diesel::update(counted).set(throttle::failures.eq(throttle::failures - 1)).execute(connection)
}

/// Forgets a bucket.
pub(in crate::accounts) fn forget(
    connection: &mut AnyConnection,
    bucket: &str,
) -> QueryResult<usize> {
    diesel::delete(throttle::table.find(bucket)).execute(connection)
}

/// Deletes the counts whose window is over; answers how many.
///
/// # Errors
/// Whatever the database says.
pub fn purge_throttle(connection: &mut AnyConnection, now: OffsetDateTime) -> QueryResult<usize> {
    let over = throttle::table.filter(throttle::ends_at.le(to_micros(now)));
    diesel::delete(over).execute(connection)
}
