//! The guard for a token that is presented but not verified.

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::sentinel::{self, Proof};
use crate::config::TokenKind;
use crate::credentials::bearer::is_token68;
use crate::credentials::{credential, mark_depends_on_user};
use crate::error::request_errors::outcome;
use crate::error::{Error, ErrorKind};
use crate::state::AuthState;

/// Guard: exactly one well-formed token is presented; nothing about it is verified.
///
/// Without one: 401 `credentials_missing`, 401 `malformed_authorization`, 401 `token_invalid`
/// for what cannot be a token in a cookie or in the query, or 400 `ambiguous_credentials`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::guards::BearerToken;
///
/// #[get("/length")]
/// fn length(token: BearerToken<'_>) -> String {
///     token.as_str().len().to_string()
/// }
/// ```
pub struct BearerToken<'r>(&'r str);

impl<'r> BearerToken<'r> {
    /// The token as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &'r str {
        self.0
    }
}

impl std::fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for BearerToken<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let token = AuthState::of(request).and_then(|state| {
            mark_depends_on_user(request);
            let (token, _) = credential(request, &state.config, TokenKind::Access).text()?;
            if is_token68(token) { Ok(Self(token)) } else { Err(ErrorKind::TokenInvalid.into()) }
        });
        outcome(request, token)
    }
}

impl Sentinel for BearerToken<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "BearerToken", Proof::Nothing)
    }
}
