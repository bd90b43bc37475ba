//! Queries about links that set a password. An account has one at most; a change of its password,
//! its deactivation and its deletion delete the link in the same transaction.

use std::net::IpAddr;

use diesel::prelude::*;
use time::OffsetDateTime;

use super::administration::check_permission;
use super::links::delete_link;
use super::locks::lock_user;
use super::users::{find, replace_password, with_address};
use crate::accounts::audit::{
    Actor, AuditEvent, ChangedUser, Record, RequestSource, append, check_is_newest,
};
use crate::accounts::links::{PasswordLink, digest};
use crate::accounts::user::{User, Username};
use crate::db::schema::password_links;
use crate::db::{AnyConnection, DbError, from_micros, to_micros, write};
use crate::mail::EmailAddress;
use vestibule::throttle::{Attempt, Client};
use vestibule::{Error, ErrorKind};

/// Said of a user that may get no link.
const INACTIVE: &str = "This account is inactive. Activate it first.";

/// Stores a link for a user, in the place of an earlier one. It ends nothing.
///
/// # Errors
/// 403 `forbidden` when the actor is no longer an administrator, 403 `account_inactive`, 404
/// `not_found`, 409 `already_made` if a request that came later has made one, 503 `unavailable`.
pub fn make_reset_link(
    connection: &mut AnyConnection,
    id: i64,
    link: &PasswordLink,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        if !user.active {
            return Err(Error::new(ErrorKind::AccountInactive).detail(INACTIVE));
        }
        check_is_newest(connection, id, AuditEvent::LinkMade, actor)?;
        let records = vec![store(connection, &user, link, actor)?];
        append(connection, &records)?;
        Ok(ChangedUser { user, ended: 0, records })
    })
}

/// Replaces the link of a user, in a transaction that has locked the user, and returns the record.
pub(super) fn store(
    connection: &mut AnyConnection,
    user: &User,
    link: &PasswordLink,
    actor: &Actor,
) -> QueryResult<Record> {
    delete_link(connection, user.id)?;
    let row = (
        password_links::account.eq(user.id),
        password_links::token_hash.eq(digest(link.token.reveal())),
        password_links::expires_at.eq(to_micros(link.expires_at)),
    );
    diesel::insert_into(password_links::table).values(row).execute(connection)?;
    Ok(Record::about(AuditEvent::LinkMade, user, actor))
}

/// Stores a link that a client has asked for by mail, in the place of an earlier one; returns whether
/// the user still is active and has this address.
///
/// # Errors
/// 503 `unavailable`.
pub fn store_mailed_link(
    connection: &mut AnyConnection,
    (id, address): (i64, &str),
    link: &PasswordLink,
    client: Option<IpAddr>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let address = EmailAddress::parse(address)?;
    let source = RequestSource { address: client, ..RequestSource::default() };
    write(connection, |connection| {
        lock_user(connection, id)?;
        let found = with_address(connection, &address)?;
        let Some(user) = found.filter(|user| user.id == id && user.active) else {
            return Ok(false);
        };
        let record = store(connection, &user, link, &Actor::mail(source, now))?;
        append(connection, &[record])?;
        Ok(true)
    })
}

/// Returns the active user whose link has this digest and has not expired.
pub(in crate::accounts) fn owner_of_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<Option<User>> {
    let link = password_links::table.filter(password_links::token_hash.eq(token_hash));
    let link = link.filter(password_links::expires_at.gt(to_micros(now)));
    let account: Option<i64> =
        link.select(password_links::account).get_result(connection).optional()?;
    let Some(account) = account else { return Ok(None) };
    Ok(find(connection, account)?.filter(|user| user.active))
}

/// Returns when the link of a user expires, unless it has.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn link_expiry(
    connection: &mut AnyConnection,
    account: i64,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DbError> {
    let link = password_links::table.find(account);
    let link = link.filter(password_links::expires_at.gt(to_micros(now)));
    let expires_at: Option<i64> =
        link.select(password_links::expires_at).get_result(connection).optional()?;
    expires_at.map(from_micros).transpose()
}

/// Uses up a link: replaces the password of its owner, ends all sign-ins and returns the user and
/// how many ended; `None` for a link that is not valid any more.
///
/// The client is marked as known, so that failures before the link do not keep it from signing in.
pub(in crate::accounts) fn use_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    hash: &str,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<Option<(User, u64)>, Error> {
    write(connection, |connection| {
        let Some(found) = owner_of_link(connection, token_hash, now)? else { return Ok(None) };
        // Of requests at once, the first has deleted the link when the next gets the lock.
        lock_user(connection, found.id)?;
        let Some(user) = owner_of_link(connection, token_hash, now)? else { return Ok(None) };
        let actor = Actor::account(&user, None, source, now);
        append(connection, &[Record::about(AuditEvent::LinkUsed, &user, &actor)])?;
        let ended = replace_password(connection, &user, hash, &actor)?;
        let client = Client { address: source.address, sign_in: None };
        Attempt::new(Username::parse(&user.username)?.key(), &client)
            .mark_known(connection, now)?;
        Ok(Some((user, ended)))
    })
}

/// Deletes at most `limit` expired links and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_password_links(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let expired = password_links::table.filter(password_links::expires_at.le(to_micros(now)));
    let accounts: Vec<i64> =
        expired.select(password_links::account).limit(limit).load(connection)?;
    // Compared again: a newer link may have replaced an expired one.
    let found = password_links::table.filter(password_links::account.eq_any(accounts));
    let expired = found.filter(password_links::expires_at.le(to_micros(now)));
    diesel::delete(expired).execute(connection)
}
