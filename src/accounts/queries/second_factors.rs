//! Queries about second factors and recovery codes. A transaction that changes them locks the user, whose row
//! counts the factors.

use diesel::dsl::{count_star, exists, select};
use diesel::prelude::*;
use time::OffsetDateTime;

use super::administration::check_permission;
use super::limit::{count_new_credential, count_own_change, forget_new_factors};
use super::links::delete_pending_address;
use super::locks::{lock_sign_in, lock_user};
use super::notices::queue_notice;
use super::passkeys::count_passkeys;
use super::trusted_browsers::delete_trusted_browsers;
use super::users::find;
use super::wrong_codes::{is_copy, mark_used, reset_wrong_codes};
use crate::accounts::audit::{
    Actor, AuditEvent, ChangedUser, Record, RequestSource, append, check_is_newest,
};
use crate::accounts::user::User;
use crate::db::schema::{authenticators, passkeys, recovery_codes, sign_ins, users};
use crate::db::{AnyConnection, from_micros, to_micros, write};
use crate::mail::MailKind;
use vestibule::{Error, ErrorKind};

/// Said to an administrator who has not proven the own second factor.
const OWN: &str = "Remove your own second factor on the page of your account.";

/// An authenticator as it is stored.
pub(in crate::accounts) struct StoredAuthenticator {
    /// The encrypted secret.
    pub(in crate::accounts) secret: String,
    /// The name of the key that encrypted it.
    pub(in crate::accounts) sealed_by: String,
    /// The time step of the code that confirmed it.
    pub(in crate::accounts) step: i64,
}

