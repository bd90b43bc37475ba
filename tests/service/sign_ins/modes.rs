//! The three modes: what is not mounted is not there.

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use serde_json::json;

use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::{Home, Service};

const PAGES: [&str; 7] =
    ["/", "/login", "/logout", "/register", "/dashboard", "/static/style.css", "/account"];

fn mode(mode: &'static str) -> impl Fn(Figment) -> Figment {
    move |figment| figment.merge(Serialized::default("auth.mode", mode))
}

#[test]
fn with_tokens_alone_there_is_no_page_and_no_cookie() {
    on_both_with(mode("token"), |app| {
        let (nobody, program) = (app.anonymous(), app.token("user_01"));
        assert_eq!(program.get("/api/me").status, 200);
        assert_eq!(program.get("/whoami").json()["via"], "token");
        for path in PAGES {
            for actor in [&nobody, &program] {
                let reply = actor.get(path);
                reply.assert_problem(404, "not_found");
                reply.assert_no_cookies();
            }
            let fields = [("username", "user_01"), ("password", "1234")];
            let reply = nobody.post_form(path, &fields);
            reply.assert_problem(404, "not_found");
            reply.assert_no_cookies();
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'browser'"), 0);
    });
}

#[test]
fn with_tokens_alone_a_session_cookie_is_not_read() {
    on_both(|both| {
        let person = both.session("user_01");
        let alone = vestibule_service::app::build(mode("token")(both.figment()), &both.clock);
        let alone = rocket::local::blocking::Client::untracked(alone.expect("good settings"));
        let alone = alone.expect("a launch");
        assert_eq!(person.get("/whoami").status, 200);
        let reply = person.at(&alone).get("/whoami");
        reply.assert_problem(401, "credentials_missing");
        reply.assert_no_cookies();
    });
}

#[test]
fn with_sessions_alone_there_is_no_api() {
    on_both_with(mode("session"), |app| {
        let person = app.session("user_01");
        for path in ["/api", "/api/me", "/api/login", "/api/users", "/api/register"] {
            for actor in [&app.anonymous(), &person, &person.with_token("garbage")] {
                assert_eq!(actor.get(path).status, 404, "{path}");
            }
        }
        let body = json!({ "username": "user_01", "password": "1234" });
        assert_eq!(app.anonymous().post_json("/api/login", &body).status, 404);
        assert_eq!(app.count("sign_ins WHERE kind = 'token'"), 0);
    });
}

#[test]
fn with_sessions_alone_an_authorization_header_is_not_looked_at() {
    on_both_with(mode("session"), |app| {
        let person = app.session("user_01").with_token("garbage");
        assert_eq!(person.get("/dashboard").status, 200);
        assert_eq!(person.get("/whoami").json()["via"], "session");
        let visitor = app.anonymous().with_token("garbage");
        let sent = visitor.get("/dashboard");
        assert_eq!((sent.status, sent.location()), (303, "/login?next=%2Fdashboard"));
        let fields = [("username", "user_02"), ("password", "5678")];
        assert_eq!(visitor.post_form("/login", &fields).status, 303);
    });
}

#[test]
fn with_sessions_alone_there_is_no_challenge_for_tokens() {
    on_both_with(mode("session"), |app| {
        let reply = app.anonymous().get("/whoami");
        reply.assert_problem(401, "credentials_missing");
        assert_eq!(reply.header("www-authenticate"), None);
    });
}

#[test]
fn health_is_there_in_every_mode_and_names_the_database() {
    for mode_name in ["session", "token", "both"] {
        on_both_with(mode(mode_name), |app: TestApp| {
            let expected = format!("{:?}", app.on).to_lowercase();
            for path in ["/health", "/health/ready"] {
                let reply = app.anonymous().get(path);
                assert_eq!(reply.status, 200);
                let well = json!({ "status": "ok", "database": expected, "writable": true });
                assert_eq!(reply.json(), well);
                reply.assert_no_cookies();
            }
        });
    }
}

#[test]
fn a_process_that_stops_is_alive_and_not_ready() {
    on_both(|app| {
        app.client.rocket().shutdown().notify();
        for path in ["/health", "/health/ready"] {
            let reply = app.anonymous().get(path);
            reply.assert_problem(503, "unavailable");
            assert_eq!(reply.header("retry-after"), Some("1"));
        }
        assert_eq!(app.anonymous().get("/health/live").status, 200);
    });
}

/// Which halves a running service has, as a mode.
fn halves(service: &Service) -> &'static str {
    match (service.get("/login", &[]).status, service.get("/api/me", &[]).status) {
        (200, 404) => "session",
        (404, 401) => "token",
        (200, 401) => "both",
        other => panic!("no mode has {other:?}"),
    }
}

