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
pub(super) struct Readers {
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
pub(super) enum InPlace<T> {
    /// An answer.
    Answer(T),
    /// None: the pool is to be asked. What is in here may be closed there, which can take time.
    Ask(Option<AnyConnection>),
}

impl Readers {
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
    pub(super) fn ask<T, E>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, E>,
    ) -> InPlace<T> {
        let begins = self.micros();
        if self.rests(begins) {
            return InPlace::Ask(None);
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
            self.took(Duration::from_micros(self.micros() - begins));
            return match answer {
                Some(answer) => InPlace::Answer(answer),
                None => InPlace::Ask(connection.take()),
            };
        }
        InPlace::Ask(None)
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

    fn rests(&self, now: u64) -> bool {
        self.used_until.load(Ordering::Relaxed) > now + micros(BURST)
    }

    fn took(&self, time: Duration) {
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
mod tests {
    use std::path::Path;
    use std::thread::{self, ThreadId};

    use diesel::prelude::*;
    use diesel::sql_types::BigInt;

    use super::*;
    use crate::db::{Db, DbConfig};

    const PATIENCE: Duration = Duration::from_secs(1);

    /// A database that says `answer`.
    fn make(path: &Path, answer: u8) -> AnyConnection {
        let address = Address::Sqlite(path.to_owned());
        let mut connection = connect(&address, PATIENCE, true).expect("a new file");
        let table = "PRAGMA journal_mode = WAL; CREATE TABLE said (answer BIGINT);";
        connection.batch_execute(table).expect("a table");
        let row = format!("INSERT INTO said VALUES ({answer});");
        connection.batch_execute(&row).expect("a row");
        connection
    }

    fn db(path: &Path) -> Db {
        let address = Address::Sqlite(path.to_owned());
        Db::new(&DbConfig { address, pool_size: 2, timeout: PATIENCE })
    }

    fn answer(connection: &mut AnyConnection) -> Result<i64, DbError> {
        let said = diesel::dsl::sql::<BigInt>("SELECT answer FROM said");
        Ok(said.get_result(connection)?)
    }

    /// The answer, and whether it was looked up on this thread.
    fn look_up(db: &Db) -> (Result<i64, DbError>, bool) {
        let looked_up = rocket::async_test(db.look_up(|connection| {
            let answer = answer(connection)?;
            Ok::<(i64, ThreadId), DbError>((answer, thread::current().id()))
        }));
        let here = looked_up.as_ref().is_ok_and(|(_, thread)| *thread == thread::current().id());
        (looked_up.map(|(answer, _)| answer), here)
    }

    #[track_caller]
    fn assert_found(db: &Db, answer: i64, here: bool) {
        let began = Instant::now();
        loop {
            let (found, there) = look_up(db);
            assert_eq!(found.expect("an answer"), answer);
            // A busy machine is taken for a slow disk, and then it is the pool's turn for a while.
            if there == here || began.elapsed() > 10 * PATIENCE {
                assert_eq!(there, here);
                return;
            }
        }
    }

    #[test]
    fn the_pool_answers_first_and_then_a_connection_on_this_thread() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("db");
        let mut other = make(&path, 7);
        let db = db(&path);
        assert_found(&db, 7, false);
        assert_found(&db, 7, true);
        // What others commit is seen at once.
        other.batch_execute("UPDATE said SET answer = 8").expect("an update");
        assert_found(&db, 8, true);
        // Whoever writes is not waited for.
        other.batch_execute("BEGIN IMMEDIATE; UPDATE said SET answer = 9").expect("an update");
        assert_found(&db, 8, true);
        other.batch_execute("COMMIT").expect("a commit");
        assert_found(&db, 9, true);
    }

    #[test]
    fn a_file_that_is_gone_or_another_is_not_answered_from() {
        let home = tempfile::tempdir().expect("a directory");
        let [path, aside] = ["db", "aside"].map(|name| home.path().join(name));
        drop(make(&path, 7));
        let db = db(&path);
        assert_found(&db, 7, false);
        assert_found(&db, 7, true);
        std::fs::rename(&path, &aside).expect("our own file");
        let gone = look_up(&db).0;
        assert!(matches!(gone, Err(DbError::Connect(_))), "{gone:?}");
        std::fs::write(&path, "").expect("our own directory");
        let another = look_up(&db).0;
        assert!(matches!(another, Err(DbError::Connect(_))), "{another:?}");
        std::fs::rename(&aside, &path).expect("our own file");
        assert_found(&db, 7, false);
        assert_found(&db, 7, true);
    }

    #[test]
    fn a_locked_file_is_waited_for_by_the_pool_alone() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("db");
        drop(make(&path, 7));
        let readers = Readers::new(path.clone(), 1);
        readers.open_one();
        assert!(matches!(readers.ask(answer), InPlace::Answer(7)));
        // Without the log beside it, whoever writes locks everybody out.
        let InPlace::Ask(None) = Readers::new(path.clone(), 1).ask(answer) else {
            panic!("nothing is open yet");
        };
        drop(readers);
        let address = Address::Sqlite(path.clone());
        let mut other = connect(&address, PATIENCE, false).expect("the file");
        other.batch_execute("PRAGMA journal_mode = DELETE").expect("nobody else is there");
        let readers = Readers::new(path, 1);
        readers.open_one();
        other.batch_execute("BEGIN EXCLUSIVE").expect("nobody reads at this moment");
        let began = Instant::now();
        let InPlace::Ask(Some(_)) = readers.ask(answer) else { panic!("it is locked") };
        assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    }

    #[test]
    fn long_look_ups_have_a_fifth_of_the_time() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("db");
        drop(make(&path, 7));
        let readers = Readers::new(path, 1);
        readers.open_one();
        let slow = readers.ask(|connection| {
            thread::sleep(2 * LONG);
            answer(connection)
        });
        assert!(matches!(slow, InPlace::Answer(7)));
        let used = readers.used_until.load(Ordering::Relaxed);
        assert!(used > micros(2 * LONG * SHARE), "{used}");
        readers.took(LONGEST);
        assert!(matches!(readers.ask(answer), InPlace::Ask(None)));
        let used = readers.used_until.load(Ordering::Relaxed).saturating_sub(readers.micros());
        assert!(used > micros(BURST), "{used}");
        readers.used_until.fetch_sub(used - micros(BURST), Ordering::Relaxed);
        assert!(matches!(readers.ask(answer), InPlace::Answer(7)));
    }

