//! Queries about access keys, beyond those for all sign-ins.

use diesel::dsl::count_star;
use diesel::prelude::*;
use time::OffsetDateTime;

use super::locks::{lock_sign_in, lock_user};
use super::notices::queue_notice;
use super::sign_ins::insert;
use crate::accounts::audit::{Actor, AuditEvent, Record, append};
use crate::accounts::user::User;
use crate::db::schema::sign_ins;
use crate::db::{AnyConnection, write};
use crate::db::{rfc3339, to_micros};
use crate::mail::MailKind;
use vestibule::sign_ins::{SignIn, SignInId};
use vestibule::{Error, ErrorKind};

/// Maximum number of unexpired keys of an account.
pub const MAX_ACTIVE_KEYS: i64 = 100;

/// Stores a new key of a user and appends it to the audit log.
///
/// # Errors
/// 401 `token_revoked` when the actor's sign-in has ended: a request that began before signing
/// out, or before the password changed, must not leave a key behind. 403 `account_inactive`;
/// 403 `forbidden` with [`MAX_ACTIVE_KEYS`] active keys; 409 `already_made`; 503 `unavailable`.
pub fn store_key(
    connection: &mut AnyConnection,
    user: &User,
    key: &SignIn,
    actor: &Actor,
) -> Result<(), Error> {
    write(connection, |connection| {
        // Two requests for the last key are counted one after the other.
        lock_user(connection, user.id)?;
        check_is_new(connection, &key.id)?;
        insert(connection, key)?;
        if let Some(sign_in) = &actor.sign_in
            && !lock_sign_in(connection, sign_in)?
        {
            return Err(ErrorKind::TokenRevoked.into());
        }
        if count_active(connection, user.id, actor.at())? > MAX_ACTIVE_KEYS {
            // Not 422, because no field is wrong, and not 429, because waiting does not help.
            let detail = format!("An account has at most {MAX_ACTIVE_KEYS} keys. End one first.");
            return Err(Error::new(ErrorKind::Forbidden).detail(detail));
        }
        queue_notice(connection, MailKind::KeyMade, user, actor)?;
        let record = Record::about(AuditEvent::KeyMade, user, actor).detail(detail(key, actor)?);
        append(connection, &[Record { sign_in: Some(key.id.to_string()), ..record }])?;
        Ok(())
    })
}

/// Checks that no key has this id.
///
/// # Errors
/// 409 `already_made`, 503 `unavailable`.
pub fn check_is_new(connection: &mut AnyConnection, id: &SignInId) -> Result<(), Error> {
    if find_key(connection, id.as_str())?.is_none() {
        return Ok(());
    }
    let detail = format!(
        "An earlier request with this Idempotency-Key made the key {id}, which is shown once. If it \
         was lost, end it and make another one."
    );
    Err(Error::new(ErrorKind::AlreadyMade).detail(detail))
}

/// Ends a key of a user and appends that to the audit log. Returns whether the key existed.
///
/// # Errors
/// 503 `unavailable`.
pub(in crate::accounts) fn end_key(
    connection: &mut AnyConnection,
    user: &User,
    key: &SignIn,
    actor: &Actor,
) -> Result<bool, Error> {
    write(connection, |connection| {
        let is_ended = vestibule::database::sign_ins::end(connection, key.id.as_str())?;
        if is_ended {
            append(connection, &[key_ended(user, key, actor)])?;
        }
        Ok(is_ended)
    })
}

/// Returns the record of an ended key, with its id and label.
pub(super) fn key_ended(user: &User, key: &SignIn, actor: &Actor) -> Record {
    let record = Record::about(AuditEvent::KeyEnded, user, actor);
    let record = record.detail(key.label().unwrap_or_default());
    Record { sign_in: Some(key.id.to_string()), ..record }
}

/// Counts the unexpired keys of an account.
fn count_active(
    connection: &mut AnyConnection,
    account: i64,
    now: OffsetDateTime,
) -> QueryResult<i64> {
    sign_ins::table
        .filter(sign_ins::account.eq(account.to_string()))
        .filter(sign_ins::kind.eq("key"))
        .filter(sign_ins::expires_at.gt(to_micros(now)))
        .select(count_star())
        .get_result(connection)
}

/// Returns the details of a key for the audit log: scopes, expiry and the sign-in that created it.
/// The label comes last, because its text may imitate the others.
fn detail(key: &SignIn, actor: &Actor) -> Result<String, Error> {
    let scopes = if key.scopes().is_empty() { "none".to_owned() } else { key.scopes().join(" ") };
    let until = rfc3339(key.expires_at);
    let sign_in = actor.sign_in.as_ref().map(|id| format!(", by sign-in {id}")).unwrap_or_default();
    let label = key.label().unwrap_or_default();
    Ok(format!("{scopes}, until {until}{sign_in}: {label}"))
}

/// Finds the access key with this id, expired or not.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn find_key(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<SignIn>> {
    let found = vestibule::database::sign_ins::find(connection, id)?;
    Ok(found.filter(|sign_in| sign_in.kind.is_key()))
}
