//! What was looked up a moment ago, remembered for `auth.revocation_delay` at the most, and the
//! look-ups under way, each of which serves everybody who comes while it lasts.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use rocket::tokio::sync::OnceCell;

use crate::cache::auth_cache::{AccountVersion, AuthCache, Version};
use crate::cache::cached_sign_in::CachedSignIn;
use crate::clock::{Clock, Moment};
use crate::error::Error;
use crate::error::token_error::TokenError;

/// How many are remembered at the most; some 10 MB.
const MOST: usize = 10_000;

/// What came of a look-up.
pub(crate) type Found = Result<Result<CachedSignIn, TokenError>, Error>;

/// One look-up, under way or done.
pub(crate) struct Entry {
    pub(crate) found: OnceCell<Found>,
    /// Both from before it began.
    at: Moment,
    knows: Version,
    /// Of the id that was looked up.
    mark: AccountVersion,
}

/// The look-ups of late, by the id of the sign-in, or of the account where there is no store.
pub(crate) struct SignInCache {
    slots: Cache<String, Arc<Entry>>,
    delay: Duration,
    clock: Clock,
    auth_cache: AuthCache,
}

impl SignInCache {
    pub(crate) fn new(delay: Duration, clock: Clock, auth_cache: AuthCache) -> Self {
        // Their age is looked at here, by the injected clock.
        Self { slots: Cache::new(MOST), delay, clock, auth_cache }
    }

    /// Whether anything is remembered.
    pub(crate) fn is_on(&self) -> bool {
        !self.delay.is_zero()
    }

    /// The last change so far in this process.
    pub(crate) fn last_change(&self) -> Version {
        self.auth_cache.last()
    }

    /// Where changes of an account are marked.
    pub(crate) fn mark(&self, id: &str) -> AccountVersion {
        self.auth_cache.mark(id)
    }

    /// The look-up of an id that may be asked: one that is young enough and knows of every change,
    /// or else a new one; never the one that is refused. Of many who ask at once all get the same.
    pub(crate) fn entry(
        &self,
        id: &str,
        refused: Option<&Arc<Entry>>,
    ) -> Result<Arc<Entry>, Error> {
        let is_usable = |entry: &Arc<Entry>| {
            !refused.is_some_and(|refused| Arc::ptr_eq(refused, entry)) && self.is_usable(entry)
        };
        if let Some(entry) = self.slots.get(id).filter(is_usable) {
            return Ok(entry);
        }
        let (at, knows, mark) = (self.clock.moment()?, self.auth_cache.last(), self.mark(id));
        let anew = Arc::new(Entry { found: OnceCell::new(), at, knows, mark });
        let entry = self.slots.entry(id, None, |_, entry| {
            // Somebody else may have been faster.
            if !is_usable(entry) {
                *entry = anew.clone();
            }
            EntryAction::Retain(entry.clone())
        });
        match entry {
            EntryResult::Retained(entry) => return Ok(entry),
            EntryResult::Vacant(room) => {
                // Without room it serves those who have it.
                let _ = room.insert(anew.clone());
            }
            // Nothing is removed above, and there is no limit to waiting.
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => {}
        }
        Ok(anew)
    }

    /// Only what was found is remembered; what is under way may be waited for.
    fn is_usable(&self, entry: &Entry) -> bool {
        !matches!(entry.found.get(), Some(Err(_) | Ok(Err(_))))
            && entry.knows >= self.last(entry)
            && self.clock.age(&entry.at).is_some_and(|age| age < self.delay)
    }

    /// Whether a look-up, now that it is done, knows of everything that had changed when somebody
    /// came to ask.
    pub(crate) fn knew(&self, entry: &Entry, arrived: Version) -> bool {
        entry.knows >= arrived || entry.knows >= self.last(entry)
    }

    /// The last change of what a look-up was about, as far as that can be told.
    fn last(&self, entry: &Entry) -> Version {
        let of_id = self.auth_cache.last_of(entry.mark);
        match entry.found.get() {
            None => of_id,
            Some(Ok(Ok(facts))) => of_id.max(self.auth_cache.last_of(facts.mark)),
            // Whose change may have been missed is not known.
            Some(_) => self.auth_cache.last(),
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
    fn no_more_than_so_many_are_remembered() {
        let cache = cache(&Clock::manual(), &AuthCache::new());
        for id in 0..3 * MOST {
            cache.entry(&id.to_string(), None).expect("a entry");
        }
        assert!(cache.slots.len() <= MOST, "{}", cache.slots.len());
        assert!(cache.slots.len() > MOST / 2, "{}", cache.slots.len());
    }

    #[test]
    fn a_slot_is_shared_until_it_is_old_refused_or_behind_a_change() {
        let (clock, auth_cache) = (Clock::manual(), AuthCache::new());
        let cache = cache(&clock, &auth_cache);
        let entry = || cache.entry("an id", None).expect("a entry");
        let first = entry();
        assert!(Arc::ptr_eq(&first, &entry()));
        clock.advance(Duration::from_secs(10));
        let second = entry();
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &entry()));
        auth_cache.invalidate_account(&"an id");
        let third = entry();
        assert!(!Arc::ptr_eq(&second, &third) && Arc::ptr_eq(&third, &entry()));
        let fourth = cache.entry("an id", Some(&third)).expect("a entry");
        assert!(!Arc::ptr_eq(&third, &fourth) && Arc::ptr_eq(&fourth, &entry()));
        // Another one's refusal does not take it from those who are content.
        assert!(Arc::ptr_eq(&fourth, &cache.entry("an id", Some(&first)).expect("a entry")));
    }

    #[test]
    fn a_look_up_knows_of_what_changed_before_it_and_of_nothing_else() {
        let (clock, auth_cache) = (Clock::manual(), AuthCache::new());
        let cache = cache(&clock, &auth_cache);
        let entry = cache.entry("an id", None).expect("a entry");
        assert!(cache.knew(&entry, cache.last_change()));
        auth_cache.invalidate_account(&"an id");
        assert!(!cache.knew(&entry, cache.last_change()));
        let entry = cache.entry("an id", None).expect("a entry");
        assert!(cache.knew(&entry, cache.last_change()));
        // What nobody found may be missing because of any change.
        let nobody = entry.found.set(Ok(Err(TokenError::SignInEnded)));
        assert!(nobody.is_ok() && cache.knew(&entry, cache.last_change()));
        auth_cache.invalidate_account(&"somebody");
        assert!(!cache.knew(&entry, cache.last_change()));
    }
}
