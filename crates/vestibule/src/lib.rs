//! The library half: login for any Rocket application and any user type.
//!
//! # Five steps to your own user type
//!
//! 1. Implement [`Account`] for your user: its id, and how to find it.
//! 2. Alias the guards once: `type CurrentUser = vestibule::CurrentUser<User>;`.
//! 3. Attach the fairing: `.attach(Auth::fairing())`.
//! 4. In your login handler: `session.start(&user).await?` or `tokens.start(&user).await?`.
//! 5. Put `CurrentUser` into a handler's arguments.
//!
//! # The ladder of guards
//!
//! | guard | proves | without it |
//! |---|---|---|
//! | [`BearerToken`] | exactly one well-formed token was presented | 401, 400 |
//! | [`AccessToken`], [`RefreshToken`] | and it is ours, in its time, for us; never a foreign one | 401 |
//! | [`TokenUser`] | and its sign-in stands and the account is active; of a foreign one [`Account::find_foreign`] says whose it is | 401, 503 |
//! | [`SessionUser`] | the same of a session cookie | 401, 403, 503 |
//! | [`CurrentUser`] | either; a token decides if there is one | 401, 503 |
//! | [`Fresh`] | and the password was proven recently | 401 |
//! | [`FreshOrKey`] | and it carries a scope, and is fresh or an access key | 403, 401 |
//! | [`Require`], [`ClaimedRole`] | and the account has a role | 403 |
//! | [`Scoped`] | and the credential carries a scope | 403 |
//! | [`Only`] | and the token was in one of these locations | 401 |
//! | [`TokenBody`], [`RefreshBody`] | as [`TokenUser`], [`RefreshToken`], in the JSON body | 401, 400, 413, 415 |
//! | [`Maybe`] | nothing, but a bad credential is still refused | as the guard inside |
//!
//! # Tokens otherwise
//!
//! `tokens.start(&user)` follows the configuration. An [`Issue`] changes freshness, lifetimes,
//! claims and header fields of one pair, or leaves the refresh token out;
//! [`Tokens::confirm`] gives a fresh access token for a password that was proven again.
//! `[default.auth.token]` says which claims tokens carry and must carry ([`TokenConfig`]), and
//! whose tokens are accepted beside our own ([`ForeignConfig`], [`Account::find_foreign`]);
//! [`Auth::find_key`] finds further keys. What exactly was wrong with a token says
//! [`Error::token_fault`].
//!
//! # Access keys
//!
//! [`AccessKeys`] makes a key for a program (`vst_...`), which stands until it is ended or over.
//! The guards of users take it where they take a token, so it opens every route that names no
//! scope; [`Scoped`] asks for what it was made.
//!
//! # What is remembered
//!
//! A sign-in and its account are remembered for `auth.revocation_delay` (`"1s"`; 0 for not at
//! all), so that most requests ask no store. What the library changes counts at once; after every
//! change of an account by statements of your own call [`AuthCache::invalidate_account`].
//!
//! # When a guard refuses, or is missing
//!
//! With [`Auth::login_required_except`] a route without a guard is a refused launch.
//!
//! A guard leaves its [`Error`] on the request; the application's catchers ask
//! [`Error::of`] and draw it. This half ships no route, no page and no table. The cargo
//! feature `testing` adds a module for the tests of your own routes.

mod access_key;
mod account;
mod actions;
mod authentication;
mod cache;
mod claims;
mod clock;
mod config;
mod credentials;
mod digest;
mod error;
mod events;
mod fairing;
mod guards;
mod json;
mod keys;
mod local_path;
mod password;
mod session;
mod sign_in;
mod state;
#[cfg(feature = "testing")]
pub mod testing;

pub use access_key::AccessKey;
pub use account::Account;
pub use actions::access_keys::{AccessKeys, CreatedKey, KeyRequest};
pub use actions::session::Session;
pub use actions::sign_ins::SignIns;
pub use actions::token_options::TokenOptions;
pub use actions::tokens::{TokenPair, Tokens};
pub use authentication::result::{AuthMethod, Authentication};
pub use authentication::verdict::Verdict;
pub use cache::auth_cache::AuthCache;
pub use claims::Claims;
pub use clock::Clock;
pub use clock::{from_micros, to_micros};
pub use config::{
    Algorithm, Audience, Config, ConfigError, ForeignConfig, KeyConfig, Lifetime, Location, Mode,
    PasswordConfig, Protection, SameSite, Secret, SessionConfig, SessionPolicy, TokenConfig,
    TokenCookiesConfig, TokenJsonConfig, TokenKind, TokenQueryConfig, TokenSameSite,
};
pub use config::{duration, faults_of, read};
pub use credentials::origin;
pub use error::Error;
pub use error::kind::ErrorKind;
pub use error::problem::Problem;
pub use error::token_error::{TokenError, TokenPart};
pub use events::{EndedBy, Event, EventKind, EventSink};
pub use fairing::Auth;
pub use fairing::policy;
pub use fairing::route_guards::route_guards;
pub use guards::bearer_token::BearerToken;
pub use guards::body::{RefreshBody, TokenBody};
pub use guards::checked::{Checked, Condition};
pub use guards::conditions::{Locations, Role, Scope};
pub use guards::maybe::Maybe;
pub use guards::public_keys::PublicKeys;
pub use guards::token_holder::TokenHolder;
pub use guards::tokens::{AccessToken, RefreshToken};
pub use guards::users::{AnyTokenUser, Authenticated, CurrentUser, SessionUser, TokenUser};
pub use guards::{ClaimedRole, Fresh, FreshOrKey, FromLocations, Require, Scoped};
pub use json::read_json_object;
pub use keys::verifying::VerifyingKey;
pub use local_path::LocalPath;
pub use password::{Hasher, MAX_PASSWORD, Password};
pub use session::options::SessionOptions;
pub use sign_in::memory_store::MemorySignInStore;
pub use sign_in::store::{Rotation, SignInStore};
pub use sign_in::{SignIn, SignInId, SignInKind};

/// The programs of the guides are compiled with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
#[cfg(doctest)]
#[doc = include_str!("../../../docs/FROM-FLASK.md")]
pub struct FromFlask;
