//! The data guard for tokens in the JSON body, which request guards cannot read.

use std::fmt;
use std::ops::Deref;

use rocket::data::{Data, FromData, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::account::Account;
use crate::authentication::authenticate_token;
use crate::authentication::by_token::{by_token, verify};
use crate::authentication::result::Authentication;
use crate::authentication::session_cookies::was_accepted;
use crate::config::{Config, Location, TokenKind};
use crate::credentials::{
    VerifiedToken, credential, mark_depends_on_user, mark_in_body, presents_token_outside_body,
};
use crate::error::request_errors::outcome;
use crate::error::{Error, ErrorKind};
use crate::guards::sentinel::{self, Proof};
use crate::guards::tokens::{RefreshToken, token_of};
use crate::guards::users::{AnyUser, Authenticated, TokenUser, any_user};
use crate::json::{is_json, parse_as, read_json_object};
use crate::state::AuthState;

/// Data guard: [`TokenUser`], [`RefreshToken`] or [`AnyUser`] by a token in the JSON body, and the
/// rest of the body (`JWT_TOKEN_LOCATION = ["json"]`, `JWT_JSON_KEY`, `JWT_REFRESH_JSON_KEY`). A
/// refresh token is always taken, as in RFC 6749, section 6, an access token if `"json"` is among
/// `token.locations`. If the body has no token, one in another enabled location or an access key is
/// taken, for `AnyUser` also a session; then the body may be empty too. Without tokens, in mode
/// `session`, it is 404 `not_found`, for `AnyUser` too.
///
/// If no location has a credential either, `RefreshToken` and `AnyUser` respond to a body with other fields with
/// 422 `invalid_field` in the place of 401, on which clients discard their token.
///
/// Without a token: as `G`; 400 `ambiguous_credentials` if another location holds a token too, or a
/// guard of the same route accepted a session; 415 `unsupported_media_type`, 413 `too_large`, 400
/// `malformed_body`. Guards run before the body is read, so that session counts as used.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::Json;
/// use vestibule::{Account, Error, TokenUser, Tokens};
/// use vestibule::guards::{RefreshToken, TokenBody};
/// use vestibule::tokens::TokenPair;
///
/// fn update<U: Account>(body: TokenBody<TokenUser<U>>) -> String {
///     format!("{} fields for {}", body.fields().len(), body.account().id())
/// }
///
/// async fn next<U: Account>(
///     token: TokenBody<RefreshToken>,
///     tokens: Tokens<'_>,
/// ) -> Result<Json<TokenPair>, Error> {
///     Ok(Json(tokens.refresh::<U>(&token).await?))
/// }
/// ```
pub struct TokenBody<G> {
    guard: G,
    /// The fields of the body without its tokens.
    rest: Map<String, Value>,
}

impl<G> TokenBody<G> {
    /// The body's fields without the tokens.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.rest
    }

    /// Parses the body, without the tokens, as a type of yours.
    ///
    /// # Errors
    /// 422 `invalid_field` if it does not fit, with the name of a missing field.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        parse_as(&self.rest)
    }
}

impl<G> Deref for TokenBody<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.guard
    }
}

impl<G: Authenticated> Authenticated for TokenBody<G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.guard.authentication()
    }
}

// No field is shown: one may hold a password.
impl<G> fmt::Debug for TokenBody<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = format_args!("{} fields", self.rest.len());
        f.debug_struct("TokenBody").field("rest", &rest).finish_non_exhaustive()
    }
}

#[rocket::async_trait]
impl<'r, U: Account> FromData<'r> for TokenBody<TokenUser<U>> {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let body = async {
            let state = AuthState::of(request)?;
            require_token_unless_json(request, state, TokenKind::Access)?;
            let found = read(request, state, data, TokenKind::Access).await?;
            let authentication = match &found.token {
                Some(token) => by_token(request, state, token).await?,
                None => authenticate_token(request, state).await?.clone(),
            };
            Ok(Self { guard: TokenUser(authentication), rest: found.rest })
        };
        outcome(request, body.await)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for TokenBody<RefreshToken> {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let body = async {
            let state = AuthState::of(request)?;
            let found = read(request, state, data, TokenKind::Refresh).await?;
            let token = match found.token {
                Some(token) => token,
                None => token_of(request, TokenKind::Refresh)
                    .map_err(|error| missing_in(&found.rest, error, &state.config))?,
            };
            Ok(Self { guard: RefreshToken(token), rest: found.rest })
        };
        outcome(request, body.await)
    }
}

