//! Failed passwords counted in the database, and [`Counters`] of your own on its connections.

use time::OffsetDateTime;

use super::backend::{StoreConnection, on_backend};
use super::check::check_table;
use super::micros::{from_micros, to_micros};
use super::pool::{ConnectionPool, PURGE_BATCH, purge_all};
use super::transaction::write;
use crate::config::ThrottleConfig;
use crate::error::{Error, ErrorKind};
use crate::throttle::{
    Attempt, CountedAttempt, CounterState, Counters, RunningChecks, ThrottleStore,
};

/// Counters as rows of the table `throttle`, shared between processes; a restart keeps them.
#[derive(Clone)]
pub struct DieselThrottle<P: ConnectionPool> {
    pool: P,
    checks: RunningChecks,
}

impl<P: ConnectionPool> DieselThrottle<P> {
    /// Creates a throttle on this pool.
    #[must_use]
    pub fn new(pool: P) -> Self {
        Self { pool, checks: RunningChecks::default() }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut P::Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.pool.run(move |connection| write(connection, work)).await
    }
}

/// Returns the state that a row holds; 503 `unavailable` for a time beyond the year 9999.
fn to_state((count, ends_at): (i64, i64)) -> Result<CounterState, Error> {
    let ends_at = from_micros(ends_at).ok_or(ErrorKind::Unavailable)?;
    Ok(CounterState { count, ends_at })
}

impl<C: StoreConnection> Counters for C {
    fn count(
        &mut self,
        name: &str,
        now: OffsetDateTime,
        ends_at: OffsetDateTime,
    ) -> Result<CounterState, Error> {
        to_state(on_backend!(self, count(name, to_micros(now), to_micros(ends_at)))?)
    }

    fn uncount(&mut self, name: &str, count: i64) -> Result<(), Error> {
        Ok(on_backend!(self, uncount(name, count))?)
    }

    fn state(&mut self, name: &str, now: OffsetDateTime) -> Result<Option<CounterState>, Error> {
        on_backend!(self, counter(name, to_micros(now)))?.map(to_state).transpose()
    }

    fn reset(&mut self, name: &str) -> Result<(), Error> {
        Ok(on_backend!(self, reset(name))?)
    }

    fn mark(&mut self, name: &str, ends_at: OffsetDateTime) -> Result<(), Error> {
        Ok(on_backend!(self, mark(name, to_micros(ends_at)))?)
    }
}

#[rocket::async_trait]
impl<P: ConnectionPool> ThrottleStore for DieselThrottle<P> {
    async fn check(&self) -> Result<(), Error> {
        self.pool
            .run(|db| check_table(db, "throttle", |db| on_backend!(db, read_no_counter())))
            .await
    }

    async fn begin(
        &self,
        attempt: Attempt,
        now: OffsetDateTime,
        limits: ThrottleConfig,
    ) -> Result<CountedAttempt, Error> {
        let attempt = attempt.beside(&self.checks);
        self.write(move |connection| attempt.begin(connection, now, limits)).await
    }

    async fn succeed(&self, attempt: Attempt, now: OffsetDateTime) -> Result<(), Error> {
        self.write(move |connection| attempt.succeed(connection, now)).await
    }

    async fn withdraw(&self, attempt: Attempt) -> Result<(), Error> {
        self.write(move |connection| attempt.withdraw(connection)).await
    }

    async fn purge(&self, now: OffsetDateTime) -> Result<u64, Error> {
        purge_all(&self.pool, move |connection| purge(connection, now, PURGE_BATCH)).await
    }
}

/// Deletes at most `limit` counters whose window has ended; returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge(
    connection: &mut impl StoreConnection,
    now: OffsetDateTime,
    limit: i64,
) -> diesel::QueryResult<usize> {
    on_backend!(connection, purge_counters(to_micros(now), limit))
}
