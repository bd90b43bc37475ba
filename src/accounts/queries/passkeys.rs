//! Queries about passkeys, which count as second factors.

use std::time::Duration;

use diesel::dsl::count_star;
use diesel::prelude::*;
use time::OffsetDateTime;

use super::limit::count_new_credential;
use super::locks::lock_user;
use super::notices::queue_notice;
use super::second_factors::{
    count_factors, finish_first_factor, lock_current_user, remove_all_factors,
};
use super::wrong_codes::reset_wrong_codes;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, append};
use crate::accounts::user::User;
use crate::db::schema::passkeys;
use crate::db::{AnyConnection, from_micros, to_micros, write};
use crate::mail::MailKind;
use vestibule::throttle::Counter;
use vestibule::{Error, ErrorKind};

/// How many passkeys a user can have.
const MAX_PASSKEYS: i64 = 20;

/// Said of a passkey that another account has.
const OF_ANOTHER: &str = "This passkey belongs to another account.";

/// How long a browser may take for an answer, in which time its challenge counts once.
pub(in crate::accounts) const ANSWER_WITHIN: Duration = Duration::from_secs(5 * 60);

/// A passkey as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnPasskey {
    /// The id of the credential in base64url.
    pub id: String,
    /// What the owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it was used for the last time.
    pub last_used_at: Option<OffsetDateTime>,
}

/// A passkey to be added.
pub(in crate::accounts) struct NewPasskey {
    pub(in crate::accounts) id: String,
    pub(in crate::accounts) name: String,
    /// What its answers are checked with, in JSON.
    pub(in crate::accounts) credential: String,
    /// The name of the challenge that it has answered.
    pub(in crate::accounts) challenge: String,
}

/// A passkey as it is stored.
pub(in crate::accounts) struct StoredPasskey {
    pub(in crate::accounts) account: i64,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) credential: String,
}

/// A passkey whose answer was right.
pub(in crate::accounts) struct UsedPasskey {
    pub(in crate::accounts) account: i64,
    pub(in crate::accounts) id: String,
    /// What its answer was checked with.
    pub(in crate::accounts) before: String,
    /// The same with the counter of the answer.
    pub(in crate::accounts) after: String,
    /// The name of the challenge that it has answered.
    pub(in crate::accounts) challenge: String,
}

