//! The queries of the audit log.
//!
//! Apart from `db::transfer`, only this file uses the tables `events` and `event_chain`; of `users`
//! only the names are read.

use std::collections::HashMap;
use std::time::Duration;

use diesel::dsl::{exists, select, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use time::OffsetDateTime;

use super::actor::Actor;
use super::entry::{ChainHead, Entry, Record};
use super::event::AuditEvent;
use crate::db::schema::{event_chain, events, users};
use crate::db::to_micros;
use crate::db::{AnyConnection, write};
use vestibule::{Error, ErrorKind};

/// Events per page of the log.
pub const EVENTS_PAGE: i64 = 50;

/// How long after a request another one may be a repetition of it.
pub(in crate::accounts) const COPY_WINDOW: Duration = Duration::from_secs(60);

/// Rows that are read or deleted with one query.
const BATCH: i64 = 1000;

/// Appends records to the chain. Call it last in a transaction: it locks the chain, and every
/// other writer waits until the transaction ends.
pub(in crate::accounts) fn append(
    connection: &mut AnyConnection,
    records: &[Record],
) -> QueryResult<()> {
    if records.is_empty() {
        return Ok(());
    }
    lock(connection)?;
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

/// Locks the chain. On SQLite the write transaction already excludes other writers.
fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT id FROM event_chain FOR UPDATE").execute(postgres)?;
    }
    Ok(())
}

/// Returns the stored end of the chain; `None` if its row was deleted.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(super) fn head(connection: &mut AnyConnection) -> QueryResult<Option<ChainHead>> {
    let row = event_chain::table.select((event_chain::head, event_chain::hash));
    let row: Option<(i64, String)> = row.get_result(connection).optional()?;
    Ok(row.map(|(id, hash)| ChainHead { id, hash }))
}

/// Returns the user names of the ids that exist.
pub(super) fn names_of(
    connection: &mut AnyConnection,
    ids: Vec<i64>,
) -> QueryResult<HashMap<i64, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = users::table.filter(users::id.eq_any(ids)).select((users::id, users::username));
    Ok(rows.load(connection)?.into_iter().collect())
}

/// Returns the id and name of the user with this canonical name.
pub(super) fn user_by_key(
    connection: &mut AnyConnection,
    username_key: &str,
) -> QueryResult<Option<(i64, String)>> {
    let row = users::table.filter(users::username_key.eq(username_key));
    row.select((users::id, users::username)).get_result(connection).optional()
}

/// Returns a page of the log, newest first: of one account or of all, before a row or from the
/// newest. It holds one row more than a page if older rows exist.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(in crate::accounts) fn events(
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

/// Fails if the log has this event of the account from a request of the same user that came later. That one
/// replaces what this one would make, and its response is the one that a browser shows after a double
/// click. Only events less than `COPY_WINDOW` later count, so after the clock is set back requests are refused
/// for a minute at most.
///
/// # Errors
/// 409 `already_made`, 503 `unavailable`.
pub(in crate::accounts) fn check_is_newest(
    connection: &mut AnyConnection,
    account: i64,
    event: AuditEvent,
    actor: &Actor,
) -> Result<(), Error> {
    let at = actor.at();
    let later = events::table
        .filter(events::account.eq(account))
        .filter(events::event.eq(event.as_str()))
        .filter(events::actor_account.eq(actor.account))
        .filter(events::at.gt(to_micros(at)))
        .filter(events::at.lt(to_micros(at + COPY_WINDOW)));
    if select(exists(later)).get_result(connection)? {
        let detail =
            "Another request has replaced this one. Use its response, or try again in a minute.";
        return Err(Error::new(ErrorKind::AlreadyMade).detail(detail));
    }
    Ok(())
}

/// Returns the next 1000 rows after this one, oldest first.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn events_after(connection: &mut AnyConnection, id: i64) -> QueryResult<Vec<Entry>> {
    let later = events::table.filter(events::id.gt(id)).order(events::id).limit(BATCH);
    later.select(Entry::as_select()).load(connection)
}

/// Returns the number of the last row before the first one at or after `at`; of the newest row
/// if all are older.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn last_before(connection: &mut AnyConnection, at: OffsetDateTime) -> QueryResult<i64> {
    let later = events::table.filter(events::at.ge(to_micros(at)));
    let first: Option<i64> = later.select(diesel::dsl::min(events::id)).get_result(connection)?;
    match first {
        Some(id) => Ok(id - 1),
        None => Ok(head(connection)?.map_or(0, |head| head.id)),
    }
}

/// Returns the number of a row below 1, which was inserted by other software.
pub(super) fn before_first(connection: &mut AnyConnection) -> QueryResult<Option<i64>> {
    let foreign = events::table.filter(events::id.le(0));
    foreign.select(diesel::dsl::min(events::id)).get_result(connection)
}

/// Returns where the chain begins: after the rows that were pruned last, or before the first.
pub(super) fn base(connection: &mut AnyConnection) -> QueryResult<ChainHead> {
    // The literal condition of the index: with a parameter it would not be used.
    let pruned = events::table.filter(sql::<Bool>("event = 'events_pruned'"));
    let newest = pruned.order(events::id.desc()).select((events::id, events::detail));
    let newest: Option<(i64, Option<String>)> = newest.first(connection).optional()?;
    // A mark that would exclude itself from the chain is forged.
    let base = newest.and_then(|(id, detail)| {
        ChainHead::parse(&detail.unwrap_or_default()).filter(|base| base.id < id)
    });
    Ok(base.unwrap_or_default())
}

/// Records that the chain begins after `base` from now on; the rows up to there may then be
/// deleted with [`clear`]. Another process may have pruned more meanwhile; then nothing is recorded.
pub(super) fn mark_pruned(
    connection: &mut AnyConnection,
    base: &ChainHead,
    actor: &Actor,
) -> QueryResult<()> {
    let record = Record::new(AuditEvent::EventsPruned, actor).detail(base.to_string());
    write(connection, |connection| {
        lock(connection)?;
        if self::base(connection)?.id >= base.id {
            return Ok(());
        }
        append(connection, &[record])
    })
}

/// Deletes the oldest thousand of the rows up to this one and returns how many.
pub(super) fn clear(connection: &mut AnyConnection, last: i64) -> QueryResult<usize> {
    let oldest = events::table.filter(events::id.le(last)).order(events::id).limit(BATCH);
    let ids: Vec<i64> = oldest.select(events::id).load(connection)?;
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::delete(events::table.filter(events::id.eq_any(ids))).execute(connection)
}
