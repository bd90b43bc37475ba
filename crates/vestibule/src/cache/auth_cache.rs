//! What has changed in this process since a look-up began: the reason why nothing that is
//! remembered outlives a change.

use std::fmt::{self, Display};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sign_in::SignInId;

/// How many accounts and sign-ins share a mark, turned round: with so many marks a change costs
/// one of 4,096 others a look-up, and all of them take 32 KB.
const MARKS: usize = 4096;

/// What the library remembers of accounts and sign-ins for `auth.revocation_delay`, and the way
/// to make it forget: managed state (`&State<AuthCache>`), or before the launch
/// [`Auth::standings`](crate::Auth::auth_cache).
///
/// The library's own ways of ending a sign-in forget by themselves. Whatever your code changes in
/// its own store is seen by requests that begin after `invalidate_account` or at the latest after
/// `revocation_delay`, so call it after the commit of every change of an account: of its role,
/// its activity, its password. Another process sees it within its `revocation_delay`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::State;
/// use vestibule::AuthCache;
///
/// #[post("/users/<id>/disable")]
/// async fn disable(id: u32, auth_cache: &State<AuthCache>) {
///     // ... UPDATE users SET active = false WHERE id = ... COMMIT ...
///     auth_cache.invalidate_account(&id);
/// }
/// ```
#[derive(Clone)]
pub struct AuthCache(Arc<Changes>);

struct Changes {
    hasher: RandomState,
    count: AtomicU64,
    /// The number of the last change of whatever shares the mark.
    marks: Box<[AtomicU64]>,
}

/// The number of the last change at some moment: what was read since then knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u64);

/// Where the changes of one account or one sign-in are marked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountVersion(usize);

impl AuthCache {
    pub(crate) fn new() -> Self {
        let marks = (0..MARKS).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Changes { hasher: RandomState::new(), count: AtomicU64::new(0), marks }))
    }

    /// Forgets an account with all its sign-ins, after a change of it was committed.
    pub fn invalidate_account(&self, id: &impl Display) {
        self.forget(self.mark(&id.to_string()));
    }

    /// Forgets one sign-in, after it was ended or changed in the store.
    pub fn invalidate_sign_in(&self, id: &SignInId) {
        self.forget(self.mark(id.as_str()));
    }

    /// Forgets everything, after changes of many accounts.
    pub fn invalidate_all(&self) {
        let change = self.next();
        for mark in &self.0.marks {
            mark.fetch_max(change, Ordering::SeqCst);
        }
    }

    fn forget(&self, mark: AccountVersion) {
        let change = self.next();
        self.0.marks[mark.0].fetch_max(change, Ordering::SeqCst);
    }

    fn next(&self) -> u64 {
        self.0.count.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The last change so far. Ask before looking something up.
    pub(crate) fn last(&self) -> Version {
        Version(self.0.count.load(Ordering::SeqCst))
    }

    /// The last change of whatever has this mark.
    pub(crate) fn last_of(&self, mark: AccountVersion) -> Version {
        Version(self.0.marks[mark.0].load(Ordering::SeqCst))
    }

    /// Where changes of an account's or a sign-in's id are marked. The hash is keyed at random,
    /// so nobody can choose whom to disturb.
    pub(crate) fn mark(&self, id: &str) -> AccountVersion {
        let hash = self.0.hasher.hash_one(id);
        AccountVersion(usize::try_from(hash % MARKS as u64).unwrap_or_default())
    }
}

impl fmt::Debug for AuthCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthCache").field("changes", &self.last()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_older_than_it_and_what_is_read_after_it_is_not() {
        let auth_cache = AuthCache::new();
        let id = SignInId::random().expect("an id");
        let (account, sign_in) = (auth_cache.mark("7"), auth_cache.mark(id.as_str()));
        let marks = [account, sign_in];
        for (forget, changed) in [
            (&(|| auth_cache.invalidate_account(&7)) as &dyn Fn(), vec![account]),
            (&|| auth_cache.invalidate_sign_in(&id), vec![sign_in]),
            (&|| auth_cache.invalidate_all(), marks.to_vec()),
        ] {
            let before = auth_cache.last();
            assert!(marks.iter().all(|mark| auth_cache.last_of(*mark) <= before));
            forget();
            let after = auth_cache.last();
            for mark in changed {
                assert!(before < auth_cache.last_of(mark) && auth_cache.last_of(mark) <= after);
            }
        }
    }

    #[test]
    fn one_account_costs_few_others_a_look_up() {
        let auth_cache = AuthCache::new();
        auth_cache.invalidate_account(&"changed");
        let disturbed = (0..10_000)
            .filter(|id| auth_cache.last_of(auth_cache.mark(&id.to_string())) > Version(0))
            .count();
        assert!(disturbed < 100, "{disturbed} of 10,000");
    }
}
