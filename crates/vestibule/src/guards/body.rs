//! Tokens in the JSON body: a guard decides before the body is read, so this location has data
//! guards of its own.

use std::fmt;

use rocket::data::{Data, FromData, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::account::Account;
use crate::authentication::authenticate_token;
use crate::authentication::by_session::was_accepted;
use crate::authentication::by_token::{by_token, verify};
use crate::authentication::result::Authentication;
use crate::config::Location;
use crate::config::TokenKind;
use crate::credentials::request_state::VerifiedToken;
use crate::credentials::request_state::mark_depends_on_user;
use crate::credentials::{credential, mark_in_body, presents_token_outside_body};
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::guards::sentinel::{self, Proof};
use crate::guards::tokens::RefreshToken;
use crate::guards::users::Authenticated;
use crate::json::{is_json, read_json_object};
use crate::state::AuthState;

/// Data guard: the account behind an access token in the JSON body, and the rest of the body
/// (`JWT_TOKEN_LOCATION = ["json"]`, `JWT_JSON_KEY`). `"json"` must be among
/// `token.locations`. A token in another enabled location, or an access key, will do where the
/// body has none, and then there need not be a body either.
///
/// Without it: 401 as [`TokenUser`](crate::TokenUser); 400 `ambiguous_credentials` when
/// another location holds a token too, or when a guard of the same route let a session in; 415
/// `unsupported_media_type`, 413 `too_large`, 400 `malformed_body`. Guards run before the body
/// is read: by then that session has been looked up and counts as used.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, Authenticated, TokenBody};
///
/// fn update<U: Account>(body: TokenBody<U>) -> String {
///     format!("{} fields for {}", body.fields().len(), body.authentication().account().id())
/// }
/// ```
pub struct TokenBody<U> {
    authentication: Authentication<U>,
    rest: Rest,
}

/// Data guard: a refresh token in the JSON body, verified as
/// [`RefreshToken`] is, and the rest of the body (`JWT_REFRESH_JSON_KEY`). For the one route
/// that gives out the next pair; a token in another enabled location will do here too.
///
/// Without it: 401 as [`RefreshToken`]; 400, 413 and 415 as [`TokenBody`].
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::Json;
/// use vestibule::{Account, Error, RefreshBody, TokenPair, Tokens};
///
/// async fn next<U: Account>(body: RefreshBody, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
///     Ok(Json(tokens.refresh::<U>(body.token()).await?))
/// }
/// ```
pub struct RefreshBody {
    token: RefreshToken,
    rest: Rest,
}

/// The fields of a body without its tokens.
struct Rest(Map<String, Value>);

impl Rest {
    fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.0).map_err(|_| ErrorKind::InvalidField.into())
    }
}

impl<U> TokenBody<U> {
    /// The body's fields without the tokens.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.rest.0
    }

    /// The body without the tokens, as a type of yours.
    ///
    /// # Errors
    /// 422 `invalid_field` when it does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.rest.parse()
    }
}

impl<U: Account> Authenticated for TokenBody<U> {
    type Account = U;

    fn authentication(&self) -> &Authentication<U> {
        &self.authentication
    }
}

impl RefreshBody {
    /// The refresh token, for [`Tokens::refresh`](crate::Tokens::refresh).
    #[must_use]
    pub fn token(&self) -> &RefreshToken {
        &self.token
    }

    /// The body's fields without the tokens.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.rest.0
    }

    /// The body without the tokens, as a type of yours.
    ///
    /// # Errors
    /// 422 `invalid_field` when it does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.rest.parse()
    }
}

// By hand, all of them: a field may hold a password.
impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} fields", self.0.len())
    }
}

impl<U> fmt::Debug for TokenBody<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBody").field("rest", &self.rest).finish_non_exhaustive()
    }
}

impl fmt::Debug for RefreshBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshBody").field("rest", &self.rest).finish_non_exhaustive()
    }
}

