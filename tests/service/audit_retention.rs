//! `accounts.audit_retention`: old rows of the audit log go by themselves, and the rest is whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use time::OffsetDateTime;
use vestibule_service::accounts::audit::{self, ChainHead, Entry, Verified, prune_step};
use vestibule_service::db::{AnyConnection, to_micros};

use super::audit::{assert_broken, assert_whole, command_with, events};
use crate::support::app::{TestApp, on_both};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Appends rows of this age to the chain, as the service would have written them.
fn append_aged(app: &TestApp, count: i64, age: Duration) {
    let at = to_micros(app.clock.now().expect("a sane clock") - age);
    let newest = app.number("SELECT head AS n FROM event_chain");
    let mut head = match audit::events_after(&mut app.connection(), newest - 1).expect("rows").pop()
    {
        Some(newest) => newest.head(),
        None => ChainHead::default(),
    };
    let mut values = Vec::new();
    for id in newest + 1..=newest + count {
        let mut entry = Entry {
            id,
            at,
            event: "signed_in".to_owned(),
            outcome: "success".to_owned(),
            account: Some(7),
            username: None,
            actor_account: None,
            actor: None,
            sign_in: None,
            address: None,
            detail: None,
            request_id: None,
            hash: String::new(),
        };
        entry.hash = entry.digest(&head.hash);
        values.push(format!("({id}, {at}, 'signed_in', 'success', 7, '{}')", entry.hash));
        head = entry.head();
    }
    for values in values.chunks(1000) {
        let values = values.join(", ");
        app.sql(&format!(
            "INSERT INTO events (id, at, event, outcome, account, hash) VALUES {values}"
        ));
    }
    app.sql(&format!("UPDATE event_chain SET head = {}, hash = '{}'", head.id, head.hash));
}

/// Prunes as the housekeeping does; returns how many rows went.
fn prune(app: &TestApp, retention: Duration) -> usize {
    prune_with(&mut app.connection(), app.clock.now().expect("a sane clock"), retention)
}

fn prune_with(connection: &mut AnyConnection, now: OffsetDateTime, retention: Duration) -> usize {
    let mut pruned = 0;
    loop {
        let (count, may_have_more) = prune_step(connection, now, retention).expect("a step");
        pruned += count;
        if !may_have_more {
            return pruned;
        }
    }
}

#[test]
fn old_rows_go_once_a_day_with_one_row_about_it_and_the_rest_is_whole() {
    on_both(|app| {
        append_aged(&app, 3, 33 * DAY);
        let last = assert_whole(&app).1;
        append_aged(&app, 2, 31 * DAY);
        append_aged(&app, 4, DAY);
        assert_eq!(prune(&app, 40 * DAY), 0);
        assert_eq!(assert_whole(&app).0, 9, "no row about a prune of nothing");

        assert_eq!(prune(&app, 31 * DAY), 3, "those of exactly that age are kept");
        let rows = assert_whole(&app).0;
        assert_eq!(rows, 7, "six rows, and one about the prune");
        let admin = app.token("admin");
        let all = events(&admin);
        let mark = all.iter().find(|event| event["event"] == "events_pruned").expect("a row");
        assert_eq!(mark["actor"], "setting audit_retention");
        assert_eq!(mark["detail"], last.to_string());

        assert_eq!(prune(&app, 30 * DAY), 0, "the oldest is no more than a day older");
        assert_eq!(prune(&app, 29 * DAY), 2);
        let (rows, head) = assert_whole(&app);
        assert!(audit::verify(&mut app.connection(), Some(&last)).is_err(), "that row was pruned");
        assert_eq!(rows, 7, "four rows, two about prunes, and one about the sign-in: {head}");
    });
}

