//! Test your own routes: act as a signed-in account on Rocket's local client, without going through
//! your login form. Needs the cargo feature `testing`, for tests alone:
//!
//! ```toml
//! [dev-dependencies]
//! vestibule = { version = "0.1", features = ["testing"] }
//! ```
//!
//! [`session`], [`token`] and [`key`] sign an account in with the store, the keys and the clock of
//! your application: the sign-in can be listed and ended like any other. [`act_as`](ActAs::act_as)
//! presents it on a request; [`assert_no_cookies`](AssertNoCookies::assert_no_cookies) checks the
//! response to a token request. [`blocking`] has the same functions for `rocket::local::blocking`.
//! [`check_sign_in_store`] checks a store of your own.
//!
//! ```
//! # #[macro_use] extern crate rocket;
//! # use std::collections::HashMap;
//! # use std::convert::Infallible;
//! use std::time::Duration;
//!
//! use rocket::figment::Figment;
//! use rocket::http::Status;
//! use rocket::local::blocking::Client;
//! # use rocket::{Build, Orbit, Rocket};
//! use vestibule::testing::{ActAs, AssertNoCookies, blocking as testing};
//! use vestibule::{Account, Auth, Clock};
//! use vestibule::sign_ins::MemorySignInStore;
//! #
//! # #[derive(Clone)]
//! # struct User { name: String }
//! # type Users = HashMap<String, User>;
//! #
//! # impl Account for User {
//! #     type Id = String;
//! #     type Error = Infallible;
//! #     fn id(&self) -> String { self.name.clone() }
//! #     async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
//! #         Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
//! #     }
//! # }
//!
//! #[get("/me")]
//! fn me(user: vestibule::CurrentUser<User>) -> String {
//!     user.name.clone()
//! }
//!
//! // Your application takes a clock, so that a test can advance it.
//! fn application(figment: Figment, store: MemorySignInStore, clock: Clock) -> Rocket<Build> {
//!     rocket::custom(figment)
//!         .attach(Auth::fairing().store(store).clock(clock))
//!         .manage(Users::from([("ann".to_owned(), User { name: "ann".to_owned() })]))
//!         .mount("/", routes![me])
//! }
//!
//! // In a test:
//! let figment = Figment::from(rocket::Config::debug_default())
//!     .merge(("auth.token.secret", "at least 32 bytes, of a test alone"));
//! let (store, clock) = (MemorySignInStore::new(), Clock::manual());
//! let client = Client::untracked(application(figment, store.clone(), clock.clone()))?;
//! let ann = User { name: "ann".to_owned() };
//!
//! let browser = testing::session(&client, &ann)?;
//! let program = testing::token(&client, &ann)?;
//! for sign_in in [&browser, &program] {
//!     let response = client.get("/me").act_as(sign_in).dispatch().assert_no_cookies();
//!     assert_eq!(response.into_string().as_deref(), Some("ann"));
//! }
//!
//! // An access token lives for 15 minutes, a session for 24 hours.
//! clock.advance(Duration::from_secs(15 * 60));
//! assert_eq!(client.get("/me").act_as(&program).dispatch().status(), Status::Unauthorized);
//! assert_eq!(client.get("/me").act_as(&browser).dispatch().status(), Status::Ok);
//!
//! // Another process ends all sign-ins: it counts within `revocation_delay`.
//! store.clear();
//! clock.advance(Duration::from_secs(1));
//! assert_eq!(client.get("/me").act_as(&browser).dispatch().status(), Status::Unauthorized);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod blocking;
#[cfg(feature = "second-factor")]
mod factor_contract;
mod local;
mod store_contract;
mod test_sign_in;

use rocket::local::asynchronous::Client;

use crate::account::Account;
use crate::error::Error;
use crate::sign_in::amr::Amr;

#[cfg(feature = "second-factor")]
pub use factor_contract::check_second_factor_store;
pub use local::{ActAs, AssertNoCookies};
pub use store_contract::check_sign_in_store;
pub use test_sign_in::TestSignIn;

/// Signs an account in with a session, fresh from now on. Reports the event of a sign-in.
///
/// # Errors
/// 403 `account_inactive`, 404 `not_found` in mode `token`, 503 `unavailable`, 500 `internal`
/// without the fairing.
///
/// ```
/// use rocket::local::asynchronous::Client;
/// use vestibule::testing::{self, ActAs};
/// use vestibule::{Account, Error};
///
/// async fn page<U: Account>(client: &Client, user: &U) -> Result<Option<String>, Error> {
///     let alice = testing::session(client, user).await?;
///     Ok(client.get("/me").act_as(&alice).dispatch().await.into_string().await)
/// }
/// ```
pub async fn session<U: Account>(client: &Client, account: &U) -> Result<TestSignIn, Error> {
    session_with(client, account, Amr::PASSWORD).await
}

/// As [`session`], of a user who has proven this, for [`MultiFactor`](crate::guards::MultiFactor)
/// guards.
///
/// # Errors
/// As [`session`].
///
/// ```
/// use rocket::local::asynchronous::Client;
/// use vestibule::sign_ins::Amr;
/// use vestibule::testing::{self, TestSignIn};
/// use vestibule::{Account, Error};
///
/// async fn careful<U: Account>(client: &Client, user: &U) -> Result<TestSignIn, Error> {
///     testing::session_with(client, user, Amr::PASSWORD.with(Amr::OTP)).await
/// }
/// ```
pub async fn session_with<U: Account>(
    client: &Client,
    account: &U,
    proven: Amr,
) -> Result<TestSignIn, Error> {
    TestSignIn::session(client.get("/").inner(), account, proven).await
}

/// Signs an account in with a fresh access token and a refresh token. Reports the event of a sign-in.
///
/// # Errors
/// As [`session`], but 404 `not_found` in mode `session`.
pub async fn token<U: Account>(client: &Client, account: &U) -> Result<TestSignIn, Error> {
    token_with(client, account, Amr::PASSWORD).await
}

/// As [`token`], of a user who has proven this.
///
/// # Errors
/// As [`token`].
pub async fn token_with<U: Account>(
    client: &Client,
    account: &U,
    proven: Amr,
) -> Result<TestSignIn, Error> {
    TestSignIn::token(client.get("/").inner(), account, proven).await
}

/// Creates an access key with these scopes. Reports the event of a new key.
///
/// # Errors
/// As [`token`], 404 `not_found` if `token.locations` lacks `"header"`, 500 `internal` without a store,
/// and 422 `invalid_field` for an invalid scope.
pub async fn key<U: Account>(
    client: &Client,
    account: &U,
    scopes: &[&str],
) -> Result<TestSignIn, Error> {
    TestSignIn::key(client.get("/").inner(), account, scopes).await
}
