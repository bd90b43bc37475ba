//! Decides who is authenticated: one `match` over the credential, then the look-up of the sign-in
//! and its account.
//!
//! Imports every room below (`state`, `cache`, `session`, `credentials`, ...), and no guard.

pub(crate) mod by_key;
pub(crate) mod by_session;
pub(crate) mod by_token;
pub(crate) mod find_active;
pub(crate) mod result;
pub(crate) mod session_cookies;

use rocket::Request;

use crate::access_key::has_prefix;
use crate::account::Account;
use crate::config::{Location, TokenKind};
use crate::credentials::credential::Credential;
use crate::credentials::{RequestState, credential, is_token_request, mark_depends_on_user};
use crate::error::{Error, ErrorKind};
use crate::state::AuthState;
use by_key::by_key;
use by_session::by_session;
use by_token::{by_token, verified_as, verify};
use result::Authentication;

/// The result for a token request; computed once per request.
struct TokenResult<U>(Result<Authentication<U>, Error>);

/// The result for any other request; computed once per request.
struct SessionResult<U>(Result<Option<Authentication<U>>, Error>);

impl<U: Account> Authentication<U> {
    /// Authenticates a request, for catchers and for guards of your own; a handler should name a
    /// guard. Returns `None` without a token and without an active session.
    ///
    /// # Errors
    /// As [`CurrentUser`](crate::CurrentUser).
    pub async fn of(request: &Request<'_>) -> Result<Option<Self>, Error> {
        mark_depends_on_user(request);
        Ok(authenticate(request, AuthState::of(request)?).await?.cloned())
    }
}

/// Authenticates a request: a token decides, good or bad; only without one does the session
/// cookie. Returns `None` without a token and without an active session.
pub(crate) async fn authenticate<'r, U: Account>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<Option<&'r Authentication<U>>, Error> {
    if is_token_request(request, &state.config) {
        authenticate_token(request, state).await.map(Some)
    } else {
        authenticate_session(request, state).await
    }
}

/// Authenticates by the access token or the access key alone; 401 `credentials_missing` without
/// one, whatever cookies the request carries.
pub(crate) async fn authenticate_token<'r, U: Account>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<&'r Authentication<U>, Error> {
    let result = request.local_cache_async(async {
        TokenResult(match credential(request, &state.config, TokenKind::Access) {
            Credential::AccessKey(key) => by_key(request, state, key).await,
            Credential::Jwt { .. } => match verified_as(request, state, TokenKind::Access) {
                Ok(verified) => by_token(request, state, verified).await,
                Err(error) => Err(error),
            },
            Credential::None => Err(ErrorKind::CredentialsMissing.into()),
            Credential::Unreadable(kind, detail) => Err(Error::new(*kind).detail(*detail)),
        })
    });
    result.await.0.as_ref().map_err(Clone::clone)
}

/// Authenticates by the text of an access token or access key, wherever it comes from.
pub(crate) async fn authenticate_text<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    text: &str,
) -> Result<Authentication<U>, Error> {
    if has_prefix(text) {
        return by_key(request, state, text).await;
    }
    let verified = verify(request, state, text, Location::Header)?;
    if verified.claims.kind != TokenKind::Access {
        return Err(ErrorKind::WrongTokenType.into());
    }
    by_token(request, state, &verified).await
}

/// Authenticates by the session cookie or the remember cookie. Never called for a token request.
/// Returns `None` for a request that Rocket could not parse.
pub(crate) async fn authenticate_session<'r, U: Account>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<Option<&'r Authentication<U>>, Error> {
    if !RequestState::of(request).is_parsed() {
        return Ok(None);
    }
    let result =
        request.local_cache_async(async { SessionResult(by_session(request, state).await) });
    result.await.0.as_ref().map(Option::as_ref).map_err(Clone::clone)
}
