//! Versions of accounts and sign-ins: a cached look-up counts only if neither has changed in this
//! process since it began; and the store whose changes make new versions.

use std::fmt::{self, Display};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::error::Error;
use crate::sign_in::amr::Amr;
use crate::sign_in::rotation::{RefreshAttempt, Rotation};
use crate::sign_in::store::{SignInStore, SignInUse};
use crate::sign_in::{SignIn, SignInId};

/// The number of shards (32 KB in all). A change also invalidates the other ids of its shard, on
/// average one in 4,096.
const SHARDS: usize = 4096;

/// Invalidates cached accounts and sign-ins, which are used for `auth.revocation_delay` at most:
/// managed state (`&State<AuthCache>`), or before the launch [`Auth::cache`](crate::Auth::cache).
///
/// Changes by the library need no call. When your code changes an account (its role, activity or
/// password), call `invalidate_account` after the commit: requests that begin later see the change.
/// Without the call, and in other processes, they do after `revocation_delay` at the latest.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::State;
/// use vestibule::sign_ins::AuthCache;
///
/// #[post("/users/<id>/disable")]
/// async fn disable(id: u32, auth_cache: &State<AuthCache>) {
///     // ... UPDATE users SET active = false WHERE id = ... COMMIT ...
///     auth_cache.invalidate_account(&id);
/// }
/// ```
#[derive(Clone)]
pub struct AuthCache {
    hasher: RandomState,
    current: Arc<AtomicU64>,
    /// The version of the last change of each shard.
    shards: Arc<[AtomicU64]>,
    pub(crate) lookups: Arc<Lookups>,
}

/// How many look-ups the cache answered, and how many it did not.
#[derive(Default)]
pub(crate) struct Lookups {
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
}

/// Counts the changes in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u64);

/// The index of the shard that an account's or a sign-in's id belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shard(usize);

impl AuthCache {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| AtomicU64::new(0)).collect();
        let (current, lookups) = (Arc::default(), Arc::default());
        Self { hasher: RandomState::new(), current, shards, lookups }
    }

    /// Invalidates an account with all its sign-ins; call it after the commit of a change.
    pub fn invalidate_account(&self, id: &impl Display) {
        self.invalidate([self.shard(&id.to_string())]);
    }

    /// Invalidates one sign-in; call it after it was changed or ended in the store.
    pub fn invalidate_sign_in(&self, id: &SignInId) {
        self.invalidate([self.shard(id.as_str())]);
    }

    /// Invalidates everything; call it after changes of many accounts.
    pub fn invalidate_all(&self) {
        self.invalidate((0..SHARDS).map(Shard));
    }

    fn invalidate(&self, shards: impl IntoIterator<Item = Shard>) {
        let version = self.current.fetch_add(1, Ordering::SeqCst) + 1;
        for shard in shards {
            self.shards[shard.0].fetch_max(version, Ordering::SeqCst);
        }
    }

    /// The current version, to be read before a look-up.
    pub(crate) fn current(&self) -> Version {
        Version(self.current.load(Ordering::SeqCst))
    }

    /// The version of the last change of this shard.
    pub(crate) fn version_of(&self, shard: Shard) -> Version {
        Version(self.shards[shard.0].load(Ordering::SeqCst))
    }

    /// The shard of an account's or a sign-in's id. The hash is randomly keyed, so that clients
    /// cannot choose the shard of their id.
    pub(crate) fn shard(&self, id: &str) -> Shard {
        let hash = self.hasher.hash_one(id);
        Shard(usize::try_from(hash % SHARDS as u64).unwrap_or_default())
    }
}

impl fmt::Debug for AuthCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthCache").field("version", &self.current()).finish()
    }
}

/// The application's store. Invalidates after each change, also after an error: the change may have
/// happened.
pub(crate) struct InvalidatingStore {
    pub(crate) inner: Arc<dyn SignInStore>,
    pub(crate) auth_cache: AuthCache,
}

#[rocket::async_trait]
impl SignInStore for InvalidatingStore {
    async fn check(&self) -> Result<(), Error> {
        self.inner.check().await
    }

    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        // Absence is never cached, so this invalidates nothing.
        self.inner.open(sign_in).await
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        self.inner.get(id).await
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        // The cached sign-in has recorded the use already.
        self.inner.seen(used).await
    }

    async fn seen_all(&self, uses: &[SignInUse]) -> Result<(), Error> {
        self.inner.seen_all(uses).await
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        let rotated = self.inner.rotate(id, attempt).await;
        self.auth_cache.invalidate_sign_in(id);
        rotated
    }

    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error> {
        let confirmed = self.inner.confirm(id, at, amr).await;
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

    async fn purge(&self, now: OffsetDateTime, idle: Duration) -> Result<u64, Error> {
        self.inner.purge(now, idle).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_newer_than_the_version_before_it_and_not_newer_than_the_version_after_it() {
        let auth_cache = AuthCache::new();
        let id = SignInId::random().expect("an id");
        let (account, sign_in) = (auth_cache.shard("7"), auth_cache.shard(id.as_str()));
        let shards = [account, sign_in];
        for (invalidate, changed) in [
            (&(|| auth_cache.invalidate_account(&7)) as &dyn Fn(), vec![account]),
            (&|| auth_cache.invalidate_sign_in(&id), vec![sign_in]),
            (&|| auth_cache.invalidate_all(), shards.to_vec()),
        ] {
            let before = auth_cache.current();
            assert!(shards.iter().all(|shard| auth_cache.version_of(*shard) <= before));
            invalidate();
            let after = auth_cache.current();
            for shard in changed {
                let version = auth_cache.version_of(shard);
                assert!(before < version && version <= after);
            }
        }
    }

    #[test]
    fn a_change_of_one_account_invalidates_few_others() {
        let auth_cache = AuthCache::new();
        auth_cache.invalidate_account(&"changed");
        let invalidated = (0..10_000)
            .filter(|id| auth_cache.version_of(auth_cache.shard(&id.to_string())) > Version(0))
            .count();
        assert!(invalidated < 100, "{invalidated} of 10,000");
    }
}
