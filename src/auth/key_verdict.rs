//! The verdict on an access key.

use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use super::access_key::{AccessKey, has_prefix};
use super::account::Account;
use super::authentication::{Authentication, Via};
use super::claims::TokenKind;
use super::config::Location;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::facts::Facts;
use super::presented::Presented;
use super::sign_in::{SignIn, SignInKind};
use super::standing::judge;
use super::state::AuthState;
use super::token_fault::TokenFault;

/// What is presented as an access key, good or bad: in a header, because in a query it would be
/// logged and in a cookie it would need a CSRF value.
pub(crate) fn presented_key<'r>(request: &'r Request<'_>, state: &AuthState) -> Option<&'r str> {
    match Presented::of(request, state, TokenKind::Access) {
        Presented::Token(text, Location::Header) if has_prefix(text) => Some(text),
        _ => None,
    }
}

/// The account behind an access key. Never fresh: whoever made it proved a password, and
/// whoever presents it did not.
pub(crate) async fn behind_key<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    text: &str,
) -> Result<Authentication<U>, Error> {
    let key = AccessKey::parse(text).ok_or(TokenFault::AccessKey)?;
    let id = key.id().ok_or(TokenFault::AccessKey)?;
    if state.ledger.is_stateless() {
        // Nobody can have made it.
        return Err(TokenFault::AccessKey.into());
    }
    let hash = key.hash();
    let (sign_in, account) = judge::<U, _, Error>(request, state, id.as_str(), |facts| {
        let now = state.clock.now()?;
        let judged = standing(facts, &hash, facts.account()?, now);
        if judged.is_ok() {
            facts.touch(state, now);
        }
        Ok(judged)
    })
    .await??;
    if !U::accept_key(request.rocket(), &sign_in).await.map_err(Error::unavailable)? {
        return Err(TokenFault::Refused.into());
    }
    Ok(Authentication {
        account,
        via: Via::Token,
        auth_time: sign_in.auth_time,
        fresh: false,
        remembered: false,
        claims: None,
        location: Some(Location::Header),
        sign_in: Some(sign_in),
    })
}

/// The sign-in and the account of a key with this hash, if both stand.
fn standing<U: Account>(
    facts: &Facts,
    hash: &str,
    account: Option<Arc<U>>,
    now: OffsetDateTime,
) -> Result<(Arc<SignIn>, Arc<U>), Error> {
    let row = facts.sign_in.clone().ok_or(TokenFault::SignInEnded)?;
    let stored = row.secret_hash.as_deref().filter(|_| row.kind == SignInKind::Key);
    let stored = stored.ok_or(TokenFault::AccessKey)?;
    let (kept, stamp) = match stored.split_once('.') {
        Some((kept, stamp)) => (kept, Some(stamp)),
        None => (stored, None),
    };
    if !is_equal(kept, hash) {
        return Err(TokenFault::AccessKey.into());
    }
    if now >= row.expires_at {
        return Err(ErrorKind::TokenExpired.into());
    }
    let account = account.filter(|account| account.is_active()).ok_or(TokenFault::AccountGone)?;
    if facts.stamp.as_deref() != stamp {
        return Err(TokenFault::SignInEnded.into());
    }
    Ok((row, account))
}

/// In a time that does not tell where two texts differ.
fn is_equal(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}
