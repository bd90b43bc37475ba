//! The application's store, whose changes invalidate the cache.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::cache::auth_cache::AuthCache;
use crate::error::Error;
use crate::sign_in::store::{Rotation, SignInStore};
use crate::sign_in::{SignIn, SignInId};

/// Invalidates after each change, also after an error: the change may have happened.
pub(crate) struct InvalidatingStore {
    pub(crate) inner: Arc<dyn SignInStore>,
    pub(crate) auth_cache: AuthCache,
}

#[rocket::async_trait]
impl SignInStore for InvalidatingStore {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        // Absence is never cached, so this invalidates nothing.
        self.inner.open(sign_in).await
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        self.inner.get(id).await
    }

    async fn seen(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        // The cached sign-in has recorded the use already.
        self.inner.seen(id, at).await
    }

    async fn seen_all(&self, uses: &[(SignInId, OffsetDateTime)]) -> Result<(), Error> {
        self.inner.seen_all(uses).await
    }

    async fn rotate(
        &self,
        id: &SignInId,
        from: i64,
        at: OffsetDateTime,
        grace: Duration,
    ) -> Result<Rotation, Error> {
        let rotated = self.inner.rotate(id, from, at, grace).await;
        self.auth_cache.invalidate_sign_in(id);
        rotated
    }

    async fn confirm(&self, id: &SignInId, at: OffsetDateTime) -> Result<(), Error> {
        let confirmed = self.inner.confirm(id, at).await;
        self.auth_cache.invalidate_sign_in(id);
        confirmed
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        let ended = self.inner.end(id).await;
        self.auth_cache.invalidate_sign_in(id);
        ended
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let ended = self.inner.end_all(account, except).await;
        self.auth_cache.invalidate_account(&account);
        ended
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        self.inner.list(account).await
    }
}
