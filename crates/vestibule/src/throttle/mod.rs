//! The throttle of failed passwords and codes: counted by account name and by network, in advance.
//!
//! Imports `config` and `error` only. [`Attempt`] holds the rules, [`Counters`] are what they need
//! of a store.

mod attempt;
mod checks;
mod counter;
mod memory;

pub use attempt::{Attempt, Client, CountedAttempt, NETWORK_FACTOR};
pub(crate) use checks::RunningChecks;
pub use counter::{Counter, CounterState, Counters, LimitReached, network};
pub use memory::MemoryThrottle;

use time::OffsetDateTime;

use crate::config::ThrottleConfig;
use crate::error::Error;

/// Where failed passwords and codes are counted. Each method is one atomic step; an error is a 503 for the
/// client.
///
/// [`MemoryThrottle`] is an example; the cargo features `diesel-sqlite` and `diesel-postgres` have
/// one for a database, whose counters survive a restart and are shared between processes.
#[rocket::async_trait]
pub trait ThrottleStore: Send + Sync + 'static {
    /// Checks at launch that the store can be used, as
    /// [`SignInStore::check`](crate::sign_ins::SignInStore::check). Default: checks nothing.
    async fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Counts an attempt as failed, by [`Attempt::begin`].
    async fn begin(
        &self,
        attempt: Attempt,
        now: OffsetDateTime,
        limits: ThrottleConfig,
    ) -> Result<CountedAttempt, Error>;

    /// Takes back the failures of a right password, by [`Attempt::succeed`].
    async fn succeed(&self, attempt: Attempt, now: OffsetDateTime) -> Result<(), Error>;

    /// Takes back an attempt whose check failed with an error, by [`Attempt::withdraw`].
    async fn withdraw(&self, attempt: Attempt) -> Result<(), Error>;

    /// Deletes the counters whose window has ended, and returns how many; the fairing calls it every
    /// ten minutes.
    async fn purge(&self, now: OffsetDateTime) -> Result<u64, Error>;
}
