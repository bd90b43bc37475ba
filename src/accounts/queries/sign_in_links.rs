//! Queries about links that sign a browser in. A change of the password or the address of an account, its
//! deactivation and its deletion delete them.

use diesel::prelude::*;
use time::OffsetDateTime;

use super::locks::lock_user;
use super::users::{find, hash_of, with_address};
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, RequestSource, append};
use crate::accounts::links::{SignInLink, digest, plain_code};
use crate::accounts::user::User;
use crate::db::schema::sign_in_links;
use crate::db::{AnyConnection, to_micros, write};
use crate::mail::EmailAddress;
use vestibule::Error;

/// How many wrong codes a browser may send.
const MAX_ATTEMPTS: i64 = 5;

/// What a browser presents beside its own secret.
pub(in crate::accounts) enum SignInProof {
    /// The digest of the token of a link.
    Token(String),
    /// The digest of a code.
    Code(String),
}

/// Stores a link for the browser that asked for it; returns whether the user still is active and has
/// this address. Without a user a row is stored all the same, which cannot sign in: a wrong code then
/// takes as long for an address that no account has.
///
/// # Errors
/// 503 `unavailable`.
pub fn store_sign_in_link(
    connection: &mut AnyConnection,
    owner: Option<(i64, &str)>,
    browser_hash: &str,
    link: &SignInLink,
) -> Result<bool, Error> {
    write(connection, |connection| {
        if let Some((id, address)) = owner {
            let address = EmailAddress::parse(address)?;
            lock_user(connection, id)?;
            let found = with_address(connection, &address)?;
            if !found.is_some_and(|user| user.id == id && user.active) {
                return Ok(false);
            }
        }
        diesel::delete(sign_in_links::table.find(browser_hash)).execute(connection)?;
        let row = (
            sign_in_links::browser_hash.eq(browser_hash),
            sign_in_links::account.eq(owner.map(|(id, _)| id)),
            sign_in_links::token_hash.eq(digest(link.token.reveal())),
            sign_in_links::code_hash.eq(digest(&plain_code(link.code.reveal()))),
            sign_in_links::attempts.eq(0),
            sign_in_links::expires_at.eq(to_micros(link.expires_at)),
        );
        diesel::insert_into(sign_in_links::table).values(row).execute(connection)?;
        Ok(true)
    })
}

/// Account, digest of the token, digest of the code, wrong codes.
type LinkRow = (Option<i64>, String, String, i64);

fn find_link(
    connection: &mut AnyConnection,
    browser_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<Option<LinkRow>> {
    let link = sign_in_links::table.find(browser_hash);
    let link = link.filter(sign_in_links::expires_at.gt(to_micros(now)));
    let columns = (
        sign_in_links::account,
        sign_in_links::token_hash,
        sign_in_links::code_hash,
        sign_in_links::attempts,
    );
    link.select(columns).get_result(connection).optional()
}

/// Returns the active user whom a link signs in in this browser; uses nothing up.
pub(in crate::accounts) fn owner_of_sign_in_link(
    connection: &mut AnyConnection,
    (browser_hash, token_hash): (&str, &str),
    now: OffsetDateTime,
) -> QueryResult<Option<User>> {
    match find_link(connection, browser_hash, now)? {
        Some((Some(account), token, ..)) if token == token_hash => {
            Ok(find(connection, account)?.filter(|user| user.active))
        }
        _ => Ok(None),
    }
}

/// Uses up the link of a browser, with a row in the audit log: returns its active user, and the hash of
/// the password. `None` for a wrong proof; the fifth wrong code ends the link.
pub(in crate::accounts) fn use_sign_in_link(
    connection: &mut AnyConnection,
    browser_hash: &str,
    proof: &SignInProof,
    (source, now): (RequestSource, OffsetDateTime),
) -> Result<Option<(ChangedUser, Option<String>)>, Error> {
    write(connection, |connection| {
        let Some((account, ..)) = find_link(connection, browser_hash, now)? else {
            return Ok(None);
        };
        // Of requests at once, the first has deleted the link when the next gets the lock.
        if let Some(account) = account {
            lock_user(connection, account)?;
        }
        let Some((_, token, code, attempts)) = find_link(connection, browser_hash, now)? else {
            return Ok(None);
        };
        let row = sign_in_links::table.find(browser_hash);
        match proof {
            SignInProof::Token(hash) if *hash != token => return Ok(None),
            SignInProof::Code(hash) if *hash != code && attempts + 1 < MAX_ATTEMPTS => {
                let counted = sign_in_links::attempts.eq(attempts + 1);
                diesel::update(row).set(counted).execute(connection)?;
                return Ok(None);
            }
            SignInProof::Code(hash) if *hash != code => {
                diesel::delete(row).execute(connection)?;
                return Ok(None);
            }
            _ => {}
        }
        diesel::delete(row).execute(connection)?;
        let Some(account) = account else { return Ok(None) };
        let Some(user) = find(connection, account)?.filter(|user| user.active) else {
            return Ok(None);
        };
        let hash = hash_of(connection, account)?;
        let actor = Actor::account(&user, None, source, now);
        let records = vec![Record::about(AuditEvent::SignInLinkUsed, &user, &actor)];
        append(connection, &records)?;
        Ok(Some((ChangedUser { user, ended: 0, records }, hash)))
    })
}

/// Deletes at most `limit` expired links and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_sign_in_links(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let expired = sign_in_links::expires_at.le(to_micros(now));
    let ids: Vec<String> = sign_in_links::table
        .filter(expired)
        .select(sign_in_links::browser_hash)
        .limit(limit)
        .load(connection)?;
    // Compared again: a mail that was sent again has another link of the same browser.
    let found = sign_in_links::table.filter(sign_in_links::browser_hash.eq_any(ids));
    diesel::delete(found.filter(expired)).execute(connection)
}
