//! Queries about addresses that an account had: each can be put back for some days by the link that was
//! sent to it, in case someone else has changed the address.

use std::time::Duration;

use diesel::prelude::*;
use time::OffsetDateTime;

use super::addresses::{check_is_free, set_address};
use super::locks::lock_user;
use super::sign_ins::end_sign_ins;
use super::users::find;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, RequestSource, append};
use crate::accounts::links::{LinkToken, digest};
use crate::accounts::user::User;
use crate::db::schema::former_addresses;
use crate::db::{AnyConnection, to_micros, write};
use crate::mail::EmailAddress;
use vestibule::Error;

/// Gives a former address a link, when its mail is sent; `None` for one that is not to be put back.
///
/// # Errors
/// 503 `unavailable`.
pub fn new_return_link(
    connection: &mut AnyConnection,
    (account, address): (i64, &str),
    now: OffsetDateTime,
    lifetime: Duration,
) -> Result<Option<LinkToken>, Error> {
    let token = LinkToken::generate()?;
    let link = (
        former_addresses::token_hash.eq(digest(token.reveal())),
        former_addresses::expires_at.eq(to_micros(now + lifetime)),
    );
    let row = former_addresses::table.find((account, address));
    let changed = diesel::update(row).set(link).execute(connection)?;
    Ok((changed == 1).then_some(token))
}

/// Returns the active user of a link that has not expired, the address, and when it was replaced.
pub(in crate::accounts) fn owner_of_return_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<Option<(User, String, i64)>> {
    let link = former_addresses::table.filter(former_addresses::token_hash.eq(token_hash));
    let link = link.filter(former_addresses::expires_at.gt(to_micros(now)));
    let columns =
        (former_addresses::account, former_addresses::email, former_addresses::changed_at);
    let found: Option<(i64, String, i64)> =
        link.select(columns).get_result(connection).optional()?;
    let Some((account, address, changed_at)) = found else { return Ok(None) };
    let user = find(connection, account)?.filter(|user| user.active);
    Ok(user.map(|user| (user, address, changed_at)))
}

/// Uses up a link: puts the former address back and ends all sign-ins. `None` for a link that is not
/// valid any more.
///
/// The links of addresses that the account got later end, so that an intruder cannot change it again by
/// one of them. Links of earlier addresses stay.
///
/// # Errors
/// 422 `invalid_field` naming `email` if another account has the address by now, 503 `unavailable`.
pub(in crate::accounts) fn return_address(
    connection: &mut AnyConnection,
    token_hash: &str,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<Option<ChangedUser>, Error> {
    write(connection, |connection| {
        let Some((found, ..)) = owner_of_return_link(connection, token_hash, now)? else {
            return Ok(None);
        };
        // Of requests at once, the first has deleted the link when the next gets the lock.
        lock_user(connection, found.id)?;
        let Some((user, text, changed_at)) = owner_of_return_link(connection, token_hash, now)?
        else {
            return Ok(None);
        };
        let address = EmailAddress::parse(&text)?;
        check_is_free(connection, &address, user.id)?;
        let actor = Actor::account(&user, None, source, now);
        let changed = set_address(connection, &user, Some(&address), &actor)?;
        let later = former_addresses::table
            .filter(former_addresses::account.eq(user.id))
            .filter(former_addresses::changed_at.ge(changed_at));
        diesel::delete(later).execute(connection)?;
        let ended = end_sign_ins(connection, user.id, None)?;
        let record = Record::about(AuditEvent::AddressReturned, &user, &actor).ended(ended);
        append(connection, std::slice::from_ref(&record))?;
        let records = changed.records.into_iter().chain([record]).collect();
        Ok(Some(ChangedUser { user: changed.user, ended, records }))
    })
}

/// Deletes at most `limit` former addresses that cannot be put back any more and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_former_addresses(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let expired = || former_addresses::expires_at.le(to_micros(now));
    let keys: Vec<(i64, String)> = former_addresses::table
        .filter(expired())
        .select((former_addresses::account, former_addresses::email))
        .limit(limit)
        .load(connection)?;
    let mut count = 0;
    for (account, address) in keys {
        // Compared again: a newer change may have replaced an expired row.
        let row = former_addresses::table.find((account, address)).filter(expired());
        count += diesel::delete(row).execute(connection)?;
    }
    Ok(count)
}
