//! The conditions of the library, and what an application defines for them: roles and scopes.

use std::marker::PhantomData;

use rocket::Request;

use super::checked::Condition;
use crate::account::Account;
use crate::authentication::result::Authentication;
use crate::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::state::AuthState;

/// A role, decided by the account as it is now.
///
/// ```
/// # use rocket::{Orbit, Rocket};
/// # use std::convert::Infallible;
/// use vestibule::{Account, TokenUser};
/// use vestibule::guards::{Require, Role};
/// # pub struct User { admin: bool }
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

    /// Whether claims of ours say so, for [`ClaimedRole`](super::ClaimedRole). Default: no.
    #[must_use]
    fn claimed(claims: &Claims) -> bool {
        let _ = claims;
        false
    }
}

/// A scope, as a type; for [`Scoped`](super::Scoped).
///
/// ```
/// use vestibule::guards::Scope;
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

/// The condition of [`Fresh`](super::Fresh).
pub struct Fresh;

/// The condition of [`MultiFactor`](super::MultiFactor).
pub struct MultiFactor;

/// The condition of [`Require`](super::Require).
pub struct Require<R>(PhantomData<R>);

/// The condition of [`ClaimedRole`](super::ClaimedRole).
pub struct ClaimedRole<R>(PhantomData<R>);

/// The condition of [`Scoped`](super::Scoped).
pub struct Scoped<S>(PhantomData<S>);

fn ensure(condition: bool, kind: ErrorKind, reason: impl FnOnce() -> String) -> Result<(), Error> {
    if condition { Ok(()) } else { Err(Error::new(kind).because(reason())) }
}

/// The last part of a type's name.
fn name_of<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

impl<U> Authentication<U> {
    /// Whether this session or token is fresh and its user was authenticated within `fresh_for`.
    ///
    /// # Errors
    /// 503 `unavailable` if the clock is broken.
    pub fn is_fresh_now(&self, request: &Request<'_>) -> Result<bool, Error> {
        let state = AuthState::of(request)?;
        // In whole seconds, as tickets and tokens hold them.
        let now = state.clock.now()?.unix_timestamp();
        let age = now.saturating_sub(self.auth_time().unix_timestamp());
        let limit = i64::try_from(state.config.fresh_for.as_secs()).unwrap_or(i64::MAX);
        Ok(self.is_fresh() && age <= limit)
    }
}

impl<U: Account> Condition<U> for Fresh {
    fn check(found: &Authentication<U>, request: &Request<'_>) -> Result<(), Error> {
        let reason = || "the credential is not fresh, or older than fresh_for".to_owned();
        ensure(found.is_fresh_now(request)?, ErrorKind::FreshLoginRequired, reason)
    }
}

impl<U: Account> Condition<U> for MultiFactor {
    fn check(found: &Authentication<U>, _: &Request<'_>) -> Result<(), Error> {
        let reason = || "the sign-in has not proven two factors".to_owned();
        ensure(found.amr().is_multi_factor(), ErrorKind::SecondFactorRequired, reason)
    }
}

impl<R: Role> Condition<R::Account> for Require<R> {
    fn check(found: &Authentication<R::Account>, _: &Request<'_>) -> Result<(), Error> {
        let reason = || format!("the account has not the role {}", name_of::<R>());
        ensure(R::permits(found.account()), ErrorKind::Forbidden, reason)
    }
}

impl<R: Role> Condition<R::Account> for ClaimedRole<R> {
    fn check(found: &Authentication<R::Account>, _: &Request<'_>) -> Result<(), Error> {
        let claims = found.claims().filter(|claims| !claims.foreign);
        let reason = || format!("the token does not claim the role {}", name_of::<R>());
        ensure(claims.is_some_and(R::claimed), ErrorKind::Forbidden, reason)
    }
}

impl<U: Account, S: Scope> Condition<U> for Scoped<S> {
    fn check(found: &Authentication<U>, _: &Request<'_>) -> Result<(), Error> {
        let reason = || format!("the scope {} is missing", S::NAME);
        ensure(found.has_scope(S::NAME), ErrorKind::InsufficientScope, reason)
    }
}
