//! The guards without a user: a verified token of ours.

use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::authentication::by_token::verified_as;
use crate::claims::Claims;
use crate::config::{Location, TokenKind};
use crate::credentials::{VerifiedToken, mark_depends_on_user};
use crate::error::request_errors::outcome;
use crate::error::{Error, TokenError};
use crate::guards::sentinel::{self, Proof};
use crate::state::AuthState;

/// Guard: an unexpired access token with our signature, issuer and audience; never one of
/// `token.foreign`, whose `sub` is no account id here. Whether its sign-in is still active is not
/// checked; [`TokenUser`](crate::TokenUser) does that.
///
/// Without one: 401 `credentials_missing`, `token_invalid`, `token_expired`, `wrong_token_type`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::guards::AccessToken;
///
/// #[get("/subject")]
/// fn subject(token: AccessToken) -> String {
///     token.claims().sub.clone()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AccessToken(Arc<Claims>);

/// Guard: a refresh token, verified as an [`AccessToken`], for the route of the next pair.
///
/// Without one: as [`AccessToken`].
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::Json;
/// use vestibule::{Account, Error, Tokens};
/// use vestibule::guards::RefreshToken;
/// use vestibule::tokens::TokenPair;
///
/// async fn next<U: Account>(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
///     Ok(Json(tokens.refresh::<U>(&token).await?))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RefreshToken(pub(super) VerifiedToken);

impl AccessToken {
    /// The verified claims.
    #[must_use]
    pub fn claims(&self) -> &Arc<Claims> {
        &self.0
    }
}

impl RefreshToken {
    /// The verified claims.
    #[must_use]
    pub fn claims(&self) -> &Arc<Claims> {
        &self.0.claims
    }

    /// Where the token was (`get_jwt_request_location`).
    #[must_use]
    pub fn location(&self) -> Location {
        self.0.location
    }
}

pub(super) fn token_of(request: &Request<'_>, kind: TokenKind) -> Result<VerifiedToken, Error> {
    let state = AuthState::of(request)?;
    mark_depends_on_user(request);
    let token = verified_as(request, state, kind)?;
    if token.claims.foreign { Err(TokenError::Issuer.into()) } else { Ok(token.clone()) }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AccessToken {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(request, token_of(request, TokenKind::Access).map(|token| Self(token.claims)))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for RefreshToken {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(request, token_of(request, TokenKind::Refresh).map(Self))
    }
}

impl Sentinel for AccessToken {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "AccessToken", Proof::Login)
    }
}

impl Sentinel for RefreshToken {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "RefreshToken", Proof::Login)
    }
}
