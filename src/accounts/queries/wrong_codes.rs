//! Queries that use a code of an authenticator, count those that were wrong, and know the second copy of a
//! request with a code.

use std::time::Duration;

use diesel::prelude::*;
use time::OffsetDateTime;

use super::locks::lock_user;
use super::notices::queue_notice;
use super::users::find;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, RequestSource, append};
use crate::db::schema::authenticators;
use crate::db::{AnyConnection, write};
use crate::mail::MailKind;
use vestibule::Error;
use vestibule::throttle::Counters;

/// For how long a request with a code may be sent a second time.
const COPY_WINDOW: Duration = Duration::from_secs(10);

/// After so many wrong codes in a row no code of the authenticator is accepted.
const MAX_WRONG_CODES: i64 = 100;

/// The numbers of wrong codes in a row at which the owner gets a notice.
const TOLD_AT: [i64; 2] = [10, MAX_WRONG_CODES];

/// What follows from a wrong code.
pub(in crate::accounts) struct WrongCode {
    /// Whether no code of the authenticator is accepted any more.
    pub(in crate::accounts) is_blocked: bool,
    /// What was written to the audit log when a notice was queued.
    pub(in crate::accounts) told: Option<ChangedUser>,
}

/// Returns whether a user has an authenticator that is not blocked.
pub(in crate::accounts) fn accepts_authenticator_codes(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<bool> {
    let row = authenticators::table.find(account).select(authenticators::wrong_codes);
    let count: Option<i64> = row.get_result(connection).optional()?;
    Ok(count.is_some_and(|count| count < MAX_WRONG_CODES))
}

/// Uses up a time step and all before it, and resets the count of wrong codes; returns whether that was possible:
/// not twice, and not while the authenticator is blocked. Returns `true` also for the second copy of a request,
/// which changes nothing.
pub(in crate::accounts) fn use_step(
    connection: &mut AnyConnection,
    account: i64,
    step: i64,
    (marker, now): (Option<&str>, OffsetDateTime),
) -> Result<bool, Error> {
    write(connection, |connection| {
        let unused = authenticators::table
            .find(account)
            .filter(authenticators::last_step.lt(step))
            .filter(authenticators::wrong_codes.lt(MAX_WRONG_CODES));
        let values = (authenticators::last_step.eq(step), authenticators::wrong_codes.eq(0));
        if diesel::update(unused).set(values).execute(connection)? == 0 {
            return is_copy(connection, marker, now);
        }
        mark_used(connection, marker, now)?;
        Ok(true)
    })
}

/// Stores the marker by which a second copy is recognised, in the transaction that uses the code up.
pub(super) fn mark_used(
    connection: &mut AnyConnection,
    marker: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    marker.map_or(Ok(()), |marker| connection.mark(marker, now + COPY_WINDOW))
}

/// Returns whether a request with the same code and credential was accepted within [`COPY_WINDOW`].
pub(super) fn is_copy(
    connection: &mut AnyConnection,
    marker: Option<&str>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let Some(marker) = marker else { return Ok(false) };
    Ok(connection.state(marker, now)?.is_some())
}

/// Counts a wrong code, or one that was used before; at the tenth and the last that is counted, queues a notice
/// with a row in the audit log.
pub(in crate::accounts) fn count_wrong_code(
    connection: &mut AnyConnection,
    account: i64,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<WrongCode, Error> {
    write(connection, |connection| {
        lock_user(connection, account)?;
        let below = authenticators::table
            .find(account)
            .filter(authenticators::wrong_codes.lt(MAX_WRONG_CODES));
        let counted = diesel::update(below)
            .set(authenticators::wrong_codes.eq(authenticators::wrong_codes + 1))
            .execute(connection)?;
        let row = authenticators::table.find(account).select(authenticators::wrong_codes);
        // Without an authenticator none is blocked.
        let count: i64 = row.get_result(connection).optional()?.unwrap_or_default();
        let is_blocked = count >= MAX_WRONG_CODES;
        let silent = WrongCode { is_blocked, told: None };
        if counted == 0 || !TOLD_AT.contains(&count) {
            return Ok(silent);
        }
        let Some(user) = find(connection, account)? else { return Ok(silent) };
        let actor = Actor::account(&user, None, source, now);
        queue_notice(connection, MailKind::CodesGuessed, &user, &actor)?;
        // The client is not known to be the owner.
        let record = Record {
            actor_account: None,
            actor: None,
            ..Record::about(AuditEvent::CodesGuessed, &user, &actor)
        };
        let records = vec![record.detail(format!("{count} in a row"))];
        append(connection, &records)?;
        Ok(WrongCode { is_blocked, told: Some(ChangedUser { user, ended: 0, records }) })
    })
}

/// Begins the count of wrong codes anew, after a recovery code or a passkey.
pub(super) fn reset_wrong_codes(connection: &mut AnyConnection, account: i64) -> QueryResult<()> {
    let counted = authenticators::table.find(account).filter(authenticators::wrong_codes.ne(0));
    diesel::update(counted).set(authenticators::wrong_codes.eq(0)).execute(connection)?;
    Ok(())
}
