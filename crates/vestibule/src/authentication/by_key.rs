//! Authentication by an access key.

use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::account::Account;
use crate::authentication::find_active::evaluate;
use crate::authentication::result::{AuthMethod, Authentication};
use crate::cache::cached_sign_in::CachedSignIn;
use crate::config::Location;
use crate::digest::is_equal;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;
use crate::sign_in::{SignIn, SignInKind};
use crate::state::AuthState;

/// The account behind an access key. Never fresh: whoever made it proved a password, and
/// whoever presents it did not.
pub(super) async fn by_key<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    text: &str,
) -> Result<Authentication<U>, Error> {
    let key = AccessKey::parse(text).ok_or(TokenError::AccessKey)?;
    let id = key.id().ok_or(TokenError::AccessKey)?;
    if state.store.is_none() {
        // Without a store no key can have been created.
        return Err(TokenError::AccessKey.into());
    }
    let hash = key.hash();
    let (sign_in, account) = evaluate::<U, _, Error>(request, state, id.as_str(), |facts| {
        let now = state.clock.now()?;
        let judged = standing(facts, &hash, facts.account()?, now);
        if judged.is_ok() {
            state.record_use(facts, now);
        }
        Ok(judged)
    })
    .await??;
    if !U::accept_key(request.rocket(), &sign_in).await.map_err(Error::unavailable)? {
        return Err(TokenError::Refused.into());
    }
    Ok(Authentication {
        account,
        method: AuthMethod::Token,
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
