//! The one trait through which the application's own user type comes in.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use rocket::{Orbit, Rocket};
use serde_json::{Map, Value};

use crate::claims::Claims;
use crate::config::TokenKind;
use crate::sign_in::SignIn;

/// A user of your application: who it is, and how to find it again.
///
/// An application has one such type: a credential names an account by its id and not by its
/// type, so guards for a second one refuse to launch, and signing one in is 500 `internal`.
/// Staff and customers are one type with a role, or two applications.
///
/// Two methods are yours to write; the others have defaults and are Flask's loaders under
/// their Rust names.
///
/// ```
/// # use rocket::{Orbit, Rocket};
/// # use std::{collections::HashMap, convert::Infallible};
/// use vestibule::Account;
///
/// #[derive(Clone)]
/// struct User { id: u32, name: String }
/// type Users = HashMap<u32, User>;
///
/// #[rocket::async_trait]
/// impl Account for User {
///     type Id = u32;
///     type Error = Infallible;
///
///     fn id(&self) -> u32 { self.id }
///
///     async fn find(rocket: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, Infallible> {
///         Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
///     }
/// }
/// ```
#[rocket::async_trait]
pub trait Account: Sized + Send + Sync + 'static {
    /// The key of an account; its text is `sub` in every token, so it must never be given
    /// to another account again.
    type Id: Display + FromStr + Send + Sync;

    /// What can go wrong while looking an account up; answered with 503 `unavailable`.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The key of this account (`user_identity_loader`, `get_id`).
    fn id(&self) -> Self::Id;

    /// The account with this key, or `None` when there is none (`user_lookup_loader`,
    /// `user_loader`). It is remembered for `auth.revocation_delay`; when your code changes one,
    /// tell [`AuthCache`](crate::AuthCache).
    async fn find(rocket: &Rocket<Orbit>, id: &Self::Id) -> Result<Option<Self>, Self::Error>;

    /// The account that somebody else's token names (`user_lookup_loader`); asked only where
    /// `token.foreign` is configured. Default: nobody. The issuer's names are not your ids: its
    /// `sub` "1" is not your first account, so look up what you noted when the two were linked.
    async fn find_foreign(
        rocket: &Rocket<Orbit>,
        claims: &Claims,
    ) -> Result<Option<Self>, Self::Error> {
        let _ = (rocket, claims);
        Ok(None)
    }

    /// Whether the account may sign in and stay signed in (`is_active`). Default: yes.
    fn is_active(&self) -> bool {
        true
    }

    /// A text whose change ends every sign-in of the account, for example part of the
    /// password's hash. Default: empty, so nothing is compared.
    fn stamp(&self) -> Cow<'_, str> {
        "".into()
    }

    /// Further claims for a new token (`additional_claims_loader`); names of registered
    /// claims are ignored. Default: none.
    fn claims(&self, kind: TokenKind) -> Map<String, Value> {
        let _ = kind;
        Map::new()
    }

    /// Further JOSE header fields for a new token (`additional_headers_loader`); those that
    /// decide how it is verified are ignored: `alg`, `typ`, `kid`, `crit`, `b64`, `zip`, `jku`,
    /// `jwk`, `x5u` and `x5c`. Default: none.
    fn headers(&self, kind: TokenKind) -> Map<String, Value> {
        let _ = kind;
        Map::new()
    }

    /// Whether a verified token may be used at all (`token_verification_loader`); `false`
    /// is 401 `token_invalid`. An access key has no claims: for it [`accept_key`](Self::accept_key)
    /// is asked. Default: yes.
    async fn accept(rocket: &Rocket<Orbit>, claims: &Claims) -> Result<bool, Self::Error> {
        let _ = (rocket, claims);
        Ok(true)
    }

    /// Whether an access key that stands may be used at all; `false` is 401 `token_invalid`.
    /// Default: yes.
    async fn accept_key(rocket: &Rocket<Orbit>, sign_in: &SignIn) -> Result<bool, Self::Error> {
        let _ = (rocket, sign_in);
        Ok(true)
    }
}
