//! Verifies the hash chain from the first row to the last.

use super::entry::{ChainHead, Entry};
use super::queries;
use crate::db::AnyConnection;
use vestibule::Error;

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// No row was changed and none is missing, as far as the database alone can show.
    Whole {
        /// How many rows were verified.
        rows: i64,
        /// The last row.
        head: ChainHead,
    },
    /// A row was changed, inserted or deleted; the first of them.
    Broken {
        /// Its number.
        id: i64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Verifies every row that was not pruned. With `expected`, a head that was stored outside of the
/// database, also verifies that this row still exists unchanged.
///
/// # Errors
/// 422 `invalid_field` when the expected row was pruned, 503 `unavailable`.
pub fn verify(
    connection: &mut AnyConnection,
    expected: Option<&ChainHead>,
) -> Result<Verified, Error> {
    loop {
        let base = queries::base(connection)?;
        let verified = verify_after(connection, &base, expected)?;
        // Rows that are pruned meanwhile are missing for another reason.
        if matches!(verified, Verified::Whole { .. }) || queries::base(connection)? == base {
            return Ok(verified);
        }
    }
}

/// Verifies the rows after `base`.
fn verify_after(
    connection: &mut AnyConnection,
    base: &ChainHead,
    expected: Option<&ChainHead>,
) -> Result<Verified, Error> {
    let broken = |id: i64, why: &'static str| Ok(Verified::Broken { id, why });
    // Read first, because other processes may append rows meanwhile.
    let Some(newest) = queries::head(connection)? else {
        return broken(1, "and all others are without the mark of the newest");
    };
    if expected.is_some_and(|expected| expected.id < base.id) {
        let message = "That row was pruned; only later ones can be compared.";
        return Err(Error::invalid_field("expect", message));
    }
    // Rows are numbered from 1. Pages would show a row below that, and no hash covers it.
    if let Some(id) = queries::before_first(connection)? {
        return broken(id, "was put in");
    }
    let differs = |expected: &ChainHead, found: &ChainHead| {
        expected.id == found.id && expected.hash != found.hash
    };
    let mut last = base.clone();
    loop {
        let batch = queries::events_after(connection, last.id)?;
        for entry in &batch {
            if let Some(why) = mismatch(entry, &last) {
                return broken(last.id + 1, why);
            }
            last = entry.head();
            if differs(&newest, &last) {
                return broken(last.id, "is not the one that is marked as the newest");
            }
            if expected.is_some_and(|expected| differs(expected, &last)) {
                return broken(last.id, "is not the one that was expected");
            }
        }
        if batch.is_empty() {
            break;
        }
    }
    let is_missing = |head: &ChainHead| head.id > last.id;
    if is_missing(&newest) || expected.is_some_and(is_missing) {
        return broken(last.id + 1, "is missing, with all that came after it");
    }
    Ok(Verified::Whole { rows: last.id - base.id, head: last })
}

/// Returns what is wrong with the row that follows `last`.
pub(super) fn mismatch(entry: &Entry, last: &ChainHead) -> Option<&'static str> {
    if entry.id != last.id + 1 {
        Some("is missing")
    } else if entry.hash != entry.digest(&last.hash) {
        Some("does not fit its hash and the row before it")
    } else {
        None
    }
}
