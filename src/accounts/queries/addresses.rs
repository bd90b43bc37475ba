//! Queries about e-mail addresses. An account has the address that its owner has confirmed; another one
//! is pending until its link is used.

use std::time::Duration;

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;
use time::OffsetDateTime;

use super::links::{delete_links, delete_pending_address, forget, remember};
use super::locks::{lock_sign_in, lock_user};
use super::notices::queue_notice;
use super::spellings::named_by_address;
use super::users::{find, with_address};
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, RequestSource, append};
use crate::accounts::links::{LinkToken, digest};
use crate::accounts::user::User;
use crate::db::schema::{pending_addresses, users};
use crate::db::{AnyConnection, to_micros, write};
use crate::languages::Tag;
use crate::mail::{EmailAddress, MailKind, NewMail, Outbox};
use vestibule::throttle::Counter;
use vestibule::{Error, ErrorKind};

/// How long a link that confirms an address is valid, from when it is sent.
const LINK_LIFETIME: time::Duration = time::Duration::days(1);

/// Said of an address that another account has.
const TAKEN: &str = "Another account has this address.";

/// Stores the address that a user wants to have, in the place of an earlier one, and queues the mail
/// with the link that confirms it, unless the limit `of_recipient` is reached: a link that this user already has
/// for the same address then stays valid. The user's own address again only withdraws a pending one.
///
/// # Errors
/// 401 `token_revoked` when the account is gone or the sign-in of the actor has ended: a request that
/// began before signing out must not continue. 503 `unavailable`.
pub fn request_address(
    connection: &mut AnyConnection,
    id: i64,
    address: &EmailAddress,
    (language, (of_recipient, window)): (Option<Tag>, (&Counter, Duration)),
    actor: &Actor,
) -> Result<(), Error> {
    write(connection, |connection| {
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
        if let Some(sign_in) = &actor.sign_in
            && !lock_sign_in(connection, sign_in)?
        {
            return Err(ErrorKind::TokenRevoked.into());
        }
        if user.email.as_deref() == Some(address.shown()) {
            delete_pending_address(connection, id)?;
            return Ok(());
        }
        let is_limited = of_recipient.count(connection, actor.at, window)?.is_some();
        if is_limited
            && pending_address(connection, id, actor.at)?.as_deref() == Some(address.shown())
        {
            return Ok(());
        }
        delete_pending_address(connection, id)?;
        let row = (
            pending_addresses::account.eq(id),
            pending_addresses::email.eq(address.shown()),
            pending_addresses::expires_at.eq(to_micros(actor.at + LINK_LIFETIME)),
        );
        diesel::insert_into(pending_addresses::table).values(row).execute(connection)?;
        if is_limited {
            return Ok(());
        }
        let mail = NewMail {
            kind: MailKind::ConfirmAddress,
            account: Some(id),
            recipient: address.shown(),
            client: None,
            program: None,
            language,
            browser_hash: None,
            at: actor.at,
        };
        Outbox::queue(connection, &mail)
    })
}

/// Returns the address that waits for its confirmation.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn pending_address(
    connection: &mut AnyConnection,
    id: i64,
    now: OffsetDateTime,
) -> QueryResult<Option<String>> {
    let pending = pending_addresses::table.find(id);
    let pending = pending.filter(pending_addresses::expires_at.gt(to_micros(now)));
    pending.select(pending_addresses::email).get_result(connection).optional()
}

/// Gives the pending address of an account a link, when its mail is sent; `None` if another address, or
/// none, is pending.
///
/// # Errors
/// 503 `unavailable`.
pub fn new_address_link(
    connection: &mut AnyConnection,
    id: i64,
    address: &str,
    now: OffsetDateTime,
) -> Result<Option<LinkToken>, Error> {
    let token = LinkToken::generate()?;
    let pending = pending_addresses::table.find(id).filter(pending_addresses::email.eq(address));
    let link = (
        pending_addresses::token_hash.eq(digest(token.reveal())),
        pending_addresses::expires_at.eq(to_micros(now + LINK_LIFETIME)),
    );
    let changed = diesel::update(pending).set(link).execute(connection)?;
    Ok((changed == 1).then_some(token))
}

