//! Login for any Rocket application and any user type: sessions for people, tokens for programs.
//!
//! # Five steps to your own user type
//!
//! 1. Implement [`Account`] for your user: its id, and how to find it.
//! 2. Alias the guards once: `type CurrentUser = vestibule::CurrentUser<User>;`.
//! 3. Attach the fairing: `.attach(Auth::fairing().store(...))`.
//! 4. In your login handler: `let user = login.verify(name, &password).await?;` by [`PasswordLogin`],
//!    then `session.start(&user).await?` or `tokens.start(&user).await?`.
//! 5. Put `CurrentUser` into a handler's arguments.
//!
//! # The guards
//!
//! Put the first that is enough into the handler's signature; "and" adds to the row before.
//!
//! | guard | proves | without it |
//! |---|---|---|
//! | [`BearerToken`](guards::BearerToken) | exactly one well-formed token was presented | 401, 400 |
//! | [`AccessToken`](guards::AccessToken), [`RefreshToken`](guards::RefreshToken) | and we issued it for this audience, and it has not expired | 401 |
//! | [`TokenUser`] | and its sign-in and its account are active; also for an access key | 401, 503 |
//! | [`SessionUser`] | the same of a session cookie | 401, 403, 503 |
//! | [`CurrentUser`] | either; a token decides if there is one | 401, 403, 503 |
//! | [`Fresh`](guards::Fresh) | and the password was proven recently | 401 |
//! | [`MultiFactor`](guards::MultiFactor) | and the user has proven two factors | 401 |
//! | [`Require`](guards::Require), [`ClaimedRole`](guards::ClaimedRole) | and the account has a role | 403 |
//! | [`Scoped`](guards::Scoped) | and the credential has a scope | 403 |
//! | [`Checked`](guards::Checked) | and a condition of yours holds, on the token's location for example | yours |
//! | [`TokenBody`](guards::TokenBody) | [`TokenUser`] or [`RefreshToken`](guards::RefreshToken) of a token in the JSON body | 401, 400, 413, 415 |
//! | [`JsonObject`](guards::JsonObject) | nothing; the JSON body as a type of yours, which no log repeats | 400, 413, 415, 422 |
//! | [`Maybe`](guards::Maybe) | nothing, but a bad token is still refused | as the guard inside |
//!
//! With [`Auth::login_required_except`] the launch fails if a route
//! that it does not list requires no login.
//!
//! # Tokens
//!
//! `tokens.start(&user)` follows the configuration. [`TokenOptions`](tokens::TokenOptions) change
//! freshness, lifetimes, claims and header fields of one pair, or leave the refresh token out;
//! [`Tokens::confirm`] returns a fresh access token for a password that was proven again.
//! [`Auth::find_key`] finds further keys; [`Account::find_foreign`] accepts another issuer's tokens.
//!
//! # Sign-ins
//!
//! A session, a pair of tokens and an access key each present a sign-in, which the
//! [`SignInStore`](sign_ins::SignInStore) keeps and [`SignIns`](sign_ins::SignIns) lists and ends.
//! [`AccessKeys`](access_keys::AccessKeys) creates keys for programs.
//!
//! A sign-in and its account are cached for `auth.revocation_delay` (`"1s"`; 0 for not at all).
//! Changes by the library take effect at once; after a change of an account by your own code call
//! [`AuthCache::invalidate_account`](sign_ins::AuthCache::invalidate_account).
//!
//! # Passwords
//!
//! [`PasswordLogin`] verifies a name and a password of a [`PasswordAccount`], and limits failures by
//! `[default.auth.throttle]`: counted in memory, or where [`Auth::throttle`] says.
//!
//! Handlers take the fairing's [`Hasher`](password::Hasher) as `&State<Hasher>`: it checks a new
//! password, hashes it and verifies one, by `[default.auth.password]`. The cargo feature `strength`
//! rates new passwords by zxcvbn, `imported-hashes` verifies hashes of Werkzeug, Django and Laravel.
//!
//! # Errors
//!
//! A guard leaves its [`Error`] on the request; the application's catchers ask [`Error::of`] and
//! respond with it. [`catchers`] has one for JSON and one that redirects to a login page.
//!
//! # Routes
//!
//! This crate mounts no route and has no page. [`session_routes!`] and [`token_routes!`] are ready
//! ones for a login form and for tokens.
//!
//! # Cargo features
//!
//! `diesel-sqlite` and `diesel-postgres` add stores of sign-ins and failed passwords in your database,
//! `rocket_sync_db_pools` runs them on a `#[database]` of that crate, `diesel` turns an error of a
//! Diesel statement into 503 with `?`, `strength` rates new passwords, `imported-hashes` verifies
//! password hashes of other frameworks, `second-factor` verifies codes of authenticators and recovery
//! codes, and `testing` helps to test your own routes.

