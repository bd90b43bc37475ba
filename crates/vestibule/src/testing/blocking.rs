//! The same functions for `rocket::local::blocking`. They run on a runtime of their own; a store
//! that is bound to the client's runtime needs the asynchronous client.

use rocket::local::blocking::Client;
use rocket::tokio::runtime::Builder;

use crate::account::Account;
use crate::error::Error;
use crate::sign_in::amr::Amr;
use crate::testing::TestSignIn;

/// As [`testing::session`](crate::testing::session), with the same errors.
pub fn session<U: Account>(client: &Client, account: &U) -> Result<TestSignIn, Error> {
    session_with(client, account, Amr::PASSWORD)
}

/// As [`testing::session_with`](crate::testing::session_with), with the same errors.
pub fn session_with<U: Account>(
    client: &Client,
    account: &U,
    proven: Amr,
) -> Result<TestSignIn, Error> {
    wait_for(TestSignIn::session(client.get("/").inner(), account, proven))
}

/// As [`testing::token`](crate::testing::token), with the same errors.
pub fn token<U: Account>(client: &Client, account: &U) -> Result<TestSignIn, Error> {
    token_with(client, account, Amr::PASSWORD)
}

/// As [`testing::token_with`](crate::testing::token_with), with the same errors.
pub fn token_with<U: Account>(
    client: &Client,
    account: &U,
    proven: Amr,
) -> Result<TestSignIn, Error> {
    wait_for(TestSignIn::token(client.get("/").inner(), account, proven))
}

/// As [`testing::key`](crate::testing::key), with the same errors.
pub fn key<U: Account>(client: &Client, account: &U, scopes: &[&str]) -> Result<TestSignIn, Error> {
    wait_for(TestSignIn::key(client.get("/").inner(), account, scopes))
}

fn wait_for<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::internal)?;
    runtime.block_on(future)
}
