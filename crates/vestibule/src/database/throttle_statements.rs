//! The statements on counters. A counter is a row of the table `throttle`; its name is in the column
//! `bucket`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Connection;
use crate::database::schema::throttle;

/// Adds 1, in one statement, so that simultaneous attempts are all counted. A counter whose window has
/// ended begins again; one that would last longer than a new one keeps its count and ends with it.
const COUNT: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 1, $2) \
     ON CONFLICT (bucket) DO UPDATE SET \
     failures = CASE WHEN throttle.ends_at <= $3 THEN 1 ELSE throttle.failures + 1 END, \
     ends_at = CASE WHEN throttle.ends_at <= $3 OR throttle.ends_at > $2 THEN $2 \
     ELSE throttle.ends_at END";

/// The parameters are numbered in order of appearance, because SQLite takes the numbers for names.
const UNCOUNT: &str = "UPDATE throttle \
     SET failures = CASE WHEN failures > $1 THEN failures - $1 ELSE 0 END WHERE bucket = $2";

const MARK: &str = "INSERT INTO throttle (bucket, failures, ends_at) VALUES ($1, 0, $2) \
     ON CONFLICT (bucket) DO UPDATE SET ends_at = $2";

/// Names every column, and reads no row.
pub(in crate::database) fn read_no_counter(connection: &mut Connection) -> QueryResult<()> {
    let rows = throttle::table.limit(0);
    rows.load::<(String, i64, i64)>(connection).map(drop)
}

pub(in crate::database) fn count(
    connection: &mut Connection,
    name: &str,
    now: i64,
    ends_at: i64,
) -> QueryResult<(i64, i64)> {
    let insert = diesel::sql_query(COUNT).bind::<Text, _>(name).bind::<BigInt, _>(ends_at);
    insert.bind::<BigInt, _>(now).execute(connection)?;
    let row = throttle::table.find(name).select((throttle::failures, throttle::ends_at));
    row.get_result(connection)
}

pub(in crate::database) fn uncount(
    connection: &mut Connection,
    name: &str,
    count: i64,
) -> QueryResult<()> {
    let update = diesel::sql_query(UNCOUNT).bind::<BigInt, _>(count).bind::<Text, _>(name);
    update.execute(connection).map(drop)
}

pub(in crate::database) fn counter(
    connection: &mut Connection,
    name: &str,
    now: i64,
) -> QueryResult<Option<(i64, i64)>> {
    let row = throttle::table.find(name).filter(throttle::ends_at.gt(now));
    row.select((throttle::failures, throttle::ends_at)).get_result(connection).optional()
}

pub(in crate::database) fn reset(connection: &mut Connection, name: &str) -> QueryResult<()> {
    diesel::delete(throttle::table.find(name)).execute(connection).map(drop)
}

pub(in crate::database) fn mark(
    connection: &mut Connection,
    name: &str,
    ends_at: i64,
) -> QueryResult<()> {
    let insert = diesel::sql_query(MARK).bind::<Text, _>(name).bind::<BigInt, _>(ends_at);
    insert.execute(connection).map(drop)
}

/// The condition is checked again while deleting, so that a counter that begins again at this moment
/// stays.
pub(in crate::database) fn purge_counters(
    connection: &mut Connection,
    now: i64,
    limit: i64,
) -> QueryResult<usize> {
    let has_ended = throttle::ends_at.le(now);
    let names: Vec<String> = throttle::table
        .filter(has_ended)
        .order(throttle::ends_at)
        .select(throttle::bucket)
        .limit(limit)
        .load(connection)?;
    let ended = throttle::table.filter(throttle::bucket.eq_any(names)).filter(has_ended);
    diesel::delete(ended).execute(connection)
}
