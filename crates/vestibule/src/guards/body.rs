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
use crate::config::{Location, TokenKind};
use crate::credentials::{
    VerifiedToken, credential, mark_depends_on_user, mark_in_body, presents_token_outside_body,
};
use crate::error::request_errors::outcome;
use crate::error::{Error, ErrorKind};
use crate::guards::tokens::RefreshToken;
use crate::guards::users::{Authenticated, TokenUser};
use crate::json::{is_json, read_json_object};
use crate::state::AuthState;

/// Data guard: [`TokenUser`] or [`RefreshToken`] of a token in the JSON body, and the rest of the
/// body (`JWT_TOKEN_LOCATION = ["json"]`, `JWT_JSON_KEY`, `JWT_REFRESH_JSON_KEY`). `"json"` must
/// be among `token.locations`. If the body has no token, one in another enabled location or an
/// access key is taken; then the body may be empty too.
///
/// Without it: 401 as `G`; 400 `ambiguous_credentials` if another location holds a token too, or a
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
    /// 422 `invalid_field` if it does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.rest).map_err(|_| ErrorKind::InvalidField.into())
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
            let (state, kind) = (AuthState::of(request)?, TokenKind::Access);
            let found = read(request, state, data, kind).await?;
            let authentication = match found.location {
                Location::Header => authenticate_token(request, state).await?.clone(),
                _ => by_token(request, state, &found.verify(request, state, kind)?).await?,
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
            let (state, kind) = (AuthState::of(request)?, TokenKind::Refresh);
            let found = read(request, state, data, kind).await?;
            let claims = found.verify(request, state, kind)?.claims;
            Ok(Self { guard: RefreshToken(claims), rest: found.rest })
        };
        outcome(request, body.await)
    }
}

impl<G: Sentinel> Sentinel for TokenBody<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}

/// A token, and the rest of the body.
struct Found {
    token: String,
    location: Location,
    rest: Map<String, Value>,
}

impl Found {
    fn verify(
        &self,
        request: &Request<'_>,
        state: &AuthState,
        kind: TokenKind,
    ) -> Result<VerifiedToken, Error> {
        let found = verify(request, state, &self.token, self.location)?;
        if found.claims.kind == kind { Ok(found) } else { Err(ErrorKind::WrongTokenType.into()) }
    }
}

/// Reads the token of one type from the body, or else from another location, and the rest.
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
    let elsewhere = credential(request, &state.config, kind);
    let may_be_in_body = config.locations.contains(&Location::Json);
    let mut rest = if data.peek(1).await.is_empty() {
        Map::new()
    } else {
        if !is_json(request) {
            // A missing token is the first error to report.
            elsewhere.text()?;
        }
        let read = read_json_object(request, data).await;
        if read.is_err() && may_be_in_body {
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
    let Some(in_body) = kind.pick(access, refresh) else {
        let (token, location) = elsewhere.text()?;
        return Ok(Found { token: token.to_owned(), location, rest });
    };
    if presents_token_outside_body(request, &state.config) || was_accepted(request) {
        return Err(ErrorKind::AmbiguousCredentials.into());
    }
    let token = in_body.as_str().unwrap_or_default().to_owned();
    Ok(Found { token, location: Location::Json, rest })
}

/// Whether a value presents nothing, as an empty cookie or parameter does.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