/// Returns since when a user has an authenticator.
pub(in crate::accounts) fn authenticator_since(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<Option<OffsetDateTime>> {
    let row = authenticators::table.find(account).select(authenticators::created_at);
    let since: Option<i64> = row.get_result(connection).optional()?;
    Ok(since.and_then(|since| from_micros(since).ok()))
}

/// Returns the encrypted secret of a user's authenticator.
pub(in crate::accounts) fn sealed_authenticator(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<Option<String>> {
    let row = authenticators::table.find(account).select(authenticators::secret);
    row.get_result(connection).optional()
}

/// Uses up a recovery code, with a row in the audit log and a notice; `None` if there is no such code. For
/// the second copy of a request returns the user without records.
pub(in crate::accounts) fn use_recovery_code(
    connection: &mut AnyConnection,
    id: i64,
    code_hash: &str,
    marker: Option<&str>,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<Option<ChangedUser>, Error> {
    write(connection, |connection| {
        lock_user(connection, id)?;
        let code = recovery_codes::table.find((id, code_hash));
        // Of two requests at once, the second deletes nothing.
        let is_used = diesel::delete(code).execute(connection)? == 0;
        if is_used && !is_copy(connection, marker, now)? {
            return Ok(None);
        }
        let Some(user) = find(connection, id)? else { return Ok(None) };
        if is_used {
            return Ok(Some(ChangedUser { user, ended: 0, records: Vec::new() }));
        }
        mark_used(connection, marker, now)?;
        reset_wrong_codes(connection, id)?;
        let actor = Actor::account(&user, None, source, now);
        queue_notice(connection, MailKind::RecoveryCodeUsed, &user, &actor)?;
        let left = count_recovery_codes(connection, id)?;
        let record = Record::about(AuditEvent::RecoveryCodeUsed, &user, &actor);
        let records = vec![record.detail(format!("{left} left"))];
        append(connection, &records)?;
        Ok(Some(ChangedUser { user, ended: 0, records }))
    })
}

/// Whether a user has this recovery code, unused.
pub(in crate::accounts) fn has_recovery_code(
    connection: &mut AnyConnection,
    id: i64,
    code_hash: &str,
) -> QueryResult<bool> {
    select(exists(recovery_codes::table.find((id, code_hash)))).get_result(connection)
}

/// Returns how many recovery codes a user has not used.
pub(in crate::accounts) fn count_recovery_codes(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<i64> {
    let codes = recovery_codes::table.filter(recovery_codes::account.eq(account));
    codes.select(count_star()).get_result(connection)
}

/// Stores an authenticator; returns whether it is the first factor of the user.
pub(in crate::accounts) fn add_authenticator(
    connection: &mut AnyConnection,
    id: i64,
    new: &StoredAuthenticator,
    code_hashes: &[String],
    actor: &Actor,
) -> Result<(ChangedUser, bool), Error> {
    write(connection, |connection| {
        let user = lock_current_user(connection, id, actor)?;
        if authenticator_since(connection, id)?.is_some() {
            return Err(ErrorKind::AlreadyMade.into());
        }
        count_new_credential(connection, "factors", id, actor.at)?;
        let row = (
            authenticators::account.eq(id),
            authenticators::secret.eq(&new.secret),
            authenticators::sealed_by.eq(&new.sealed_by),
            authenticators::last_step.eq(new.step),
            authenticators::created_at.eq(to_micros(actor.at)),
        );
        diesel::insert_into(authenticators::table).values(row).execute(connection)?;
        if !user.has_second_factor() {
            return Ok((finish_first_factor(connection, user, code_hashes, actor)?, true));
        }
        let user = count_factors(connection, user)?;
        queue_notice(connection, MailKind::SecondFactorAdded, &user, actor)?;
        let records = vec![Record::about(AuditEvent::SecondFactorAdded, &user, actor)];
        append(connection, &records)?;
        Ok((ChangedUser { user, ended: 0, records }, false))
    })
}

/// Completes the addition of the first factor of a user: stores recovery codes, ends the other sign-ins, which
/// were opened without it, and queues the notice.
pub(super) fn finish_first_factor(
    connection: &mut AnyConnection,
    user: User,
    code_hashes: &[String],
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    store_recovery_codes(connection, user.id, code_hashes)?;
    let user = count_factors(connection, user)?;
    let ended = end_other_sign_ins(connection, user.id, actor)?;
    queue_notice(connection, MailKind::SecondFactorAdded, &user, actor)?;
    let records = vec![Record::about(AuditEvent::SecondFactorAdded, &user, actor).ended(ended)];
    append(connection, &records)?;
    Ok(ChangedUser { user, ended, records })
}

/// Replaces the recovery codes of a user.
pub(in crate::accounts) fn replace_recovery_codes(
    connection: &mut AnyConnection,
    id: i64,
    code_hashes: &[String],
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        let user = lock_current_user(connection, id, actor)?;
        if !user.has_second_factor() {
            return Err(ErrorKind::NotFound.into());
        }
        check_is_newest(connection, id, AuditEvent::RecoveryCodesMade, actor)?;
        count_own_change(connection, id, actor.at)?;
        store_recovery_codes(connection, id, code_hashes)?;
        let records = vec![Record::about(AuditEvent::RecoveryCodesMade, &user, actor)];
        append(connection, &records)?;
        Ok(ChangedUser { user, ended: 0, records })
    })
}

/// Removes all second factors of a user for that user, and ends its other sign-ins.
pub(in crate::accounts) fn remove_second_factors(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        let user = lock_current_user(connection, id, actor)?;
        remove_all_factors(connection, user, actor)
    })
}

/// Removes all second factors of a user for an administrator, and ends its sign-ins.
///
/// # Errors
/// 403 `forbidden` when the actor is no longer an administrator, or is the user; 404 `not_found`, 503
/// `unavailable`.
pub fn reset_second_factors(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
        if actor.is(id) {
            return Err(Error::new(ErrorKind::Forbidden).detail(OWN));
        }
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        forget_new_factors(connection, id)?;
        remove_all_factors(connection, user, actor)
    })
}

