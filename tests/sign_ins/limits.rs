//! Idle and absolute limits, kept on the server.

use diesel::connection::SimpleConnection;

use super::helpers::{
    DAY, HOUR, MINUTE, StoredCredentials, USER_01, advance, only_row, remembered, removes_cookie,
    rows, session_lives, until,
};
use crate::support::actor::Actor;
use crate::support::app::{On, TestApp, on_both, on_both_with};
use vestibule::sign_ins::SignIn;

/// Uses a session and waits until that is recorded.
fn use_it(app: &TestApp, person: &Actor<'_>) {
    let now = app.clock.now().expect("a sane clock");
    assert_eq!(person.get("/dashboard").status, 200);
    until("the use is noted", || only_row(app, USER_01).last_seen_at == now);
}

#[test]
fn a_session_that_is_not_used_for_two_hours_is_over() {
    on_both(|app| {
        let person = app.session("user_01");
        advance(&app, 2 * HOUR - 1);
        assert!(session_lives(&person));
        until("the use is noted", || {
            only_row(&app, USER_01).last_seen_at == app.clock.now().expect("a sane clock")
        });
        advance(&app, 2 * HOUR);
        let reply = person.get("/dashboard");
        assert_eq!((reply.status, reply.location()), (303, "/login?next=%2Fdashboard"));
        assert!(removes_cookie(&reply, "session"));
        // What is left is the notice for the form, which says why.
        assert!(person.jar.borrow().keys().eq(["vestibule_notice"]));
    });
}

#[test]
fn use_keeps_a_session_alive_but_not_beyond_a_day() {
    on_both(|app| {
        let person = app.session("user_01");
        for _ in 0..23 {
            advance(&app, HOUR);
            use_it(&app, &person);
        }
        advance(&app, HOUR - 1);
        assert!(session_lives(&person));
        advance(&app, 1);
        let reply = person.get("/dashboard");
        assert_eq!(reply.status, 303);
        assert!(removes_cookie(&reply, "session"));
    });
}

#[test]
fn the_limits_are_the_configured_ones() {
    let change = |figment: rocket::figment::Figment| {
        figment.merge(("auth.session.idle", "10m")).merge(("auth.session.lifetime", "25m"))
    };
    on_both_with(change, |app| {
        let idle = app.session("user_01");
        advance(&app, 10 * MINUTE);
        assert!(!session_lives(&idle));
        app.sql("DELETE FROM sign_ins");
        let busy = app.session("user_01");
        for _ in 0..2 {
            advance(&app, 9 * MINUTE);
            use_it(&app, &busy);
        }
        advance(&app, 7 * MINUTE);
        assert!(!session_lives(&busy));
    });
}

#[test]
fn the_row_decides_not_the_cookie() {
    on_both(|app| {
        let person = app.session("user_01");
        let now = app.clock.now().expect("a sane clock").unix_timestamp();
        app.sql(&format!("UPDATE sign_ins SET expires_at = {}", (now + 60) * 1_000_000));
        advance(&app, 59);
        assert!(session_lives(&person));
        advance(&app, 1);
        assert!(!session_lives(&person));
    });
}

#[test]
fn a_token_knows_no_idle_limit() {
    on_both(|app| {
        let mut program = app.token("user_01");
        advance(&app, 20 * DAY);
        assert_eq!(program.refresh().status, 200);
        assert_eq!(program.get("/api/me").status, 200);
    });
}

#[test]
fn a_use_is_recorded_once_a_minute_at_the_most() {
    on_both(|app| {
        let started = app.clock.now().expect("a sane clock");
        let person = app.session("user_01");
        for _ in 0..59 {
            advance(&app, 1);
            assert!(session_lives(&person));
        }
        // Had one of them been recorded, the next would be a minute after it.
        advance(&app, 1);
        let minute = app.clock.now().expect("a sane clock");
        assert!(session_lives(&person));
        until("the use is noted", || only_row(&app, USER_01).last_seen_at == minute);
        assert_eq!((minute - started).whole_seconds(), 60);
    });
}

#[test]
fn no_request_waits_for_its_note() {
    on_both(|app| {
        let person = app.session("user_01");
        advance(&app, MINUTE);
        // The row is locked, and no use can be written.
        let mut other = app.connection();
        let begin = match app.on {
            On::Sqlite => "BEGIN IMMEDIATE",
            On::Postgres => "BEGIN",
        };
        other.batch_execute(begin).expect("a transaction");
        other.batch_execute("UPDATE sign_ins SET label = 'held'").expect("a lock");
        let before = only_row(&app, USER_01).last_seen_at;
        assert!(session_lives(&person) && session_lives(&person));
        assert_eq!(only_row(&app, USER_01).last_seen_at, before);
        other.batch_execute("ROLLBACK").expect("an end");
        let now = app.clock.now().expect("a sane clock");
        until("the use is noted", || {
            session_lives(&person) && only_row(&app, USER_01).last_seen_at == now
        });
    });
}

