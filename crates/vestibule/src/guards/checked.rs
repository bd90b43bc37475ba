//! A guard with one more condition.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::users::Authenticated;
use crate::account::Account;
use crate::authentication::result::Authentication;
use crate::error::Error;
use crate::error::request_errors::outcome;

/// One more condition that an authenticated request must meet; [`Checked`] is its guard.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::Request;
/// use vestibule::config::Location;
/// use vestibule::guards::{Authentication, Checked, Condition};
/// use vestibule::{Account, Error, ErrorKind, TokenUser};
///
/// /// The token is in the header, as for `jwt_required(locations=["headers"])`.
/// struct InHeader;
///
/// impl<U: Account> Condition<U> for InHeader {
///     fn check(found: &Authentication<U>, _: &Request<'_>) -> Result<(), Error> {
///         let in_header = found.location() == Some(Location::Header);
///         if in_header { Ok(()) } else { Err(ErrorKind::CredentialsMissing.into()) }
///     }
/// }
///
/// fn read<U: Account>(user: Checked<InHeader, TokenUser<U>>) { }
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

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        let checked = C::check(inner.authentication(), request);
        outcome(request, checked.map(|()| Self(inner, PhantomData)))
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
