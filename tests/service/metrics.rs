//! `GET /metrics`: who may read it, and that it counts what happened.

use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::http::Header;
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::Home;

const TOKEN: &str = "a-token-of-the-tests-of-32-bytes";

fn with_token(figment: Figment) -> Figment {
    figment.merge(("metrics.token", TOKEN))
}

fn scrape(app: &TestApp) -> String {
    let reply = app.anonymous().with_token(TOKEN).get("/metrics");
    assert_eq!(reply.status, 200, "{}", reply.body);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(reply.header("content-type"), Some(content_type));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply.assert_no_cookies();
    assert!(reply.body.ends_with("# EOF\n"), "{}", reply.body);
    reply.body
}

/// The value of a sample.
fn value(page: &str, sample: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    let value = line.unwrap_or_else(|| panic!("no {sample}: {page}"));
    value.parse().expect("a number")
}

#[test]
fn without_a_token_in_the_settings_there_is_no_such_page() {
    on_both(|app| {
        app.anonymous().get("/metrics").assert_page(404);
        app.token("admin").get("/metrics").assert_problem(404, "not_found");
    });
}

#[test]
fn only_the_token_of_the_settings_reads_them() {
    on_both_with(with_token, |app| {
        scrape(&app);
        let refused = |reply: Reply| {
            reply.assert_problem(401, "credentials_missing");
            assert!(!reply.body.contains("vestibule_"), "{}", reply.body);
        };
        refused(app.anonymous().get("/metrics"));
        refused(app.session("admin").get("/metrics"));
        refused(app.token("admin").get("/metrics"));
        let header = |value: &str| app.anonymous().get_with("/metrics", "Authorization", value);
        for wrong in [
            TOKEN.to_owned(),
            format!("Basic {TOKEN}"),
            format!("Bearer {TOKEN}x"),
            format!("Bearer {}", &TOKEN[1..]),
            "Bearer ".to_owned(),
        ] {
            refused(header(&wrong));
        }
        assert_eq!(header(&format!("bearer {TOKEN}")).status, 200);
        let admin = app.session("admin").with_token(TOKEN);
        let beside_a_session = admin.get("/metrics");
        assert_eq!(beside_a_session.status, 200);
        beside_a_session.assert_no_cookies();
        let twice = app.anonymous().with_token(TOKEN);
        let request = twice.request(rocket::http::Method::Get, "/metrics");
        refused(
            twice.send(request.header(Header::new("Authorization", format!("Bearer {TOKEN}")))),
        );
    });
}

#[test]
fn a_short_or_strange_token_stops_the_start_and_is_not_repeated() {
    for token in
        ["", "short", "a token of the tests with spaces", "0123456789012345678901234567890"]
    {
        let home = Home::new();
        home.configure(&format!("[default.metrics]\ntoken = \"{token}\"\n"));
        let done = home.run(&[], "");
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.err.contains("metrics.token"), "{done:?}");
        assert!(token.is_empty() || !done.err.contains(token), "{done:?}");
    }
}

#[test]
fn requests_sign_ins_and_refusals_are_counted_by_what_they_came_to() {
    on_both_with(with_token, |app| {
        let (anonymous, wrong) = (app.anonymous(), json!({"username": "user_01", "password": "x"}));
        let program = app.token("user_01");
        let person = app.session("user_02");
        for actor in [&program, &program, &program] {
            assert_eq!(actor.get("/api/me").status, 200);
        }
        anonymous.post_json("/api/login", &wrong).assert_problem(401, "bad_credentials");
        let guess = program.post_json("/api/confirm", &json!({"password": "x"}));
        guess.assert_problem(422, "invalid_field");
        let fields = [("password", "x"), ("next", "/account")];
        assert_eq!(person.post_form("/reauthenticate", &fields).status, 401);
        let change = json!({"current_password": "x", "new_password": "a longer one"});
        program.post_json("/api/password", &change).assert_problem(422, "invalid_field");
        let change = [("current_password", "x"), ("new_password", "a longer one")];
        assert_eq!(person.post_form("/account/password", &change).status, 401);
        person.get("/dashboard");
        anonymous.get("/dashboard");
        anonymous.get("/static/style.css");
        anonymous.get("/health");
        anonymous.get("/wp-admin/index.php");
        anonymous.get("/api/nothing");
        let page = scrape(&app);
        for (sample, expected) in [
            // With the successful login.
            ("requests_total{class=\"api\",status=\"2xx\"}", 4.0),
            ("requests_total{class=\"api\",status=\"4xx\"}", 3.0),
            ("requests_total{class=\"pages\",status=\"2xx\"}", 1.0),
            // The login of the form, and the way to it.
            ("requests_total{class=\"pages\",status=\"3xx\"}", 2.0),
            ("requests_total{class=\"assets\",status=\"2xx\"}", 1.0),
            ("requests_total{class=\"service\",status=\"2xx\"}", 1.0),
            ("requests_total{class=\"none\",status=\"4xx\"}", 2.0),
            ("request_duration_seconds_count{class=\"api\"}", 7.0),
            ("errors_total{code=\"bad_credentials\"}", 3.0),
            ("errors_total{code=\"not_found\"}", 2.0),
            ("sign_ins_total{outcome=\"success\"}", 2.0),
            ("sign_ins_total{outcome=\"bad_credentials\"}", 3.0),
            ("sign_ins_total{outcome=\"invalid_field\"}", 2.0),
            ("audit_events_lost_total", 0.0),
            (concat!("build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1.0),
        ] {
            assert_eq!(value(&page, &format!("vestibule_{sample}")), expected, "{sample}: {page}");
        }
        // The clock stands still: of eight uses of the two sign-ins each was looked up once.
        assert_eq!(value(&page, "vestibule_cache_hits_total"), 6.0, "{page}");
        assert_eq!(value(&page, "vestibule_cache_misses_total"), 2.0, "{page}");
        let samples = |page: &str| page.lines().filter(|line| !line.starts_with('#')).count();
        assert!(samples(&page) < 200, "{page}");
        let before = samples(&page);
        for number in 0..50 {
            anonymous.get(&format!("/nothing/{number}"));
        }
        assert_eq!(samples(&scrape(&app)) - before, 0, "a path makes no sample");
        // The house-keeping and the sender of mails use the pool too, for moments.
        for (gauge, expected) in [
            ("hashers_busy", 0.0),
            ("hash_queue", 0.0),
            ("pool_connections", 4.0),
            ("pool_connections_in_use", 0.0),
        ] {
            let end = Instant::now() + Duration::from_secs(60);
            while value(&scrape(&app), &format!("vestibule_{gauge}")) != expected {
                assert!(Instant::now() < end, "{gauge}: {page}");
            }
        }
    });
}

#[test]
fn in_every_mode_the_page_is_there() {
    for mode in ["session", "token", "both"] {
        on_both_with(
            |figment| with_token(figment).merge(("auth.mode", mode)),
            |app| {
                scrape(&app);
                Actor::new(&app.client).get("/metrics").assert_problem(401, "credentials_missing");
            },
        );
    }
}