#[test]
fn every_one_of_many_concurrent_sign_ins_is_recorded() {
    on_both(|app| {
        let people: Vec<_> = (0..12).map(|_| app.session("user_01")).collect();
        advance(&app, MINUTE);
        let now = app.clock.now().expect("a sane clock");
        assert!(people.iter().all(session_lives));
        until("all uses are noted", || {
            rows(&app, USER_01).iter().all(|row| row.last_seen_at == now)
        });
    });
}

#[test]
fn the_use_by_a_program_is_recorded_alike() {
    on_both(|app| {
        let program = app.token("user_01");
        advance(&app, MINUTE);
        assert_eq!(program.get("/api/me").status, 200);
        let now = app.clock.now().expect("a sane clock");
        until("the use is noted", || only_row(&app, USER_01).last_seen_at == now);
    });
}

#[test]
fn under_a_short_idle_limit_use_is_recorded_four_times_per_limit() {
    on_both_with(
        |figment| figment.merge(("auth.session.idle", "40s")),
        |app| {
            let person = app.session("user_01");
            for _ in 0..10 {
                advance(&app, 30);
                use_it(&app, &person);
            }
            advance(&app, 10);
            use_it(&app, &person);
            advance(&app, 40);
            assert!(!session_lives(&person));
        },
    );
}

#[test]
fn a_restored_session_under_a_short_idle_limit_lasts_on_its_own() {
    on_both_with(
        |figment| figment.merge(("auth.session.idle", "40s")),
        |app| {
            let person = remembered(&app, "user_01");
            advance(&app, 45);
            use_it(&app, &person);
            assert_eq!(person.post_form("/reauthenticate", &[("password", "1234")]).status, 303);
            let again = person.get("/account");
            again.assert_no_cookies();
            assert!(again.body.contains("action=\"/account/password\""), "fresh");
        },
    );
}

#[test]
fn an_ended_sign_in_is_no_longer_listed() {
    on_both(|app| {
        let held = StoredCredentials::of(&app.session("user_01"));
        let forgotten = StoredCredentials::of(&remembered(&app, "user_01"));
        advance(&app, 3 * HOUR);
        let person = app.session("user_01");
        let page = person.get("/account/sign-ins");
        assert_eq!(page.body.matches("/end\"").count(), 1, "the remembered one, but not the idle");
        advance(&app, 31 * DAY);
        assert!(
            !session_lives(&held.on(&app.client)) && !session_lives(&forgotten.on(&app.client))
        );
        let page = app.session("user_01").get("/account/sign-ins");
        assert_eq!(page.body.matches("/end\"").count(), 0);
        assert!(rows(&app, USER_01).len() > 1, "though the rows are still there");
    });
}

#[test]
fn beyond_the_limit_the_sign_in_unused_for_longest_ends_and_an_event_says_so() {
    on_both_with(
        |figment| figment.merge(("accounts.max_sign_ins", 3)),
        |app| {
            app.sql(&format!(
                "INSERT INTO sign_ins (id, label, kind, account, created_at, auth_time, \
                 last_seen_at, expires_at) VALUES ('a-key', 'a key', 'key', {USER_01}, 0, 0, 0, {})",
                i64::MAX
            ));
            let oldest = app.session("user_01");
            advance(&app, 1);
            let program = app.token("user_01");
            advance(&app, 1);
            let unused = StoredCredentials::of(&app.session("user_01"));
            advance(&app, MINUTE);
            let bystander = app.session("user_02");
            let now = app.clock.now().expect("a sane clock");
            assert!(session_lives(&oldest) && program.get("/api/me").status == 200);
            let used = |row: &SignIn| row.last_seen_at == now;
            until("both uses are noted", || {
                rows(&app, USER_01).iter().filter(|row| used(row)).count() == 2
            });
            let newest = app.token("user_01");
            assert!(!session_lives(&unused.on(&app.client)));
            assert!(session_lives(&oldest) && session_lives(&bystander));
            for token in [&program, &newest] {
                assert_eq!(token.get("/api/me").status, 200);
            }
            let kept = format!("sign_ins WHERE account = '{USER_01}'");
            assert_eq!(app.count(&kept), 4, "three, and the key");
            let events = newest.get("/api/events").json();
            let ended = events["events"].as_array().expect("events").iter();
            let ended: Vec<_> = ended.filter(|event| event["event"] == "ended").collect();
            assert_eq!(ended.len(), 1, "{events}");
            assert_eq!(ended[0]["detail"], "1 sign-in, beyond the limit of the account");
            assert!(ended[0]["by"].is_null(), "it was not the owner: {events}");
        },
    );
}
