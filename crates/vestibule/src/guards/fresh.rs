//! The password was proven recently.

use std::ops::Deref;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use crate::authentication::Authentication;
use crate::credentials::bearer::refuse;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::guards::users::Authenticated;
use crate::state::AuthState;

/// Guard: as `G`, and the password was proven within `fresh_for`, for this very session or
/// token (`fresh_login_required`, `jwt_required(fresh=True)`).
///
/// Without it: as `G`, or 401 `fresh_login_required`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, CurrentUser, Fresh};
///
/// fn change_password<U: Account>(user: Fresh<CurrentUser<U>>) { }
/// ```
#[derive(Debug)]
pub struct Fresh<G>(G);

/// Whether what was presented is fresh.
pub(super) fn is_fresh(request: &Request<'_>, who: &impl Authenticated) -> Result<bool, Error> {
    let state = AuthState::of(request)?;
    let authentication = who.authentication();
    // In whole seconds, which is all that tickets and tokens keep.
    let now = state.clock.now()?.unix_timestamp();
    let age = now.saturating_sub(authentication.auth_time().unix_timestamp());
    let limit = i64::try_from(state.config.fresh_for.as_secs()).unwrap_or(i64::MAX);
    Ok(authentication.is_fresh() && age <= limit)
}

#[rocket::async_trait]
impl<'r, G> FromRequest<'r> for Fresh<G>
where
    G: Authenticated + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        match is_fresh(request, &inner) {
            Ok(true) => Outcome::Success(Self(inner)),
            Ok(false) => refuse(request, ErrorKind::FreshLoginRequired.into()),
            Err(error) => refuse(request, error),
        }
    }
}

impl<G> Deref for Fresh<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<G: Authenticated> Authenticated for Fresh<G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

// What an alias hides a sentinel cannot see, so every wrapper passes the question on.
impl<G: Sentinel> Sentinel for Fresh<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
