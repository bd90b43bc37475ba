//! The cache of look-ups, each kept for `auth.revocation_delay` at most. One that is still running
//! is shared by all requests for the same id.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use rocket::tokio::sync::OnceCell;

use crate::cache::auth_cache::{AuthCache, Shard, Version};
use crate::cache::cached_sign_in::CachedSignIn;
use crate::clock::{Clock, Moment};
use crate::error::{Error, TokenError};

/// The maximum number of entries; some 10 MB.
const CAPACITY: usize = 10_000;

/// The result of a look-up.
pub(crate) type Found = Result<Result<CachedSignIn, TokenError>, Error>;

/// One look-up, running or done.
pub(crate) struct Entry {
    pub(crate) found: OnceCell<Found>,
    /// When it began.
    began: Moment,
    /// The version when it began.
    version: Version,
    /// The shard of the id that is looked up.
    shard: Shard,
}

/// The entries by the id of the sign-in, or without a store of the account.
pub(crate) struct SignInCache {
    entries: Cache<String, Arc<Entry>>,
    delay: Duration,
    clock: Clock,
    auth_cache: AuthCache,
}

impl SignInCache {
    pub(crate) fn new(delay: Duration, clock: Clock, auth_cache: AuthCache) -> Self {
        Self { entries: Cache::new(CAPACITY), delay, clock, auth_cache }
    }

    /// Whether anything is cached.
    pub(crate) fn is_on(&self) -> bool {
        !self.delay.is_zero()
    }

    /// The current version, that of the last change in this process.
    pub(crate) fn last_change(&self) -> Version {
        self.auth_cache.current()
    }

    /// The shard of an account's or a sign-in's id.
    pub(crate) fn shard(&self, id: &str) -> Shard {
        self.auth_cache.shard(id)
    }

    /// Returns the entry of an id if it is young enough and newer than every change, or else a new
    /// entry; never the `rejected` one. Concurrent callers get the same entry.
    pub(crate) fn entry(
        &self,
        id: &str,
        rejected: Option<&Arc<Entry>>,
    ) -> Result<Arc<Entry>, Error> {
        let is_usable = |entry: &Arc<Entry>| {
            !rejected.is_some_and(|rejected| Arc::ptr_eq(rejected, entry)) && self.is_usable(entry)
        };
        if let Some(entry) = self.entries.get(id).filter(is_usable) {
            return Ok(entry);
        }
        let (began, version) = (self.clock.moment()?, self.last_change());
        let new = Entry { found: OnceCell::new(), began, version, shard: self.shard(id) };
        let new = Arc::new(new);
        let entry = self.entries.entry(id, None, |_, entry| {
            if !is_usable(entry) {
                *entry = new.clone();
            }
            EntryAction::Retain(entry.clone())
        });
        match entry {
            EntryResult::Retained(entry) => return Ok(entry),
            EntryResult::Vacant(vacant) => {
                // If the cache is full, the entry still serves the requests that hold it.
                let _ = vacant.insert(new.clone());
            }
            // The closure removes nothing, and there is no timeout.
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => {}
        }
        Ok(new)
    }

    /// Whether an entry may be used: it is running or found something, and is neither outdated nor
    /// too old.
    fn is_usable(&self, entry: &Entry) -> bool {
        !matches!(entry.found.get(), Some(Err(_) | Ok(Err(_))))
            && entry.version >= self.changed(entry)
            && self.clock.age(&entry.began).is_some_and(|age| age < self.delay)
    }

    /// Whether a finished look-up includes every change before the request arrived.
    pub(crate) fn is_current(&self, entry: &Entry, arrived: Version) -> bool {
        entry.version >= arrived || entry.version >= self.changed(entry)
    }

    /// The version of the last change that may concern an entry.
    fn changed(&self, entry: &Entry) -> Version {
        let of_id = self.auth_cache.version_of(entry.shard);
        match entry.found.get() {
            None => of_id,
            Some(Ok(Ok(found))) => of_id.max(self.auth_cache.version_of(found.shard)),
            // Nothing was found, so any account may have changed.
            Some(_) => self.last_change(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(clock: &Clock, auth_cache: &AuthCache) -> SignInCache {
        SignInCache::new(Duration::from_secs(10), clock.clone(), auth_cache.clone())
    }

    #[test]
    fn the_number_of_entries_is_limited() {
        let cache = cache(&Clock::manual(), &AuthCache::new());
        for id in 0..3 * CAPACITY {
            cache.entry(&id.to_string(), None).expect("an entry");
        }
        assert!(cache.entries.len() <= CAPACITY, "{}", cache.entries.len());
        assert!(cache.entries.len() > CAPACITY / 2, "{}", cache.entries.len());
    }

    #[test]
    fn an_entry_is_shared_until_it_is_old_rejected_or_outdated_by_a_change() {
        let (clock, auth_cache) = (Clock::manual(), AuthCache::new());
        let cache = cache(&clock, &auth_cache);
        let entry = || cache.entry("an id", None).expect("an entry");
        let first = entry();
        assert!(Arc::ptr_eq(&first, &entry()));
        clock.advance(Duration::from_secs(10));
        let second = entry();
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &entry()));
        auth_cache.invalidate_account(&"an id");
        let third = entry();
        assert!(!Arc::ptr_eq(&second, &third) && Arc::ptr_eq(&third, &entry()));
        let fourth = cache.entry("an id", Some(&third)).expect("an entry");
        assert!(!Arc::ptr_eq(&third, &fourth) && Arc::ptr_eq(&fourth, &entry()));
        // Rejecting another entry does not replace this one.
        assert!(Arc::ptr_eq(&fourth, &cache.entry("an id", Some(&first)).expect("an entry")));
    }

    #[test]
    fn a_look_up_is_current_until_something_that_concerns_it_changes() {
        let (clock, auth_cache) = (Clock::manual(), AuthCache::new());
        let cache = cache(&clock, &auth_cache);
        let entry = cache.entry("an id", None).expect("an entry");
        assert!(cache.is_current(&entry, cache.last_change()));
        auth_cache.invalidate_account(&"an id");
        assert!(!cache.is_current(&entry, cache.last_change()));
        let entry = cache.entry("an id", None).expect("an entry");
        assert!(cache.is_current(&entry, cache.last_change()));
        // Without a result any change may concern it.
        let missing = entry.found.set(Ok(Err(TokenError::SignInEnded)));
        assert!(missing.is_ok() && cache.is_current(&entry, cache.last_change()));
        auth_cache.invalidate_account(&"another");
        assert!(!cache.is_current(&entry, cache.last_change()));
    }
}
