//! Looks up rows in SQLite on the calling thread. A look-up by key takes a few microseconds; the way
//! to a blocking thread and back takes several times as long.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::manager::limit_cache;
use crate::db::address::Address;
use crate::db::connect::connect;
use crate::db::connection::AnyConnection;
use crate::db::error::DbError;
use crate::db::sqlite_file::SqliteFile;

/// A look-up that takes longer is slow: the disk is slow, or the machine is busy.
const SLOW: Duration = Duration::from_millis(1);

/// The most that a single look-up counts, however long the disk took.
const MAX_COUNTED: Duration = Duration::from_secs(1);

/// Slow look-ups may take one part in so many of the time.
const SHARE: u32 = 5;

/// How far ahead the time may be used up: with [`SHARE`], 20 ms of slow look-ups.
const BURST: Duration = Duration::from_millis(100);

/// Read-only connections that wait for no lock. What they cannot look up at once is left to the
/// pool.
pub(super) struct InlineReader {
    file: SqliteFile,
    slow: Duration,
    /// The first free one is used.
    connections: Box<[Reader]>,
    created: Instant,
    /// Until when slow look-ups have used up their share, in microseconds since `created`. While
    /// this is further away than [`BURST`], all look-ups are left to the pool.
    used_until: AtomicU64,
}

#[derive(Default)]
struct Reader {
    connection: Mutex<Option<AnyConnection>>,
    /// When the last look-up began, in microseconds since `InlineReader::created`.
    started_at: AtomicU64,
}

impl Reader {
    /// Locks the connection if it is free.
    fn try_lock(&self) -> Option<MutexGuard<'_, Option<AnyConnection>>> {
        match self.connection.try_lock() {
            Ok(free) => Some(free),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(poisoned)) => {
                // A look-up panicked. The connection is dropped and another one opened later.
                self.connection.clear_poison();
                let mut connection = poisoned.into_inner();
                *connection = None;
                Some(connection)
            }
        }
    }
}

/// The outcome of a look-up on the calling thread.
pub(super) enum Inline<T> {
    /// The result.
    Done(T),
    /// No result: use the pool. A connection in here is to be dropped on a blocking thread, because
    /// closing it can take time.
    UsePool(Option<AnyConnection>),
}

impl InlineReader {
    /// Creates a reader with at most `max` connections, none of them open yet.
    pub(super) fn new(path: PathBuf, max: usize) -> Self {
        Self {
            file: SqliteFile::at(path),
            slow: SLOW,
            connections: (0..max).map(|_| Reader::default()).collect(),
            created: Instant::now(),
            used_until: AtomicU64::new(0),
        }
    }

    /// Runs a look-up on this thread if a connection is free.
    pub(super) fn try_run<T, E>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, E>,
    ) -> Inline<T> {
        let start = self.micros();
        if self.is_throttled(start) {
            return Inline::UsePool(None);
        }
        for reader in &self.connections {
            let Some(mut connection) = reader.try_lock() else {
                let since = start.saturating_sub(reader.started_at.load(Ordering::Relaxed));
                // Another thread may be waiting for the disk; do not join it.
                if Duration::from_micros(since) > self.slow { break } else { continue }
            };
            let Some(open) = connection.as_mut() else { continue };
            reader.started_at.store(start, Ordering::Relaxed);
            let result = self.file.check().is_ok().then(|| work(open)).and_then(Result::ok);
            self.record_duration(Duration::from_micros(self.micros() - start));
            return match result {
                Some(result) => Inline::Done(result),
                None => Inline::UsePool(connection.take()),
            };
        }
        Inline::UsePool(None)
    }

    /// Opens one missing connection. To be called on a blocking thread, after the pool had success.
    pub(super) fn open_one(&self) {
        for reader in &self.connections {
            if let Some(mut connection) = reader.try_lock()
                && connection.is_none()
            {
                // If this fails, the pool's own connections will report the error.
                *connection = self.open().ok();
                return;
            }
        }
    }

    fn open(&self) -> Result<AnyConnection, DbError> {
        self.file.check()?;
        let address = Address::Sqlite(self.file.path().to_owned());
        let mut connection = connect(&address, Duration::ZERO, false)?;
        limit_cache(&mut connection)?;
        connection.batch_execute("PRAGMA query_only = ON;")?;
        Ok(connection)
    }

    fn is_throttled(&self, now: u64) -> bool {
        self.used_until.load(Ordering::Relaxed) > now + micros(BURST)
    }

    fn record_duration(&self, time: Duration) {
        if time > self.slow {
            self.used_until.fetch_max(self.micros(), Ordering::Relaxed);
            self.used_until.fetch_add(micros(time.min(MAX_COUNTED) * SHARE), Ordering::Relaxed);
        }
    }

    fn micros(&self) -> u64 {
        micros(self.created.elapsed())
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
