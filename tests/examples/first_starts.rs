//! The examples with a database, started where there is none yet.

use std::sync::Arc;
use std::thread;

use crate::client::Example;

#[test]
fn programs_that_start_at_once_make_one_database() {
    for (name, users) in
        [("notes", 2), ("automatic_user_loading", 3), ("roles", 3), ("work_items", 0)]
    {
        let directory = Arc::new(tempfile::tempdir().expect("a temporary directory"));
        let start = || {
            let directory = Arc::clone(&directory);
            thread::spawn(move || {
                Example::start_in(directory, name, &[("ROCKET_AUTH", "{password={cost=4}}")])
            })
        };
        let started: Vec<_> = [start(), start(), start(), start()].into();
        let started: Vec<_> = started.into_iter().map(|one| one.join().expect(name)).collect();
        assert_eq!(count_users(&started[0]), users, "{name}");
    }
}

fn count_users(example: &Example) -> i64 {
    use diesel::prelude::*;

    diesel::table! { users (id) { id -> Integer } }
    users::table.count().get_result(&mut example.database()).expect("a table of users")
}
