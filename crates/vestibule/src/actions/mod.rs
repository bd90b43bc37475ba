//! The guards through which a handler verifies passwords and codes, and starts, renews, lists and ends
//! sign-ins: `PasswordLogin`, `CodeLogin`, `Session`, `Tokens`, `SignIns` and `AccessKeys`.
//!
//! Imports `guards`, `authentication` and every room below them; imported by `fairing` and `testing`.

pub(crate) mod access_keys;
#[cfg(feature = "second-factor")]
pub(crate) mod code_login;
pub(crate) mod create;
pub(crate) mod mint;
pub(crate) mod password_login;
pub(crate) mod rotate;
pub(crate) mod session;
pub(crate) mod sign_ins;
pub(crate) mod token_cookies;
pub(crate) mod token_options;
pub(crate) mod tokens;

use rocket::outcome::Outcome;
use rocket::{Request, request};

use crate::credentials::mark_depends_on_user;
use crate::error::Error;
use crate::error::request_errors::refuse;
use crate::state::AuthState;
use crate::throttle::{Attempt, Client};

/// The outcome of a guard of this room, made of the state; a response with it depends on the user.
fn outcome<'r, G>(
    request: &'r Request<'_>,
    make: impl FnOnce(&'r AuthState) -> Result<G, Error>,
) -> request::Outcome<G, Error> {
    match AuthState::of(request).and_then(make) {
        Ok(guard) => {
            mark_depends_on_user(request);
            Outcome::Success(guard)
        }
        Err(error) => refuse(request, error),
    }
}

/// Counts an attempt as failed in advance, or refuses it.
async fn begin_attempt(
    request: &Request<'_>,
    state: &AuthState,
    name: &str,
) -> Result<Attempt, Error> {
    let client = Client { address: request.client_ip(), sign_in: None };
    let (now, limits) = (state.clock.now()?, state.config.throttle);
    let counted = state.throttle.begin(Attempt::new(name, &client), now, limits).await?;
    match counted.refused {
        Some(limit) => Err(limit.error(now)),
        None => Ok(counted.attempt),
    }
}
