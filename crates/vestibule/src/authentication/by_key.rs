//! Authentication by an access key.

use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::account::Account;
use crate::authentication::find_active::evaluate;
use crate::authentication::result::{AuthMethod, Authentication};
use crate::cache::sign_ins::CachedSignIn;
use crate::config::Location;
use crate::digest::is_equal;
use crate::error::{Error, ErrorKind, TokenError};
use crate::sign_in::amr::Amr;
use crate::sign_in::{SignIn, SignInKind};
use crate::state::AuthState;

/// Authenticates by an access key. Never fresh, and nothing is proven: the password was when the key
/// was created, not by presenting it.
pub(super) async fn by_key<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    text: &str,
) -> Result<Authentication<U>, Error> {
    // Without a store no key can have been created.
    let key = AccessKey::parse(text).filter(|_| state.store.is_some());
    let key = key.ok_or(TokenError::AccessKey)?;
    let id = key.id().ok_or(TokenError::AccessKey)?;
    let hash = key.hash();
    let check = |cached: &CachedSignIn, account: Option<Arc<U>>, now: OffsetDateTime| {
        check_key(cached, &hash, account, now)
    };
    let (sign_in, account) = evaluate(request, state, id.as_str(), 0, check).await??;
    if !U::accept_key(request.rocket(), &sign_in).await.map_err(Error::unavailable)? {
        return Err(TokenError::Refused.into());
    }
    Ok(Authentication {
        account,
        method: AuthMethod::Token,
        auth_time: sign_in.auth_time,
        amr: Amr::NONE,
        fresh: false,
        remembered: false,
        claims: None,
        location: Some(Location::Header),
        sign_in: Some(sign_in),
    })
}

/// Returns the sign-in and the account of a key with this hash, if both are active.
fn check_key<U: Account>(
    cached: &CachedSignIn,
    hash: &str,
    account: Option<Arc<U>>,
    now: OffsetDateTime,
) -> Result<(Arc<SignIn>, Arc<U>), Error> {
    let row = cached.sign_in.as_ref().ok_or(TokenError::SignInEnded)?;
    let stamp = match &row.kind {
        SignInKind::Key { secret_hash, stamp, .. } if is_equal(secret_hash, hash) => stamp,
        _ => return Err(TokenError::AccessKey.into()),
    };
    if now >= row.expires_at {
        return Err(ErrorKind::TokenExpired.into());
    }
    let account = account.filter(|account| account.is_active()).ok_or(TokenError::AccountGone)?;
    if cached.stamp != *stamp {
        return Err(TokenError::SignInEnded.into());
    }
    Ok((row.clone(), account))
}