    #[test]
    fn while_one_thread_waits_for_the_disk_no_other_joins_it() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("db");
        drop(make(&path, 7));
        // Longer than a busy machine keeps anybody waiting.
        let readers = Readers { long: PATIENCE / 2, ..Readers::new(path, 2) };
        readers.open_one();
        let inside = readers.ask(|connection| {
            // One more is had while the first is asked, and it is taken.
            readers.open_one();
            assert!(matches!(readers.ask(answer), InPlace::Answer(7)));
            thread::sleep(PATIENCE);
            assert!(matches!(readers.ask(answer), InPlace::Ask(None)));
            answer(connection)
        });
        assert!(matches!(inside, InPlace::Answer(7)));
    }

    #[test]
    fn a_look_up_that_panics_costs_a_connection_and_no_more() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("db");
        drop(make(&path, 7));
        let readers = Readers::new(path, 1);
        readers.open_one();
        let panics = || readers.ask(|_| -> Result<(), DbError> { panic!("on purpose") });
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics));
        assert!(caught.is_err());
        assert!(matches!(readers.ask(answer), InPlace::Ask(None)));
        readers.open_one();
        assert!(matches!(readers.ask(answer), InPlace::Answer(7)));
    }

    #[test]
    fn nothing_can_be_written_in_place() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("db");
        drop(make(&path, 7));
        let readers = Readers::new(path, 1);
        readers.open_one();
        let written = readers.ask(|connection| connection.batch_execute("DELETE FROM said"));
        assert!(matches!(written, InPlace::Ask(Some(_))));
    }
}
