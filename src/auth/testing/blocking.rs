//! The same for `rocket::local::blocking`. The sign-in is opened on a runtime of its own; a
//! store that is bound to the client's runtime wants the asynchronous client.

use rocket::local::blocking::Client;
use rocket::tokio::runtime::Builder;

use super::Credential;
use crate::auth::account::Account;
use crate::auth::error::Error;

/// As [`testing::session`](super::session).
///
/// # Errors
/// As [`testing::session`](super::session).
pub fn session<U: Account>(client: &Client, account: &U) -> Result<Credential, Error> {
    wait_for(Credential::session(client.get("/").inner(), account))
}

/// As [`testing::token`](super::token).
///
/// # Errors
/// As [`testing::token`](super::token).
pub fn token<U: Account>(client: &Client, account: &U) -> Result<Credential, Error> {
    wait_for(Credential::token(client.get("/").inner(), account))
}

/// As [`testing::key`](super::key).
///
/// # Errors
/// As [`testing::key`](super::key).
pub fn key<U: Account>(client: &Client, account: &U, scopes: &[&str]) -> Result<Credential, Error> {
    wait_for(Credential::key(client.get("/").inner(), account, scopes))
}

fn wait_for<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::internal)?;
    runtime.block_on(future)
}
