//! The password was proven recently, or an access key was made for just this.

use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use crate::authentication::Authentication;
use crate::credentials::bearer::refuse;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::guards::fresh::is_fresh;
use crate::guards::scoped::Scope;
use crate::guards::users::Authenticated;

/// Guard: as [`Scoped<S, G>`](crate::guards::Scoped), and what carries the scope is fresh as for
/// [`Fresh`](crate::guards::Fresh), or an access key. A key is never fresh; but its owner proved the
/// password to make it and named this scope, for a program that nobody can ask again.
///
/// Without it: as `G`, 403 `insufficient_scope`, or 401 `fresh_login_required`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, FreshOrKey, Scope, TokenUser};
///
/// struct Deploy;
///
/// impl Scope for Deploy {
///     const NAME: &'static str = "deploy";
/// }
///
/// fn deploy<U: Account>(user: FreshOrKey<Deploy, TokenUser<U>>) { }
/// ```
#[derive(Debug)]
pub struct FreshOrKey<S: Scope, G>(G, PhantomData<fn() -> S>);

#[rocket::async_trait]
impl<'r, S, G> FromRequest<'r> for FreshOrKey<S, G>
where
    S: Scope,
    G: Authenticated + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        let who = inner.authentication();
        if !who.has_scope(S::NAME) {
            return refuse(request, ErrorKind::InsufficientScope.into());
        }
        match is_fresh(request, &inner) {
            Ok(fresh) if fresh || who.is_key() => Outcome::Success(Self(inner, PhantomData)),
            Ok(_) => refuse(request, ErrorKind::FreshLoginRequired.into()),
            Err(error) => refuse(request, error),
        }
    }
}

impl<S: Scope, G> Deref for FreshOrKey<S, G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<S: Scope, G: Authenticated> Authenticated for FreshOrKey<S, G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

impl<S: Scope, G: Sentinel> Sentinel for FreshOrKey<S, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
