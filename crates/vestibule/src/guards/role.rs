//! The account has a role, now or when the token was issued.

use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use crate::account::Account;
use crate::authentication::Authentication;
use crate::claims::Claims;
use crate::credentials::bearer::refuse;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::guards::users::{Authenticated, CurrentUser};

/// A role, judged by the account as the store has it now.
///
/// ```
/// # use rocket::{Orbit, Rocket};
/// # use std::convert::Infallible;
/// use vestibule::{Account, Role, Require, TokenUser};
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

    /// Whether verified claims of ours say that it has; for [`ClaimedRole`]. Default: no.
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
/// Without it: as `G`, or 403 `forbidden`, also for a session, which has no claims, and for a
/// foreign token: roles are ours to give.
#[derive(Debug)]
pub struct ClaimedRole<R: Role, G = CurrentUser<<R as Role>::Account>>(G, PhantomData<fn() -> R>);

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
        let claims = inner.authentication().claims().filter(|claims| !claims.foreign);
        if claims.is_some_and(R::claimed) {
            Outcome::Success(Self(inner, PhantomData))
        } else {
            refuse(request, ErrorKind::Forbidden.into())
        }
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
