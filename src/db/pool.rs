//! The pool: one hop to a blocking thread for each piece of work, and never a longer wait
//! than configured. Only short look-ups in SQLite need no hop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::Pool;
use rocket::tokio::sync::Semaphore;
use rocket::tokio::{task, time};

use super::inline_reader::{Inline, InlineReader};
use super::manager::Manager;
use super::{Address, AnyConnection, Backend, DbError};

/// `[default.databases.main]`, understood.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// Which database.
    pub address: Address,
    /// How many connections at the most.
    pub pool_size: u32,
    /// How long a piece of work may take in all, waiting included.
    pub timeout: Duration,
}

/// The database of the application; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    permits: Arc<Semaphore>,
    /// For SQLite alone: a server is on the other side of a socket.
    readers: Option<Arc<InlineReader>>,
    timeout: Duration,
    backend: Backend,
}

impl Db {
    /// A pool that opens its connections as they are needed.
    #[must_use]
    pub fn new(config: &DbConfig) -> Self {
        let backend = config.address.backend();
        let timeout = patience(config.timeout);
        let pool = Pool::builder()
            .max_size(config.pool_size)
            .min_idle(Some(0))
            // A dead connection found here is replaced before a request meets it.
            .test_on_check_out(true)
            .connection_timeout(config.timeout)
            .build_unchecked(Manager::new(config.address.clone(), timeout));
        let readers = match &config.address {
            Address::Sqlite(path) => {
                Some(Arc::new(InlineReader::new(path.clone(), most_readers())))
            }
            Address::Postgres(_) => None,
        };
        Self {
            pool,
            permits: Arc::new(Semaphore::new(config.pool_size as usize)),
            readers,
            timeout: config.timeout,
            backend,
        }
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How long a connection of the pool waits for a lock.
    pub(super) fn lock_timeout(&self) -> Duration {
        patience(self.timeout)
    }

    /// Looks something up by a key: in SQLite on this thread, where that takes a few microseconds,
    /// and otherwise as [`run`](Self::run) does. The look-up only reads, in one statement, and may
    /// be made twice.
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
        let Some(readers) = &self.readers else { return self.run(work).await };
        let closed = match readers.ask(&work) {
            Inline::Answer(answer) => return Ok(answer),
            Inline::Ask(closed) => closed,
        };
        let readers = readers.clone();
        self.run(move |connection| {
            drop(closed);
            let answer = work(connection)?;
            readers.open_one();
            Ok(answer)
        })
        .await
    }

    /// Runs work on a connection, off the async threads.
    ///
    /// # Errors
    /// Whatever the work answers, or a [`DbError`] when no connection or no answer is had in
    /// time. Work that waits for a lock gives up a little before the request does.
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
        let all = async move {
            let broken = |cause: String| E::from(DbError::Broken(cause));
            let permit =
                permits.acquire_owned().await.map_err(|cause| broken(cause.to_string()))?;
            let job = move || {
                // The permit stays with the connection, also when the request gives up.
                let _permit = permit;
                let mut connection =
                    pool.get().map_err(|cause| E::from(DbError::Connect(cause.to_string())))?;
                // Whoever gave up was told that nothing happened; then nothing must.
                let Some(left) = timeout.checked_sub(began.elapsed()) else {
                    return Err(DbError::Timeout(timeout).into());
                };
                within(&mut connection, timeout, left, work)
            };
            task::spawn_blocking(job).await.map_err(|cause| broken(cause.to_string()))?
        };
        match time::timeout(self.timeout, all).await {
            Ok(result) => result,
            Err(_) => Err(DbError::Timeout(self.timeout).into()),
        }
    }
}

/// How many look up at once: one less than Rocket has async threads by default, so that a disk
/// that does not answer at all leaves one.
fn most_readers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

/// Runs work whose waiting for locks must end with what is left of the time; a connection
/// that was had at once has the right limit already.
fn within<T, E: From<DbError>>(
    connection: &mut AnyConnection,
    timeout: Duration,
    left: Duration,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    if left >= timeout.mul_f64(0.9) {
        return work(connection);
    }
    limit(connection, patience(left))?;
    let done = work(connection);
    limit(connection, patience(timeout))?;
    done
}

/// How long a lock is waited for: a little less than the whole work may take, so that the
/// database's own answer comes first.
fn patience(timeout: Duration) -> Duration {
    timeout.mul_f64(0.75)
}

/// Sets how long a connection waits for a lock.
pub(super) fn limit(connection: &mut AnyConnection, wait: Duration) -> Result<(), DbError> {
    let millis = wait.as_millis().max(1);
    let setting = match connection {
        AnyConnection::Sqlite(_) => format!("PRAGMA busy_timeout = {millis};"),
        AnyConnection::Postgres(_) => {
            format!("SET statement_timeout = {millis}; SET lock_timeout = {millis};")
        }
    };
    Ok(connection.batch_execute(&setting)?)
}
