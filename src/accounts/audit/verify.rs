//! Is the log what was written? From the first row to the last, each against the one before.

use time::OffsetDateTime;

use super::{Actor, ChainHead, Entry};
use crate::accounts::queries;
use crate::db::AnyConnection;
use vestibule::{Error, ErrorKind};

/// What came of looking at every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Nothing was changed and nothing is missing, as far as the database alone can tell.
    Whole {
        /// How many rows were looked at.
        rows: i64,
        /// The last one.
        head: ChainHead,
    },
    /// The first row that is not what was written.
    Broken {
        /// Its number.
        id: i64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Looks at every row; with `expected`, a place that was noted outside of the database, also
/// whether that row is still there as it was. Rows that were pruned are not looked at.
///
/// # Errors
/// 422 `invalid_field` when the expected row was pruned, 503 `unavailable`.
pub fn verify(
    connection: &mut AnyConnection,
    expected: Option<&ChainHead>,
) -> Result<Verified, Error> {
    let broken = |id: i64, why: &'static str| Ok(Verified::Broken { id, why });
    // First of all: what others write while we read comes after it.
    let Some(newest) = queries::head(connection)? else {
        return broken(1, "and all others are without the mark of the newest");
    };
    let base = queries::base(connection)?;
    if expected.is_some_and(|expected| expected.id < base.id) {
        let message = "That row was pruned; only later ones can be compared.";
        return Err(Error::invalid_field("expect", message));
    }
    // Rows are numbered from 1: pages would show one before that, and no hash covers it.
    if let Some(id) = queries::before_first(connection)? {
        return broken(id, "was put in");
    }
    let unlike = |expected: &ChainHead, found: &ChainHead| {
        expected.id == found.id && expected.hash != found.hash
    };
    let mut last = base.clone();
    loop {
        let batch = queries::events_after(connection, last.id)?;
        for entry in &batch {
            if let Some(why) = fault(entry, &last) {
                return broken(last.id + 1, why);
            }
            last = entry.head();
            if unlike(&newest, &last) {
                return broken(last.id, "is not the one that is marked as the newest");
            }
            if expected.is_some_and(|expected| unlike(expected, &last)) {
                return broken(last.id, "is not the one that was expected");
            }
        }
        if batch.is_empty() {
            break;
        }
    }
    let cut = |head: &ChainHead| head.id > last.id;
    if cut(&newest) || expected.is_some_and(cut) {
        return broken(last.id + 1, "is missing, with all that came after it");
    }
    Ok(Verified::Whole { rows: last.id - base.id, head: last })
}

/// What is wrong with the row that follows on this one.
fn fault(entry: &Entry, last: &ChainHead) -> Option<&'static str> {
    if entry.id != last.id + 1 {
        Some("is missing")
    } else if entry.hash != entry.digest(&last.hash) {
        Some("does not fit its hash and the row before it")
    } else {
        None
    }
}

/// Takes out the rows from before a time and writes down where the chain begins from then on;
/// answers how many rows. Verify first: a log that is not whole is evidence.
///
/// # Errors
/// 503 `unavailable`.
pub fn prune(
    connection: &mut AnyConnection,
    before: OffsetDateTime,
    by: &Actor,
) -> Result<usize, Error> {
    let base = queries::base(connection)?;
    let last = queries::last_before(connection, before)?;
    if last > base.id {
        let row = queries::events_after(connection, last - 1)?.into_iter().next();
        let head = row.map(|row| row.head()).filter(|head| head.id == last);
        queries::mark_pruned(connection, &head.ok_or(ErrorKind::NotFound)?, by)?;
    }
    // The rows of a prune that was cut off go with it.
    Ok(queries::clear(connection, last.max(base.id))?)
}
