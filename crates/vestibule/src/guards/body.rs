//! The data guards for tokens in the JSON body, which request guards cannot read.

use std::fmt;

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
use crate::error::{Error, ErrorKind};
use crate::guards::sentinel::{self, Proof};
use crate::guards::tokens::RefreshToken;
use crate::guards::users::Authenticated;
use crate::json::{is_json, read_json_object};
use crate::state::AuthState;

/// Data guard: the account behind an access token in the JSON body, and the rest of the body
/// (`JWT_TOKEN_LOCATION = ["json"]`, `JWT_JSON_KEY`). `"json"` must be among
/// `token.locations`. If the body has no token, one in another enabled location or an access key
/// is taken; then the body may be empty too.
///
/// Without it: 401 as [`TokenUser`](crate::TokenUser); 400 `ambiguous_credentials` if another
/// location holds a token too, or a guard of the same route accepted a session; 415
/// `unsupported_media_type`, 413 `too_large`, 400 `malformed_body`. Guards run before the body
/// is read, so that session counts as used.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::Account;
/// use vestibule::guards::{Authenticated, TokenBody};
///
/// fn update<U: Account>(body: TokenBody<U>) -> String {
///     format!("{} fields for {}", body.fields().len(), body.authentication().account().id())
/// }
/// ```
pub struct TokenBody<U> {
    authentication: Authentication<U>,
    rest: Rest,
}

/// Data guard: a refresh token in the JSON body, verified as [`RefreshToken`], and the rest of the
/// body (`JWT_REFRESH_JSON_KEY`). For the route that issues the next pair; a token in another
/// enabled location is taken too.
///
/// Without it: 401 as [`RefreshToken`]; 400, 413 and 415 as [`TokenBody`].
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::Json;
/// use vestibule::{Account, Error, Tokens};
/// use vestibule::guards::RefreshBody;
/// use vestibule::tokens::TokenPair;
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

    /// Parses the body, without the tokens, as a type of yours.
    ///
    /// # Errors
    /// 422 `invalid_field` if it does not fit.
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

    /// Parses the body, without the tokens, as a type of yours.
    ///
    /// # Errors
    /// 422 `invalid_field` if it does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.rest.parse()
    }
}

// No field is shown: one may hold a password.
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

/// A token, and the rest of the body.
struct TokenAndRest {
    token: String,
    location: Location,
    rest: Rest,
}

/// Reads the token of one type from the body, or else from another location, and the rest.
async fn read(
    request: &Request<'_>,
    state: &AuthState,
    mut data: Data<'_>,
    kind: TokenKind,
) -> Result<TokenAndRest, Error> {
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
            // A missing token is the first error to report.
            elsewhere.text()?;
        }
        let read = read_json_object(request, data).await;
        if read.is_err() && config.locations.contains(&Location::Json) {
            // It may hold a token that cannot be read, twice for example: no cookie leaves.
            mark_in_body(request);
        }
        read?
    };
    let mut in_body = None;
    if config.locations.contains(&Location::Json) {
        in_body = fields.remove(config.json.name(kind)).filter(|value| !is_empty(value));
        // A client may send both, as they were issued; the handler gets neither.
        let other = match kind {
            TokenKind::Access => TokenKind::Refresh,
            TokenKind::Refresh => TokenKind::Access,
        };
        let other = fields.remove(config.json.name(other)).filter(|value| !is_empty(value));
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
    Ok(TokenAndRest { token, location, rest: Rest(fields) })
}

fn verified(
    request: &Request<'_>,
    state: &AuthState,
    found: &TokenAndRest,
    kind: TokenKind,
) -> Result<VerifiedToken, Error> {
    let verified = verify(request, state, &found.token, found.location)?;
    if verified.claims.kind == kind { Ok(verified) } else { Err(ErrorKind::WrongTokenType.into()) }
}

/// Whether a value presents nothing, as an empty cookie or parameter does.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

async fn token_body<U: Account>(
    request: &Request<'_>,
    data: Data<'_>,
) -> Result<TokenBody<U>, Error> {
    let (state, kind) = (AuthState::of(request)?, TokenKind::Access);
    let found = read(request, state, data, kind).await?;
    let authentication = match found.location {
        Location::Header => authenticate_token(request, state).await?.clone(),
        _ => by_token(request, state, &verified(request, state, &found, kind)?).await?,
    };
    Ok(TokenBody { authentication, rest: found.rest })
}

async fn refresh_body(request: &Request<'_>, data: Data<'_>) -> Result<RefreshBody, Error> {
    let (state, kind) = (AuthState::of(request)?, TokenKind::Refresh);
    let found = read(request, state, data, kind).await?;
    let verified = verified(request, state, &found, kind)?;
    Ok(RefreshBody { token: RefreshToken::of(verified.claims), rest: found.rest })
}

/// The outcome of a data guard; keeps its error on the request for the catchers.
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
        outcome(request, token_body(request, data).await)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for RefreshBody {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        outcome(request, refresh_body(request, data).await)
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
