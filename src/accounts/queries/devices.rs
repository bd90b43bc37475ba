//! Queries about the devices that an account has signed in from, and the notice of a new one.

use diesel::dsl::count_star;
use diesel::prelude::*;
use time::OffsetDateTime;

use super::limit::count_own_change;
use super::locks::lock_user;
use super::notices::queue_notice;
use super::users::find;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, RequestSource, append};
use crate::accounts::user::User;
use crate::db::schema::{known_devices, users};
use crate::db::{AnyConnection, to_micros, write};
use crate::mail::MailKind;
use vestibule::{Error, ErrorKind};

/// How many devices of an account are kept: those that were used last.
const MAX_DEVICES: i64 = 100;

/// After what time the use of a device is written again.
const SEEN_AGAIN: time::Duration = time::Duration::days(1);

/// Records the device of a sign-in, and queues a notice of a new one: not of the first that an
/// account signs in from.
///
/// # Errors
/// 503 `unavailable`.
pub(in crate::accounts) fn record_device(
    connection: &mut AnyConnection,
    (id, device): (i64, &str),
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<(), Error> {
    let row = known_devices::table.find((id, device));
    let seen_at = |connection: &mut AnyConnection| -> QueryResult<Option<i64>> {
        row.select(known_devices::seen_at).get_result(connection).optional()
    };
    if seen_at(connection)?.is_some_and(|at| at > to_micros(now - SEEN_AGAIN)) {
        return Ok(());
    }
    write(connection, |connection| {
        // Of two sign-ins at once, the second finds the device.
        lock_user(connection, id)?;
        if seen_at(connection)?.is_some() {
            let seen = known_devices::seen_at.eq(to_micros(now));
            diesel::update(row).set(seen).execute(connection)?;
            return Ok(());
        }
        let Some(user) = find(connection, id)? else { return Ok(()) };
        let count = insert_device(connection, (id, device), now)?;
        if count > 0 && user.device_notices {
            let actor = Actor::account(&user, None, source, now);
            queue_notice(connection, MailKind::NewDevice, &user, &actor)?;
        }
        Ok(())
    })
}

/// Inserts a device, in the place of the one that was not used for longest if there are many; returns
/// how many there were.
fn insert_device(
    connection: &mut AnyConnection,
    (id, device): (i64, &str),
    now: OffsetDateTime,
) -> QueryResult<i64> {
    let own = known_devices::table.filter(known_devices::account.eq(id));
    let count: i64 = own.select(count_star()).get_result(connection)?;
    if count >= MAX_DEVICES {
        let oldest: Vec<String> = own
            .order((known_devices::seen_at.desc(), known_devices::device))
            .select(known_devices::device)
            .offset(MAX_DEVICES - 1)
            .load(connection)?;
        let oldest = own.filter(known_devices::device.eq_any(oldest));
        diesel::delete(oldest).execute(connection)?;
    }
    let row = (
        known_devices::account.eq(id),
        known_devices::device.eq(device),
        known_devices::seen_at.eq(to_micros(now)),
    );
    diesel::insert_into(known_devices::table).values(row).execute(connection)?;
    Ok(count)
}

/// Changes whether a mail tells a user of a sign-in from a new device; the same is no change.
///
/// # Errors
/// 401 `token_revoked` when the account is gone, 429 `too_many_attempts`, 503 `unavailable`.
pub(in crate::accounts) fn change_device_notices(
    connection: &mut AnyConnection,
    id: i64,
    device_notices: bool,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        let before = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
        let user = User { device_notices, ..before.clone() };
        let mut records = Vec::new();
        if before.device_notices != device_notices {
            count_own_change(connection, id, actor.at)?;
            diesel::update(users::table.find(id))
                .set(users::device_notices.eq(device_notices))
                .execute(connection)?;
            let state = if device_notices { "on" } else { "off" };
            records.push(Record::about(AuditEvent::NoticesChanged, &user, actor).detail(state));
            append(connection, &records)?;
        }
        Ok(ChangedUser { user, ended: 0, records })
    })
}
