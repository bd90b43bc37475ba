//! Every statement about the audit log.

use std::collections::HashMap;

use diesel::prelude::*;
use time::OffsetDateTime;

use crate::accounts::audit::{Actor, AuditEvent, ChainHead, Entry, Record};
use crate::db::schema::{event_chain, events, users};
use crate::db::{AnyConnection, write};
use vestibule::to_micros;

/// How many events a page of the log holds.
pub const EVENTS_PAGE: i64 = 50;

/// How many rows are read or deleted at once.
const BATCH: i64 = 1000;

/// Writes records at the end of the chain. Belongs into a transaction; until that ends every
/// other writer of the chain waits, so it comes last.
pub(in crate::accounts) fn append(
    connection: &mut AnyConnection,
    records: &[Record],
) -> QueryResult<()> {
    if records.is_empty() {
        return Ok(());
    }
    // SQLite's write transaction already lets only one in.
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT id FROM event_chain FOR UPDATE").execute(postgres)?;
    }
    let mut head = head(connection)?.ok_or(diesel::result::Error::NotFound)?;
    for record in records {
        let entry = record.clone().chained(&head);
        diesel::insert_into(events::table).values(&entry).execute(connection)?;
        head = entry.head();
    }
    diesel::update(event_chain::table)
        .set((event_chain::head.eq(head.id), event_chain::hash.eq(head.hash)))
        .execute(connection)
        .map(drop)
}

/// The end of the chain, as whoever wrote last left it; `None` when somebody took that away.
///
/// # Errors
/// Whatever the database says.
pub fn head(connection: &mut AnyConnection) -> QueryResult<Option<ChainHead>> {
    let row = event_chain::table.select((event_chain::head, event_chain::hash));
    let row: Option<(i64, String)> = row.get_result(connection).optional()?;
    Ok(row.map(|(id, hash)| ChainHead { id, hash }))
}

/// The names of these users, of those that there are.
pub(in crate::accounts) fn names_of(
    connection: &mut AnyConnection,
    ids: Vec<i64>,
) -> QueryResult<HashMap<i64, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = users::table.filter(users::id.eq_any(ids)).select((users::id, users::username));
    Ok(rows.load(connection)?.into_iter().collect())
}

/// One page of the log, newest first: of one account or of all, and before a row or from the
/// newest. One more than a page when there is more.
///
/// # Errors
/// Whatever the database says.
pub fn events(
    connection: &mut AnyConnection,
    account: Option<i64>,
    before: Option<i64>,
) -> QueryResult<Vec<Entry>> {
    let older = events::table
        .filter(events::id.lt(before.unwrap_or(i64::MAX)))
        .order(events::id.desc())
        .limit(EVENTS_PAGE + 1)
        .select(Entry::as_select());
    match account {
        Some(account) => older.filter(events::account.eq(account)).load(connection),
        None => older.load(connection),
    }
}

/// The rows after this one, oldest first, some at a time.
///
/// # Errors
/// Whatever the database says.
pub fn events_after(connection: &mut AnyConnection, id: i64) -> QueryResult<Vec<Entry>> {
    let later = events::table.filter(events::id.gt(id)).order(events::id).limit(BATCH);
    later.select(Entry::as_select()).load(connection)
}

/// The row before the first one that is not older than this; the newest when all are older.
///
/// # Errors
/// Whatever the database says.
pub fn last_before(connection: &mut AnyConnection, at: OffsetDateTime) -> QueryResult<i64> {
    let later = events::table.filter(events::at.ge(to_micros(at)));
    let first: Option<i64> = later.select(diesel::dsl::min(events::id)).get_result(connection)?;
    match first {
        Some(id) => Ok(id - 1),
        None => Ok(head(connection)?.map_or(0, |head| head.id)),
    }
}

/// A row with a number that none of ours has.
pub(in crate::accounts) fn before_first(
    connection: &mut AnyConnection,
) -> QueryResult<Option<i64>> {
    let foreign = events::table.filter(events::id.le(0));
    foreign.select(diesel::dsl::min(events::id)).get_result(connection)
}

/// Where the chain begins: after the rows that were pruned last, or before the first.
pub(in crate::accounts) fn base(connection: &mut AnyConnection) -> QueryResult<ChainHead> {
    let pruned = events::table.filter(events::event.eq(AuditEvent::EventsPruned.as_str()));
    let newest = pruned.order(events::id.desc()).select((events::id, events::detail));
    let newest: Option<(i64, Option<String>)> = newest.first(connection).optional()?;
    // A mark that would leave itself out of the chain is none of ours.
    let base = newest.and_then(|(id, detail)| {
        ChainHead::parse(&detail.unwrap_or_default()).filter(|base| base.id < id)
    });
    Ok(base.unwrap_or_default())
}

/// Writes down that the chain begins after `base` from now on; the rows up to there may then
/// be [cleared](clear).
pub(in crate::accounts) fn mark_pruned(
    connection: &mut AnyConnection,
    base: &ChainHead,
    by: &Actor,
) -> QueryResult<()> {
    let record = Record::by(AuditEvent::EventsPruned, by).detail(base.to_string());
    write(connection, |connection| append(connection, &[record]))
}

/// Deletes the rows up to this one, in batches, so that a service beside it never waits long;
/// answers how many.
pub(in crate::accounts) fn clear(connection: &mut AnyConnection, last: i64) -> QueryResult<usize> {
    let mut cleared = 0;
    loop {
        let oldest = events::table.filter(events::id.le(last)).order(events::id).limit(BATCH);
        let ids: Vec<i64> = oldest.select(events::id).load(connection)?;
        if ids.is_empty() {
            return Ok(cleared);
        }
        let batch = events::table.filter(events::id.eq_any(ids));
        cleared += diesel::delete(batch).execute(connection)?;
    }
}
