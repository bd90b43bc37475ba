//! Notices by mail, queued in the transaction of what they tell.

use std::time::Duration;

use time::OffsetDateTime;

use super::users::find;
use crate::accounts::audit::{Actor, AuditEvent, Record, RequestSource, append};
use crate::accounts::user::User;
use crate::db::{AnyConnection, write};
use crate::mail::{MailKind, NewMail, Outbox};
use vestibule::Error;
use vestibule::throttle::Counter;

/// Queues a notice to the confirmed address of a user, if there is one.
pub(super) fn queue_notice(
    connection: &mut AnyConnection,
    kind: MailKind,
    user: &User,
    actor: &Actor,
) -> Result<(), Error> {
    let Some(address) = &user.email else { return Ok(()) };
    // The address and browser of an administrator are not for users.
    let source = if actor.is(user.id) { actor.source } else { RequestSource::default() };
    let mail = NewMail {
        kind,
        account: Some(user.id),
        recipient: address,
        client: source.address,
        program: source.program.words(),
        language: source.language,
        browser_hash: None,
        at: actor.at,
    };
    Outbox::queue(connection, &mail)
}

/// Records that the password which signs a user in is in the list of breached ones, and queues the notice,
/// unless `told` has counted that in its window.
///
/// # Errors
/// 503 `unavailable`.
pub(in crate::accounts) fn record_breached_password(
    connection: &mut AnyConnection,
    id: i64,
    (source, now): (RequestSource, OffsetDateTime),
    (told, window): (&Counter, Duration),
) -> Result<(), Error> {
    write(connection, |connection| {
        if told.count(connection, now, window)?.is_some() {
            return Ok(());
        }
        let Some(user) = find(connection, id)? else { return Ok(()) };
        let actor = Actor::account(&user, None, source, now);
        queue_notice(connection, MailKind::BreachedPassword, &user, &actor)?;
        append(connection, &[Record::about(AuditEvent::BreachedPassword, &user, &actor)])?;
        Ok(())
    })
}
