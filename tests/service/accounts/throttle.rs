//! How often a password may be guessed.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::futures::future::join_all;
use rocket::http::ContentType;
use rocket::local::asynchronous::LocalResponse;
use rocket::local::blocking::Client;
use rocket::tokio::runtime::Runtime;
use serde_json::json;

use super::concurrent_requests::process;
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both_with};

const FAILURES: usize = 10;

/// The settings as they ship.
fn shipped(figment: Figment) -> Figment {
    figment.merge(("auth.throttle.failures", FAILURES))
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
        assert!(page.body.contains("Wait 5 minutes, then try again."), "{}", page.body);

        app.clock.advance(Duration::from_secs(5 * 60));
        assert_eq!(api(&app, "user_01", "1234").status, 200, "nobody is locked out for good");
    });
}

#[test]
fn an_unknown_name_is_throttled_alike() {
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
        let refused = person.post_form("/reauthenticate", &[("password", "1234")]);
        assert_eq!(refused.status, 429);
        assert!(refused.body.contains("Wait 5 minutes, then try again."), "{}", refused.body);
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

#[test]
fn right_passwords_at_once_wait_for_each_other_and_not_for_the_window() {
    // A hash takes long enough that the other attempts come while it is checked.
    let slow = |figment: Figment| shipped(figment).merge(("auth.password.cost", 11));
    on_both_with(slow, |app| {
        let fields = [("username", "ann"), ("password", "correct horse")];
        assert_eq!(app.anonymous().post_form("/register", &fields).status, 303);
        let runtime = Runtime::new().expect("a runtime");
        let process = runtime.block_on(process(&app));
        let body = json!({ "username": "ann", "password": "correct horse" }).to_string();
        let sign_in = |_| process.post("/api/login").header(ContentType::JSON).body(&body);
        let replies = (0..3 * FAILURES).map(sign_in).map(|request| request.dispatch());
        let replies = runtime.block_on(join_all(replies));
        let is_refused = |reply: &&LocalResponse<'_>| reply.status().code == 429;
        let refused: Vec<_> = replies.iter().filter(is_refused).collect();
        assert!(!refused.is_empty(), "some came while others were checked");
        for reply in refused {
            assert_eq!(reply.headers().get_one("Retry-After"), Some("1"));
        }
        assert_eq!(api(&app, "ann", "correct horse").status, 200);
    });
}

const HOME: &str = "192.0.2.7";
const OFFICE: &str = "192.0.2.8";
const ATTACKER: &str = "203.0.113.9";

fn form_from(app: &TestApp, address: &str, username: &str, password: &str) -> u16 {
    let fields = [("username", username), ("password", password)];
    app.anonymous().from(address).post_form("/login", &fields).status
}

fn api_from(app: &TestApp, address: &str, username: &str, password: &str) -> u16 {
    let body = json!({ "username": username, "password": password });
    app.anonymous().from(address).post_json("/api/login", &body).status
}

#[test]
fn a_stranger_who_keeps_failing_all_day_does_not_keep_the_owner_out() {
    on_both_with(shipped, |app| {
        assert_eq!(form_from(&app, HOME, "user_01", "1234"), 303);
        assert_eq!(api_from(&app, OFFICE, "user_01", "1234"), 200);
        for hour in 0..24 {
            for attempt in 0..FAILURES {
                let status = api_from(&app, ATTACKER, "user_01", "wrong");
                assert_eq!(status, 401, "attempt {attempt} in hour {hour}");
            }
            assert_eq!(api_from(&app, ATTACKER, "user_01", "1234"), 429, "hour {hour}");
            // Even when he goes on, also from elsewhere.
            assert_eq!(form_from(&app, "203.0.113.10", "user_01", "wrong"), 429);
            assert_eq!(form_from(&app, HOME, "user_01", "1234"), 303, "hour {hour}");
            assert_eq!(api_from(&app, OFFICE, "user_01", "1234"), 200, "hour {hour}");
            // A sign-in by the owner does not reset the count.
            assert_eq!(api_from(&app, ATTACKER, "user_01", "1234"), 429, "hour {hour}");
            app.clock.advance(Duration::from_secs(60 * 60));
        }
        assert_eq!(form_from(&app, "198.51.100.1", "user_01", "1234"), 303, "from anywhere");
    });
}

#[test]
fn the_address_that_an_account_was_registered_from_is_a_known_one() {
    on_both_with(shipped, |app| {
        let body = json!({ "username": "ann", "password": "correct horse" });
        let home = app.anonymous().from(HOME);
        assert_eq!(home.post_json("/api/register", &body).status, 201);
        for _ in 0..FAILURES {
            assert_eq!(api_from(&app, ATTACKER, "ann", "wrong"), 401);
        }
        assert_eq!(api_from(&app, OFFICE, "ann", "correct horse"), 429);
        assert_eq!(form_from(&app, HOME, "ann", "correct horse"), 303);
    });
}

#[test]
fn a_signed_in_user_confirms_and_changes_the_password_under_attack() {
    on_both_with(shipped, |app| {
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        for _ in 0..FAILURES {
            assert_eq!(api_from(&app, ATTACKER, "user_01", "wrong"), 401);
        }
        assert_eq!(api_from(&app, ATTACKER, "user_01", "1234"), 429);
        let confirmed = person.post_form("/reauthenticate", &[("password", "1234")]);
        assert_eq!(confirmed.status, 303, "{}", confirmed.body);
        let body = json!({ "current_password": "1234", "new_password": "correct horse" });
        assert_eq!(program.post_json("/api/password", &body).status, 204);
        assert_eq!(api_from(&app, ATTACKER, "user_01", "correct horse"), 429);
    });
}

#[test]
fn a_known_address_has_no_more_guesses_than_a_stranger_and_uses_up_his() {
    on_both_with(shipped, |app| {
        assert_eq!(api_from(&app, HOME, "user_01", "1234"), 200);
        for _ in 0..FAILURES {
            assert_eq!(api_from(&app, HOME, "user_01", "wrong"), 401);
        }
        assert_eq!(form_from(&app, HOME, "user_01", "1234"), 429);
        assert_eq!(api_from(&app, ATTACKER, "user_01", "1234"), 429, "the account's is full too");
        app.clock.advance(Duration::from_secs(5 * 60));
        for _ in 0..FAILURES - 1 {
            assert_eq!(api_from(&app, HOME, "user_01", "wrong"), 401);
        }
        assert_eq!(api_from(&app, HOME, "user_01", "1234"), 200);
        // The owner's own failures are removed with the success.
        for _ in 0..FAILURES {
            assert_eq!(api_from(&app, ATTACKER, "user_01", "wrong"), 401);
        }
        assert_eq!(api_from(&app, ATTACKER, "user_01", "wrong"), 429);
    });
}

#[test]
fn an_address_is_known_for_thirty_days_and_for_its_own_accounts_only() {
    on_both_with(shipped, |app| {
        assert_eq!(api_from(&app, HOME, "user_01", "1234"), 200);
        for _ in 0..FAILURES {
            assert_eq!(api_from(&app, ATTACKER, "user_02", "wrong"), 401);
        }
        assert_eq!(api_from(&app, HOME, "user_02", "5678"), 429, "a stranger to this account");

        app.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
        for _ in 0..FAILURES {
            assert_eq!(api_from(&app, ATTACKER, "user_01", "wrong"), 401);
        }
        assert_eq!(api_from(&app, HOME, "user_01", "1234"), 429);
    });
}

#[test]
fn guesses_at_many_accounts_from_one_address_are_refused_in_the_end() {
    on_both_with(shipped, |app| {
        assert_eq!(api_from(&app, ATTACKER, "user_01", "1234"), 200);
        for guess in 0..10 * FAILURES {
            let name = format!("name{guess}");
            assert_eq!(api_from(&app, ATTACKER, &name, "wrong"), 401, "guess {guess}");
        }
        assert_eq!(api_from(&app, ATTACKER, "name", "wrong"), 429);
        assert_eq!(api_from(&app, ATTACKER, "user_01", "1234"), 200, "known to this account");
        assert_eq!(api_from(&app, ATTACKER, "user_02", "5678"), 429, "not known to this one");
        assert_eq!(api_from(&app, HOME, "user_01", "1234"), 200);
    });
}

#[test]
fn an_address_that_is_refused_inserts_no_further_rows() {
    on_both_with(shipped, |app| {
        for guess in 0..10 * FAILURES {
            assert_eq!(api_from(&app, ATTACKER, &format!("name{guess}"), "wrong"), 401);
        }
        for guess in 0..50 {
            assert_eq!(api_from(&app, ATTACKER, &format!("other{guess}"), "wrong"), 429);
        }
        // The first of those exceeds the limit.
        let names = app.number("SELECT COUNT(*) AS n FROM throttle WHERE bucket LIKE 'account:%'");
        assert_eq!(names, 10 * FAILURES as i64 + 1);
        app.clock.advance(Duration::from_secs(5 * 60));
        assert_eq!(api_from(&app, ATTACKER, "name", "wrong"), 401, "the window has ended");
    });
}

#[test]
fn what_an_account_refuses_does_not_count_against_the_address() {
    on_both_with(shipped, |app| {
        // An address has ten times as many guesses as an account.
        for attempt in 0..12 * FAILURES {
            let expected = if attempt < FAILURES { 401 } else { 429 };
            assert_eq!(api_from(&app, "192.0.2.7", "user_01", "wrong"), expected, "{attempt}");
        }
        assert_eq!(api_from(&app, "192.0.2.7", "user_02", "5678"), 200);
    });
}

#[test]
fn an_ipv6_network_is_one_address() {
    on_both_with(shipped, |app| {
        for guess in 0..10 * FAILURES {
            let address = format!("2001:db8::{guess:x}:1");
            let name = format!("name{guess}");
            assert_eq!(api_from(&app, &address, &name, "wrong"), 401, "guess {guess}");
        }
        assert_eq!(api_from(&app, "2001:db8::ffff:1", "name", "wrong"), 429);
        assert_eq!(api_from(&app, "2001:db8:0:1::1", "name", "wrong"), 401);
    });
}

#[test]
fn the_limit_holds_in_every_window_and_not_only_in_the_first() {
    on_both_with(shipped, |app| {
        for window in 0..3 {
            for _ in 0..FAILURES {
                assert_eq!(api(&app, "user_01", "wrong").status, 401, "window {window}");
            }
            assert_eq!(api(&app, "user_01", "wrong").status, 429, "window {window}");
            app.clock.advance(Duration::from_secs(5 * 60));
        }
    });
}

#[test]
fn a_password_change_over_the_api_counts_too() {
    on_both_with(shipped, |app| {
        let program = app.token("user_01");
        let body = json!({ "current_password": "wrong", "new_password": "correct horse" });
        for _ in 0..FAILURES {
            assert_eq!(program.post_json("/api/password", &body).status, 422);
        }
        program.post_json("/api/password", &body).assert_problem(429, "too_many_attempts");
        assert_eq!(api(&app, "user_01", "1234").status, 429);
        assert_eq!(program.get("/api/me").status, 200);
    });
}

#[test]
fn no_name_that_was_typed_is_kept_to_count_by() {
    on_both_with(shipped, |app| {
        assert_eq!(api_from(&app, HOME, "user_01", "1234"), 200);
        assert_eq!(api_from(&app, HOME, "hunter2", "wrong"), 401);
        assert!(app.count("throttle") > 0);
        assert_eq!(app.count("throttle WHERE bucket LIKE '%user%'"), 0);
        assert_eq!(app.count("throttle WHERE bucket LIKE '%hunter2%'"), 0);
    });
}

#[test]
fn a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_window() {
    on_both_with(shipped, |app| {
        let start = app.clock.now().expect("a time");
        app.clock.advance(Duration::from_secs(60 * 60));
        for _ in 0..=FAILURES {
            api(&app, "user_01", "wrong");
        }
        app.clock.set(start);
        let refused = api(&app, "user_01", "1234");
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("301")));
        app.clock.advance(Duration::from_secs(5 * 60));
        assert_eq!(api(&app, "user_01", "1234").status, 200);
    });
}
