//! The guards with a user: the sign-in is active, and so is its account.

use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::sentinel::{self, Proof};
use crate::account::Account;
use crate::authentication::by_token::{by_token, verified};
use crate::authentication::result::Authentication;
use crate::authentication::{authenticate, authenticate_session, authenticate_token};
use crate::config::TokenKind;
use crate::credentials::credential::Credential;
use crate::credentials::{credential, is_token_request, mark_depends_on_user};
use crate::error::request_errors::outcome;
use crate::error::{Error, ErrorKind};
use crate::state::AuthState;

/// A guard that holds an authenticated account: what [`Fresh`](crate::guards::Fresh),
/// [`Require`](crate::guards::Require) and the other conditions wrap.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no guard that holds an account",
    label = "a guard such as `CurrentUser<U>` is expected",
    note = "write `Fresh<CurrentUser<User>>`, not `Fresh<User>`"
)]
pub trait Authenticated: Send + Sync {
    /// The application's user type.
    type Account: Account;

    /// The account, and how it was authenticated.
    fn authentication(&self) -> &Authentication<Self::Account>;
}

/// Guard: the account behind a bearer token or an access key, whatever cookie comes beside it.
///
/// Without one: 401 `credentials_missing`, `token_invalid`, `token_expired`,
/// `wrong_token_type` or `token_revoked`; 503 `unavailable` if a store fails.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, TokenUser};
///
/// fn greet<U: Account>(user: TokenUser<U>) -> String {
///     format!("account {}", user.account().id())
/// }
/// ```
#[derive(Debug)]
pub struct TokenUser<U>(pub(super) Authentication<U>);

/// Guard: the account behind an access *or* a refresh token, or an access key; for signing out.
///
/// Without one: as [`TokenUser`]; `wrong_token_type` only for a refresh token in the
/// access token's cookie.
#[derive(Debug)]
pub struct AnyTokenUser<U>(Authentication<U>);

/// Guard: the account behind a session cookie; an unsafe request must come from our own origin.
///
/// Without one: 401 `credentials_missing`, also on a token request, whatever cookie it carries; 403
/// `cross_origin`; 503 `unavailable`.
#[derive(Debug)]
pub struct SessionUser<U>(Authentication<U>);

/// Guard: the account behind the token or, without one, the session cookie (`current_user`).
///
/// Without one: as [`TokenUser`] if a token is presented, else as [`SessionUser`].
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, CurrentUser};
///
/// fn how<U: Account>(user: CurrentUser<U>) -> &'static str {
///     user.authentication().method().as_str()
/// }
/// ```
#[derive(Debug)]
pub struct CurrentUser<U>(Authentication<U>);

/// Guard: the account behind any credential: as [`CurrentUser`], and a refresh token too; for
/// signing out with [`SignIns::sign_out`](crate::sign_ins::SignIns::sign_out).
///
/// Without one: as [`AnyTokenUser`] if a token is presented, else as [`SessionUser`].
#[derive(Debug)]
pub struct AnyUser<U>(pub(super) Authentication<U>);

fn state_of<'r>(request: &'r Request<'_>) -> Result<&'r AuthState, Error> {
    mark_depends_on_user(request);
    AuthState::of(request)
}

async fn token_user<U: Account>(request: &Request<'_>) -> Result<Authentication<U>, Error> {
    authenticate_token(request, state_of(request)?).await.cloned()
}

async fn any_token_user<U: Account>(request: &Request<'_>) -> Result<Authentication<U>, Error> {
    let state = state_of(request)?;
    match credential(request, &state.config, TokenKind::Access) {
        Credential::AccessKey(_) => authenticate_token(request, state).await.cloned(),
        _ => by_token(request, state, verified(request, state)?).await,
    }
}

async fn session_user<U: Account>(request: &Request<'_>) -> Result<Authentication<U>, Error> {
    let state = state_of(request)?;
    if is_token_request(request, &state.config) {
        // A bad token gets its own error; a good one is still no session.
        authenticate_token::<U>(request, state).await?;
        let detail = "This page takes a session, not a token.";
        return Err(Error::new(ErrorKind::CredentialsMissing).detail(detail));
    }
    let found = authenticate_session(request, state).await?;
    found.cloned().ok_or_else(|| ErrorKind::CredentialsMissing.into())
}

pub(super) async fn any_user<U: Account>(
    request: &Request<'_>,
) -> Result<Authentication<U>, Error> {
    if is_token_request(request, &state_of(request)?.config) {
        any_token_user(request).await
    } else {
        session_user(request).await
    }
}

async fn current_user<U: Account>(request: &Request<'_>) -> Result<Authentication<U>, Error> {
    let found = authenticate(request, state_of(request)?).await?;
    found.cloned().ok_or_else(|| ErrorKind::CredentialsMissing.into())
}

macro_rules! user_guard {
    ($guard:ident, $find:ident) => {
        impl<U> $guard<U> {
            /// The account.
            #[must_use]
            pub fn account(&self) -> &U {
                self.0.account()
            }

            /// How the request was authenticated.
            #[must_use]
            pub fn authentication(&self) -> &Authentication<U> {
                &self.0
            }
        }

        impl<U> Deref for $guard<U> {
            type Target = U;

            fn deref(&self) -> &U {
                self.0.account()
            }
        }

        impl<U: Account> Authenticated for $guard<U> {
            type Account = U;

            fn authentication(&self) -> &Authentication<U> {
                &self.0
            }
        }

        #[rocket::async_trait]
        impl<'r, U: Account> FromRequest<'r> for $guard<U> {
            type Error = Error;

            async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
                outcome(request, $find(request).await.map(Self))
            }
        }

        impl<U: Account> Sentinel for $guard<U> {
            fn abort(rocket: &Rocket<Ignite>) -> bool {
                sentinel::abort_for::<U>(rocket, stringify!($guard), Proof::Login)
            }
        }
    };
}

user_guard!(TokenUser, token_user);
user_guard!(AnyTokenUser, any_token_user);
user_guard!(SessionUser, session_user);
user_guard!(CurrentUser, current_user);
user_guard!(AnyUser, any_user);
