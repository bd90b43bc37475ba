//! The trait of the application's user type. Imports `claims`, `config` and `sign_in`.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::ready;
use std::str::FromStr;

use rocket::{Orbit, Rocket};
use serde_json::{Map, Value};

use crate::claims::Claims;
use crate::config::TokenKind;
use crate::sign_in::SignIn;

/// A user of your application.
///
/// An application has one such type: credentials name an account by its id only, so guards for a
/// second type refuse to launch, and signing one in is 500 `internal`. Make staff and customers one
/// type with a role, or two applications.
///
/// Two methods are required; the others have defaults and correspond to Flask's loaders. Write
/// `async fn` without `#[rocket::async_trait]`.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no account",
    note = "implement `vestibule::Account` for your user type; of a guard pass `user.account()`, or \
            `&*user`"
)]
pub trait Account: Sized + Send + Sync + 'static {
    /// The id of an account. Its text is `sub` in every token, so it must never be reused.
    type Id: Display + FromStr + Send + Sync;

    /// The error of a look-up; the response is 503 `unavailable`.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Returns the id of this account (`user_identity_loader`, `get_id`).
    fn id(&self) -> Self::Id;

    /// Looks up the account with this id (`user_lookup_loader`, `user_loader`). The result is
    /// cached for `auth.revocation_delay`; after your code changes an account, invalidate it in the
    /// [`AuthCache`](crate::sign_ins::AuthCache).
    fn find(
        rocket: &Rocket<Orbit>,
        id: &Self::Id,
    ) -> impl Future<Output = Result<Option<Self>, Self::Error>> + Send;

    /// Looks up the account of a foreign token (`user_lookup_loader`); called only if
    /// `token.foreign` is configured. Default: none. The issuer's `sub` is not your id: look up the
    /// link between the two that your application stored.
    fn find_foreign(
        rocket: &Rocket<Orbit>,
        claims: &Claims,
    ) -> impl Future<Output = Result<Option<Self>, Self::Error>> + Send {
        let _ = (rocket, claims);
        ready(Ok(None))
    }

    /// Returns whether the account may sign in and stay signed in (`is_active`). Default: yes.
    fn is_active(&self) -> bool {
        true
    }

    /// Returns a text whose change ends every sign-in of the account, such as part of the
    /// password's hash. Default: empty, so nothing is compared.
    fn stamp(&self) -> Cow<'_, str> {
        "".into()
    }

    /// Returns further claims for a new token (`additional_claims_loader`); names that the library
    /// writes itself are ignored. Default: none.
    fn claims(&self, kind: TokenKind) -> Map<String, Value> {
        let _ = kind;
        Map::new()
    }

    /// Returns further JOSE header fields for a new token (`additional_headers_loader`). Those that
    /// decide how it is verified are ignored: `alg`, `typ`, `kid`, `crit`, `b64`, `zip`, `jku`,
    /// `jwk`, `x5u` and `x5c`. Default: none.
    fn headers(&self, kind: TokenKind) -> Map<String, Value> {
        let _ = kind;
        Map::new()
    }

    /// Returns whether a verified token is accepted (`token_verification_loader`); `false` is 401
    /// `token_invalid`. For access keys see [`accept_key`](Self::accept_key). Default: yes.
    fn accept(
        rocket: &Rocket<Orbit>,
        claims: &Claims,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send {
        let _ = (rocket, claims);
        ready(Ok(true))
    }

    /// Returns whether an active access key is accepted; `false` is 401 `token_invalid`. Default: yes.
    fn accept_key(
        rocket: &Rocket<Orbit>,
        sign_in: &SignIn,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send {
        let _ = (rocket, sign_in);
        ready(Ok(true))
    }
}

/// An account with a name and a password, for [`PasswordLogin`](crate::PasswordLogin).
///
/// ```
/// # use rocket::{Orbit, Rocket};
/// # use std::{collections::HashMap, convert::Infallible};
/// # use vestibule::Account;
/// use vestibule::PasswordAccount;
///
/// # #[derive(Clone)]
/// struct User { name: String, password_hash: String }
/// # type Users = HashMap<String, User>;
/// # impl Account for User {
/// #     type Id = String;
/// #     type Error = Infallible;
/// #     fn id(&self) -> String { self.name.clone() }
/// #     async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
/// #         Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
/// #     }
/// # }
///
/// impl PasswordAccount for User {
///     async fn find_by_name(
///         rocket: &Rocket<Orbit>,
///         name: &str,
///     ) -> Result<Option<(Self, String)>, Infallible> {
///         let user = rocket.state::<Users>().and_then(|users| users.get(name));
///         Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no password",
    note = "implement `vestibule::PasswordAccount` for your user type"
)]
pub trait PasswordAccount: Account {
    /// Looks up the account with this name, as it was typed, and the hash of its password.
    fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> impl Future<Output = Result<Option<(Self, String)>, Self::Error>> + Send;

    /// Replaces the outdated hash `old` by a new one of the same password, only where `old` is still
    /// stored, and returns the account: with the new hash if its [`stamp`](Account::stamp) depends on
    /// it, unchanged if nothing was replaced. Default: keeps the old one.
    fn replace_hash(
        self,
        rocket: &Rocket<Orbit>,
        old: &str,
        new: &str,
    ) -> impl Future<Output = Result<Self, Self::Error>> + Send {
        let _ = (rocket, old, new);
        ready(Ok(self))
    }
}
