//! Queries about registrations whose address is not confirmed yet. Each has a user name that no other
//! registration gets until it expires, also if an account has its address: the next client that asks
//! for the name must not learn that from the response.

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;
use time::OffsetDateTime;

use super::addresses::{check_is_free, taken};
use super::users::{NewUser, insert, named};
use crate::accounts::audit::RequestSource;
use crate::accounts::links::{LinkToken, digest};
use crate::accounts::user::{Role, Username};
use crate::db::schema::{mails, registrations, users};
use crate::db::{AnyConnection, to_micros, write};
use crate::mail::{EmailAddress, MailKind, NewMail, Outbox};
use vestibule::throttle::{Attempt, Client, Counter};
use vestibule::{Error, ErrorKind};

/// How long a registration waits for its confirmation, from when its mail is sent.
const LIFETIME: time::Duration = time::Duration::days(1);

/// How long after a mail an equal registration has it sent again, and is not the second copy of a form.
const AGAIN_AFTER: time::Duration = time::Duration::minutes(1);

/// Stores a registration and queues the mail to its address, unless `of_recipient` says that the
/// address got many; the row is the same then.
///
/// # Errors
/// 409 `username_taken`, also by another registration; 503 `unavailable`.
pub(in crate::accounts) fn store_registration(
    connection: &mut AnyConnection,
    new: &NewUser,
    address: &EmailAddress,
    source: RequestSource,
    (of_recipient, window): (&Counter, std::time::Duration),
) -> Result<(), Error> {
    let (key, now) = (new.username.key(), new.created_at);
    write(connection, |connection| {
        let row = registrations::table.find(key);
        let expired = registrations::expires_at.le(to_micros(now));
        diesel::delete(row.filter(expired)).execute(connection)?;
        let waits: Option<String> =
            row.select(registrations::username_key).get_result(connection).optional()?;
        if waits.is_some() || named(connection, &new.username)?.is_some() {
            return Err(ErrorKind::UsernameTaken.into());
        }
        let mail = Outbox::new_id()?;
        let row = (
            registrations::username_key.eq(key),
            registrations::username.eq(new.username.shown()),
            registrations::full_name.eq(new.full_name.as_deref()),
            registrations::password_hash.eq(&new.password_hash),
            registrations::email.eq(address.shown()),
            registrations::mail.eq(&mail),
            registrations::expires_at.eq(to_micros(now + LIFETIME)),
        );
        match diesel::insert_into(registrations::table).values(row).execute(connection) {
            Err(DatabaseError(UniqueViolation, _)) => return Err(ErrorKind::UsernameTaken.into()),
            inserted => inserted?,
        };
        if of_recipient.count(connection, now, window)?.is_some() {
            return Ok(());
        }
        queue_mail(connection, (&mail, address), source, now)
    })
}

/// Queues the mail of a registration again, with another link, unless one is on its way or was sent within
/// the last minute, or `of_recipient` says that the address got many. `hash` is that of the password.
///
/// # Errors
/// 503 `unavailable`.
pub(in crate::accounts) fn queue_registration_again(
    connection: &mut AnyConnection,
    (username, hash): (&Username, &str),
    address: &EmailAddress,
    (source, now): (RequestSource, OffsetDateTime),
    (of_recipient, window): (&Counter, std::time::Duration),
) -> Result<(), Error> {
    write(connection, |connection| {
        let row = registrations::table.find(username.key());
        let waits = registrations::password_hash
            .eq(hash)
            .and(registrations::expires_at.gt(to_micros(now)))
            .and(registrations::expires_at.le(to_micros(now + LIFETIME - AGAIN_AFTER)));
        let earlier: Option<String> =
            row.filter(waits).select(registrations::mail).get_result(connection).optional()?;
        let Some(earlier) = earlier else { return Ok(()) };
        let unsent = mails::table.find(&earlier).filter(mails::next_at.is_not_null());
        let unsent: Option<String> = unsent.select(mails::id).get_result(connection).optional()?;
        if unsent.is_some() || of_recipient.count(connection, now, window)?.is_some() {
            return Ok(());
        }
        let mail = Outbox::new_id()?;
        let again = (
            registrations::mail.eq(&mail),
            registrations::expires_at.eq(to_micros(now + LIFETIME)),
        );
        // Of requests at once, the first has changed the mail.
        let same = row.filter(registrations::mail.eq(&earlier));
        if diesel::update(same).set(again).execute(connection)? == 1 {
            queue_mail(connection, (&mail, address), source, now)?;
        }
        Ok(())
    })
}

