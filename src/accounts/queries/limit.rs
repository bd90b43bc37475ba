//! The limits of an account: its sign-ins, and the changes that leave a row in the audit log for good.

use std::time::Duration;

use diesel::prelude::*;
use time::OffsetDateTime;

use crate::db::AnyConnection;
use crate::db::schema::{sign_ins, throttle};
use vestibule::Error;
use vestibule::throttle::Counter;

/// The maximum number in [`WINDOW`] of changes to the full name and the notices and of new recovery codes,
/// together.
const MAX_CHANGES: i64 = 60;

/// The maximum number in [`WINDOW`] of changes of the password, and of new second factors: each sends a mail. They
/// have counters of their own, so that a thief of a session cannot keep the owner from a new password by
/// other changes.
const MAX_NEW_CREDENTIALS: i64 = 30;

const WINDOW: Duration = Duration::from_secs(60 * 60);

/// Counts a change that a user makes to the own account, within the transaction of the change.
///
/// # Errors
/// 429 `too_many_attempts` with `Retry-After`, 503 `unavailable`.
pub(super) fn count_own_change(
    connection: &mut AnyConnection,
    account: i64,
    now: OffsetDateTime,
) -> Result<(), Error> {
    count(connection, Counter::new(format!("changes:{account}"), MAX_CHANGES), now)
}

/// Counts a new credential of a kind, `passwords` or `factors`, within the transaction of the change.
///
/// # Errors
/// As [`count_own_change`].
pub(super) fn count_new_credential(
    connection: &mut AnyConnection,
    kind: &str,
    account: i64,
    now: OffsetDateTime,
) -> Result<(), Error> {
    count(connection, Counter::new(format!("{kind}:{account}"), MAX_NEW_CREDENTIALS), now)
}

/// Removes the count of new second factors of an account whose owner gets it back from a thief: by a link, by an
/// administrator or on the command line.
pub(super) fn forget_new_factors(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<usize> {
    let row = throttle::table.filter(throttle::bucket.eq(format!("factors:{account}")));
    diesel::delete(row).execute(connection)
}

fn count(
    connection: &mut AnyConnection,
    counter: Counter,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match counter.count(connection, now, WINDOW)? {
        Some(limit) => Err(limit.error(now)),
        None => Ok(()),
    }
}

/// Ends all browser and token sign-ins of a user except the `max` that were used last, at most 500 at
/// once; returns how many.
pub(in crate::accounts) fn end_least_recently_used(
    connection: &mut AnyConnection,
    account: i64,
    max: i64,
) -> QueryResult<usize> {
    let ids: Vec<String> = sign_ins::table
        .filter(sign_ins::account.eq(account.to_string()).and(sign_ins::kind.ne("key")))
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
