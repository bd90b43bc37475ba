//! A guard with one more condition.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::users::Authenticated;
use crate::account::Account;
use crate::authentication::result::Authentication;
use crate::error::Error;
use crate::error::request_errors::refuse;

/// One more condition that an authenticated request must meet; [`Checked`] is its guard.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::Request;
/// use vestibule::guards::{Authentication, Checked, Condition};
/// use vestibule::{Account, CurrentUser, Error, ErrorKind};
///
/// struct Remembered;
///
/// impl<U: Account> Condition<U> for Remembered {
///     fn check(found: &Authentication<U>, _: &Request<'_>) -> Result<(), Error> {
///         if found.is_remembered() { Ok(()) } else { Err(ErrorKind::Forbidden.into()) }
///     }
/// }
///
/// fn page<U: Account>(user: Checked<Remembered, CurrentUser<U>>) { }
/// ```
pub trait Condition<U: Account>: Send + Sync + 'static {
    /// Checks the condition.
    ///
    /// # Errors
    /// The refusal, usually 401 or 403.
    fn check(found: &Authentication<U>, request: &Request<'_>) -> Result<(), Error>;
}

/// Guard: as `G`, and the [`Condition`] `C` holds.
///
/// Without it: as `G`, or the condition's error.
pub struct Checked<C, G>(G, PhantomData<fn() -> C>);

#[rocket::async_trait]
impl<'r, C, G> FromRequest<'r> for Checked<C, G>
where
    C: Condition<G::Account>,
    G: Authenticated + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        match C::check(inner.authentication(), request) {
            Ok(()) => Outcome::Success(Self(inner, PhantomData)),
            Err(error) => refuse(request, error),
        }
    }
}

impl<C, G> Deref for Checked<C, G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<C, G: Authenticated> Authenticated for Checked<C, G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

impl<C, G: fmt::Debug> fmt::Debug for Checked<C, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checked").field(&self.0).finish()
    }
}

impl<C, G: Sentinel> Sentinel for Checked<C, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
