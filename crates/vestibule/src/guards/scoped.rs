//! The credential carries a scope.

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
use crate::guards::users::Authenticated;

/// A scope, as a type; for [`Scoped`].
///
/// ```
/// use vestibule::Scope;
///
/// struct ReadUsers;
///
/// impl Scope for ReadUsers {
///     const NAME: &'static str = "users:read";
/// }
/// ```
pub trait Scope: Send + Sync + 'static {
    /// The word in the `scope` claim, or among the scopes of an access key.
    const NAME: &'static str;
}

/// Guard: as `G`, and the credential carries the scope: the token's `scope` claim (words with
/// spaces between, RFC 8693) lists it, or the access key was made with it. A session acts with all rights of its account. The scope of
/// a foreign token counts too, for its issuer is trusted to say what it may be used for, whereas
/// [`ClaimedRole`](crate::guards::ClaimedRole) takes no role from one.
///
/// Without it: as `G`, or 403 `insufficient_scope`.
#[derive(Debug)]
pub struct Scoped<S: Scope, G>(G, PhantomData<fn() -> S>);

#[rocket::async_trait]
impl<'r, S, G> FromRequest<'r> for Scoped<S, G>
where
    S: Scope,
    G: Authenticated + FromRequest<'r, Error = Error>,
{
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let inner = rocket::outcome::try_outcome!(G::from_request(request).await);
        if inner.authentication().has_scope(S::NAME) {
            Outcome::Success(Self(inner, PhantomData))
        } else {
            refuse(request, ErrorKind::InsufficientScope.into())
        }
    }
}

impl<S: Scope, G> Deref for Scoped<S, G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<S: Scope, G: Authenticated> Authenticated for Scoped<S, G> {
    type Account = G::Account;

    fn authentication(&self) -> &Authentication<G::Account> {
        self.0.authentication()
    }
}

impl<S: Scope, G: Sentinel> Sentinel for Scoped<S, G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}
