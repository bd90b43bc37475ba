//! The trait of the application's store of sign-ins.

use std::time::Duration;

use time::OffsetDateTime;

use super::amr::Amr;
#[cfg(doc)]
use super::rotation::Rotations;
use super::rotation::{RefreshAttempt, Rotation};
use super::{SignIn, SignInId};
use crate::error::Error;

/// A use of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInUse {
    /// The sign-in.
    pub id: SignInId,
    /// When it was used.
    pub at: OffsetDateTime,
    /// The generation of the token that was used, if it is the newest and this is its first use;
    /// otherwise 0, and then only `at` is recorded.
    pub generation: i64,
}

impl SignInUse {
    /// Creates a use without a token's generation.
    #[must_use]
    pub const fn new(id: SignInId, at: OffsetDateTime) -> Self {
        Self { id, at, generation: 0 }
    }
}

/// The store of sign-ins. An error is a 503 for the client, never a 401.
///
/// The cargo features `diesel-sqlite` and `diesel-postgres` have one for a database. For another
/// database implement it and keep every field of [`SignIn`];
/// [`MemorySignInStore`](crate::sign_ins::MemorySignInStore) is an example.
#[rocket::async_trait]
pub trait SignInStore: Send + Sync + 'static {
    /// Checks at launch that the store can be used. After 503 `unavailable` the application starts
    /// with a warning, because the store may come back; any other error aborts the launch. Default:
    /// checks nothing.
    async fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Inserts a new sign-in; an existing id is an error and never overwritten.
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error>;

    /// Returns the sign-in with this id, also if it has expired.
    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error>;

    /// Records a use in `last_seen_at` and, for a token, in [`Rotations::used_generation`]; neither moves
    /// backwards.
    async fn seen(&self, used: &SignInUse) -> Result<(), Error>;

    /// Records many uses, each as [`seen`](Self::seen) does; after an error some may be missing.
    /// Default: one after the other, continuing after an error.
    async fn seen_all(&self, uses: &[SignInUse]) -> Result<(), Error> {
        let mut all = Ok(());
        for used in uses {
            let one = self.seen(used).await;
            all = all.and(one);
        }
        all
    }

    /// Applies a refresh token to the row in one atomic step, as [`RefreshAttempt::decide`] says.
    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error>;

    /// Records in `auth_time` that the user was authenticated again, and adds `amr` to what the row
    /// has proven, by [`Amr::with`] and in one atomic step, so that of two proofs at the same time
    /// neither is lost. Returns all that is proven; `None` without a row, which is no error.
    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error>;

    /// Deletes a sign-in; returns whether it existed. A missing one is no error.
    async fn end(&self, id: &SignInId) -> Result<bool, Error>;

    /// Deletes all sign-ins of an account except `except`; returns how many.
    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error>;

    /// Returns all sign-ins of an account, sorted by [`SignIn::latest_first`].
    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error>;

    /// Deletes the sign-ins that are not [active](SignIn::is_active) any more, and returns how many;
    /// the fairing calls it every ten minutes. Default: deletes none.
    async fn purge(&self, now: OffsetDateTime, idle: Duration) -> Result<u64, Error> {
        let _ = (now, idle);
        Ok(0)
    }
}
