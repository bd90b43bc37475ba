//! What was looked up a moment ago, remembered for `auth.revocation_delay` at the most, and the
//! look-ups under way, each of which serves everybody who comes while it lasts.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use rocket::tokio::sync::OnceCell;

use super::clock::{Clock, Moment};
use super::error::Error;
use super::facts::Facts;
use super::standings::{Change, Mark, Standings};
use super::token_fault::TokenFault;

/// How many are remembered at the most; some 10 MB.
const MOST: usize = 10_000;

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
    slots: Cache<String, Arc<Slot>>,
    delay: Duration,
    clock: Clock,
    standings: Standings,
}

impl StandingCache {
    pub(crate) fn new(delay: Duration, clock: Clock, standings: Standings) -> Self {
        // Their age is looked at here, by the injected clock.
        Self { slots: Cache::new(MOST), delay, clock, standings }
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
        if let Some(slot) = self.slots.get(id).filter(is_usable) {
            return Ok(slot);
        }
        let (at, knows, mark) = (self.clock.moment()?, self.standings.last(), self.mark(id));
        let anew = Arc::new(Slot { found: OnceCell::new(), at, knows, mark });
        let entry = self.slots.entry(id, None, |_, slot| {
            // Somebody else may have been faster.
            if !is_usable(slot) {
                *slot = anew.clone();
            }
            EntryAction::Retain(slot.clone())
        });
        match entry {
            EntryResult::Retained(slot) => return Ok(slot),
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

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let cache = cache(&Clock::manual(), &Standings::new());
        for id in 0..3 * MOST {
            cache.slot(&id.to_string(), None).expect("a slot");
        }
        assert!(cache.slots.len() <= MOST, "{}", cache.slots.len());
        assert!(cache.slots.len() > MOST / 2, "{}", cache.slots.len());
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
