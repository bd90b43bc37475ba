//! Housekeeping: expired rows are deleted, in small batches, and nothing else.

use diesel::connection::SimpleConnection;
use std::time::Duration;

use rocket::time::OffsetDateTime;

use super::endings::vestibule;
use super::helpers::{
    DAY, Environment, HOUR, StoredCredentials, USER_01, advance, on_each, remembered, rows,
    session_lives,
};
use crate::support::actor::Actor;
use crate::support::app::{TestApp, on_both};

const IDLE: Duration = Duration::from_secs(2 * HOUR);

/// Rows of user_01, each as SQL values; times in seconds before or after now.
fn insert(app: &TestApp, kind: &str, remembered: bool, seen: i64, expires: i64, count: usize) {
    let now = app.clock.now().expect("a sane clock").unix_timestamp();
    let micros = |seconds: i64| (now + seconds) * 1_000_000;
    let first = rows(app, USER_01).len();
    let values: Vec<_> = (first..first + count)
        .map(|number| {
            // 22 characters of base64url whose last holds no more than two bits.
            let id = format!("{number:021}A");
            format!(
                "('{id}', {USER_01}, '{kind}', 0, 0, {}, {}, {remembered})",
                micros(seen),
                micros(expires)
            )
        })
        .collect();
    app.sql(&format!(
        "INSERT INTO sign_ins (id, account, kind, created_at, auth_time, last_seen_at, expires_at, \
         remembered) VALUES {}",
        values.join(", ")
    ));
}

fn purge(app: &TestApp, limit: i64) -> usize {
    let now = app.clock.now().expect("a sane clock");
    vestibule::database::sign_ins::purge(&mut app.connection(), now, IDLE, limit).expect("a purge")
}

#[test]
fn what_is_over_or_idle_goes_in_batches_and_the_rest_stays() {
    on_both(|app| {
        insert(&app, "browser", false, 0, -1, 7);
        insert(&app, "browser", false, 0, 0, 1);
        insert(&app, "browser", true, -10, -1, 3);
        insert(&app, "token", false, 0, -1, 2);
        insert(&app, "browser", false, -7200, 3600, 4);
        let over = rows(&app, USER_01).len();
        assert_eq!(over, 17);
        // Active: used a moment ago, remembered though idle, a program though idle, a key.
        insert(&app, "browser", false, -7199, 3600, 1);
        insert(&app, "browser", true, -100_000, 3600, 1);
        insert(&app, "token", false, -100_000, 1, 1);
        insert(&app, "key", false, -100_000, 1, 1);
        let batches: Vec<_> = (0..5).map(|_| purge(&app, 5)).collect();
        assert_eq!(batches, [5, 5, 5, 2, 0]);
        let left = rows(&app, USER_01);
        assert_eq!(left.len(), 4);
        let now = app.clock.now().expect("a sane clock");
        assert!(left.iter().all(|row| row.is_active(now, IDLE)));
    });
}

#[test]
fn no_credential_notices_a_purge() {
    on_both(|app| {
        let idle = StoredCredentials::of(&app.session("user_01"));
        let remembered = StoredCredentials::of(&remembered(&app, "user_01"));
        let program = StoredCredentials::of(&app.token("user_01"));
        advance(&app, 3 * HOUR);
        let person = app.session("user_01");
        assert_eq!(purge(&app, 500), 1);
        assert!(session_lives(&person) && session_lives(&remembered.on(&app.client)));
        assert!(!session_lives(&idle.on(&app.client)));
        assert_eq!(program.on(&app.client).refresh().status, 200);
        advance(&app, 31 * DAY);
        assert_eq!(purge(&app, 500), 3);
        assert_eq!(rows(&app, USER_01).len(), 0);
    });
}

#[test]
fn the_command_deletes_all_that_is_over_and_says_how_many() {
    on_each(|on| {
        let environment = Environment::new(on);
        let client = environment.process(|figment| figment);
        let sign_in = || {
            let person = Actor::new(&client);
            let fields = [("username", "user_01"), ("password", "1234")];
            assert_eq!(person.post_form("/login", &fields).status, 303);
            person
        };
        // The command goes by the system's clock, so these began two days ago.
        let now = environment.clock.now().expect("a sane clock");
        environment.clock.set(now - Duration::from_secs(2 * DAY));
        for _ in 0..3 {
            sign_in();
        }
        environment.clock.set(now);
        let person = sign_in();
        let purge = || {
            let output = vestibule(&environment).arg("purge").output().expect("the program runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let mut connection = environment.connection();
        let counters: Vec<_> = (0..1_200).map(|number| format!("('{number}', 1, 1)")).collect();
        let insert = "INSERT INTO throttle (bucket, failures, ends_at) VALUES";
        connection.batch_execute(&format!("{insert} {}", counters.join(", "))).expect("counters");
        assert_eq!(purge(), "purged 3\n");
        let left = vestibule::database::purge_throttle(&mut connection, now, 500).expect("a purge");
        assert_eq!(left, 0, "the counters too, in several batches");
        assert_eq!(purge(), "purged 0\n");
        assert!(session_lives(&person));
        assert!(now > OffsetDateTime::UNIX_EPOCH);
    });
}