#[rocket::async_trait]
impl<'r, U: Account> FromData<'r> for TokenBody<AnyUser<U>> {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let body = async {
            let state = AuthState::of(request)?;
            let found = read(request, state, data, TokenKind::Refresh).await?;
            let authentication = match &found.token {
                Some(token) => by_token(request, state, token).await?,
                None => any_user(request)
                    .await
                    .map_err(|error| missing_in(&found.rest, error, &state.config))?,
            };
            Ok(Self { guard: AnyUser(authentication), rest: found.rest })
        };
        outcome(request, body.await)
    }
}

impl<G: Sentinel> Sentinel for TokenBody<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "TokenBody", Proof::Nothing) || G::abort(rocket)
    }
}

/// The token in the body, if it has one, and the rest.
struct Found {
    token: Option<VerifiedToken>,
    rest: Map<String, Value>,
}

/// Returns the error of a missing token; 422 `invalid_field` if the body has fields, but no token among them:
/// after 401 a client gives up the token that it has.
fn missing_in(rest: &Map<String, Value>, error: Error, config: &Config) -> Error {
    if error.kind() == ErrorKind::CredentialsMissing && !rest.is_empty() {
        let name = config.token.json.name(TokenKind::Refresh);
        return Error::invalid_field(name.to_owned(), "This field is required.");
    }
    error
}

/// Returns the error of a missing token unless the body is JSON, which may hold one.
fn require_token_unless_json(
    request: &Request<'_>,
    state: &AuthState,
    kind: TokenKind,
) -> Result<(), Error> {
    if state.config.mode.has_tokens() && !is_json(request) {
        credential(request, &state.config, kind).text()?;
    }
    Ok(())
}

/// Reads and verifies the token of one type in the body, and reads the rest.
async fn read(
    request: &Request<'_>,
    state: &AuthState,
    mut data: Data<'_>,
    kind: TokenKind,
) -> Result<Found, Error> {
    mark_depends_on_user(request);
    let config = &state.config.token;
    if !state.config.mode.has_tokens() {
        return Err(ErrorKind::NotFound.into());
    }
    let may_be_in_body = kind == TokenKind::Refresh || config.locations.contains(&Location::Json);
    let mut rest = if data.peek(1).await.is_empty() {
        Map::new()
    } else {
        let read = read_json_object(request, data).await;
        if read.is_err() && may_be_in_body && is_json(request) {
            // It may hold a token that cannot be read, twice for example: no cookie leaves.
            mark_in_body(request);
        }
        read?
    };
    // A client may send both tokens, as they were issued; the handler gets neither.
    let mut take = |kind| rest.remove(config.json.name(kind)).filter(|value| !is_empty(value));
    let [access, refresh] = if may_be_in_body {
        [TokenKind::Access, TokenKind::Refresh].map(&mut take)
    } else {
        [None, None]
    };
    if access.is_some() || refresh.is_some() {
        // Good or bad, it makes this a token request: no cookie leaves.
        mark_in_body(request);
    }
    let Some(in_body) = kind.pick(access, refresh) else { return Ok(Found { token: None, rest }) };
    if presents_token_outside_body(request, &state.config) || was_accepted(request) {
        return Err(ErrorKind::AmbiguousCredentials.into());
    }
    let token = verify(request, state, in_body.as_str().unwrap_or_default(), Location::Json)?;
    if token.claims.kind != kind {
        return Err(ErrorKind::WrongTokenType.into());
    }
    Ok(Found { token: Some(token), rest })
}

/// Whether a value presents nothing, as an empty cookie or parameter does.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
