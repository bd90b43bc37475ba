//! What must not come back to life with a backup.

use diesel::prelude::*;
use time::OffsetDateTime;

use crate::accounts::audit::{Actor, AuditEvent, Record, append};
use crate::db::schema::{
    authenticators, events, former_addresses, mails, password_links, pending_addresses,
    recovery_codes, registrations, setup_links, sign_in_links, sign_ins, trusted_browsers,
};
use crate::db::{AnyConnection, from_micros, write};
use vestibule::Error;

/// How long a code of an authenticator is shown, in seconds.
const STEP: i64 = 30;

/// What a restored database held, and no longer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many sign-ins and access keys were ended.
    pub ended: usize,
    /// The time of the newest event, about that of the backup.
    pub newest_event: Option<OffsetDateTime>,
}

/// Ends what may have been ended, used or sent since a backup was made: sign-ins and access keys, unless they
/// are kept; links, recovery codes and trusted browsers; mails that wait. No code of an authenticator that was
/// shown before is accepted.
///
/// # Errors
/// 503 `unavailable`.
pub fn end_after_restore(
    connection: &mut AnyConnection,
    keeps_sign_ins: bool,
    actor: &Actor,
) -> Result<Restored, Error> {
    write(connection, |connection| {
        let newest = events::table.select(events::at).order(events::id.desc()).limit(1);
        let newest: Option<i64> = newest.get_result(connection).optional()?;
        let ended =
            if keeps_sign_ins { 0 } else { diesel::delete(sign_ins::table).execute(connection)? };
        diesel::delete(setup_links::table).execute(connection)?;
        diesel::delete(password_links::table).execute(connection)?;
        diesel::delete(sign_in_links::table).execute(connection)?;
        diesel::delete(pending_addresses::table).execute(connection)?;
        diesel::delete(former_addresses::table).execute(connection)?;
        diesel::delete(registrations::table).execute(connection)?;
        diesel::delete(recovery_codes::table).execute(connection)?;
        diesel::delete(trusted_browsers::table).execute(connection)?;
        diesel::delete(mails::table).execute(connection)?;
        let step = actor.at.unix_timestamp() / STEP + 1;
        diesel::update(authenticators::table.filter(authenticators::last_step.lt(step)))
            .set(authenticators::last_step.eq(step))
            .execute(connection)?;
        let record = Record::new(AuditEvent::BackupRestored, actor);
        append(connection, &[record.ended(ended as u64)])?;
        let newest_event = newest.and_then(|at| from_micros(at).ok());
        Ok(Restored { ended, newest_event })
    })
}
