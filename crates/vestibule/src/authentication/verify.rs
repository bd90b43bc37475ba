//! Verifying a token: whose it says it is decides which keys and which rules judge it.

use std::sync::Arc;

use crate::claims::Claims;
use crate::claims::check::CheckedClaims;
use crate::config::TokenKind;
use crate::error::Error;
use crate::error::token_error::TokenError;
use crate::keys::jws::Jws;
use crate::state::AuthState;

/// The claims of a token in its time, of ours or of the foreign issuer; 401 `token_invalid` or
/// `token_expired`. Most are verified once and remembered.
pub(crate) fn verify_in_time(state: &AuthState, token: &str) -> Result<Arc<Claims>, Error> {
    let Some(verified) = &state.tokens else {
        return verify(state, token)?.in_time().map(Arc::new);
    };
    let fingerprint = verified.fingerprint(token);
    if let Some(claims) = verified.get(&fingerprint)
        && claims.is_in_time(&state.config.token, state.clock.now()?)
    {
        return Ok(claims);
    }
    // Of what is not remembered, or not in its time any more, the full look says what is wrong.
    let claims = Arc::new(verify(state, token)?.in_time()?);
    // A refresh token is presented once.
    if claims.kind == TokenKind::Access {
        verified.insert(fingerprint, &claims);
    }
    Ok(claims)
}

/// The checked claims of a token of ours alone; 401 `token_invalid` also for a foreign one, whose
/// `sub` names nobody here.
pub(crate) fn verify_own(state: &AuthState, token: &str) -> Result<CheckedClaims, Error> {
    let checked = verify(state, token)?;
    if checked.is_foreign() { Err(TokenError::Issuer.into()) } else { Ok(checked) }
}

/// The checked claims of a token of the foreign issuer alone; 401 `token_invalid` for others.
pub(crate) fn verify_foreign(state: &AuthState, token: &str) -> Result<CheckedClaims, Error> {
    let checked = verify(state, token)?;
    if checked.is_foreign() { Ok(checked) } else { Err(TokenError::Issuer.into()) }
}

/// The checked claims of a token of ours, or of the foreign issuer; 401 `token_invalid`.
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