#[test]
fn the_running_program_has_both_halves_by_default() {
    let service = Home::new().serve(&[]);
    assert_eq!(halves(&service), "both");
    assert!(service.banner.contains("mode      both"), "{}", service.banner);
}

#[test]
fn the_environment_switches_the_running_program() {
    let home = Home::new();
    let service = home.serve(&[("ROCKET_AUTH", r#"{mode="token"}"#)]);
    assert_eq!(halves(&service), "token");
    assert!(service.banner.contains("mode      token"), "{}", service.banner);
    assert!(!service.banner.contains("/login\n"), "no page is offered: {}", service.banner);
}

#[test]
fn a_profile_switches_the_running_program() {
    let home = Home::new();
    home.configure("[api.auth]\nmode = \"token\"\n[pages.auth]\nmode = \"session\"\n");
    // Outside the debug profile a hash costs at least this much.
    let cost = ("ROCKET_AUTH", "{password={cost=10}}");
    for (profile, mode) in [("api", "token"), ("pages", "session"), ("other", "both")] {
        let service = home.serve(&[("ROCKET_PROFILE", profile), cost]);
        assert_eq!(halves(&service), mode);
        assert!(service.banner.contains(&format!("profile {profile}")), "{}", service.banner);
    }
}

#[test]
fn the_file_switches_the_running_program_and_the_environment_wins() {
    let home = Home::new();
    home.configure("[default.auth]\nmode = \"session\"\n");
    assert_eq!(halves(&home.serve(&[])), "session");
    assert_eq!(halves(&home.serve(&[("ROCKET_AUTH", r#"{mode="both"}"#)])), "both");
}

#[rocket::get("/reports")]
fn reports() -> &'static str {
    "figures"
}

#[rocket::get("/reports/own")]
fn own_reports(user: vestibule_service::accounts::CurrentUser) -> String {
    user.username.clone()
}

#[test]
fn a_route_mounted_on_the_service_needs_a_login_unless_it_is_named_as_open() {
    on_both(|app| {
        let launch = |open: &[&str], routes: Vec<rocket::Route>| {
            let rocket = vestibule_service::app::build_open(app.figment(), &app.clock, open);
            let rocket = rocket.expect("good settings").mount("/more", routes);
            rocket::local::blocking::Client::untracked(rocket)
                .map_err(|error| format!("{:?}", error.kind()))
        };
        let client = launch(&[], rocket::routes![own_reports]).expect("a launch");
        assert_eq!(app.token("user_01").at(&client).get("/more/reports/own").body, "user_01");
        // The pages' catcher draws the refusal: to the sign-in form.
        assert_eq!(app.anonymous().at(&client).get("/more/reports/own").status, 303);

        let refused = launch(&[], rocket::routes![reports, own_reports]).expect_err("no guard");
        assert!(refused.contains("Login required"), "{refused}");
        let client = launch(&["GET /more/reports"], rocket::routes![reports]).expect("a launch");
        assert_eq!(app.anonymous().at(&client).get("/more/reports").status, 200);
    });
}
