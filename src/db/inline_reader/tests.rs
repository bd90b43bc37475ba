//! Reading in place, and what it leaves to the pool.

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
    let readers = InlineReader::new(path.clone(), 1);
    readers.open_one();
    assert!(matches!(readers.ask(answer), Inline::Answer(7)));
    // Without the log beside it, whoever writes locks everybody out.
    let Inline::Ask(None) = InlineReader::new(path.clone(), 1).ask(answer) else {
        panic!("nothing is open yet");
    };
    drop(readers);
    let address = Address::Sqlite(path.clone());
    let mut other = connect(&address, PATIENCE, false).expect("the file");
    other.batch_execute("PRAGMA journal_mode = DELETE").expect("nobody else is there");
    let readers = InlineReader::new(path, 1);
    readers.open_one();
    other.batch_execute("BEGIN EXCLUSIVE").expect("nobody reads at this moment");
    let began = Instant::now();
    let Inline::Ask(Some(_)) = readers.ask(answer) else { panic!("it is locked") };
    assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
}

#[test]
fn long_look_ups_have_a_fifth_of_the_time() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(make(&path, 7));
    let readers = InlineReader::new(path, 1);
    readers.open_one();
    let slow = readers.ask(|connection| {
        thread::sleep(2 * LONG);
        answer(connection)
    });
    assert!(matches!(slow, Inline::Answer(7)));
    let used = readers.used_until.load(Ordering::Relaxed);
    assert!(used > micros(2 * LONG * SHARE), "{used}");
    readers.record_duration(LONGEST);
    assert!(matches!(readers.ask(answer), Inline::Ask(None)));
    let used = readers.used_until.load(Ordering::Relaxed).saturating_sub(readers.micros());
    assert!(used > micros(BURST), "{used}");
    readers.used_until.fetch_sub(used - micros(BURST), Ordering::Relaxed);
    assert!(matches!(readers.ask(answer), Inline::Answer(7)));
}

#[test]
fn while_one_thread_waits_for_the_disk_no_other_joins_it() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(make(&path, 7));
    // Longer than a busy machine keeps anybody waiting.
    let readers = InlineReader { long: PATIENCE / 2, ..InlineReader::new(path, 2) };
    readers.open_one();
    let inside = readers.ask(|connection| {
        // One more is had while the first is asked, and it is taken.
        readers.open_one();
        assert!(matches!(readers.ask(answer), Inline::Answer(7)));
        thread::sleep(PATIENCE);
        assert!(matches!(readers.ask(answer), Inline::Ask(None)));
        answer(connection)
    });
    assert!(matches!(inside, Inline::Answer(7)));
}

#[test]
fn a_look_up_that_panics_costs_a_connection_and_no_more() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(make(&path, 7));
    let readers = InlineReader::new(path, 1);
    readers.open_one();
    let panics = || readers.ask(|_| -> Result<(), DbError> { panic!("on purpose") });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics));
    assert!(caught.is_err());
    assert!(matches!(readers.ask(answer), Inline::Ask(None)));
    readers.open_one();
    assert!(matches!(readers.ask(answer), Inline::Answer(7)));
}

#[test]
fn nothing_can_be_written_in_place() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("db");
    drop(make(&path, 7));
    let readers = InlineReader::new(path, 1);
    readers.open_one();
    let written = readers.ask(|connection| connection.batch_execute("DELETE FROM said"));
    assert!(matches!(written, Inline::Ask(Some(_))));
}