/// Locks the user who changes its own factors.
pub(super) fn lock_current_user(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<User, Error> {
    lock_user(connection, id)?;
    let user = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
    // A request that began before signing out must not continue.
    if let Some(sign_in) = &actor.sign_in
        && !lock_sign_in(connection, sign_in)?
    {
        return Err(ErrorKind::TokenRevoked.into());
    }
    Ok(user)
}

/// Removes all second factors of a locked user.
pub(super) fn remove_all_factors(
    connection: &mut AnyConnection,
    user: User,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    if !user.has_second_factor() {
        return Ok(ChangedUser { user, ended: 0, records: Vec::new() });
    }
    diesel::delete(authenticators::table.find(user.id)).execute(connection)?;
    diesel::delete(passkeys::table.filter(passkeys::account.eq(user.id))).execute(connection)?;
    store_recovery_codes(connection, user.id, &[])?;
    delete_trusted_browsers(connection, user.id)?;
    let user = count_factors(connection, user)?;
    let ended = end_other_sign_ins(connection, user.id, actor)?;
    queue_notice(connection, MailKind::SecondFactorRemoved, &user, actor)?;
    let records = vec![Record::about(AuditEvent::SecondFactorRemoved, &user, actor).ended(ended)];
    append(connection, &records)?;
    Ok(ChangedUser { user, ended, records })
}

/// Stores recovery codes in the place of earlier ones.
fn store_recovery_codes(
    connection: &mut AnyConnection,
    account: i64,
    code_hashes: &[String],
) -> QueryResult<()> {
    let earlier = recovery_codes::table.filter(recovery_codes::account.eq(account));
    diesel::delete(earlier).execute(connection)?;
    for hash in code_hashes {
        let row = (recovery_codes::account.eq(account), recovery_codes::code_hash.eq(hash));
        diesel::insert_into(recovery_codes::table).values(row).execute(connection)?;
    }
    Ok(())
}

/// Counts the factors of a user in its row, within the transaction that has changed them.
pub(super) fn count_factors(connection: &mut AnyConnection, user: User) -> QueryResult<User> {
    let factors = authenticators::table.filter(authenticators::account.eq(user.id));
    let authenticators: i64 = factors.select(count_star()).get_result(connection)?;
    let second_factors = authenticators + count_passkeys(connection, user.id)?;
    let row = users::table.find(user.id);
    diesel::update(row).set(users::second_factors.eq(second_factors)).execute(connection)?;
    Ok(User { second_factors, ..user })
}

/// Ends the sign-ins of a user but that of the actor, and deletes the pending address; access keys stay.
fn end_other_sign_ins(
    connection: &mut AnyConnection,
    account: i64,
    actor: &Actor,
) -> QueryResult<u64> {
    delete_pending_address(connection, account)?;
    let current = actor.sign_in.as_deref().filter(|_| actor.is(account)).unwrap_or_default();
    let others = sign_ins::table
        .filter(sign_ins::account.eq(account.to_string()))
        .filter(sign_ins::kind.ne("key"))
        .filter(sign_ins::id.ne(current));
    diesel::delete(others).execute(connection).map(|ended| ended as u64)
}

/// Returns at most `limit` accounts, above an id, and their secrets that another key than this one
/// encrypted.
pub(in crate::accounts) fn sealed_by_others(
    connection: &mut AnyConnection,
    key: &str,
    (after, limit): (i64, i64),
) -> QueryResult<Vec<(i64, String)>> {
    let others = authenticators::table.filter(authenticators::sealed_by.ne(key));
    let others = others.filter(authenticators::account.gt(after));
    let others = others.order(authenticators::account).limit(limit);
    others.select((authenticators::account, authenticators::secret)).load(connection)
}

/// Stores a secret that was encrypted anew, unless it has changed meanwhile.
pub(in crate::accounts) fn reseal(
    connection: &mut AnyConnection,
    account: i64,
    (before, after): (&str, &str),
    key: &str,
) -> QueryResult<usize> {
    let row = authenticators::table.find(account).filter(authenticators::secret.eq(before));
    let sealed = (authenticators::secret.eq(after), authenticators::sealed_by.eq(key));
    diesel::update(row).set(sealed).execute(connection)
}
