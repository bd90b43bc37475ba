//! The connection pool. Work runs on a blocking thread, within the configured time; only short
//! look-ups in SQLite run on the calling thread.

mod connections;
mod inline_reader;
mod manager;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rocket::tokio::sync::Semaphore;
use rocket::tokio::{task, time};

use super::address::{Address, Backend};
use super::connect::limit_waits;
use super::connection::AnyConnection;
use super::error::{DbError, is_read_only};
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

/// How busy the pool is; for metrics.
#[derive(Clone, Copy, Debug)]
pub struct PoolStats {
    /// The maximum number of connections.
    pub size: usize,
    /// How many of them are in use.
    pub in_use: usize,
    /// How often a piece of work found all of them in use and waited.
    pub waits: u64,
    /// How often one got no connection, or no result in time.
    pub failures: u64,
}

/// What [`PoolStats`] reads.
#[derive(Default)]
struct Counts {
    waits: AtomicU64,
    failures: AtomicU64,
}

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    connections: Arc<Connections>,
    size: usize,
    permits: Arc<Semaphore>,
    counts: Arc<Counts>,
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
            size: config.pool_size as usize,
            permits: Arc::new(Semaphore::new(config.pool_size as usize)),
            counts: Arc::default(),
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

    /// Returns how busy the pool is. What SQLite looks up on the thread of a request takes no
    /// connection of the pool.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        PoolStats {
            size: self.size,
            in_use: self.size - self.permits.available_permits(),
            waits: self.counts.waits.load(Ordering::Relaxed),
            failures: self.counts.failures.load(Ordering::Relaxed),
        }
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
        E: Error + From<DbError> + Send + 'static,
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
        E: Error + From<DbError> + Send + 'static,
    {
        self.try_run(work).await.unwrap_or_else(|error| {
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
            Err(error.into())
        })
    }

    /// Runs work on a connection; the outer error is the pool's.
    async fn try_run<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, DbError>
    where
        T: Send + 'static,
        E: Error + From<DbError> + Send + 'static,
    {
        let (timeout, began) = (self.timeout, Instant::now());
        let late = || DbError::Timeout(timeout);
        if self.permits.available_permits() == 0 {
            self.counts.waits.fetch_add(1, Ordering::Relaxed);
        }
        // Released when this call ends, even if its job hangs on a server that does not respond.
        let permit = time::timeout(timeout, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| late())?.map_err(|cause| broken(&cause))?;
        let generation = self.connections.current();
        let pool = generation.pool.clone();
        let mut job = task::spawn_blocking(move || {
            let remaining = timeout.saturating_sub(began.elapsed());
            let mut open =
                pool.get_timeout(remaining).map_err(|cause| DbError::Connect(cause.to_string()))?;
            // The caller got a timeout, which promises that nothing was changed.
            let Some(remaining) = timeout.checked_sub(began.elapsed()) else {
                return Err(DbError::Timeout(timeout));
            };
            let result = run_within(&mut open.connection, timeout, remaining, work);
            open.is_read_only = result.as_ref().is_err_and(is_read_only);
            Ok(result)
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

fn broken(cause: &dyn Error) -> DbError {
    DbError::Broken(cause.to_string())
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc::channel;

    use rocket::futures::FutureExt;

    use super::*;

    #[rocket::async_test]
    async fn work_that_waits_and_work_that_gets_no_connection_are_counted() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        drop(crate::db::connect(&address, Duration::from_secs(5), true).expect("a database"));
        let config = DbConfig { address, pool_size: 1, timeout: Duration::from_secs(60) };
        let mut db = Db::new(&config);
        let (end, ended) = channel::<()>();
        let first = db.run(move |_| {
            let _ = ended.recv();
            Ok::<_, DbError>(())
        });
        let second = async {
            let mut second = pin!(db.run(|_| Ok::<_, DbError>(())));
            assert!(second.as_mut().now_or_never().is_none(), "it waits");
            assert_eq!((db.stats().in_use, db.stats().waits), (1, 1));
            drop(end);
            second.await
        };
        let (first, second) = rocket::tokio::join!(first, second);
        assert!(first.is_ok() && second.is_ok());
        let stats = db.stats();
        assert_eq!((stats.size, stats.in_use, stats.waits, stats.failures), (1, 0, 1, 0));
        db.timeout = Duration::ZERO;
        assert!(db.run(|_| Ok::<_, DbError>(())).await.is_err());
        assert_eq!(db.stats().failures, 1);
    }
}
