//! What was looked up a moment ago, remembered for `auth.revocation_delay` at the most, and the
//! look-ups under way, each of which serves everybody who comes while it lasts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rocket::tokio::sync::OnceCell;

use super::clock::{Clock, Moment};
use super::error::Error;
use super::facts::Facts;
use super::standings::{Change, Mark, Standings};
use super::token_fault::TokenFault;

/// How many are remembered at the most; some 10 MB.
const MOST: usize = 10_000;

/// In how many parts, each behind a lock of its own.
const SHARDS: usize = 16;

/// How many of a part are young at the most.
const YOUNG: usize = MOST / SHARDS / 2;

/// What came of a look-up.
pub(crate) type Found = Result<Result<Facts, TokenFault>, Error>;

/// One look-up, under way or done.
pub(crate) struct Slot {
    pub(crate) found: OnceCell<Found>,
    /// Both from before it began.
    at: Moment,
    knows: Change,
    /// Of the id that was looked up.
    mark: Mark,
}

/// The look-ups of late, by the id of the sign-in, or of the account where there is no ledger.
pub(crate) struct StandingCache {
    shards: [Mutex<Shard>; SHARDS],
    delay: Duration,
    clock: Clock,
    standings: Standings,
}

/// Two generations. What is young becomes old after the delay, or when there is much of it, and
/// what is old then goes: nobody may ask it any more, or there was no room. So nothing needs an
/// order, and all goes that nobody asks for as long as anybody asks for anything.
#[derive(Default)]
struct Shard {
    young: HashMap<Box<str>, Arc<Slot>>,
    old: HashMap<Box<str>, Arc<Slot>>,
    began: Option<Moment>,
}

impl Shard {
    fn get(&self, id: &str) -> Option<&Arc<Slot>> {
        self.young.get(id).or_else(|| self.old.get(id))
    }

    /// Keeps a slot, and gives back what it is kept instead of.
    #[must_use = "it is dropped when the lock is not held any more"]
    fn keep(&mut self, id: &str, slot: Arc<Slot>, is_full: bool) -> HashMap<Box<str>, Arc<Slot>> {
        let mut gone = HashMap::new();
        if is_full || self.began.is_none() {
            self.began = Some(slot.at);
            gone = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        }
        self.young.insert(id.into(), slot);
        gone
    }
}

impl StandingCache {
    pub(crate) fn new(delay: Duration, clock: Clock, standings: Standings) -> Self {
        Self { shards: Default::default(), delay, clock, standings }
    }

    /// Whether anything is remembered.
    pub(crate) fn is_on(&self) -> bool {
        !self.delay.is_zero()
    }

    /// The last change so far in this process.
    pub(crate) fn last_change(&self) -> Change {
        self.standings.last()
    }

    /// Where changes of an account are marked.
    pub(crate) fn mark(&self, id: &str) -> Mark {
        self.standings.mark(id)
    }

    /// The look-up of an id that may be asked: one that is young enough and knows of every change,
    /// or else a new one; never the one that is refused. Of many who ask at once all get the same.
    pub(crate) fn slot(&self, id: &str, refused: Option<&Arc<Slot>>) -> Result<Arc<Slot>, Error> {
        let is_usable = |slot: &Arc<Slot>| {
            !refused.is_some_and(|refused| Arc::ptr_eq(refused, slot)) && self.is_usable(slot)
        };
        let mark = self.mark(id);
        let found = self.shard(mark).get(id).cloned();
        if let Some(slot) = found.filter(is_usable) {
            return Ok(slot);
        }
        let (at, knows) = (self.clock.moment()?, self.standings.last());
        let mut shard = self.shard(mark);
        if let Some(slot) = shard.get(id).filter(|slot| is_usable(slot)) {
            // Somebody else was faster.
            return Ok(slot.clone());
        }
        let slot = Arc::new(Slot { found: OnceCell::new(), at, knows, mark });
        let is_past = |began| self.clock.age(began).is_none_or(|age| age >= self.delay);
        let is_full = shard.young.len() >= YOUNG || shard.began.as_ref().is_some_and(is_past);
        let gone = shard.keep(id, slot.clone(), is_full);
        drop(shard);
        drop(gone);
        Ok(slot)
    }

