//! Counters in memory: one map behind one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::{Attempt, CountedAttempt, CounterState, Counters, RunningChecks, ThrottleStore};
use crate::config::ThrottleConfig;
use crate::error::Error;

/// Counts failed passwords in memory, for one process: a restart forgets them. The default.
#[derive(Clone, Debug, Default)]
pub struct MemoryThrottle(Arc<Mutex<Rows>>, RunningChecks);

type Rows = HashMap<String, CounterState>;

impl MemoryThrottle {
    /// Creates a throttle that has counted nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Every change of a counter is one step, so a panic leaves none half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters for Rows {
    fn count(
        &mut self,
        name: &str,
        now: OffsetDateTime,
        ends_at: OffsetDateTime,
    ) -> Result<CounterState, Error> {
        let new = CounterState { count: 0, ends_at };
        let state = self.entry(name.to_owned()).or_insert(new);
        if state.ends_at <= now {
            *state = new;
        }
        state.ends_at = state.ends_at.min(ends_at);
        state.count += 1;
        Ok(*state)
    }

    fn uncount(&mut self, name: &str, count: i64) -> Result<(), Error> {
        if let Some(state) = self.get_mut(name) {
            state.count = (state.count - count).max(0);
        }
        Ok(())
    }

    fn state(&mut self, name: &str, now: OffsetDateTime) -> Result<Option<CounterState>, Error> {
        Ok(self.get(name).copied().filter(|state| state.ends_at > now))
    }

    fn reset(&mut self, name: &str) -> Result<(), Error> {
        self.remove(name);
        Ok(())
    }

    fn mark(&mut self, name: &str, ends_at: OffsetDateTime) -> Result<(), Error> {
        self.insert(name.to_owned(), CounterState { count: 0, ends_at });
        Ok(())
    }
}

#[rocket::async_trait]
impl ThrottleStore for MemoryThrottle {
    async fn begin(
        &self,
        attempt: Attempt,
        now: OffsetDateTime,
        limits: ThrottleConfig,
    ) -> Result<CountedAttempt, Error> {
        attempt.beside(&self.1).begin(&mut *self.rows(), now, limits)
    }

    async fn succeed(&self, attempt: Attempt, now: OffsetDateTime) -> Result<(), Error> {
        attempt.succeed(&mut *self.rows(), now)
    }

    async fn withdraw(&self, attempt: Attempt) -> Result<(), Error> {
        attempt.withdraw(&mut *self.rows())
    }

    async fn purge(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let mut rows = self.rows();
        let before = rows.len();
        rows.retain(|_, state| state.ends_at > now);
        Ok((before - rows.len()) as u64)
    }
}
