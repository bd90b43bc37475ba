//! Authentication by a JWT.

use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use super::find_active::{ActiveSignIn, SignInClaim, find_active, find_foreign};
use super::result::{AuthMethod, Authentication};
use super::verify::verify_in_time;
use crate::account::Account;
use crate::config::{Location, TokenKind};
use crate::credentials::credential::Credential;
use crate::credentials::{RequestState, VerifiedToken, credential, csrf};
use crate::error::{Error, ErrorKind, TokenError};
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
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::WrongTokenType | ErrorKind::CredentialsMissing
            ) =>
        {
            verified_as(request, state, TokenKind::Refresh)
        }
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

/// Authenticates by a verified token of either type, if its sign-in is active.
pub(crate) async fn by_token<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    verified: &VerifiedToken,
) -> Result<Authentication<U>, Error> {
    let claims = &verified.claims;
    let found = if claims.foreign {
        // Only its issuer knows whether it was revoked.
        let account = Arc::new(find_foreign::<U>(request, claims).await?);
        ActiveSignIn { account, sign_in: None }
    } else {
        let claim = SignInClaim {
            sid: claims.sid.as_deref(),
            sub: &claims.sub,
            stamp: claims.stamp.as_deref(),
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
