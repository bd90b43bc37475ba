//! The cache of look-ups of sign-ins with their accounts, each kept for `auth.revocation_delay` at
//! most. One that is still running is shared by all requests for the same id.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use rocket::tokio::sync::OnceCell;
use time::OffsetDateTime;

use crate::account::Account;
use crate::cache::auth_cache::{AuthCache, Shard, Version};
use crate::clock::{Clock, Moment, to_micros};
use crate::digest::stamp_digest;
use crate::error::{Error, TokenError};
use crate::sign_in::store::SignInUse;
use crate::sign_in::{SignIn, SignInKind};

/// The maximum number of entries; some 10 MB.
const CAPACITY: usize = 10_000;

/// The shortest time between two writes of a sign-in's last use.
const WRITE_EVERY: Duration = Duration::from_secs(60);

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
    pub(crate) auth_cache: AuthCache,
}

impl SignInCache {
    pub(crate) fn new(delay: Duration, clock: Clock, auth_cache: AuthCache) -> Self {
        Self { entries: Cache::new(CAPACITY), delay, clock, auth_cache }
    }

    /// Whether anything is cached.
    pub(crate) fn is_on(&self) -> bool {
        !self.delay.is_zero()
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
        let lookups = &self.auth_cache.lookups;
        if let Some(entry) = self.entries.get(id).filter(is_usable) {
            lookups.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(entry);
        }
        lookups.misses.fetch_add(1, Ordering::Relaxed);
        let (began, version) = (self.clock.moment()?, self.auth_cache.current());
        let shard = self.auth_cache.shard(id);
        let new = Arc::new(Entry { found: OnceCell::new(), began, version, shard });
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
            Some(_) => self.auth_cache.current(),
        }
    }
}

/// A sign-in and its account. Whether they are active is evaluated for each request.
pub(crate) struct CachedSignIn {
    /// The row; `None` without a store.
    pub(crate) sign_in: Option<Arc<SignIn>>,
    /// Of the application's account type, which managed state cannot name.
    account: Option<Arc<dyn Any + Send + Sync>>,
    /// The digest of the account's stamp.
    pub(crate) stamp: Option<String>,
    /// The shard of the account.
    shard: Shard,
    /// The last use in microseconds since 1970, including uses that are not written yet.
    last_seen: AtomicI64,
    /// The newest generation of which an access token was used, written or not.
    used: AtomicI64,
}

impl CachedSignIn {
    pub(crate) fn new<U: Account>(
        sign_in: Option<SignIn>,
        account: Option<U>,
        shard: Shard,
    ) -> Self {
        let used = match sign_in.as_ref().map(|sign_in| &sign_in.kind) {
            Some(SignInKind::Token(rotations)) => rotations.used_generation,
            _ => 0,
        };
        Self {
            used: used.into(),
            stamp: account.as_ref().and_then(|account| stamp_digest(&account.stamp())),
            account: account.map(|account| Arc::new(account) as Arc<dyn Any + Send + Sync>),
            shard,
            last_seen: sign_in.as_ref().map_or(0, |row| to_micros(row.last_seen_at)).into(),
            sign_in: sign_in.map(Arc::new),
        }
    }

    /// The account; 500 `internal` if the application has two account types.
    pub(crate) fn account<U: Account>(&self) -> Result<Option<Arc<U>>, Error> {
        let account = self.account.clone().map(Arc::downcast::<U>).transpose();
        account.map_err(|_| Error::misuse("an application has one type of account"))
    }

    /// Whether the sign-in was not used for this long.
    pub(crate) fn is_idle(&self, now: OffsetDateTime, limit: Duration) -> bool {
        has_passed(self.last_seen.load(Ordering::Relaxed), now, limit)
    }

    /// Records a use; returns what must be written: at most once a minute, but the first use of an
    /// access key at once, so that unused keys can be recognised, and the first of an access token
    /// of the newest generation, which shows that its pair has arrived.
    pub(crate) fn record_use(
        &self,
        now: OffsetDateTime,
        idle: Duration,
        generation: i64,
    ) -> Option<SignInUse> {
        let sign_in = self.sign_in.as_ref()?;
        let every = match sign_in.kind {
            SignInKind::Browser { .. } => WRITE_EVERY.min(idle / 4),
            SignInKind::Token(_) | SignInKind::Key { .. } => WRITE_EVERY,
        };
        let before = self.last_seen.load(Ordering::Relaxed);
        let (new, relaxed) = (to_micros(now), Ordering::Relaxed);
        let is_first = sign_in.kind.is_key() && before == to_micros(sign_in.created_at);
        // Of several requests at once only one writes.
        let is_due = (is_first || has_passed(before, now, every))
            && self.last_seen.compare_exchange(before, new, relaxed, relaxed).is_ok();
        // Another process may have rotated it since the look-up.
        let is_newest = generation >= sign_in.generation();
        let has_arrived = is_newest && self.used.fetch_max(generation, relaxed) < generation;
        let generation = if has_arrived { generation } else { 0 };
        (is_due || has_arrived).then(|| SignInUse { id: sign_in.id.clone(), at: now, generation })
    }
}

/// Whether this much time has passed since a time in microseconds since 1970.
fn has_passed(since: i64, now: OffsetDateTime, span: Duration) -> bool {
    let passed = to_micros(now).saturating_sub(since);
    passed >= i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
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
        assert!(cache.is_current(&entry, auth_cache.current()));
        auth_cache.invalidate_account(&"an id");
        assert!(!cache.is_current(&entry, auth_cache.current()));
        let entry = cache.entry("an id", None).expect("an entry");
        assert!(cache.is_current(&entry, auth_cache.current()));
        // Without a result any change may concern it.
        let missing = entry.found.set(Ok(Err(TokenError::SignInEnded)));
        assert!(missing.is_ok() && cache.is_current(&entry, auth_cache.current()));
        auth_cache.invalidate_account(&"another");
        assert!(!cache.is_current(&entry, auth_cache.current()));
    }
}