#[test]
fn what_is_kept_is_still_guarded_after_a_prune() {
    on_both(|app| {
        append_aged(&app, 3, 40 * DAY);
        append_aged(&app, 3, DAY);
        assert_eq!(prune(&app, 30 * DAY), 3);
        assert_whole(&app);
        app.sql("UPDATE events SET account = 8 WHERE id = 4");
        assert_broken(&app, 4);
        app.sql("UPDATE events SET account = 7 WHERE id = 4; DELETE FROM events WHERE id = 5");
        assert_broken(&app, 5);
        app.sql("DELETE FROM events WHERE id <= 6");
        assert_broken(&app, 4);
    });
}

#[test]
fn a_mark_of_a_prune_that_excludes_itself_is_found() {
    on_both(|app| {
        append_aged(&app, 3, 40 * DAY);
        append_aged(&app, 3, DAY);
        assert_eq!(prune(&app, 30 * DAY), 3);
        let mark = assert_whole(&app).1;
        app.sql(&format!("UPDATE events SET detail = '{mark}' WHERE event = 'events_pruned'"));
        assert_broken(&app, 1);
    });
}

#[test]
fn a_row_that_was_changed_is_not_pruned_nor_any_after_it() {
    on_both(|app| {
        append_aged(&app, 5, 40 * DAY);
        app.sql("UPDATE events SET account = 8 WHERE id = 3");
        assert_eq!(prune(&app, 30 * DAY), 0);
        assert_eq!(app.count("events"), 5);
        assert_broken(&app, 3);
    });
}

#[test]
fn a_long_log_is_pruned_by_several_processes_while_it_is_written_and_verified() {
    on_both(|app| {
        append_aged(&app, 12_000, 40 * DAY);
        append_aged(&app, 1, DAY);
        let done = AtomicBool::new(false);
        let now = app.clock.now().expect("a sane clock");
        thread::scope(|scope| {
            let mut connection = app.connection();
            let is_done = &done;
            let verifier = scope.spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    let found = audit::verify(&mut connection, None).expect("an answer");
                    assert!(matches!(found, Verified::Whole { .. }), "{found:?}");
                }
            });
            let pruners = [(), ()].map(|()| {
                let mut connection = app.connection();
                scope.spawn(move || prune_with(&mut connection, now, 30 * DAY))
            });
            app.token("user_01").get("/api/events");
            let pruned: usize = pruners.map(|one| one.join().expect("a prune")).iter().sum();
            done.store(true, Ordering::Relaxed);
            assert_eq!(pruned, 12_000);
            verifier.join().expect("a whole log at any moment");
        });
        assert_whole(&app);
        let marks = app.count("events WHERE event = 'events_pruned'");
        assert!((2..=4).contains(&marks), "one for 10,000 rows at most: {marks}");
    });
}

#[test]
fn the_purge_command_prunes_by_the_setting_and_a_day_is_the_least() {
    on_both(|app| {
        append_aged(&app, 5, 40 * DAY);
        let purge = |retention: &str| {
            let accounts = format!("{{audit_retention=\"{retention}\"}}");
            command_with(&app, &["purge"], "", ("ROCKET_ACCOUNTS", &accounts))
        };
        assert_eq!(purge("0").out, "purged 0\n");
        assert_eq!(purge("50 days").out, "purged 0\n");
        let short = purge("23h");
        assert_eq!(short.code, Some(1), "{short:?}");
        assert!(short.err.contains("accounts.audit_retention"), "{short:?}");
        assert!(short.err.contains("at least \"1 day\""), "{short:?}");
        assert_eq!(app.count("events"), 5);
        assert_eq!(purge("30 days").out, "purged 0\npruned 5\n");
        assert_eq!(assert_whole(&app).0, 1);
        // A log that was changed is evidence.
        app.sql("UPDATE events SET detail = 'another' WHERE id = (SELECT max(id) FROM events)");
        let changed = purge("1 day");
        assert_eq!((changed.code, changed.out.as_str()), (Some(1), ""), "{changed:?}");
        assert!(changed.err.contains("the log is broken: row"), "{changed:?}");
        assert_eq!(purge("0").out, "purged 0\n");
    });
}
