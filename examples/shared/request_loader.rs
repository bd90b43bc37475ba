//! Flask-Login's `request_loader`: an own guard for an own credential.
//!
//! Here it is a key in the query. The guard yields an `Authentication` like any other,
//! so that `Fresh<Caller>` and `Require<Admin, Caller>` work too.

use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};
use vestibule::guards::{Authenticated, Authentication};
use vestibule::{Auth, Error, ErrorKind};

use super::{SessionUser, User, Users};

/// `request_loader`, and `current_user` of either: a key in the query, else a session.
pub(crate) struct Caller(Authentication<User>);

async fn by_key(request: &Request<'_>, key: &str) -> Result<Authentication<User>, Error> {
    // No cookie on this response, and no session is looked at.
    Auth::mark_token_request(request);
    let users = request.rocket().state::<Users>().ok_or(ErrorKind::Internal)?;
    // Yours are looked up by their digest, and come in a header: addresses are logged.
    let user = users.values().find(|user| user.api_key == key).ok_or(ErrorKind::TokenInvalid)?;
    Authentication::external(user.clone())
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        match request.query_value::<&str>("api_key") {
            // What cannot be read is a bad key, not a missing one.
            Some(key) => match by_key(request, key.unwrap_or_default()).await {
                Ok(found) => Outcome::Success(Self(found)),
                Err(error) => Outcome::Error((error.clone().remember(request), error)),
            },
            None => {
                let user = SessionUser::from_request(request).await;
                user.map(|user| Self(user.authentication().clone()))
            }
        }
    }
}

impl Authenticated for Caller {
    type Account = User;

    fn authentication(&self) -> &Authentication<User> {
        &self.0
    }
}

impl Sentinel for Caller {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        SessionUser::abort(rocket)
    }
}
