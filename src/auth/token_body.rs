//! Tokens in the JSON body: a guard decides before the body is read, so this location is a
//! data guard of its own.

use rocket::Request;
use rocket::data::{Data, FromData, Limits, Outcome};
use rocket::outcome::Outcome::{Error as Failed, Success};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::account::Account;
use super::authentication::{Authentication, behind_token, verify};
use super::claims::TokenKind;
use super::config::Location;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::guards::Authenticated;
use super::json::Object;
use super::presented::{Presented, found_in_body};
use super::sentinel::{self, Proves};
use super::state::AuthState;

/// Data guard: the account behind an access token in the JSON body, and the rest of the body
/// (`JWT_TOKEN_LOCATION = ["json"]`). `"json"` must be among `token.locations`. A token in
/// another enabled location will do where the body has none.
///
/// Without it: 401 as [`TokenUser`](super::TokenUser); 400 `ambiguous_credentials` when
/// another location holds a token too; 415 `unsupported_media_type`, 413 `too_large`, 400
/// `malformed_body`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::auth::{Account, Authenticated, TokenBody};
///
/// fn update<U: Account>(body: TokenBody<U>) -> String {
///     format!("{} fields for {}", body.fields().len(), body.authentication().account().id())
/// }
/// ```
#[derive(Debug)]
pub struct TokenBody<U> {
    authentication: Authentication<U>,
    fields: Map<String, Value>,
}

impl<U> TokenBody<U> {
    /// The body's fields without the token.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The body without the token, as a type of yours.
    ///
    /// # Errors
    /// 422 `invalid_field` when it does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let value = Value::Object(self.fields.clone());
        serde_json::from_value(value).map_err(|_| ErrorKind::InvalidField.into())
    }
}

impl<U: Account> Authenticated for TokenBody<U> {
    type Account = U;

    fn authentication(&self) -> &Authentication<U> {
        &self.authentication
    }
}

async fn read<U: Account>(request: &Request<'_>, data: Data<'_>) -> Result<TokenBody<U>, Error> {
    let state = AuthState::of(request)?;
    state.asked(request);
    let config = &state.config.token;
    if !state.config.mode.has_tokens() {
        return Err(ErrorKind::NotFound.into());
    }
    if !request.content_type().is_some_and(|kind| kind.is_json()) {
        // Somebody without a body is somebody without a token.
        Presented::of(request, state, TokenKind::Access).token()?;
        return Err(ErrorKind::UnsupportedMediaType.into());
    }
    let limit = request.limits().get("json").unwrap_or(Limits::JSON);
    let bytes = data.open(limit).into_bytes().await;
    // A client that hangs up is no event for the log.
    let bytes = bytes.map_err(|_| Error::new(ErrorKind::MalformedBody))?;
    if !bytes.is_complete() {
        return Err(ErrorKind::TooLarge.into());
    }
    let object = serde_json::from_slice::<Object>(&bytes);
    let mut fields = object.map_err(|_| Error::new(ErrorKind::MalformedBody))?.0;
    let in_body = match config.locations.contains(&Location::Json) {
        true => fields.remove(&config.json.access),
        false => None,
    };
    let elsewhere = Presented::of(request, state, TokenKind::Access);
    let verified = match (in_body, elsewhere) {
        (None | Some(Value::Null), elsewhere) => {
            let (token, location) = elsewhere.token()?;
            verify(request, state, token, location)?
        }
        (Some(value), Presented::Nothing) => {
            let token = value.as_str().unwrap_or_default();
            // Good or bad, it makes this a token request: no cookie leaves.
            found_in_body(request);
            verify(request, state, token, Location::Json)?
        }
        (Some(_), _) => return Err(ErrorKind::AmbiguousCredentials.into()),
    };
    if verified.claims.kind != TokenKind::Access {
        return Err(ErrorKind::WrongTokenType.into());
    }
    let authentication = behind_token(request, state, &verified).await?;
    Ok(TokenBody { authentication, fields })
}

#[rocket::async_trait]
impl<'r, U: Account> FromData<'r> for TokenBody<U> {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data).await {
            Ok(body) => Success(body),
            Err(error) => {
                let status = error.clone().remember(request);
                Failed((status, error))
            }
        }
    }
}

impl<U: Account> rocket::Sentinel for TokenBody<U> {
    fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
        sentinel::abort(rocket, "TokenBody", Proves::Login)
    }
}
