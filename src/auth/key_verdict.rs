//! The verdict on an access key.

use std::sync::Arc;

use rocket::Request;

use super::access_key::{AccessKey, has_prefix};
use super::account::Account;
use super::authentication::{Authentication, Via};
use super::claims::TokenKind;
use super::config::Location;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::presented::Presented;
use super::sign_in::SignInKind;
use super::standing::{find_account, touch};
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
    let now = state.clock.now()?;
    let row = state.ledger.get(&id).await?.ok_or(TokenFault::SignInEnded)?;
    let stored = row.secret_hash.as_deref().filter(|_| row.kind == SignInKind::Key);
    let stored = stored.ok_or(TokenFault::AccessKey)?;
    let (hash, stamp) = match stored.split_once('.') {
        Some((hash, stamp)) => (hash, Some(stamp)),
        None => (stored, None),
    };
    if !is_equal(hash, &key.hash()) {
        return Err(TokenFault::AccessKey.into());
    }
    if now >= row.expires_at {
        return Err(ErrorKind::TokenExpired.into());
    }
    let account = find_account::<U>(request, &row.account, stamp).await??;
    if !U::accept_key(request.rocket(), &row).await.map_err(Error::unavailable)? {
        return Err(TokenFault::Refused.into());
    }
    touch(state, &row, now);
    Ok(Authentication {
        account: Arc::new(account),
        via: Via::Token,
        auth_time: row.auth_time,
        fresh: false,
        remembered: false,
        claims: None,
        location: Some(Location::Header),
        sign_in: Some(row),
    })
}

/// In a time that does not tell where two texts differ.
fn is_equal(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}
