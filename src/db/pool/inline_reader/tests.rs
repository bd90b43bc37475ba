//! Look-ups on the calling thread, and what is left to the pool.

use std::path::Path;
use std::thread::{self, ThreadId};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::*;
use crate::db::{Db, DbConfig};

const TIMEOUT: Duration = Duration::from_secs(1);

/// Creates a database whose one row holds `value`.
fn create(path: &Path, value: u8) -> AnyConnection {
    let address = Address::Sqlite(path.to_owned());
    let mut connection = connect(&address, TIMEOUT, true).expect("a new file");
    let table = "PRAGMA journal_mode = WAL; CREATE TABLE test (value BIGINT);";
    connection.batch_execute(table).expect("a table");
    let row = format!("INSERT INTO test VALUES ({value});");
    connection.batch_execute(&row).expect("a row");
    connection
}

fn db(path: &Path) -> Db {
    let address = Address::Sqlite(path.to_owned());
    Db::new(&DbConfig { address, pool_size: 2, timeout: TIMEOUT })
}

fn read_value(connection: &mut AnyConnection) -> Result<i64, DbError> {
    let query = diesel::dsl::sql::<BigInt>("SELECT value FROM test");
    Ok(query.get_result(connection)?)
}

/// Returns the value, and whether it was looked up on this thread.
fn look_up(db: &Db) -> (Result<i64, DbError>, bool) {
    let looked_up = rocket::async_test(db.look_up(|connection| {
        let value = read_value(connection)?;
        Ok::<(i64, ThreadId), DbError>((value, thread::current().id()))
    }));
    let inline = looked_up.as_ref().is_ok_and(|(_, thread)| *thread == thread::current().id());
    (looked_up.map(|(value, _)| value), inline)
}

#[track_caller]
fn assert_found(db: &Db, value: i64, inline: bool) {
    let start = Instant::now();
    loop {
        let (found, was_inline) = look_up(db);
        assert_eq!(found.expect("a value"), value);
        // On a busy machine a look-up may count as slow; then the pool is used for a while.
        if was_inline == inline || start.elapsed() > 10 * TIMEOUT {
            assert_eq!(was_inline, inline);
            return;
        }
    }
}

#[test]
fn the_first_look_up_uses_the_pool_and_the_next_this_thread() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    let mut other = create(&path, 7);
    let db = db(&path);
    assert_found(&db, 7, false);
    assert_found(&db, 7, true);
    // Commits of other connections are seen at once.
    other.batch_execute("UPDATE test SET value = 8").expect("an update");
    assert_found(&db, 8, true);
    // A writer is not waited for.
    other.batch_execute("BEGIN IMMEDIATE; UPDATE test SET value = 9").expect("an update");
    assert_found(&db, 8, true);
    other.batch_execute("COMMIT").expect("a commit");
    assert_found(&db, 9, true);
}

/// Whether the pool found no connection in time: its limit and that of the whole work are the same,
/// so either may be the one that is reported.
fn is_no_answer(result: &Result<i64, DbError>) -> bool {
    matches!(result, Err(DbError::Connect(_) | DbError::Timeout(_)))
}

#[test]
fn a_deleted_or_replaced_file_is_not_read() {
    let home = tempfile::tempdir().expect("a directory");
    let [path, aside] = ["db", "aside"].map(|name| home.path().join(name));
    drop(create(&path, 7));
    let db = db(&path);
    assert_found(&db, 7, false);
    assert_found(&db, 7, true);
    std::fs::rename(&path, &aside).expect("our own file");
    let gone = look_up(&db).0;
    assert!(is_no_answer(&gone), "{gone:?}");
    std::fs::write(&path, "").expect("our own directory");
    let another = look_up(&db).0;
    assert!(is_no_answer(&another), "{another:?}");
    std::fs::rename(&aside, &path).expect("our own file");
    assert_found(&db, 7, false);
    assert_found(&db, 7, true);
}

#[test]
fn only_the_pool_waits_for_a_locked_file() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(create(&path, 7));
    let reader = InlineReader::new(path.clone(), 1);
    reader.open_one();
    assert!(matches!(reader.try_run(read_value), Inline::Done(7)));
    // Without a write-ahead log a writer locks out all readers.
    let Inline::UsePool(None) = InlineReader::new(path.clone(), 1).try_run(read_value) else {
        panic!("nothing is open yet");
    };
    drop(reader);
    let address = Address::Sqlite(path.clone());
    let mut other = connect(&address, TIMEOUT, false).expect("the file");
    other.batch_execute("PRAGMA journal_mode = DELETE").expect("no other connection");
    let reader = InlineReader::new(path, 1);
    reader.open_one();
    other.batch_execute("BEGIN EXCLUSIVE").expect("no reader");
    let start = Instant::now();
    let Inline::UsePool(Some(_)) = reader.try_run(read_value) else { panic!("it is locked") };
    assert!(start.elapsed() < TIMEOUT / 4, "{:?}", start.elapsed());
}

#[test]
fn slow_look_ups_may_use_a_fifth_of_the_time() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(create(&path, 7));
    let reader = InlineReader::new(path, 1);
    reader.open_one();
    let slow = reader.try_run(|connection| {
        thread::sleep(2 * SLOW);
        read_value(connection)
    });
    assert!(matches!(slow, Inline::Done(7)));
    let used = reader.used_until.load(Ordering::Relaxed);
    assert!(used > micros(2 * SLOW * SHARE), "{used}");
    reader.record_duration(MAX_COUNTED);
    assert!(matches!(reader.try_run(read_value), Inline::UsePool(None)));
    let used = reader.used_until.load(Ordering::Relaxed).saturating_sub(reader.micros());
    assert!(used > micros(BURST), "{used}");
    reader.used_until.fetch_sub(used - micros(BURST), Ordering::Relaxed);
    assert!(matches!(reader.try_run(read_value), Inline::Done(7)));
}

#[test]
fn while_one_thread_waits_for_the_disk_others_use_the_pool() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(create(&path, 7));
    // Longer than any pause on a busy machine.
    let reader = InlineReader { slow: TIMEOUT / 2, ..InlineReader::new(path, 2) };
    reader.open_one();
    let inside = reader.try_run(|connection| {
        // A second connection is opened while the first is in use, and is then used.
        reader.open_one();
        assert!(matches!(reader.try_run(read_value), Inline::Done(7)));
        thread::sleep(TIMEOUT);
        assert!(matches!(reader.try_run(read_value), Inline::UsePool(None)));
        read_value(connection)
    });
    assert!(matches!(inside, Inline::Done(7)));
}

#[test]
fn a_panicking_look_up_costs_only_its_connection() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(create(&path, 7));
    let reader = InlineReader::new(path, 1);
    reader.open_one();
    let panics = || reader.try_run(|_| -> Result<(), DbError> { panic!("on purpose") });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics));
    assert!(caught.is_err());
    assert!(matches!(reader.try_run(read_value), Inline::UsePool(None)));
    reader.open_one();
    assert!(matches!(reader.try_run(read_value), Inline::Done(7)));
}

#[test]
fn a_connection_for_reading_cannot_write() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(create(&path, 7));
    let reader = InlineReader::new(path, 1);
    reader.open_one();
    let written = reader.try_run(|connection| connection.batch_execute("DELETE FROM test"));
    assert!(matches!(written, Inline::UsePool(Some(_))));
}
