//! The connection pool. Work runs on a blocking thread, within the configured time; only short
//! look-ups in SQLite run on the calling thread.

mod connections;
mod inline_reader;
mod manager;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rocket::tokio::sync::Semaphore;
use rocket::tokio::{task, time};

use super::address::{Address, Backend};
use super::connect::limit_waits;
use super::connection::AnyConnection;
use super::error::DbError;
use connections::Connections;
use inline_reader::{Inline, InlineReader};
use vestibule::database::ConnectionPool;

/// The settings in `[default.databases.main]`.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// The database.
    pub address: Address,
    /// The maximum number of connections.
    pub pool_size: u32,
    /// How long a piece of work may take in total, including waiting.
    pub timeout: Duration,
}

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    connections: Arc<Connections>,
    permits: Arc<Semaphore>,
    /// Only for SQLite: a server answers over a socket.
    inline_reader: Option<Arc<InlineReader>>,
    timeout: Duration,
    backend: Backend,
}

impl Db {
    /// Creates a pool that opens its connections when they are needed.
    #[must_use]
    pub fn new(config: &DbConfig) -> Self {
        let backend = config.address.backend();
        let inline_reader = match &config.address {
            Address::Sqlite(path) => Some(Arc::new(InlineReader::new(path.clone(), max_readers()))),
            Address::Postgres(_) => None,
        };
        Self {
            connections: Arc::new(Connections::new(config, lock_timeout(config.timeout))),
            permits: Arc::new(Semaphore::new(config.pool_size as usize)),
            inline_reader,
            timeout: config.timeout,
            backend,
        }
    }

    /// Returns the kind of database.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Returns how long a connection of the pool waits for a lock.
    pub(super) fn lock_timeout(&self) -> Duration {
        lock_timeout(self.timeout)
    }

    /// Looks something up by key: in SQLite on this thread, where it takes a few microseconds,
    /// otherwise like [`run`](Self::run). `work` must only read, with one statement, and may be
    /// called twice.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn look_up<T, E>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let Some(reader) = &self.inline_reader else { return self.run(work).await };
        let to_close = match reader.try_run(&work) {
            Inline::Done(result) => return Ok(result),
            Inline::UsePool(to_close) => to_close,
        };
        let reader = reader.clone();
        self.run(move |connection| {
            drop(to_close);
            let result = work(connection)?;
            reader.open_one();
            Ok(result)
        })
        .await
    }

    /// Runs work on a connection, on a blocking thread.
    ///
    /// # Errors
    /// The error of the work, or a [`DbError`] if there is no connection or no result in time.
    /// Waiting for a lock times out a little before the whole call does.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (timeout, began) = (self.timeout, Instant::now());
        let late = || E::from(DbError::Timeout(timeout));
        // Released when this call ends, even if its job hangs on a server that does not respond.
        let permit = time::timeout(timeout, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| late())?.map_err(|cause| broken(&cause))?;
        let generation = self.connections.current();
        let pool = generation.pool.clone();
        let mut job = task::spawn_blocking(move || {
            let remaining = timeout.saturating_sub(began.elapsed());
            let mut connection = pool
                .get_timeout(remaining)
                .map_err(|cause| E::from(DbError::Connect(cause.to_string())))?;
            // The caller got a timeout, which promises that nothing was changed.
            let Some(remaining) = timeout.checked_sub(began.elapsed()) else {
                return Err(DbError::Timeout(timeout).into());
            };
            run_within(&mut connection, timeout, remaining, work)
        });
        match time::timeout(timeout.saturating_sub(began.elapsed()), &mut job).await {
            Ok(result) => result.map_err(|cause| broken(&cause))?,
            Err(_) => {
                task::spawn(self.connections.clone().watch(generation.number, job, timeout));
                Err(late())
            }
        }
    }
}

/// The pool of the library's store.
impl ConnectionPool for Db {
    type Connection = AnyConnection;

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, vestibule::Error> + Send + 'static,
    ) -> Result<T, vestibule::Error> {
        Self::run(self, work).await
    }

    async fn look_up<T: Send + 'static>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, vestibule::Error> + Send + 'static,
    ) -> Result<T, vestibule::Error> {
        Self::look_up(self, work).await
    }
}

fn broken<E: From<DbError>>(cause: &dyn std::error::Error) -> E {
    DbError::Broken(cause.to_string()).into()
}

/// Returns how many threads may look up at once: one less than Rocket's default number of async
/// threads, so that one remains if the disk does not respond.
fn max_readers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

/// Runs work with the lock timeout shortened to the remaining time. If hardly any time was spent
/// on waiting for the connection, its usual timeout fits.
fn run_within<T, E: From<DbError>>(
    connection: &mut AnyConnection,
    timeout: Duration,
    remaining: Duration,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    if remaining >= timeout.mul_f64(0.9) {
        return work(connection);
    }
    limit_waits(connection, lock_timeout(remaining))?;
    let result = work(connection);
    limit_waits(connection, lock_timeout(timeout))?;
    result
}

/// Returns how long to wait for a lock: less than the whole work may take, so that the database
/// reports its own timeout first.
fn lock_timeout(timeout: Duration) -> Duration {
    timeout.mul_f64(0.75)
}
