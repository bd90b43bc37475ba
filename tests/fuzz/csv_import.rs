use std::cell::RefCell;
use std::collections::HashSet;

use diesel::connection::SimpleConnection as _;
use diesel::{QueryDsl as _, RunQueryDsl as _};
use proptest::prelude::*;
use time::OffsetDateTime;
use vestibule::config::PasswordConfig;
use vestibule::password::Hasher;
use vestibule_service::accounts::audit::Actor;
use vestibule_service::accounts::{Import, ImportError};
use vestibule_service::db::AnyConnection;
use vestibule_service::db::schema::{events, users};

use crate::inputs::{changed_bytes, changes, check};
use crate::support::app::{On, TestApp};

const HEADER: &str = "username,hash,role,full_name\n";

/// The last characters of the good hash, which stand in no message.
const MARK: &str = "qqqqqqqqqq";

/// The hash of no known password.
fn hash() -> String {
    format!("$2b$10$abcdefghijklmnopqrstuu{}{MARK}", "A".repeat(21))
}

/// A field as it stands in the file, and whether it is good.
type Field = (String, bool);

fn one_of(good: &[&str], bad: &[&str]) -> impl Strategy<Value = Field> + use<> {
    let marked = |all: &[&str], is_good| {
        prop::sample::select(
            all.iter().map(|text| ((*text).to_owned(), is_good)).collect::<Vec<_>>(),
        )
    };
    prop_oneof![12 => marked(good, true), 1 => marked(bad, false)]
}

/// The lines of a file and whether they may be imported.
fn files() -> impl Strategy<Value = (String, usize, bool)> {
    let name = one_of(
        &[
            "ann", "Bob", "cat", "dan", "eve", "\"fay\"", "gus_01", " hal ", "bob", "ida", "jim",
            "kim",
        ],
        &["", "a\u{202e}b", "two words", "\"\""],
    );
    let (good, cut) = (hash(), format!("$2b$10${MARK}"));
    let hash = one_of(&[&good], &["", &cut, "secret"]);
    let role = one_of(&["user", "admin", " user"], &["", "root", "USER"]);
    let full_name = one_of(&["", "\"Lee, Ann\"", "Zoë"], &["\u{202e}", "a\u{0}b"]);
    let line = (name, hash, role, full_name);
    prop::collection::vec(line, 0..6).prop_map(|lines| {
        let mut names = HashSet::new();
        let is_good = lines.iter().all(|(name, hash, role, full_name)| {
            let key = name.0.trim().trim_matches('"').to_lowercase();
            name.1 && hash.1 && role.1 && full_name.1 && names.insert(key)
        });
        let texts = lines.iter().map(|(name, hash, role, full_name)| {
            format!("{},{},{},{}\n", name.0, hash.0, role.0, full_name.0)
        });
        (texts.fold(HEADER.to_owned(), |file, line| file + &line), lines.len(), is_good)
    })
}

fn hasher() -> Hasher {
    Hasher::new(&PasswordConfig::default()).expect("a hasher")
}

#[test]
fn a_file_is_read_exactly_if_each_line_is_good_and_no_message_repeats_a_hash() {
    let hasher = hasher();
    let bytes = prop_oneof![1 => Just(Vec::new()), 2 => changes(4)];
    check(&(files(), bytes), |((text, users, is_good), bytes)| {
        let file = changed_bytes(text.as_bytes(), &bytes);
        let lines = file.iter().filter(|byte| **byte == b'\n').count() + 1;
        let mut last = 0;
        let read = Import::read(&file, &hasher, OffsetDateTime::UNIX_EPOCH, |line| last = line);
        let shown = || String::from_utf8_lossy(&file).into_owned();
        let is_in = |line: u64| usize::try_from(line).is_ok_and(|line| line <= lines);
        prop_assert!(is_in(last), "line {} of {:?}", last, shown());
        match read {
            Ok(import) => {
                let (found, admins) = import.counts();
                prop_assert!(admins <= found && found < lines, "{} of {:?}", found, shown());
                prop_assert!(!bytes.is_empty() || is_good && found == users, "{:?}", shown());
            }
            Err(bad) => {
                prop_assert!(!bytes.is_empty() || !is_good, "{:?}: {:?}", bad, shown());
                prop_assert!(!bad.is_empty());
                for one in bad {
                    prop_assert!(one.line > 0 && is_in(one.line), "{:?}: {:?}", one, shown());
                    prop_assert!(!one.message.contains(MARK), "{}", one.message);
                    prop_assert!(!one.message.contains('\n'), "{}", one.message);
                }
            }
        }
        Ok(())
    });
}

/// How many users and events there are.
fn counts(connection: &mut AnyConnection) -> diesel::QueryResult<(i64, i64)> {
    Ok((
        users::table.count().get_result(connection)?,
        events::table.count().get_result(connection)?,
    ))
}

#[test]
fn a_file_that_is_refused_changes_nothing_and_one_that_is_not_adds_all_of_its_users() {
    let app = TestApp::new(On::Sqlite, &|figment| figment);
    let (hasher, now) = (hasher(), app.clock.now().expect("a sane clock"));
    let actor = Actor::command_line(now);
    let mut connection = app.connection();
    let kim = format!("{HEADER}kim,{},user,\n", hash());
    let kim = Import::read(kim.as_bytes(), &hasher, now, |_| ()).expect("a good file");
    assert!(kim.write(&mut connection, &actor, false, |_| ()).is_ok(), "a new name");
    let last = app.number("SELECT max(id) AS n FROM users");
    let connection = RefCell::new(connection);
    let rows = || counts(&mut connection.borrow_mut()).expect("a good statement");
    check(&(files(), any::<bool>()), |((text, users, _), dry)| {
        let Ok(import) = Import::read(text.as_bytes(), &hasher, now, |_| ()) else { return Ok(()) };
        let before = rows();
        let written = import.write(&mut connection.borrow_mut(), &actor, dry, |_| ());
        let added = rows().0 - before.0;
        match written {
            Ok(()) if !dry => {
                prop_assert_eq!((added, rows().1), (users as i64, before.1 + 1), "{}", text);
                let clean = format!("DELETE FROM users WHERE id > {last}; DELETE FROM events");
                connection.borrow_mut().batch_execute(&clean).expect("a good statement");
            }
            Ok(()) => prop_assert_eq!(rows(), before, "a dry run of {}", text),
            Err(ImportError::Lines(bad)) => {
                prop_assert_eq!(rows(), before, "{:?} of {}", bad, text);
                prop_assert!(text.contains("kim"), "{:?} of {}", bad, text);
            }
            Err(ImportError::Database(error)) => prop_assert!(false, "{error} of {text}"),
        }
        Ok(())
    });
}