fn queue_mail(
    connection: &mut AnyConnection,
    (id, address): (&str, &EmailAddress),
    source: RequestSource,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let mail = NewMail {
        kind: MailKind::ConfirmRegistration,
        account: None,
        recipient: address.shown(),
        client: source.address,
        program: None,
        language: source.language,
        browser_hash: None,
        at,
    };
    Outbox::queue_as(connection, id, &mail)
}

/// Returns the hash of the password of a registration that waits, if it has this address.
pub(in crate::accounts) fn waiting_hash(
    connection: &mut AnyConnection,
    username: &Username,
    address: &EmailAddress,
    now: OffsetDateTime,
) -> QueryResult<Option<String>> {
    let row = registrations::table.find(username.key());
    let row = row.filter(registrations::expires_at.gt(to_micros(now)));
    let columns = (registrations::email, registrations::password_hash);
    let found: Option<(String, String)> = row.select(columns).get_result(connection).optional()?;
    let is_same = |email: &str| {
        EmailAddress::parse(email).is_ok_and(|waiting| waiting.key() == address.key())
    };
    Ok(found.filter(|(email, _)| is_same(email)).map(|(_, hash)| hash))
}

/// Gives a registration a link, when its mail is sent; `None` if it has been purged.
///
/// # Errors
/// 503 `unavailable`.
pub fn new_registration_link(
    connection: &mut AnyConnection,
    mail: &str,
    now: OffsetDateTime,
) -> Result<Option<LinkToken>, Error> {
    let token = LinkToken::generate()?;
    let link = (
        registrations::token_hash.eq(digest(token.reveal())),
        registrations::expires_at.eq(to_micros(now + LIFETIME)),
    );
    let row = registrations::table.filter(registrations::mail.eq(mail));
    let changed = diesel::update(row).set(link).execute(connection)?;
    Ok((changed == 1).then_some(token))
}

/// Returns the user name and the address of a link that has not expired.
pub(in crate::accounts) fn registration_of_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<Option<(String, String)>> {
    let link = registrations::table.filter(registrations::token_hash.eq(token_hash));
    let link = link.filter(registrations::expires_at.gt(to_micros(now)));
    let columns = (registrations::username, registrations::email);
    link.select(columns).get_result(connection).optional()
}

/// Uses up a link: adds the user with the confirmed address and returns the id. `None` for a link that is
/// not valid any more.
///
/// # Errors
/// 409 `username_taken` if an administrator has given the name away, 422 `invalid_field` naming `email`
/// if another account has the address by now, 503 `unavailable`.
pub(in crate::accounts) fn confirm_registration(
    connection: &mut AnyConnection,
    token_hash: &str,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<Option<i64>, Error> {
    write(connection, |connection| {
        let link = registrations::table.filter(registrations::token_hash.eq(token_hash));
        let link = link.filter(registrations::expires_at.gt(to_micros(now)));
        let columns = (
            registrations::username,
            registrations::full_name,
            registrations::password_hash,
            registrations::email,
        );
        let found: Option<(String, Option<String>, String, String)> =
            link.select(columns).get_result(connection).optional()?;
        let Some((username, full_name, password_hash, email)) = found else { return Ok(None) };
        let username = Username::parse(&username)?;
        // Of requests at once, the first deletes the row.
        if diesel::delete(registrations::table.find(username.key())).execute(connection)? == 0 {
            return Ok(None);
        }
        let address = EmailAddress::parse(&email)?;
        let new = NewUser { username, full_name, role: Role::User, password_hash, created_at: now };
        let id = insert(connection, &new)?.id;
        check_is_free(connection, &address, id)?;
        let columns = (users::email.eq(address.shown()), users::email_key.eq(Some(address.key())));
        match diesel::update(users::table.find(id)).set(columns).execute(connection) {
            Err(DatabaseError(UniqueViolation, _)) => return Err(taken()),
            updated => updated?,
        };
        let client = Client { address: source.address, sign_in: None };
        Attempt::new(new.username.key(), &client).mark_known(connection, now)?;
        Ok(Some(id))
    })
}

/// Deletes at most `limit` registrations that were not confirmed in time and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_registrations(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let expired = || registrations::expires_at.le(to_micros(now));
    let keys: Vec<String> = registrations::table
        .filter(expired())
        .select(registrations::username_key)
        .limit(limit)
        .load(connection)?;
    // Compared again: a newer registration may have replaced an expired one.
    let found = registrations::table.filter(registrations::username_key.eq_any(keys));
    diesel::delete(found.filter(expired())).execute(connection)
}
