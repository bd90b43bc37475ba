//! Queries about trusted browsers. A change of the password, the removal of the second factor, deactivation and
//! deletion delete them.

use diesel::dsl::count_star;
use diesel::prelude::*;
use time::OffsetDateTime;

use super::locks::lock_user;
use super::users::hash_of;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, append};
use crate::accounts::links::digest;
use crate::accounts::user::User;
use crate::db::schema::trusted_browsers;
use crate::db::{AnyConnection, from_micros, to_micros, write};
use vestibule::Error;

/// How many browsers a user can trust at a time; the one that was trusted first ends.
const MAX_TRUSTED: usize = 20;

/// A trusted browser as its owner sees it.
#[derive(Clone, Debug)]
pub struct TrustedBrowser {
    /// The SHA-256 of the secret in its cookie; names it in the form that ends the trust.
    pub id: String,
    /// The name of its program, if it is known.
    pub program: Option<String>,
    /// The address at which it was trusted.
    pub address: Option<String>,
    /// When it was trusted.
    pub created_at: OffsetDateTime,
    /// When that ends.
    pub expires_at: OffsetDateTime,
}

/// Stores a browser that a user trusts, with a row in the audit log; `None` if the digest of the user's password
/// hash is no longer `password_digest`. A change of the password ends the trust in all browsers, and
/// must not miss this one.
pub(in crate::accounts) fn trust_browser(
    connection: &mut AnyConnection,
    user: &User,
    password_digest: &str,
    browser: &TrustedBrowser,
    actor: &Actor,
) -> Result<Option<ChangedUser>, Error> {
    let account = user.id;
    write(connection, |connection| {
        lock_user(connection, account)?;
        let hash = hash_of(connection, account)?;
        if hash.is_none_or(|hash| digest(&hash) != password_digest) {
            return Ok(None);
        }
        let all = trusted_browsers(connection, account, browser.created_at)?;
        for earlier in all.iter().skip(MAX_TRUSTED - 1) {
            delete_trusted_browser(connection, account, &earlier.id)?;
        }
        let row = (
            trusted_browsers::secret_hash.eq(&browser.id),
            trusted_browsers::account.eq(account),
            trusted_browsers::program.eq(browser.program.as_deref()),
            trusted_browsers::address.eq(browser.address.as_deref()),
            trusted_browsers::created_at.eq(to_micros(browser.created_at)),
            trusted_browsers::expires_at.eq(to_micros(browser.expires_at)),
        );
        diesel::insert_into(trusted_browsers::table).values(row).execute(connection)?;
        let records = vec![Record::about(AuditEvent::BrowserTrusted, user, actor)];
        append(connection, &records)?;
        Ok(Some(ChangedUser { user: user.clone(), ended: 0, records }))
    })
}

/// Returns whether a user trusts a browser.
pub(in crate::accounts) fn is_trusted(
    connection: &mut AnyConnection,
    account: i64,
    secret_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<bool> {
    let found = trusted_browsers::table
        .filter(trusted_browsers::secret_hash.eq(secret_hash))
        .filter(trusted_browsers::account.eq(account))
        .filter(trusted_browsers::expires_at.gt(to_micros(now)));
    let count: i64 = found.select(count_star()).get_result(connection)?;
    Ok(count > 0)
}

/// Returns the browsers that a user trusts, newest first.
pub(in crate::accounts) fn trusted_browsers(
    connection: &mut AnyConnection,
    account: i64,
    now: OffsetDateTime,
) -> QueryResult<Vec<TrustedBrowser>> {
    type Row = (String, Option<String>, Option<String>, i64, i64);
    let rows: Vec<Row> = trusted_browsers::table
        .filter(trusted_browsers::account.eq(account))
        .filter(trusted_browsers::expires_at.gt(to_micros(now)))
        .order((trusted_browsers::created_at.desc(), trusted_browsers::secret_hash))
        .select((
            trusted_browsers::secret_hash,
            trusted_browsers::program,
            trusted_browsers::address,
            trusted_browsers::created_at,
            trusted_browsers::expires_at,
        ))
        .load(connection)?;
    let browser = |(id, program, address, created_at, expires_at): Row| {
        let (created_at, expires_at) =
            (from_micros(created_at).ok()?, from_micros(expires_at).ok()?);
        Some(TrustedBrowser { id, program, address, created_at, expires_at })
    };
    Ok(rows.into_iter().filter_map(browser).collect())
}

/// Ends the trust of a user in a browser, with a row in the audit log; `None` if there is no such browser.
pub(in crate::accounts) fn end_trust(
    connection: &mut AnyConnection,
    user: &User,
    secret_hash: &str,
    actor: &Actor,
) -> Result<Option<ChangedUser>, Error> {
    write(connection, |connection| {
        let trusted = trusted_browsers(connection, user.id, actor.at())?;
        let Some(browser) = trusted.into_iter().find(|browser| browser.id == secret_hash) else {
            return Ok(None);
        };
        delete_trusted_browser(connection, user.id, secret_hash)?;
        let record = Record::about(AuditEvent::TrustEnded, user, actor);
        let records = match browser.program {
            Some(program) => vec![record.detail(program)],
            None => vec![record],
        };
        append(connection, &records)?;
        Ok(Some(ChangedUser { user: user.clone(), ended: 0, records }))
    })
}

fn delete_trusted_browser(
    connection: &mut AnyConnection,
    account: i64,
    secret_hash: &str,
) -> QueryResult<usize> {
    let found = trusted_browsers::table.filter(trusted_browsers::secret_hash.eq(secret_hash));
    diesel::delete(found.filter(trusted_browsers::account.eq(account))).execute(connection)
}

/// Ends the trust of a user in all browsers, within the transaction of the reason.
pub(super) fn delete_trusted_browsers(
    connection: &mut AnyConnection,
    account: i64,
) -> QueryResult<usize> {
    let all = trusted_browsers::table.filter(trusted_browsers::account.eq(account));
    diesel::delete(all).execute(connection)
}

/// Deletes at most `limit` rows whose time is over and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_trusted_browsers(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let expired = trusted_browsers::table
        .filter(trusted_browsers::expires_at.le(to_micros(now)))
        .select(trusted_browsers::secret_hash);
    let expired: Vec<String> = expired.limit(limit).load(connection)?;
    let found = trusted_browsers::table.filter(trusted_browsers::secret_hash.eq_any(expired));
    diesel::delete(found).execute(connection)
}
