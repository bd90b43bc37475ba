//! The trait of the application's store of sign-ins.

use std::time::Duration;

use time::OffsetDateTime;

use super::{SignIn, SignInId};
use crate::error::Error;

/// The result of rotating a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was the newest; the sign-in has the next generation.
    Rotated(SignIn),
    /// It was the previous one, within the grace period, as when two tabs refresh at once. The row
    /// is unchanged, so the same successor is issued again.
    Replayed(SignIn),
    /// It was older, so it was copied: the sign-in has been ended.
    Theft,
    /// There is no active sign-in of this id and generation.
    Gone,
}

/// The store of sign-ins. An error is a 503 for the client, never a 401.
///
/// Implement it over your database and keep every field of [`SignIn`];
/// [`MemorySignInStore`](crate::sign_ins::MemorySignInStore) is an example.
#[rocket::async_trait]
pub trait SignInStore: Send + Sync + 'static {
    /// Inserts a new sign-in; an existing id is an error and never overwritten.
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error>;

    /// Returns the sign-in with this id, also if it has expired.
    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error>;

    /// Records a use in `last_seen_at`, which never moves backwards.
    async fn seen(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error>;

    /// Records many uses, each as [`seen`](Self::seen) does; after an error some may be missing.
    /// Default: one after the other, continuing after an error.
    async fn seen_all(&self, uses: &[(SignInId, OffsetDateTime)]) -> Result<(), Error> {
        let mut all = Ok(());
        for (id, at) in uses {
            let one = self.seen(id, *at).await;
            all = all.and(one);
        }
        all
    }

    /// Moves a token sign-in from generation `from` to the next in one atomic step; see
    /// [`Rotation`]. If it has expired, or has not reached `from`, it is [`Gone`](Rotation::Gone).
    async fn rotate(
        &self,
        id: &SignInId,
        from: i64,
        at: OffsetDateTime,
        grace: Duration,
    ) -> Result<Rotation, Error>;

    /// Records in `auth_time` that the password was proven again.
    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error>;

    /// Deletes a sign-in; returns whether it existed. A missing one is no error.
    async fn end(&self, id: &SignInId) -> Result<bool, Error>;

    /// Deletes all sign-ins of an account except `except`; returns how many.
    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error>;

    /// Returns all sign-ins of an account, sorted by [`SignIn::latest_first`].
    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error>;
}
