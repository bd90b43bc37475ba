//! The guards of the service: those of the library for [`User`], and each guard of administrators
//! under one name.

use std::marker::PhantomData;

use rocket::{Orbit, Request, Rocket};
use serde_json::{Map, Value};

use super::config::SecondFactorRule;
use super::queries;
use super::scopes::{self, Introspect, UsersRead, UsersWrite};
use super::user::{Role, User};
use crate::db::{Db, DbError};
use vestibule::guards::{Authentication, Checked, Condition, Fresh, Require, Scope};
use vestibule::tokens::{Claims, TokenKind};
use vestibule::{Account, Error, ErrorKind};

/// The user behind a bearer token or an access key: the guard of `/api`.
pub type TokenUser = Checked<SetUp, BareTokenUser>;
/// The user behind any credential, a refresh token too, for signing out.
pub type AnyUser = vestibule::guards::AnyUser<User>;
/// The user behind a session cookie: the guard of pages.
pub type SessionUser = Checked<SetUp, BareSessionUser>;
/// The user behind a bearer token or a session cookie.
pub type CurrentUser = Checked<SetUp, vestibule::CurrentUser<User>>;
/// As [`TokenUser`], also for a user who must set up a second factor before anything else.
pub type BareTokenUser = vestibule::TokenUser<User>;
/// As [`SessionUser`], also for a user who must set up a second factor before anything else.
pub type BareSessionUser = vestibule::SessionUser<User>;

/// A user who adds a second factor on a page, with a fresh session.
pub type FactorPage = Checked<ProvenFactor, Fresh<BareSessionUser>>;
/// A user who adds a second factor with the API, with a fresh token.
pub type FactorApi = Checked<ProvenFactor, Fresh<BareTokenUser>>;

/// A user who changes or removes a second factor or creates an access key on a page, with a fresh session
/// that has proven the second factor, if there is one.
pub type ProvenPage = Checked<ProvenFactor, Fresh<SessionUser>>;
/// As [`ProvenPage`], with the API and a fresh token.
pub type ProvenApi = Checked<ProvenFactor, Fresh<TokenUser>>;

/// An administrator who reads with the API: a token, or a key with the scope `users:read`.
pub type AdminApi = Require<Admin, Checked<KeyScoped<UsersRead>, TokenUser>>;
/// An administrator who changes users with the API: a fresh token that has proven the second factor, if
/// there is one, or a key with the scope `users:write`.
pub type AdminApiChange = Require<Admin, Checked<FreshOrKey<UsersWrite>, TokenUser>>;
/// An administrator who makes links or removes second factors with the API: as [`AdminApiChange`], but
/// no key, because the account that a link takes over remains after a stolen key has ended.
pub type AdminApiFresh = Require<Admin, Checked<ProvenFactor, Fresh<TokenUser>>>;
/// An administrator's token, or a key with the scope `introspect`, for a service that asks about tokens.
pub type Introspector = Require<Admin, Checked<KeyScoped<Introspect>, TokenUser>>;
/// An administrator who looks at pages.
pub type AdminPage = Require<Admin, SessionUser>;
/// An administrator who changes users on pages, with a fresh session that has proven the second factor, if
/// there is one.
pub type AdminPageChange = Require<Admin, Checked<ProvenFactor, Fresh<SessionUser>>>;

/// The condition of every guard but the bare ones: a user who must have a second factor by
/// `accounts.second_factor` has one.
#[derive(Debug)]
pub struct SetUp;

impl Condition<User> for SetUp {
    fn check(found: &Authentication<User>, request: &Request<'_>) -> Result<(), Error> {
        let rule = request.rocket().state::<SecondFactorRule>().ok_or(ErrorKind::Internal)?;
        if rule.requires_set_up(found.account()) {
            return Err(ErrorKind::SecondFactorSetupRequired.into());
        }
        Ok(())
    }
}

/// The condition for changing second factors and other users, and for creating keys: the sign-in has proven two
/// factors if the user has a second one. Otherwise a session without it could make another administrator, who
/// then removes the factor.
#[derive(Debug)]
pub struct ProvenFactor;

impl Condition<User> for ProvenFactor {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        if found.account().has_second_factor() && !found.amr().is_multi_factor() {
            return Err(ErrorKind::SecondFactorRequired.into());
        }
        Ok(())
    }
}

/// The role of an administrator.
#[derive(Debug)]
pub struct Admin;

impl vestibule::guards::Role for Admin {
    type Account = User;

    fn permits(user: &User) -> bool {
        user.role == Role::Admin
    }

    fn claimed(claims: &Claims) -> bool {
        claims.extra.get("role").and_then(Value::as_str) == Some(Role::Admin.as_str())
    }
}

/// The condition of [`AdminApi`] and [`Introspector`]: an access key has the scope `S`. What the token of a sign-in may do
/// is decided by its account as it is now; its `scope` claim is for verifiers elsewhere.
#[derive(Debug)]
pub struct KeyScoped<S>(PhantomData<S>);

/// The condition of [`AdminApiChange`]: a token is fresh and meets [`ProvenFactor`], an access key has the
/// scope `S`. A key is never fresh, but its owner proved the password to create it and named the scope.
#[derive(Debug)]
pub struct FreshOrKey<S>(PhantomData<S>);

impl<S: Scope> KeyScoped<S> {
    /// Whether a credential meets the condition.
    #[must_use]
    pub fn holds(found: &Authentication<User>) -> bool {
        !found.is_key() || found.has_scope(S::NAME)
    }
}

impl<S: Scope> Condition<User> for KeyScoped<S> {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        if Self::holds(found) {
            return Ok(());
        }
        let reason = format!("the scope {} is missing", S::NAME);
        Err(Error::new(ErrorKind::InsufficientScope).because(reason))
    }
}

impl<S: Scope> Condition<User> for FreshOrKey<S> {
    fn check(found: &Authentication<User>, request: &Request<'_>) -> Result<(), Error> {
        KeyScoped::<S>::check(found, request)?;
        if found.is_key() {
            return Ok(());
        }
        if !found.is_fresh_now(request)? {
            return Err(ErrorKind::FreshLoginRequired.into());
        }
        ProvenFactor::check(found, request)
    }
}

impl Account for User {
    type Id = i64;
    type Error = DbError;

    fn id(&self) -> i64 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &i64) -> Result<Option<Self>, DbError> {
        let db = rocket.state::<Db>().ok_or_else(|| DbError::Broken("not attached".to_owned()))?;
        let id = *id;
        db.look_up(move |connection| queries::find(connection, id).map_err(DbError::from)).await
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn claims(&self, kind: TokenKind) -> Map<String, Value> {
        let mut claims = Map::new();
        if kind == TokenKind::Access {
            claims.insert("role".to_owned(), self.role.as_str().into());
            claims.insert("scope".to_owned(), scopes::scopes_of(self.role).into());
        }
        claims
    }
}
