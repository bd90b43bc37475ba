//! Verifies a token, by the keys and rules of the issuer that it names.

use std::sync::Arc;

use crate::claims::Claims;
use crate::claims::check::CheckedClaims;
use crate::config::TokenKind;
use crate::error::{Error, TokenError};
use crate::keys::jws::Jws;
use crate::state::AuthState;

/// Verifies a token of ours or of the foreign issuer, and its times; 401 `token_invalid` or
/// `token_expired`. Access tokens are cached.
pub(crate) fn verify_in_time(state: &AuthState, token: &str) -> Result<Arc<Claims>, Error> {
    let Some(cache) = &state.tokens else {
        return verify(state, token)?.in_time().map(Arc::new);
    };
    let fingerprint = cache.fingerprint(token);
    if let Some(claims) = cache.get(&fingerprint)
        && claims.is_in_time(&state.config.token, state.clock.now()?)
    {
        return Ok(claims);
    }
    // Verified in full also if it was cached and has expired: that says what is wrong.
    let claims = Arc::new(verify(state, token)?.in_time()?);
    // A refresh token is presented only once.
    if claims.kind == TokenKind::Access {
        cache.insert(fingerprint, &claims);
    }
    Ok(claims)
}

/// Verifies a token of ours; 401 `token_invalid` also for a foreign one, whose `sub` is no account
/// id here.
pub(crate) fn verify_own(state: &AuthState, token: &str) -> Result<CheckedClaims, Error> {
    let checked = verify(state, token)?;
    if checked.is_foreign() { Err(TokenError::Issuer.into()) } else { Ok(checked) }
}

/// Verifies a token of the foreign issuer; 401 `token_invalid` for others.
pub(crate) fn verify_foreign(state: &AuthState, token: &str) -> Result<CheckedClaims, Error> {
    let checked = verify(state, token)?;
    if checked.is_foreign() { Ok(checked) } else { Err(TokenError::Issuer.into()) }
}

/// Verifies a token of ours or of the foreign issuer, but for its expiry; 401 `token_invalid`.
pub(crate) fn verify(state: &AuthState, token: &str) -> Result<CheckedClaims, Error> {
    let config = &state.config.token;
    let jws = Jws::split(token)?;
    match state.foreign_keys.as_ref().filter(|keys| keys.may_have_issued(&jws)) {
        Some(keys) => {
            let claims = keys.verify(&jws)?;
            Ok(Claims::check_foreign(claims, config, state.clock.now()?)?)
        }
        None => {
            let claims = state.keys.verify(&jws, state.find_key.as_deref())?;
            Ok(Claims::check(claims, config, state.clock.now()?)?)
        }
    }
}