    fn shard(&self, mark: Mark) -> MutexGuard<'_, Shard> {
        self.shards[mark.part(SHARDS)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Only what was found is remembered; what is under way may be waited for.
    fn is_usable(&self, slot: &Slot) -> bool {
        !matches!(slot.found.get(), Some(Err(_) | Ok(Err(_))))
            && slot.knows >= self.last(slot)
            && self.clock.age(&slot.at).is_some_and(|age| age < self.delay)
    }

    /// Whether a look-up, now that it is done, knows of everything that had changed when somebody
    /// came to ask.
    pub(crate) fn knew(&self, slot: &Slot, arrived: Change) -> bool {
        slot.knows >= arrived || slot.knows >= self.last(slot)
    }

    /// The last change of what a look-up was about, as far as that can be told.
    fn last(&self, slot: &Slot) -> Change {
        let of_id = self.standings.last_of(slot.mark);
        match slot.found.get() {
            None => of_id,
            Some(Ok(Ok(facts))) => of_id.max(self.standings.last_of(facts.mark)),
            // Whose change may have been missed is not known.
            Some(_) => self.standings.last(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(clock: &Clock, standings: &Standings) -> StandingCache {
        StandingCache::new(Duration::from_secs(10), clock.clone(), standings.clone())
    }

    fn count(cache: &StandingCache) -> usize {
        let shards = cache.shards.iter().map(|shard| shard.lock().expect("no panic"));
        shards.map(|shard| shard.young.len() + shard.old.len()).sum()
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let cache = cache(&Clock::manual(), &Standings::new());
        for id in 0..3 * MOST {
            cache.slot(&id.to_string(), None).expect("a slot");
        }
        let count = count(&cache);
        assert!(count <= MOST && count > MOST / 3, "{count}");
    }

    #[test]
    fn of_many_the_latest_are_remembered() {
        let cache = cache(&Clock::manual(), &Standings::new());
        let slots: Vec<_> =
            (0..2 * MOST).map(|id| cache.slot(&id.to_string(), None).expect("a slot")).collect();
        for (id, slot) in slots.iter().enumerate().skip(2 * MOST - MOST / 4) {
            let again = cache.slot(&id.to_string(), None).expect("a slot");
            assert!(Arc::ptr_eq(&again, slot), "{id}");
        }
    }

    #[test]
    fn what_nobody_may_ask_any_more_goes() {
        let clock = Clock::manual();
        let cache = cache(&clock, &Standings::new());
        let ask = |round: usize| {
            for id in 0..1_000 {
                cache.slot(&format!("{round} {id}"), None).expect("a slot");
            }
        };
        ask(0);
        for round in 1..4 {
            clock.advance(Duration::from_secs(10));
            ask(round);
            assert_eq!(count(&cache), 2_000);
        }
        // A clock that was set back is no reason to keep anything.
        clock.set(clock.now().expect("a time") - Duration::from_secs(3_600));
        ask(4);
        ask(5);
        assert!(count(&cache) <= 3_000, "{}", count(&cache));
    }

    #[test]
    fn a_slot_is_shared_until_it_is_old_refused_or_behind_a_change() {
        let (clock, standings) = (Clock::manual(), Standings::new());
        let cache = cache(&clock, &standings);
        let slot = || cache.slot("an id", None).expect("a slot");
        let first = slot();
        assert!(Arc::ptr_eq(&first, &slot()));
        clock.advance(Duration::from_secs(10));
        let second = slot();
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &slot()));
        standings.forget_account(&"an id");
        let third = slot();
        assert!(!Arc::ptr_eq(&second, &third) && Arc::ptr_eq(&third, &slot()));
        let fourth = cache.slot("an id", Some(&third)).expect("a slot");
        assert!(!Arc::ptr_eq(&third, &fourth) && Arc::ptr_eq(&fourth, &slot()));
        // Another one's refusal does not take it from those who are content.
        assert!(Arc::ptr_eq(&fourth, &cache.slot("an id", Some(&first)).expect("a slot")));
    }

    #[test]
    fn a_look_up_knows_of_what_changed_before_it_and_of_nothing_else() {
        let (clock, standings) = (Clock::manual(), Standings::new());
        let cache = cache(&clock, &standings);
        let slot = cache.slot("an id", None).expect("a slot");
        assert!(cache.knew(&slot, cache.last_change()));
        standings.forget_account(&"an id");
        assert!(!cache.knew(&slot, cache.last_change()));
        let slot = cache.slot("an id", None).expect("a slot");
        assert!(cache.knew(&slot, cache.last_change()));
        // What nobody found may be missing because of any change.
        let nobody = slot.found.set(Ok(Err(TokenFault::SignInEnded)));
        assert!(nobody.is_ok() && cache.knew(&slot, cache.last_change()));
        standings.forget_account(&"somebody");
        assert!(!cache.knew(&slot, cache.last_change()));
    }
}