/// Returns the passkeys of a user, oldest first.
pub(in crate::accounts) fn passkeys(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<Vec<OwnPasskey>> {
    type Row = (String, String, i64, Option<i64>);
    let rows: Vec<Row> = passkeys::table
        .filter(passkeys::account.eq(account))
        .order((passkeys::created_at, passkeys::credential_id))
        .select((
            passkeys::credential_id,
            passkeys::name,
            passkeys::created_at,
            passkeys::last_used_at,
        ))
        .load(connection)?;
    let passkey = |(id, name, created_at, last_used_at): Row| {
        let last_used_at = last_used_at.and_then(|at| from_micros(at).ok());
        Some(OwnPasskey { id, name, created_at: from_micros(created_at).ok()?, last_used_at })
    };
    Ok(rows.into_iter().filter_map(passkey).collect())
}

/// Returns how many passkeys a user has.
pub(super) fn count_passkeys(connection: &mut AnyConnection, account: i64) -> QueryResult<i64> {
    let own = passkeys::table.filter(passkeys::account.eq(account));
    own.select(count_star()).get_result(connection)
}

/// Refuses a further passkey for a user who has `MAX_PASSKEYS`.
pub(in crate::accounts) fn check_passkey_limit(
    connection: &mut AnyConnection,
    account: i64,
) -> Result<(), Error> {
    if count_passkeys(connection, account)? < MAX_PASSKEYS {
        return Ok(());
    }
    let detail = format!("An account has at most {MAX_PASSKEYS} passkeys. Remove one first.");
    Err(Error::invalid_field("name", detail))
}

/// Returns the passkey with this id, whosever it is.
pub(in crate::accounts) fn find_passkey(
    connection: &mut AnyConnection,
    id: &str,
) -> QueryResult<Option<StoredPasskey>> {
    let row = passkeys::table.find(id);
    let row = row.select((passkeys::account, passkeys::name, passkeys::credential));
    let found: Option<(i64, String, String)> = row.get_result(connection).optional()?;
    Ok(found.map(|(account, name, credential)| StoredPasskey { account, name, credential }))
}

/// Uses a challenge up; returns whether it was not used before.
fn use_challenge(
    connection: &mut AnyConnection,
    name: &str,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    Ok(Counter::new(name, 1).count(connection, now, ANSWER_WITHIN)?.is_none())
}

/// Stores a passkey; returns whether it is the first factor of the user, which gets the recovery codes and
/// whose other sign-ins end.
///
/// # Errors
/// 422 `invalid_field` naming `passkey` for that of another account, 409 `already_made` for a second copy of
/// the form, 401 `token_revoked`, 429 `too_many_attempts` after many changes, 503 `unavailable`.
pub(in crate::accounts) fn add_passkey(
    connection: &mut AnyConnection,
    account: i64,
    new: &NewPasskey,
    code_hashes: &[String],
    actor: &Actor,
) -> Result<(ChangedUser, bool), Error> {
    write(connection, |connection| {
        let user = lock_current_user(connection, account, actor)?;
        check_passkey_limit(connection, account)?;
        let found = find_passkey(connection, &new.id)?;
        if found.as_ref().is_some_and(|found| found.account != account) {
            return Err(Error::invalid_field("passkey", OF_ANOTHER));
        }
        if found.is_some() || !use_challenge(connection, &new.challenge, actor.at)? {
            return Err(ErrorKind::AlreadyMade.into());
        }
        count_new_credential(connection, "factors", account, actor.at)?;
        let row = (
            passkeys::credential_id.eq(&new.id),
            passkeys::account.eq(account),
            passkeys::name.eq(&new.name),
            passkeys::credential.eq(&new.credential),
            passkeys::created_at.eq(to_micros(actor.at)),
        );
        diesel::insert_into(passkeys::table).values(row).execute(connection)?;
        let record = Record::about(AuditEvent::PasskeyAdded, &user, actor).detail(&new.name);
        append(connection, std::slice::from_ref(&record))?;
        if !user.has_second_factor() {
            let mut changed = finish_first_factor(connection, user, code_hashes, actor)?;
            changed.records.push(record);
            return Ok((changed, true));
        }
        let user = count_factors(connection, user)?;
        queue_notice(connection, MailKind::SecondFactorAdded, &user, actor)?;
        Ok((ChangedUser { user, ended: 0, records: vec![record] }, false))
    })
}

/// Removes a passkey of a user; with the last factor its recovery codes, trusted browsers and other
/// sign-ins go too.
pub(in crate::accounts) fn remove_passkey(
    connection: &mut AnyConnection,
    account: i64,
    id: &str,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        let user = lock_current_user(connection, account, actor)?;
        let found = find_passkey(connection, id)?.filter(|found| found.account == account);
        let found = found.ok_or(ErrorKind::NotFound)?;
        diesel::delete(passkeys::table.find(id)).execute(connection)?;
        let record = Record::about(AuditEvent::PasskeyRemoved, &user, actor).detail(found.name);
        append(connection, std::slice::from_ref(&record))?;
        let left = count_factors(connection, user.clone())?;
        if left.has_second_factor() {
            return Ok(ChangedUser { user: left, ended: 0, records: vec![record] });
        }
        let mut changed = remove_all_factors(connection, user, actor)?;
        changed.records.push(record);
        Ok(changed)
    })
}

/// Records the use of a passkey, and begins the count of wrong codes anew; returns false if its challenge was
/// used before, or the passkey was removed or used elsewhere since its answer was checked.
pub(in crate::accounts) fn use_passkey(
    connection: &mut AnyConnection,
    used: &UsedPasskey,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    write(connection, |connection| {
        lock_user(connection, used.account)?;
        if !use_challenge(connection, &used.challenge, now)? {
            return Ok(false);
        }
        let row = passkeys::table.find(&used.id).filter(passkeys::credential.eq(&used.before));
        let values =
            (passkeys::credential.eq(&used.after), passkeys::last_used_at.eq(to_micros(now)));
        if diesel::update(row).set(values).execute(connection)? == 0 {
            return Ok(false);
        }
        reset_wrong_codes(connection, used.account)?;
        Ok(true)
    })
}

/// Records that the counter of a passkey went back.
pub(in crate::accounts) fn record_passkey_counter(
    connection: &mut AnyConnection,
    user: &User,
    name: &str,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    let records = vec![Record::about(AuditEvent::PasskeyCounter, user, actor).detail(name)];
    write(connection, |connection| append(connection, &records).map_err(Error::from))?;
    Ok(ChangedUser { user: user.clone(), ended: 0, records })
}