mod access_key;
mod account;
mod actions;
mod authentication;
mod cache;
pub mod catchers;
mod claims;
mod clock;
pub mod config;
mod credentials;
#[cfg(any(feature = "diesel-sqlite", feature = "diesel-postgres"))]
pub mod database;
mod digest;
mod error;
pub mod events;
mod fairing;
pub mod guards;
mod json;
mod keys;
mod local_path;
pub mod password;
mod request_id;
pub mod routes;
#[cfg(feature = "second-factor")]
mod second_factor;
mod session;
mod sign_in;
mod state;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;

pub use account::{Account, PasswordAccount};
pub use actions::password_login::PasswordLogin;
pub use actions::session::Session;
pub use actions::tokens::Tokens;
pub use clock::Clock;
pub use error::page::ErrorPage;
pub use error::problem::Problem;
pub use error::{Error, ErrorKind};
pub use fairing::auth::Auth;
pub use guards::users::{CurrentUser, SessionUser, TokenUser};
pub use local_path::LocalPath;
pub use state::stats::AuthStats;
/// The crate whose `OffsetDateTime` a [`SignIn`](sign_ins::SignIn) has.
pub use time;

/// Tokens: what is in them, options, and what is wrong with a bad one.
pub mod tokens {
    pub use crate::actions::token_options::TokenOptions;
    pub use crate::actions::tokens::TokenPair;
    pub use crate::claims::Claims;
    pub use crate::config::algorithm::Algorithm;
    pub use crate::config::token_kind::TokenKind;
    pub use crate::error::{TokenError, TokenPart};
    pub use crate::guards::public_keys::PublicKeys;
    pub use crate::keys::verifying::VerifyingKey;
}

/// Sign-ins: what they have proven, their store, their list, and the cache in front of it.
pub mod sign_ins {
    pub use crate::actions::sign_ins::SignIns;
    pub use crate::cache::auth_cache::AuthCache;
    pub use crate::session::options::SessionOptions;
    pub use crate::session::presented::PresentedSession;
    pub use crate::sign_in::amr::Amr;
    pub use crate::sign_in::memory_store::MemorySignInStore;
    pub use crate::sign_in::rotation::{RefreshAttempt, Rotation, Rotations};
    pub use crate::sign_in::store::{SignInStore, SignInUse};
    pub use crate::sign_in::{SignIn, SignInId, SignInKind};
}

/// Second factors: authenticator apps and recovery codes. Needs the cargo feature `second-factor`.
///
/// [`Authenticator`](second_factors::Authenticator) and [`RecoveryCodes`](second_factors::RecoveryCodes)
/// generate what a user gets when a factor is set up. The
/// [`SecondFactorStore`](second_factors::SecondFactorStore) of your database keeps it, and
/// [`CodeLogin`](second_factors::CodeLogin) verifies a code. Guard the routes by
/// [`MultiFactor`](guards::MultiFactor), or by a [`Condition`](guards::Condition) of yours if only some
/// users have a second factor.
#[cfg(feature = "second-factor")]
pub mod second_factors {
    pub use crate::actions::code_login::CodeLogin;
    pub use crate::second_factor::{
        Authenticator, RecoveryCodes, SecondFactorStore, qr_code_svg, verify_code,
    };
}

/// Access keys: credentials for programs, created by a person.
pub mod access_keys {
    pub use crate::actions::access_keys::{AccessKeys, CreatedKey, KeyRequest};
}

/// The programs of the guides are compiled with the documentation's examples.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../README.md")]
    pub struct Readme;
    #[doc = include_str!("../../../docs/LIBRARY.md")]
    pub struct Library;
    #[doc = include_str!("../../../docs/FROM-FLASK.md")]
    pub struct FromFlask;
}
