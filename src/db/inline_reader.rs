//! Reading SQLite where one is: a look-up by key takes a few microseconds, and the way to a
//! blocking thread and back takes several times as long.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::manager::{File, connect, limit_cache};
use super::{Address, AnyConnection, DbError};

/// A look-up that takes longer has met a slow disk, or a busy machine.
const LONG: Duration = Duration::from_millis(1);

/// What a single one is counted as at the most, however long a disk was silent.
const LONGEST: Duration = Duration::from_secs(1);

/// Long look-ups may take a fifth of the time.
const SHARE: u32 = 5;

/// How much of that may be used up at once: 20 ms of long look-ups.
const BURST: Duration = Duration::from_millis(100);

/// Connections that only read, and wait for nobody: what they cannot answer at once, the pool
/// answers.
pub(super) struct InlineReader {
    file: File,
    long: Duration,
    /// The first that is free is taken.
    connections: Box<[Reader]>,
    began: Instant,
    /// Until when long look-ups have used their share up, in microseconds since `began`. Nobody
    /// reads in place while that is further away than [`BURST`].
    used_until: AtomicU64,
}

#[derive(Default)]
struct Reader {
    connection: Mutex<Option<AnyConnection>>,
    /// When its last look-up began, in microseconds since `Readers::began`.
    asked_at: AtomicU64,
}

impl Reader {
    /// The connection, where nobody else has it.
    fn take(&self) -> Option<MutexGuard<'_, Option<AnyConnection>>> {
        match self.connection.try_lock() {
            Ok(free) => Some(free),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(left)) => {
                // A look-up panicked on it: another one is opened in its place.
                self.connection.clear_poison();
                let mut left = left.into_inner();
                *left = None;
                Some(left)
            }
        }
    }
}

/// What came of asking in place.
pub(super) enum Inline<T> {
    /// An answer.
    Answer(T),
    /// None: the pool is to be asked. What is in here may be closed there, which can take time.
    Ask(Option<AnyConnection>),
}

impl InlineReader {
    /// As many as this at the most; none of them is open yet.
    pub(super) fn new(path: PathBuf, most: usize) -> Self {
        Self {
            file: File::at(path),
            long: LONG,
            connections: (0..most).map(|_| Reader::default()).collect(),
            began: Instant::now(),
            used_until: AtomicU64::new(0),
        }
    }

    /// Asks a connection that is free, on this thread.
    pub(super) fn ask<T, E>(&self, work: impl Fn(&mut AnyConnection) -> Result<T, E>) -> Inline<T> {
        let begins = self.micros();
        if self.is_throttled(begins) {
            return Inline::Ask(None);
        }
        for reader in &self.connections {
            let Some(mut connection) = reader.take() else {
                let since = begins.saturating_sub(reader.asked_at.load(Ordering::Relaxed));
                // One thread that waits for the disk is enough.
                if Duration::from_micros(since) > self.long { break } else { continue }
            };
            let Some(open) = connection.as_mut() else { continue };
            reader.asked_at.store(begins, Ordering::Relaxed);
            let answer = self.file.check().is_ok().then(|| work(open)).and_then(Result::ok);
            self.record_duration(Duration::from_micros(self.micros() - begins));
            return match answer {
                Some(answer) => Inline::Answer(answer),
                None => Inline::Ask(connection.take()),
            };
        }
        Inline::Ask(None)
    }

    /// Opens one more where one is missing; on a blocking thread, and after the pool was asked
    /// with success.
    pub(super) fn open_one(&self) {
        for reader in &self.connections {
            if let Some(mut connection) = reader.take()
                && connection.is_none()
            {
                // Why it cannot be had the pool will say.
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
        if time > self.long {
            self.used_until.fetch_max(self.micros(), Ordering::Relaxed);
            self.used_until.fetch_add(micros(time.min(LONGEST) * SHARE), Ordering::Relaxed);
        }
    }

    fn micros(&self) -> u64 {
        micros(self.began.elapsed())
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
