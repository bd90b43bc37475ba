//! Verifies a JWT, by the keys and rules of the issuer that it names, and authenticates by it.

use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use super::find_active::{ActiveSignIn, SignInClaim, find_active};
use super::result::{AuthMethod, Authentication};
use crate::account::Account;
use crate::claims::Claims;
use crate::claims::check::CheckedClaims;
use crate::config::{Location, TokenKind};
use crate::credentials::credential::Credential;
use crate::credentials::{RequestState, VerifiedToken, credential, csrf};
use crate::error::{Error, ErrorKind, TokenError};
use crate::keys::jws::Jws;
use crate::sign_in::SignInKind;
use crate::state::AuthState;

/// Returns the verified token of one type, verified once per request; 401 `wrong_token_type` if it
/// is of the other type.
pub(crate) fn verified_as<'r>(
    request: &'r Request<'_>,
    state: &AuthState,
    kind: TokenKind,
) -> Result<&'r VerifiedToken, Error> {
    let request_state = RequestState::of(request);
    let verified = match kind {
        TokenKind::Access => &request_state.access,
        TokenKind::Refresh => &request_state.refresh,
    };
    let result = verified.get_or_init(|| {
        let (token, location) = credential(request, &state.config, kind).text()?;
        verify(request, state, token, location)
    });
    match result {
        Ok(found) if found.claims.kind == kind => Ok(found),
        Ok(_) => Err(ErrorKind::WrongTokenType.into()),
        Err(error) => Err(error.clone()),
    }
}

/// Returns the verified token of either type.
pub(crate) fn verified<'r>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<&'r VerifiedToken, Error> {
    let in_cookie = matches!(
        credential(request, &state.config, TokenKind::Access),
        Credential::Jwt { location: Location::Cookies, .. }
    );
    match verified_as(request, state, TokenKind::Access) {
        // A good refresh cookie can sign out although the access cookie has expired.
        Err(error) if in_cookie && error.kind().status().code == 401 => {
            verified_as(request, state, TokenKind::Refresh).map_err(|_| error)
        }
        Err(error) => match error.kind() {
            ErrorKind::WrongTokenType | ErrorKind::CredentialsMissing => {
                verified_as(request, state, TokenKind::Refresh)
            }
            _ => Err(error),
        },
        result => result,
    }
}

/// Verifies a token, and for one in a cookie its CSRF value.
pub(crate) fn verify(
    request: &Request<'_>,
    state: &AuthState,
    token: &str,
    location: Location,
) -> Result<VerifiedToken, Error> {
    let claims = verify_in_time(state, token)?;
    if location == Location::Cookies {
        csrf::check(request, &state.config.token.cookies, &claims)?;
    }
    Ok(VerifiedToken { claims, location })
}

/// Verifies a token of ours or of the foreign issuer, and its times; 401 `token_invalid` or
/// `token_expired`. Access tokens are cached.
fn verify_in_time(state: &AuthState, token: &str) -> Result<Arc<Claims>, Error> {
    let Some(cache) = &state.tokens else {
        return check_token(state, token)?.in_time().map(Arc::new);
    };
    let fingerprint = cache.fingerprint(token);
    if let Some(claims) = cache.get(&fingerprint)
        && claims.is_in_time(&state.config.token, state.clock.now()?)
    {
        return Ok(claims);
    }
    // Verified in full also if it was cached and has expired: that says what is wrong.
    let claims = Arc::new(check_token(state, token)?.in_time()?);
    // A refresh token is seldom presented twice.
    if claims.kind == TokenKind::Access {
        cache.insert(fingerprint, &claims);
    }
    Ok(claims)
}

/// Verifies a token of ours or of the foreign issuer, but for its expiry; 401 `token_invalid`.
pub(crate) fn check_token(state: &AuthState, token: &str) -> Result<CheckedClaims, Error> {
    let config = &state.config.token;
    let jws = Jws::split(token)?;
    match state.foreign_keys.as_ref().filter(|keys| keys.may_have_issued(&jws)) {
        Some(keys) => {
            let claims = keys.verify(&jws)?;
            Ok(Claims::check_foreign(claims, config, state.clock.now()?)?)
        }
        None => {
            let (typ, claims) = state.keys.verify(&jws, state.find_key.as_deref())?;
            Ok(Claims::check(typ, claims, config, state.clock.now()?)?)
        }
    }
}

/// Authenticates by a verified token of either type, if its sign-in is active.
pub(crate) async fn by_token<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    verified: &VerifiedToken,
) -> Result<Authentication<U>, Error> {
    let claims = &verified.claims;
    let found = if claims.foreign {
        // Only its issuer knows whether it was revoked.
        let found = U::find_foreign(request.rocket(), claims).await.map_err(Error::unavailable)?;
        let account = found.filter(Account::is_active).ok_or(TokenError::AccountGone)?;
        ActiveSignIn { account: Arc::new(account), sign_in: None }
    } else {
        let claim = SignInClaim {
            sid: claims.sid.as_deref(),
            sub: &claims.sub,
            stamp: claims.stamp.as_deref(),
            generation: claims.generation.unwrap_or(0),
            is_kind: SignInKind::is_token,
            idle: None,
        };
        find_active::<U>(request, state, &claim).await??
    };
    if !U::accept(request.rocket(), claims).await.map_err(Error::unavailable)? {
        return Err(TokenError::Refused.into());
    }
    let auth_time =
        OffsetDateTime::from_unix_timestamp(claims.auth_time).map_err(Error::internal)?;
    Ok(Authentication {
        // Both, because a cached row may be older than the token.
        amr: found.sign_in.as_ref().map_or(claims.amr, |row| row.amr.with(claims.amr)),
        account: found.account,
        method: AuthMethod::Token,
        auth_time,
        sign_in: found.sign_in,
        fresh: claims.fresh,
        remembered: false,
        claims: Some(claims.clone()),
        location: Some(verified.location),
    })
}
