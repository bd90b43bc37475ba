//! The library half: login for any Rocket application and any user type.
//!
//! # Five steps to your own user type
//!
//! 1. Implement [`Account`] for your user: its id, and how to find it.
//! 2. Alias the guards once: `type CurrentUser = auth::CurrentUser<User>;`.
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
//! change of an account by statements of your own call [`Standings::forget_account`].
//!
//! # When a guard refuses, or is missing
//!
//! With [`Auth::login_required_except`] a route without a guard is a refused launch.
//!
//! A guard leaves its [`Error`] on the request; the application's catchers ask
//! [`Error::of`] and draw it. This half ships no route, no page and no table. The cargo
//! feature `testing` adds a module for the tests of your own routes.

mod access_key;
mod access_keys;
mod account;
mod authentication;
mod bearer;
mod challenge;
mod claims;
mod clock;
mod config;
mod cookies;
mod csrf;
mod digest;
mod error;
mod error_kind;
mod events;
mod facts;
mod fairing;
mod guards;
mod issue;
mod json;
mod json_body;
mod key_verdict;
mod keys;
mod last_word;
mod left;
mod login_required;
mod memory_ledger;
mod minting;
mod next;
mod notes;
mod on_request;
mod opened_tickets;
mod opening;
pub mod origin;
mod password;
pub mod policy;
mod presented;
mod previous_keys;
mod problem;
mod sentinel;
mod session;
mod session_verdict;
mod sign_in;
mod sign_ins;
mod standing;
mod standing_cache;
mod standings;
mod start;
mod state;
mod survey;
mod telling_ledger;
#[cfg(feature = "testing")]
pub mod testing;
mod ticket;
mod token;
mod token_body;
mod token_cookies;
mod token_fault;
mod token_sign_in;
mod verdict;
mod verification;
mod verified_tokens;
mod vouched;

pub use access_key::AccessKey;
pub use access_keys::{AccessKeys, MadeKey, NewKey};
pub use account::Account;
pub use authentication::{Authentication, Via};
pub use bearer::BearerToken;
pub use claims::{Claims, TokenKind};
pub use clock::Clock;
#[cfg(feature = "app")]
pub(crate) use clock::{from_micros, to_micros};
pub use config::{
    Audience, Config, Fault, ForeignConfig, KeyConfig, Lifetime, Location, Mode, PasswordConfig,
    Protection, SameSite, Secret, SessionConfig, SessionPolicy, TokenConfig, TokenCookiesConfig,
    TokenJsonConfig, TokenQueryConfig, TokenSameSite,
};
#[cfg(feature = "app")]
pub(crate) use config::{duration, faults_of, read};
pub use error::Error;
pub use error_kind::ErrorKind;
pub use events::{EndedBy, Event, EventKind, Events, Reporter, Silent};
pub use fairing::Auth;
pub use guards::{
    AccessToken, AnyTokenUser, Authenticated, ClaimedRole, CurrentUser, Fresh, FreshOrKey,
    HasClaims, Locations, Maybe, Only, RefreshToken, Require, Role, Scope, Scoped, SessionUser,
    TokenUser,
};
pub use issue::Issue;
pub use json_body::JsonBody;
pub use keys::{Algorithm, PublicKeys, VerifyingKey};
pub use memory_ledger::MemoryLedger;
pub use next::LocalPath;
pub use password::{Hasher, MAX_PASSWORD, Password};
pub use problem::Problem;
pub use session::Session;
pub use sign_in::{Ledger, Rotation, SignIn, SignInId, SignInKind, Stateless};
pub use sign_ins::SignIns;
pub use standings::Standings;
pub use start::Start;
#[cfg(all(test, feature = "app"))]
pub(crate) use survey::survey;
pub use token::{TokenPair, Tokens};
pub use token_body::{RefreshBody, TokenBody};
pub use token_fault::{TokenFault, TokenPart};
pub use verdict::Verdict;
