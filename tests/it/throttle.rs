//! How often a password may be guessed.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::local::blocking::Client;
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both_with};

const FAILURES: usize = 10;

/// The settings as they ship.
fn shipped(figment: Figment) -> Figment {
    figment.merge(("accounts.throttle.failures", FAILURES))
}

fn form(app: &TestApp, username: &str, password: &str) -> Reply {
    app.anonymous().post_form("/login", &[("username", username), ("password", password)])
}

fn api(app: &TestApp, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    app.anonymous().post_json("/api/login", &body)
}

#[test]
fn form_and_api_count_together_and_then_even_the_right_password_waits() {
    on_both_with(shipped, |app| {
        for attempt in 0..FAILURES {
            let reply = match attempt % 2 {
                0 => form(&app, "user_01", "wrong"),
                _ => api(&app, "USER_01", "wrong"),
            };
            assert_eq!(reply.status, 401, "attempt {attempt}");
        }
        let refused = api(&app, "user_01", "1234");
        assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_attempts"));
        let wait: u64 = refused.header("retry-after").expect("a time").parse().expect("seconds");
        assert!((1..=301).contains(&wait), "{wait}");
        let page = form(&app, "user_01", "1234");
        assert_eq!(page.status, 429);
        assert!(page.body.contains("Too many attempts") && page.body.contains("user_01"));
        assert!(page.header("retry-after").is_some());

        app.clock.advance(Duration::from_secs(5 * 60));
        assert_eq!(api(&app, "user_01", "1234").status, 200, "nobody is locked out for good");
    });
}

#[test]
fn a_name_that_nobody_has_is_throttled_alike() {
    on_both_with(shipped, |app| {
        for name in ["nobody", "no name at all\u{7}"] {
            for _ in 0..FAILURES {
                assert_eq!(api(&app, name, "wrong").status, 401);
            }
            assert_eq!(api(&app, name, "wrong").status, 429);
        }
        assert_eq!(api(&app, "user_01", "1234").status, 200, "others are not hurt");
    });
}

#[test]
fn a_success_clears_the_failures_of_its_own_account_only() {
    on_both_with(shipped, |app| {
        for _ in 0..FAILURES - 1 {
            assert_eq!(api(&app, "user_01", "wrong").status, 401);
            assert_eq!(api(&app, "user_02", "wrong").status, 401);
        }
        assert_eq!(api(&app, "user_01", "1234").status, 200);
        for _ in 0..FAILURES {
            assert_eq!(api(&app, "user_01", "wrong").status, 401);
        }
        assert_eq!(api(&app, "user_02", "wrong").status, 401);
        assert_eq!(api(&app, "user_02", "wrong").status, 429);
    });
}

#[test]
fn confirming_and_changing_the_password_count_too_and_a_live_session_is_not_hurt() {
    on_both_with(shipped, |app| {
        let person = app.session("user_01");
        for attempt in 0..FAILURES {
            let reply = match attempt % 2 {
                0 => person.post_form("/reauthenticate", &[("password", "wrong")]),
                _ => person.post_form(
                    "/account/password",
                    &[("current_password", "wrong"), ("new_password", "a longer one")],
                ),
            };
            assert_eq!(reply.status, 401, "attempt {attempt}");
        }
        assert_eq!(person.post_form("/reauthenticate", &[("password", "1234")]).status, 429);
        assert_eq!(api(&app, "user_01", "1234").status, 429);
        assert_eq!(person.get("/dashboard").status, 200);
    });
}

#[test]
fn neither_a_restart_nor_another_process_forgets() {
    on_both_with(shipped, |app| {
        for _ in 0..FAILURES {
            assert_eq!(api(&app, "user_01", "wrong").status, 401);
        }
        let neighbour = app.neighbour();
        let body = json!({ "username": "user_01", "password": "1234" });
        let elsewhere = app.anonymous().at(&neighbour).post_json("/api/login", &body);
        assert_eq!(elsewhere.status, 429);
        drop(neighbour);
        let app = app.restart();
        assert_eq!(api(&app, "user_01", "1234").status, 429);
    });
}

#[test]
fn of_many_guesses_at_once_no_more_than_the_limit_are_looked_at() {
    on_both_with(shipped, |app| {
        let processes: Vec<_> = (0..4).map(|_| app.neighbour()).collect();
        let guess = |process: Client| {
            let body = json!({ "username": "user_01", "password": "wrong" });
            let guess = || Actor::new(&process).post_json("/api/login", &body).status;
            (0..8).map(|_| guess()).collect::<Vec<_>>()
        };
        let replies: Vec<u16> = std::thread::scope(|scope| {
            let guessers: Vec<_> =
                processes.into_iter().map(|process| scope.spawn(|| guess(process))).collect();
            guessers.into_iter().flat_map(|one| one.join().expect("no panic")).collect()
        });
        let looked_at = replies.iter().filter(|status| **status == 401).count();
        assert_eq!(looked_at, FAILURES, "{replies:?}");
        assert!(replies.iter().all(|status| [401, 429].contains(status)), "{replies:?}");
    });
}
