//! The verdict on an access key.

use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use crate::access_key::{AccessKey, has_prefix};
use crate::account::Account;
use crate::authentication::find_active::evaluate;
use crate::authentication::{AuthMethod, Authentication};
use crate::cache::cached_sign_in::CachedSignIn;
use crate::claims::TokenKind;
use crate::config::Location;
use crate::credentials::credential::Credential;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;
use crate::sign_in::{SignIn, SignInKind};
use crate::state::AuthState;

/// What is presented as an access key, good or bad: in a header, because in a query it would be
/// logged and in a cookie it would need a CSRF value.
pub(crate) fn presented_key<'r>(request: &'r Request<'_>, state: &AuthState) -> Option<&'r str> {
    match Credential::of(request, state, TokenKind::Access) {
        Credential::Token(text, Location::Header) if has_prefix(text) => Some(text),
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
    let key = AccessKey::parse(text).ok_or(TokenError::AccessKey)?;
    let id = key.id().ok_or(TokenError::AccessKey)?;
    if state.store.is_stateless() {
        // Nobody can have made it.
        return Err(TokenError::AccessKey.into());
    }
    let hash = key.hash();
    let (sign_in, account) = evaluate::<U, _, Error>(request, state, id.as_str(), |facts| {
        let now = state.clock.now()?;
        let judged = standing(facts, &hash, facts.account()?, now);
        if judged.is_ok() {
            facts.record_use(state, now);
        }
        Ok(judged)
    })
    .await??;
    if !U::accept_key(request.rocket(), &sign_in).await.map_err(Error::unavailable)? {
        return Err(TokenError::Refused.into());
    }
    Ok(Authentication {
        account,
        via: AuthMethod::Token,
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
    facts: &CachedSignIn,
    hash: &str,
    account: Option<Arc<U>>,
    now: OffsetDateTime,
) -> Result<(Arc<SignIn>, Arc<U>), Error> {
    let row = facts.sign_in.clone().ok_or(TokenError::SignInEnded)?;
    let stored = row.secret_hash.as_deref().filter(|_| row.kind == SignInKind::Key);
    let stored = stored.ok_or(TokenError::AccessKey)?;
    let (kept, stamp) = match stored.split_once('.') {
        Some((kept, stamp)) => (kept, Some(stamp)),
        None => (stored, None),
    };
    if !is_equal(kept, hash) {
        return Err(TokenError::AccessKey.into());
    }
    if now >= row.expires_at {
        return Err(ErrorKind::TokenExpired.into());
    }
    let account = account.filter(|account| account.is_active()).ok_or(TokenError::AccountGone)?;
    if facts.stamp.as_deref() != stamp {
        return Err(TokenError::SignInEnded.into());
    }
    Ok((row, account))
}

/// In a time that does not tell where two texts differ.
fn is_equal(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}