/// Returns the user and the address of a link that has not expired.
pub(in crate::accounts) fn owner_of_address_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<Option<(User, String)>> {
    let link = pending_addresses::table.filter(pending_addresses::token_hash.eq(token_hash));
    let link = link.filter(pending_addresses::expires_at.gt(to_micros(now)));
    let columns = (pending_addresses::account, pending_addresses::email);
    let found: Option<(i64, String)> = link.select(columns).get_result(connection).optional()?;
    let Some((account, address)) = found else { return Ok(None) };
    let user = find(connection, account)?.filter(|user| user.active);
    Ok(user.map(|user| (user, address)))
}

/// Uses up a link: gives the account its pending address, and queues a notice to the former one.
/// `None` for a link that is not valid any more.
///
/// # Errors
/// 422 `invalid_field` naming `email` if another account has the address by now, 503 `unavailable`.
pub(in crate::accounts) fn confirm_address(
    connection: &mut AnyConnection,
    token_hash: &str,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<Option<ChangedUser>, Error> {
    write(connection, |connection| {
        let Some((found, _)) = owner_of_address_link(connection, token_hash, now)? else {
            return Ok(None);
        };
        // Of requests at once, the first has deleted the link when the next gets the lock.
        lock_user(connection, found.id)?;
        let Some((user, text)) = owner_of_address_link(connection, token_hash, now)? else {
            return Ok(None);
        };
        let address = EmailAddress::parse(&text)?;
        check_is_free(connection, &address, user.id)?;
        let actor = Actor::account(&user, None, source, now);
        set_address(connection, &user, Some(&address), &actor).map(Some)
    })
}

/// Checks that no other account has an address, or has it as its user name, which comes first at a sign-in.
pub(super) fn check_is_free(
    connection: &mut AnyConnection,
    address: &EmailAddress,
    account: i64,
) -> Result<(), Error> {
    let owner = with_address(connection, address)?;
    let named = named_by_address(connection, address)?;
    if owner.iter().chain(&named).any(|other| other.id != account) {
        return Err(taken());
    }
    Ok(())
}

/// Returns the error for an address that another account has.
pub(super) fn taken() -> Error {
    Error::invalid_field("email", TAKEN).detail(TAKEN)
}

/// Removes the address of a user, and one that is pending; queues a notice to the former one.
///
/// # Errors
/// 401 `token_revoked` when the account is gone, 503 `unavailable`.
pub fn remove_address(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
        set_address(connection, &user, None, actor)
    })
}

/// Changes the address of a user whose row is locked. A link to set a password, which may have been
/// sent to the former address, is deleted. A user can put back an address of before; what an
/// administrator has removed stays removed.
pub(super) fn set_address(
    connection: &mut AnyConnection,
    user: &User,
    address: Option<&EmailAddress>,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    delete_pending_address(connection, user.id)?;
    let shown = address.map(EmailAddress::shown);
    let changed = User { email: shown.map(str::to_owned), ..user.clone() };
    if changed.email == user.email {
        return Ok(ChangedUser { user: changed, ended: 0, records: Vec::new() });
    }
    let columns = (users::email.eq(shown), users::email_key.eq(address.map(EmailAddress::key)));
    match diesel::update(users::table.find(user.id)).set(columns).execute(connection) {
        Err(DatabaseError(UniqueViolation, _)) => return Err(taken()),
        updated => updated?,
    };
    delete_links(connection, user.id)?;
    if let Some(shown) = shown {
        forget(connection, user.id, shown)?;
    }
    if let Some(former) = &user.email
        && actor.is(user.id)
    {
        remember(connection, user.id, former, actor.at)?;
    }
    queue_notice(connection, MailKind::AddressChanged, user, actor)?;
    let records = vec![Record::about(AuditEvent::AddressChanged, user, actor)];
    append(connection, &records)?;
    Ok(ChangedUser { user: changed, ended: 0, records })
}

/// Deletes at most `limit` pending addresses whose links have expired and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_pending_addresses(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let expired = pending_addresses::expires_at.le(to_micros(now));
    let accounts: Vec<i64> = pending_addresses::table
        .filter(expired)
        .select(pending_addresses::account)
        .limit(limit)
        .load(connection)?;
    // Compared again: a newer request may have replaced an expired one.
    let found = pending_addresses::table.filter(pending_addresses::account.eq_any(accounts));
    diesel::delete(found.filter(expired)).execute(connection)
}