/// A token, and what the body holds beside it.
struct Found {
    token: String,
    location: Location,
    rest: Rest,
}

/// The token of one type that the body holds, or else another location, and the rest.
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
    let mut fields = if data.peek(1).await.is_empty() {
        Map::new()
    } else {
        if !is_json(request) {
            // Somebody without a token is told so first.
            elsewhere.text()?;
        }
        let read = read_json_object(request, data).await;
        if read.is_err() && config.locations.contains(&Location::Json) {
            // It may hold a token that cannot be seen, twice for example: no cookie leaves.
            mark_in_body(request);
        }
        read?
    };
    let mut in_body = None;
    if config.locations.contains(&Location::Json) {
        in_body = fields.remove(config.json.name(kind)).filter(|value| !is_nothing(value));
        // Whoever sends both, as they were given out, must not find one in the handler's hands.
        let other = match kind {
            TokenKind::Access => TokenKind::Refresh,
            TokenKind::Refresh => TokenKind::Access,
        };
        fields.remove(config.json.name(kind));
        let other = fields.remove(config.json.name(other)).filter(|value| !is_nothing(value));
        if other.is_some() {
            mark_in_body(request);
        }
    }
    let (token, location) = match in_body {
        None => {
            let (token, location) = elsewhere.text()?;
            (token.to_owned(), location)
        }
        Some(_) if presents_token_outside_body(request, &state.config) => {
            return Err(ErrorKind::AmbiguousCredentials.into());
        }
        Some(value) => {
            // Good or bad, it makes this a token request: no cookie leaves.
            mark_in_body(request);
            if was_accepted(request) {
                return Err(ErrorKind::AmbiguousCredentials.into());
            }
            (value.as_str().unwrap_or_default().to_owned(), Location::Json)
        }
    };
    Ok(Found { token, location, rest: Rest(fields) })
}

fn verified(
    request: &Request<'_>,
    state: &AuthState,
    found: &Found,
    kind: TokenKind,
) -> Result<VerifiedToken, Error> {
    let verified = verify(request, state, &found.token, found.location)?;
    if verified.claims.kind == kind { Ok(verified) } else { Err(ErrorKind::WrongTokenType.into()) }
}

/// As with an empty cookie or an empty parameter, nothing is presented.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

async fn access<U: Account>(request: &Request<'_>, data: Data<'_>) -> Result<TokenBody<U>, Error> {
    let (state, kind) = (AuthState::of(request)?, TokenKind::Access);
    let found = read(request, state, data, kind).await?;
    let authentication = match found.location {
        Location::Header => authenticate_token(request, state).await?.clone(),
        _ => by_token(request, state, &verified(request, state, &found, kind)?).await?,
    };
    Ok(TokenBody { authentication, rest: found.rest })
}

async fn refresh(request: &Request<'_>, data: Data<'_>) -> Result<RefreshBody, Error> {
    let (state, kind) = (AuthState::of(request)?, TokenKind::Refresh);
    let found = read(request, state, data, kind).await?;
    let verified = verified(request, state, &found, kind)?;
    Ok(RefreshBody { token: RefreshToken::of(verified.claims), rest: found.rest })
}

/// The outcome of a data guard: its error stays on the request for the catchers.
fn outcome<'r, T>(request: &'r Request<'_>, read: Result<T, Error>) -> Outcome<'r, T>
where
    T: FromData<'r, Error = Error>,
{
    match read {
        Ok(body) => Outcome::Success(body),
        Err(error) => Outcome::Error((error.clone().remember(request), error)),
    }
}

#[rocket::async_trait]
impl<'r, U: Account> FromData<'r> for TokenBody<U> {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        outcome(request, access(request, data).await)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for RefreshBody {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        outcome(request, refresh(request, data).await)
    }
}

impl<U: Account> Sentinel for TokenBody<U> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort_for::<U>(rocket, "TokenBody")
    }
}

impl Sentinel for RefreshBody {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "RefreshBody", Proof::Login)
    }
}
