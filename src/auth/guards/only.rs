//! A token from certain locations only.

use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use super::users::Authenticated;
use crate::auth::authentication::Authentication;
use crate::auth::bearer::refuse;
use crate::auth::config::Location;
use crate::auth::error::Error;
use crate::auth::error_kind::ErrorKind;

/// A set of locations, as a type; for [`Only`].
///
/// ```
/// use vestibule::auth::{Location, Locations};
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
pub struct Only<L: Locations, G>(G, PhantomData<fn() -> L>);

#[rocket::async_trait]
impl<'r, L, G> FromRequest<'r> for Only<L, G>
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

impl<L: Locations, G> Deref for Only<L, G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<L: Locations, G: Authenticated> Authenticated for Only<L, G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

impl<L: Locations, G: Sentinel> Sentinel for Only<L, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
