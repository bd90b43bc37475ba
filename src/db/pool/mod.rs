//! The connection pool. Work runs on a blocking thread, within the configured time; only short
//! look-ups in SQLite run on the calling thread.

mod inline_reader;
mod manager;

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::Pool;
use rocket::tokio::sync::Semaphore;
use rocket::tokio::{task, time};

use super::address::{Address, Backend};
use super::connection::AnyConnection;
use super::error::DbError;
use inline_reader::{Inline, InlineReader};
use manager::ConnectionManager;

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
    pool: Pool<ConnectionManager>,
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
        let timeout = lock_timeout(config.timeout);
        let pool = Pool::builder()
            .max_size(config.pool_size)
            .min_idle(Some(0))
            // Replaces a broken connection before a request gets it.
            .test_on_check_out(true)
            .connection_timeout(config.timeout)
            .build_unchecked(ConnectionManager::new(config.address.clone(), timeout));
        let inline_reader = match &config.address {
            Address::Sqlite(path) => Some(Arc::new(InlineReader::new(path.clone(), max_readers()))),
            Address::Postgres(_) => None,
        };
        Self {
            pool,
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
        let (pool, permits) = (self.pool.clone(), self.permits.clone());
        let (began, timeout) = (Instant::now(), self.timeout);
        let result = async move {
            let broken = |cause: String| E::from(DbError::Broken(cause));
            let permit =
                permits.acquire_owned().await.map_err(|cause| broken(cause.to_string()))?;
            let job = move || {
                // The permit is held as long as the connection, even if the caller gave up.
                let _permit = permit;
                let mut connection =
                    pool.get().map_err(|cause| E::from(DbError::Connect(cause.to_string())))?;
                // The caller got a timeout, which promises that nothing was changed.
                let Some(remaining) = timeout.checked_sub(began.elapsed()) else {
                    return Err(DbError::Timeout(timeout).into());
                };
                run_within(&mut connection, timeout, remaining, work)
            };
            task::spawn_blocking(job).await.map_err(|cause| broken(cause.to_string()))?
        };
        match time::timeout(self.timeout, result).await {
            Ok(result) => result,
            Err(_) => Err(DbError::Timeout(self.timeout).into()),
        }
    }
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
    set_lock_timeout(connection, lock_timeout(remaining))?;
    let result = work(connection);
    set_lock_timeout(connection, lock_timeout(timeout))?;
    result
}

/// Returns how long to wait for a lock: less than the whole work may take, so that the database
/// reports its own timeout first.
fn lock_timeout(timeout: Duration) -> Duration {
    timeout.mul_f64(0.75)
}

/// Sets how long a connection waits for a lock.
pub(super) fn set_lock_timeout(
    connection: &mut AnyConnection,
    wait: Duration,
) -> Result<(), DbError> {
    let millis = wait.as_millis().max(1);
    let setting = match connection {
        AnyConnection::Sqlite(_) => format!("PRAGMA busy_timeout = {millis};"),
        AnyConnection::Postgres(_) => {
            format!("SET statement_timeout = {millis}; SET lock_timeout = {millis};")
        }
    };
    Ok(connection.batch_execute(&setting)?)
}
