//! A token from certain locations only.

use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use crate::authentication::Authentication;
use crate::config::Location;
use crate::credentials::bearer::refuse;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::guards::users::Authenticated;

/// A set of locations, as a type; for [`Only`].
///
/// ```
/// use vestibule::{Location, Locations};
///
/// struct InHeader;
///
/// impl Locations for InHeader {
///     const ALLOWED: &'static [Location] = &[Location::Header];
/// }
/// ```
pub trait Locations: Send + Sync + 'static {
    /// Where the token may be.
    const ALLOWED: &'static [Location];
}

/// Guard: as `G`, and the token was in one of the locations (`jwt_required(locations=...)`).
///
/// Without it: as `G`, or 401 `credentials_missing`, also for a session.
#[derive(Debug)]
pub struct FromLocations<L: Locations, G>(G, PhantomData<fn() -> L>);

#[rocket::async_trait]
impl<'r, L, G> FromRequest<'r> for FromLocations<L, G>
where
    L: Locations,
    G: Authenticated + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        match inner.authentication().location() {
            Some(location) if L::ALLOWED.contains(&location) => {
                Outcome::Success(Self(inner, PhantomData))
            }
            _ => refuse(request, ErrorKind::CredentialsMissing.into()),
        }
    }
}

impl<L: Locations, G> Deref for FromLocations<L, G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<L: Locations, G: Authenticated> Authenticated for FromLocations<L, G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

impl<L: Locations, G: Sentinel> Sentinel for FromLocations<L, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
