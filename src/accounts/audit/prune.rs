//! Deletes the oldest rows of the log; the rest remains a whole chain.

use std::time::Duration;

use time::OffsetDateTime;

use super::actor::Actor;
use super::queries;
use super::verify::mismatch;
use crate::db::{AnyConnection, to_micros};
use vestibule::{Error, ErrorKind};

/// How many thousand rows one row about pruning stands for at most.
const BATCHES: usize = 10;

/// A log is pruned once its oldest row is older than the retention by this, so that it gets one row
/// about pruning a day and not one with every run.
const SLACK: Duration = Duration::from_secs(24 * 60 * 60);

/// Deletes the rows from before a time, records where the chain begins from then on, and returns
/// how many rows were deleted. Verify first: a log that was tampered with is evidence.
///
/// # Errors
/// 503 `unavailable`.
pub fn prune(
    connection: &mut AnyConnection,
    before: OffsetDateTime,
    actor: &Actor,
) -> Result<usize, Error> {
    let base = queries::base(connection)?;
    let last = queries::last_before(connection, before)?;
    if last > base.id {
        let row = queries::events_after(connection, last - 1)?.into_iter().next();
        let head = row.map(|row| row.head()).filter(|head| head.id == last);
        queries::mark_pruned(connection, &head.ok_or(ErrorKind::NotFound)?, actor)?;
    }
    let (mut deleted, last) = (0, last.max(base.id));
    loop {
        // This also deletes the rows that an interrupted prune left.
        match queries::clear(connection, last)? {
            0 => return Ok(deleted),
            count => deleted += count,
        }
    }
}

/// Takes one short step of pruning the rows that are older than `retention`: deletes at most 1000,
/// or verifies and marks the next 10,000. Returns how many were deleted, and whether to go on.
///
/// Nothing is deleted from the first row on that does not fit its hash: it is evidence.
///
/// # Errors
/// 503 `unavailable`.
pub fn prune_step(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    retention: Duration,
) -> Result<(usize, bool), Error> {
    let base = queries::base(connection)?;
    let deleted = queries::clear(connection, base.id)?;
    if deleted > 0 {
        return Ok((deleted, true));
    }
    let (before, mut last) = (to_micros(now - retention), base.clone());
    for _ in 0..BATCHES {
        let batch = queries::events_after(connection, last.id)?;
        let is_due = |at: i64| at < to_micros(now - retention - SLACK);
        if last == base && !batch.first().is_some_and(|oldest| is_due(oldest.at)) {
            return Ok((0, false));
        }
        for entry in batch.iter().take_while(|entry| entry.at < before) {
            if let Some(why) = mismatch(entry, &last) {
                let row = last.id + 1;
                log::error!(target: "vestibule::events", row; "not pruned: a row {why}");
                return Ok((0, false));
            }
            last = entry.head();
        }
        if batch.last().is_none_or(|newest| newest.id != last.id) {
            break;
        }
    }
    queries::mark_pruned(connection, &last, &Actor::retention(now))?;
    Ok((0, true))
}
