//! The guard that publishes the public keys (RFC 7517).

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};
use serde_json::Value;

use crate::error::request_errors::outcome;
use crate::error::{Error, ErrorKind};
use crate::guards::sentinel::{self, Proof};
use crate::state::AuthState;

/// Guard: the public keys by which others verify our tokens, for `/.well-known/jwks.json`.
///
/// Without it: 404 in mode `session`. The set is empty for a shared secret.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::{Json, Value};
/// use vestibule::tokens::PublicKeys;
///
/// #[get("/.well-known/jwks.json")]
/// fn jwks(keys: PublicKeys<'_>) -> Json<Value> {
///     Json(keys.to_json())
/// }
/// ```
pub struct PublicKeys<'r>(&'r AuthState);

impl PublicKeys<'_> {
    /// The JWK set.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self.0.keys.jwks()).unwrap_or_default()
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PublicKeys<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let keys = AuthState::of(request).and_then(|state| {
            let has_tokens = state.config.mode.has_tokens();
            if has_tokens { Ok(Self(state)) } else { Err(ErrorKind::NotFound.into()) }
        });
        outcome(request, keys)
    }
}

impl Sentinel for PublicKeys<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "PublicKeys", Proof::Nothing)
    }
}
