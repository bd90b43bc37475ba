//! Notices by mail, queued in the transaction of what they tell.

use crate::accounts::audit::{Actor, RequestSource};
use crate::accounts::user::User;
use crate::db::AnyConnection;
use crate::mail::{MailKind, NewMail, Outbox};
use vestibule::Error;

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
