//! Test your own routes: act as somebody who is signed in, on Rocket's local client, without
//! going through your login form. Needs the cargo feature `testing`, for tests alone:
//!
//! ```toml
//! [dev-dependencies]
//! vestibule = { path = "../vestibule", default-features = false, features = ["testing"] }
//! ```
//!
//! [`session`], [`token`] and [`key`] sign an account in: the sign-in is opened in the ledger
//! that your application attached, the token is signed with its own key, the cookie sealed with
//! its own.
//! So it can be listed and ended like any other, and ends by the same clock.
//! [`act_as`](ActAs::act_as) presents it on a request;
//! [`assert_no_cookies`](AssertNoCookies::assert_no_cookies) is what you want to know about
//! the answer to a token request. For `rocket::local::blocking` the same functions are in
//! [`blocking`].
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
//! use vestibule::{Account, Auth, Clock, Fresh, MemorySignInStore};
//! #
//! # #[derive(Clone)]
//! # struct User { name: String }
//! # type Users = HashMap<String, User>;
//! #
//! # #[rocket::async_trait]
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
//! #[get("/danger")]
//! fn danger(user: Fresh<vestibule::CurrentUser<User>>) -> String {
//!     user.name.clone()
//! }
//!
//! // Your application takes its clock, so that a test can move the time.
//! fn application(figment: Figment, store: MemorySignInStore, clock: Clock) -> Rocket<Build> {
//!     rocket::custom(figment)
//!         .attach(Auth::fairing().store(store).clock(clock))
//!         .manage(Users::from([("ann".to_owned(), User { name: "ann".to_owned() })]))
//!         .mount("/", routes![me, danger])
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
//! for credential in [&browser, &program] {
//!     let answer = client.get("/me").act_as(credential).dispatch().assert_no_cookies();
//!     assert_eq!(answer.into_string().as_deref(), Some("ann"));
//! }
//!
//! // Neither has proven the password just now.
//! for credential in [browser.clone().not_fresh(), program.clone().not_fresh()] {
//!     let answer = client.get("/danger").act_as(&credential).dispatch();
//!     assert_eq!(answer.status(), Status::Unauthorized);
//! }
//!
//! // An access token lives for 15 minutes, a session for 24 hours.
//! clock.advance(Duration::from_secs(15 * 60));
//! assert_eq!(client.get("/me").act_as(&program).dispatch().status(), Status::Unauthorized);
//! assert_eq!(client.get("/me").act_as(&browser).dispatch().status(), Status::Ok);
//!
//! // An administrator ends everything, behind the library's back: within `revocation_delay`.
//! store.clear();
//! clock.advance(Duration::from_secs(1));
//! assert_eq!(client.get("/me").act_as(&browser).dispatch().status(), Status::Unauthorized);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod blocking;
mod credential;
mod local;

use rocket::local::asynchronous::Client;

use crate::account::Account;
use crate::error::Error;

pub use credential::Credential;
pub use local::{ActAs, AssertNoCookies};

/// Signs an account in as a browser: a session, fresh from now on. Told to the listener as a
/// sign-in through your form is.
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
pub async fn session<U: Account>(client: &Client, account: &U) -> Result<Credential, Error> {
    Credential::session(client.get("/").inner(), account).await
}

/// Signs an account in as a program: an access token, fresh from now on, and the refresh
/// token beside it. Told to the listener as a sign-in through your API is.
///
/// # Errors
/// 403 `account_inactive`, 404 `not_found` in mode `session`, 503 `unavailable`, 500
/// `internal` without the fairing.
pub async fn token<U: Account>(client: &Client, account: &U) -> Result<Credential, Error> {
    Credential::token(client.get("/").inner(), account).await
}

/// Makes an access key for a program, with these scopes. Told to the listener as one that is
/// made through your routes is.
///
/// # Errors
/// 403 `account_inactive`, 404 `not_found` in mode `session`, 422 `invalid_field` for what is no
/// scope, 503 `unavailable`, 500 `internal` without the fairing.
pub async fn key<U: Account>(
    client: &Client,
    account: &U,
    scopes: &[&str],
) -> Result<Credential, Error> {
    Credential::key(client.get("/").inner(), account, scopes).await
}
