//! The rungs around a user: recently proven, with a role, or optional.

use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use super::users::{Authenticated, CurrentUser};
use crate::auth::account::Account;
use crate::auth::authentication::Authentication;
use crate::auth::bearer::refuse;
use crate::auth::claims::Claims;
use crate::auth::error::Error;
use crate::auth::error_kind::ErrorKind;
use crate::auth::state::AuthState;

/// Guard: as `G`, and the password was proven within `fresh_for`, for this very session or
/// token (`fresh_login_required`, `jwt_required(fresh=True)`).
///
/// Without it: as `G`, or 401 `fresh_login_required`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::auth::{Account, CurrentUser, Fresh};
///
/// fn change_password<U: Account>(user: Fresh<CurrentUser<U>>) { }
/// ```
#[derive(Debug)]
pub struct Fresh<G>(G);

/// A role, judged by the account as the store has it now.
///
/// ```
/// # use rocket::{Orbit, Rocket};
/// # use std::convert::Infallible;
/// use vestibule::auth::{Account, Role, Require, TokenUser};
/// # pub struct User { admin: bool }
/// # #[rocket::async_trait]
/// # impl Account for User {
/// #     type Id = u32; type Error = Infallible;
/// #     fn id(&self) -> u32 { 1 }
/// #     async fn find(_: &Rocket<Orbit>, _: &u32) -> Result<Option<Self>, Infallible> { Ok(None) }
/// # }
///
/// pub struct Admin;
///
/// impl Role for Admin {
///     type Account = User;
///     fn permits(user: &User) -> bool { user.admin }
/// }
///
/// type ApiAdmin = Require<Admin, TokenUser<User>>;
/// ```
pub trait Role: Send + Sync + 'static {
    /// The application's user type.
    type Account: Account;

    /// Whether this account has the role.
    fn permits(account: &Self::Account) -> bool;

    /// Whether verified claims say that it has; for [`ClaimedRole`]. Default: no.
    #[must_use]
    fn claimed(claims: &Claims) -> bool {
        let _ = claims;
        false
    }
}

/// Guard: as `G`, and the account has the role now.
///
/// Without it: as `G`, or 403 `forbidden`.
#[derive(Debug)]
pub struct Require<R: Role, G = CurrentUser<<R as Role>::Account>>(G, PhantomData<fn() -> R>);

/// Guard: as `G`, and the *token's claims* say that the account has the role: what was true
/// when the token was issued.
///
/// Without it: as `G`, or 403 `forbidden`, also for a session, which has no claims.
#[derive(Debug)]
pub struct ClaimedRole<R: Role, G = CurrentUser<<R as Role>::Account>>(G, PhantomData<fn() -> R>);

/// Guard: as `G` where a credential was presented, and nobody where none was; a bad
/// credential is still refused (`jwt_required(optional=True)`).
///
/// Without it: as `G`, but never `credentials_missing`.
#[derive(Debug)]
pub struct Maybe<G>(pub Option<G>);

fn is_fresh(request: &Request<'_>, who: &impl Authenticated) -> Result<bool, Error> {
    let state = AuthState::of(request)?;
    let authentication = who.authentication();
    let age = state.clock.now()? - authentication.auth_time();
    Ok(authentication.is_fresh() && age <= state.config.fresh_for)
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

#[rocket::async_trait]
impl<'r, R, G> FromRequest<'r> for Require<R, G>
where
    R: Role,
    G: Authenticated<Account = R::Account> + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        if R::permits(inner.authentication().account()) {
            Outcome::Success(Self(inner, PhantomData))
        } else {
            refuse(request, ErrorKind::Forbidden.into())
        }
    }
}

#[rocket::async_trait]
impl<'r, R, G> FromRequest<'r> for ClaimedRole<R, G>
where
    R: Role,
    G: Authenticated<Account = R::Account> + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        if inner.authentication().claims().is_some_and(R::claimed) {
            Outcome::Success(Self(inner, PhantomData))
        } else {
            refuse(request, ErrorKind::Forbidden.into())
        }
    }
}

#[rocket::async_trait]
impl<'r, G: FromRequest<'r, Error = Error>> FromRequest<'r> for Maybe<G> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        match G::from_request(request).await {
            Outcome::Success(found) => Outcome::Success(Self(Some(found))),
            Outcome::Error((_, error)) if error.kind() == ErrorKind::CredentialsMissing => {
                Error::forget(request);
                Outcome::Success(Self(None))
            }
            Outcome::Error(refused) => Outcome::Error(refused),
            Outcome::Forward(status) => Outcome::Forward(status),
        }
    }
}

impl<G> Deref for Fresh<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<R: Role, G> Deref for Require<R, G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<R: Role, G> Deref for ClaimedRole<R, G> {
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

impl<R: Role, G: Authenticated> Authenticated for Require<R, G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

impl<R: Role, G: Authenticated> Authenticated for ClaimedRole<R, G> {
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

impl<R: Role, G: Sentinel> Sentinel for Require<R, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}

impl<R: Role, G: Sentinel> Sentinel for ClaimedRole<R, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}

impl<G: Sentinel> Sentinel for Maybe<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
