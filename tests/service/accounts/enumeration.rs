//! A refusal reveals nothing about which accounts exist until the password is verified.

use std::time::{Duration, Instant};

use rocket::figment::Figment;
use serde_json::json;

use crate::support::actor::Reply;
use crate::support::app::{TestApp, on_both, on_both_with};

/// Names of one length, so that it changes no header.
const WRONG: &str = "user_01";
const DISABLED: &str = "user_02";
const GARBLED: &str = "garbled";
const UNKNOWN: &str = "nobody1";
const IMPOSSIBLE: &str = "no name";

const ALL: [&str; 5] = [WRONG, DISABLED, GARBLED, UNKNOWN, IMPOSSIBLE];

fn prepare(app: &TestApp) {
    app.sql(
        "UPDATE users SET active = FALSE WHERE username = 'user_02'; \
         INSERT INTO users (username, username_key, role, active, password_hash, created_at) \
         VALUES ('garbled', 'garbled', 'user', TRUE, '!', 0)",
    );
}

fn api(app: &TestApp, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    app.anonymous().post_json("/api/login", &body)
}

fn form(app: &TestApp, username: &str, password: &str) -> Reply {
    let fields = [("username", username), ("password", password), ("next", "/account")];
    app.anonymous().post_form("/login", &fields)
}

/// All of a response, but the name that was sent.
fn whole(reply: Reply, username: &str) -> (u16, Vec<(String, String)>, String) {
    let mut reply = reply.without_id();
    reply.headers.retain(|(name, _)| name != "date");
    (reply.status, reply.headers, reply.body.replace(username, "NAME"))
}

#[track_caller]
fn assert_alike(app: &TestApp, ask: fn(&TestApp, &str, &str) -> Reply, status: u16) {
    let wanted = whole(ask(app, UNKNOWN, "wrong"), UNKNOWN);
    assert_eq!(wanted.0, status);
    for name in ALL {
        for password in ["wrong", "", "\0", &"x".repeat(2000)] {
            assert_eq!(whole(ask(app, name, password), name), wanted, "{name}");
        }
    }
}

#[test]
fn unknown_wrong_disabled_and_impossible_are_refused_in_the_same_words() {
    on_both(|app| {
        prepare(&app);
        assert_alike(&app, api, 401);
        assert_alike(&app, form, 401);
    });
}

#[test]
fn that_an_account_is_disabled_is_shown_only_with_its_password() {
    on_both(|app| {
        prepare(&app);
        api(&app, DISABLED, "5678").assert_problem(403, "account_inactive");
        form(&app, DISABLED, "5678").assert_page(403);
    });
}

#[test]
fn a_throttled_name_is_refused_in_the_same_words_whether_or_not_it_exists() {
    let ten = |figment: Figment| figment.merge(("auth.throttle.failures", 10));
    on_both_with(ten, |app| {
        prepare(&app);
        for name in ALL {
            for _ in 0..10 {
                assert_eq!(api(&app, name, "wrong").status, 401, "{name}");
            }
        }
        assert_alike(&app, api, 429);
        assert_alike(&app, form, 429);
        assert_eq!(whole(api(&app, WRONG, "1234"), WRONG), whole(api(&app, UNKNOWN, "x"), UNKNOWN));
    });
}

#[test]
fn that_a_name_is_taken_is_shown_and_asking_is_limited() {
    let two = |figment: Figment| figment.merge(("accounts.registrations.max", 2));
    on_both_with(two, |app| {
        let asked = json!({ "username": WRONG, "password": "correct horse" });
        let visitor = app.anonymous().from("203.0.113.9");
        for _ in 0..20 {
            visitor.post_json("/api/register", &asked).assert_problem(409, "username_taken");
        }
        visitor.post_json("/api/register", &asked).assert_problem(429, "too_many_attempts");
    });
}

#[test]
fn a_cheaper_hash_from_elsewhere_costs_a_wrong_password_no_less_time() {
    let dear = |figment: Figment| {
        figment.merge(("auth.password.cost", 10)).merge(("auth.throttle.failures", 100))
    };
    on_both_with(dear, |app| {
        let cheap = bcrypt::hash("1234", 4).expect("hashes");
        app.sql(&format!("UPDATE users SET password_hash = '{cheap}' WHERE username = '{WRONG}'"));
        // A sixty-fourth of the work if nothing prevented it; alternately, and the best counts,
        // because other tests keep the machine busy: each further round brings both nearer to
        // the time of their work.
        let time = |name: &str| {
            let begun = Instant::now();
            assert_eq!(api(&app, name, "wrong").status, 401);
            begun.elapsed()
        };
        let (mut cheap, mut unknown) = (Duration::MAX, Duration::MAX);
        for round in 1..=40 {
            cheap = cheap.min(time(WRONG));
            unknown = unknown.min(time(UNKNOWN));
            if round >= 4 && cheap * 2 > unknown {
                break;
            }
        }
        assert!(cheap * 2 > unknown, "{cheap:?} against {unknown:?}");
        assert_eq!(api(&app, WRONG, "1234").status, 200);
    });
}
