//! The trait of the application's store of second factors.

use super::authenticator::Authenticator;
use crate::error::Error;

/// The second factors of accounts, named as in [`SignIn::account`](crate::sign_ins::SignIn::account).
/// An error is a 503 for the client, never a 401.
///
/// [`check_second_factor_store`](crate::testing::check_second_factor_store) of the feature `testing`
/// checks a store of yours. In a database each method is one statement:
///
/// ```sql
/// SELECT secret FROM authenticators WHERE account = ?;
/// UPDATE authenticators SET last_step = ? WHERE account = ? AND last_step < ?;
/// DELETE FROM recovery_codes WHERE account = ? AND digest = ?;
/// ```
#[rocket::async_trait]
pub trait SecondFactorStore: Send + Sync {
    /// Returns the authenticator of an account; `None` without one. Encrypt its secret at rest.
    async fn authenticator(&self, account: &str) -> Result<Option<Authenticator>, Error>;

    /// Uses up a time step and all before it, in one atomic step; returns `false`, and changes nothing,
    /// if that step or a later one was used before, or without an authenticator.
    async fn use_step(&self, account: &str, step: i64) -> Result<bool, Error>;

    /// Deletes a recovery code, by its digest, in one atomic step; returns whether it existed.
    async fn use_recovery_code(&self, account: &str, digest: &str) -> Result<bool, Error>;
}
