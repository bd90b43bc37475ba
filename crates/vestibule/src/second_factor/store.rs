//! The trait of the application's store of second factors.

use super::authenticator::Authenticator;
use crate::error::Error;

/// The store of second factors; `account` is [`Account::id`](crate::Account::id) as text. Return
/// [`Error::unavailable`] for a failure: the client gets the error as it is.
///
/// `testing::check_second_factor_store` of the feature `testing` checks a store of yours. In a database each method is one statement:
///
/// ```sql
/// CREATE TABLE authenticators (account TEXT PRIMARY KEY, secret BLOB NOT NULL, last_step BIGINT NOT NULL);
/// CREATE TABLE recovery_codes (account TEXT, digest TEXT, PRIMARY KEY (account, digest));
///
/// SELECT secret FROM authenticators WHERE account = ?;
/// UPDATE authenticators SET last_step = ? WHERE account = ? AND last_step < ?;
/// DELETE FROM recovery_codes WHERE account = ? AND digest = ?;
/// ```
#[rocket::async_trait]
pub trait SecondFactorStore: Send + Sync {
    /// Returns the authenticator of an account; `None` without one. Encrypt its secret at rest.
    async fn authenticator(&self, account: &str) -> Result<Option<Authenticator>, Error>;

    /// Marks a time step and all earlier ones as used, atomically; returns `false`, and marks none, if that
    /// step or a later one was used before, or without an authenticator. Called with step 0 for a wrong
    /// code, so a store can count refusals here, and refuse every step after too many.
    async fn use_step(&self, account: &str, step: i64) -> Result<bool, Error>;

    /// Deletes a recovery code, by its digest, atomically; returns whether it existed.
    async fn use_recovery_code(&self, account: &str, digest: &str) -> Result<bool, Error>;
}
