//! The store of sign-ins that an application brings.

use std::time::Duration;

use time::OffsetDateTime;

use super::{SignIn, SignInId};
use crate::error::Error;

/// What became of a refresh token's claim to be the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was, and the sign-in is one generation further.
    Rotated(SignIn),
    /// It was the one before, a moment ago: two tabs raced. The row is unchanged, so the
    /// successor minted from it is the same.
    Replayed(SignIn),
    /// It was older: somebody has a copy. The sign-in has been ended.
    Theft,
    /// There is no such sign-in.
    Gone,
}

/// The store of sign-ins. Every failure is a 503 to the client, never a 401.
///
/// Implement it over your database, every field of a [`SignIn`] included, [`MemorySignInStore`](crate::MemorySignInStore)
/// is one to read.
#[rocket::async_trait]
pub trait SignInStore: Send + Sync + 'static {
    /// Keeps a new sign-in; an id that exists is an error, never an overwrite.
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error>;

    /// The sign-in with this id, expired or not.
    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error>;

    /// Notes that it was used; never backwards.
    async fn seen(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error>;

    /// Notes many uses, as [`seen`](Self::seen) does each; an error says that some may not be
    /// noted. Default: one after the other, and none is left out for another's error.
    async fn seen_all(&self, uses: &[(SignInId, OffsetDateTime)]) -> Result<(), Error> {
        let mut all = Ok(());
        for (id, at) in uses {
            let one = self.seen(id, *at).await;
            all = all.and(one);
        }
        all
    }

    /// Moves a program's sign-in on from generation `from` in one atomic step; see
    /// [`Rotation`]. One that is over, or never came so far, is gone.
    async fn rotate(
        &self,
        id: &SignInId,
        from: i64,
        at: OffsetDateTime,
        grace: Duration,
    ) -> Result<Rotation, Error>;

    /// Notes that the password was proven again.
    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error>;

    /// Ends one; answers whether there was one. Ending what is gone is no error.
    async fn end(&self, id: &SignInId) -> Result<bool, Error>;

    /// Ends all of an account, but for one; answers how many.
    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error>;

    /// All of an account, sorted by [`SignIn::latest_first`].
    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error>;
}
