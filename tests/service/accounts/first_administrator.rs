//! The first administrator, through the link that the start prints.

use std::fs;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::local::blocking::Client;
use vestibule_service::accounts::new_setup_link;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::{Home, Service, at_home};

const RELEASE: [(&str, &str); 2] =
    [("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{password={cost=10}}")];

/// A link for an application that has no users any longer.
pub(super) fn link(app: &TestApp) -> String {
    app.sql("DELETE FROM users");
    let now = app.clock.now().expect("a sane clock");
    let token = new_setup_link(&mut app.connection(), now).expect("a database");
    token.expect("nobody administers it").reveal().to_owned()
}

fn open(visitor: &Actor<'_>, token: &str) -> Reply {
    visitor.open_link(&format!("/setup?token={token}"))
}

pub(super) fn post(visitor: &Actor<'_>, token: &str, username: &str, password: &str) -> Reply {
    let fields = [
        ("token", token),
        ("username", username),
        ("full_name", "Ann Lee"),
        ("password", password),
    ];
    visitor.post_form("/setup", &fields)
}

fn assert_not_there(reply: &Reply) {
    reply.assert_page(404);
    reply.assert_no_cookies();
    assert!(!reply.body.contains("name=\"token\""));
    assert!(reply.body.contains("This link is not valid. It works once"), "{}", reply.body);
}

#[test]
fn the_link_makes_one_administrator_who_is_signed_in_and_then_it_is_dead() {
    on_both(|app| {
        let token = link(&app);
        assert_eq!(token.len(), 43);
        let visitor = app.anonymous();
        for _ in 0..2 {
            let page = open(&visitor, &token);
            page.assert_page(200);
            assert!(page.body.contains(&format!("value=\"{token}\"")), "{}", page.body);
            assert_eq!(page.header("cache-control"), Some("no-store"));
        }
        let made = post(&visitor, &token, "Ann", "correct horse");
        assert_eq!((made.status, made.location()), (303, "/dashboard"), "{}", made.body);
        assert_eq!(app.count("known_devices"), 1, "that of the first sign-in");
        let page = visitor.get("/dashboard");
        assert!(page.body.contains("Hello, Ann Lee.") && page.body.contains("admin"));
        assert_eq!(app.count("users WHERE role = 'admin' AND active AND username = 'Ann'"), 1);
        let admin = app.token("ann");
        assert_eq!(admin.get("/api/users").status, 200);
        let events = admin.get("/api/admin/events").json()["events"].to_string();
        assert_eq!(events.matches("\"added\"").count(), 1, "{events}");
        assert!(events.contains("admin, through the set-up link"), "{events}");
        assert!(!events.contains("\"registered\""), "told once: {events}");

        assert_eq!(app.count("setup_links"), 0);
        for client in [&visitor, &app.anonymous()] {
            assert_eq!(open(client, &token).status, 404);
            assert_eq!(post(client, &token, "eve", "correct horse").status, 404);
        }
        assert_eq!(app.count("users"), 1);
        let now = app.clock.now().expect("a sane clock");
        assert!(new_setup_link(&mut app.connection(), now).expect("a database").is_none());
    });
}

#[test]
fn an_invalid_field_shows_the_form_again_and_the_link_stays_valid() {
    on_both(|app| {
        let token = link(&app);
        let visitor = app.anonymous();
        let body = serde_json::json!({ "username": "ann", "password": "correct horse" });
        assert_eq!(visitor.post_json("/api/register", &body).status, 201);
        for (username, password, status, said) in [
            ("two words", "correct horse", 422, "A user name may have letters"),
            ("root", "short", 422, "at least 8 characters"),
            ("root", "password12345678", 422, "A few unrelated words make a good one."),
            ("lee", "Lee Lee Lee", 422, "must not be the user name"),
            ("ANN", "correct horse", 409, "This user name is taken."),
        ] {
            let page = post(&visitor, &token, username, password);
            page.assert_page(status);
            page.assert_no_cookies();
            assert!(page.body.contains(said), "{username}, {password}: {}", page.body);
            assert!(page.body.contains(&format!("value=\"{username}\"")));
            assert!(page.body.contains(&format!("value=\"{token}\"")));
            assert!(!page.body.contains(&format!("value=\"{password}\"")));
        }
        assert_eq!(app.count("users WHERE role = 'admin'"), 0);
        assert_eq!(post(&visitor, &token, "root", "correct horse").status, 303);
    });
}

#[test]
fn without_an_active_link_there_is_nothing() {
    on_both(|app| {
        let token = link(&app);
        let visitor = app.anonymous();
        let longer = format!("{token}A");
        for wrong in ["A", &token[1..], &longer, "%00", "%ff"] {
            assert_not_there(&open(&visitor, wrong));
        }
        for page in [open(&visitor, ""), app.anonymous().get("/setup")] {
            page.assert_page(404);
            assert!(page.body.contains("your browser did not keep this site"), "{}", page.body);
        }
        for wrong in ["", &token[1..], &longer, "\0"] {
            assert_not_there(&post(&visitor, wrong, "ann", "correct horse"));
        }
        assert_eq!(open(&visitor, &token).status, 200);
        app.clock.advance(Duration::from_secs(24 * 60 * 60));
        assert_not_there(&open(&visitor, &token));
        assert_not_there(&post(&visitor, &token, "ann", "correct horse"));
        assert_eq!(app.count("users"), 0);
    });
}

#[test]
fn the_front_page_and_the_form_to_sign_in_say_that_an_administrator_is_missing() {
    on_both(|app| {
        let token = link(&app);
        let due = "This service has no administrator yet.";
        let visitor = app.anonymous();
        for path in ["/", "/login"] {
            assert!(visitor.get(path).body.contains(due), "{path}");
        }
        assert_eq!(post(&visitor, &token, "ann", "correct horse").status, 303);
        let stranger = app.anonymous();
        for path in ["/", "/login"] {
            assert!(!stranger.get(path).body.contains(due), "{path}");
        }
    });
}

#[test]
fn the_link_dies_with_the_first_administrator_however_that_came_to_be() {
    on_both(|app| {
        let token = link(&app);
        let visitor = app.anonymous();
        let body = serde_json::json!({ "username": "ann", "password": "correct horse" });
        assert_eq!(visitor.post_json("/api/register", &body).status, 201);
        assert_eq!(open(&visitor, &token).status, 200, "a user is no administrator");
        app.sql("UPDATE users SET role = 'admin'");
        assert_not_there(&open(&visitor, &token));
        assert_not_there(&post(&visitor, &token, "eve", "correct horse"));
        app.sql("UPDATE users SET active = FALSE");
        assert_not_there(&post(&visitor, &token, "eve", "correct horse"));
    });
}

const ROUNDS: usize = 10;

#[test]
fn of_many_links_used_at_once_exactly_one_makes_an_administrator() {
    on_both(|app| {
        let clients: Vec<_> = (0..4).map(|_| app.neighbour()).collect();
        let (ready, done) = (Barrier::new(5), Barrier::new(5));
        let tokens: Mutex<Vec<String>> = Mutex::default();
        let race = |at: usize, client: &Client| {
            ready.wait();
            let token = tokens.lock().expect("no panic")[at % 2].clone();
            let made = post(&Actor::new(client), &token, &format!("ann{at}"), "correct horse");
            done.wait();
            made.status
        };
        let rounds: Vec<Vec<u16>> = thread::scope(|scope| {
            let race = &race;
            let racers = clients.into_iter().enumerate().map(|(at, client)| {
                scope.spawn(move || (0..ROUNDS).map(|_| race(at, &client)).collect::<Vec<_>>())
            });
            let racers: Vec<_> = racers.collect();
            for _ in 0..ROUNDS {
                *tokens.lock().expect("no panic") = vec![link(&app), link(&app)];
                ready.wait();
                done.wait();
            }
            racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        for round in 0..ROUNDS {
            let mut statuses: Vec<u16> = rounds.iter().map(|racer| racer[round]).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 404, 404, 404], "round {round}");
        }
        assert_eq!(app.count("users"), 1, "of the last round");
    });
}

#[test]
fn a_client_that_tries_many_links_is_refused() {
    let two = |figment: Figment| figment.merge(("auth.throttle.failures", 2));
    on_both_with(two, |app| {
        let token = link(&app);
        let guesser = app.anonymous().from("203.0.113.9");
        for attempt in 0..20 {
            let reply = match attempt % 2 {
                0 => open(&guesser, "wrong"),
                _ => post(&guesser, "wrong", "ann", "correct horse"),
            };
            assert_eq!(reply.status, 404, "attempt {attempt}");
        }
        let refused = open(&guesser, &token);
        refused.assert_page(429);
        assert!(refused.header("retry-after").is_some());
        let owner = app.anonymous().from("192.0.2.7");
        for _ in 0..25 {
            assert_eq!(open(&owner, &token).status, 200, "a good link takes nothing");
        }
        assert_eq!(post(&owner, &token, "ann", "correct horse").status, 303);
    });
}

#[test]
fn nothing_that_is_kept_or_shown_gives_the_link_away() {
    on_both(|app| {
        app.sql("DELETE FROM users");
        let now = app.clock.now().expect("a sane clock");
        let token = new_setup_link(&mut app.connection(), now).expect("a database");
        let token = token.expect("nobody administers it");
        assert_eq!(app.count("setup_links"), 1);
        assert_eq!(app.count(&format!("setup_links WHERE token_hash = '{}'", token.reveal())), 0);
        assert_eq!(format!("{token:?}"), "[redacted]");
        app.clock.advance(Duration::from_secs(24 * 60 * 60));
        let now = app.clock.now().expect("a sane clock");
        let purged = vestibule_service::accounts::queries::purge_links(&mut app.connection(), now);
        assert_eq!(purged.expect("a database"), 1);
    });
}

/// The token of the link in what the start has said.
fn printed(service: &Service) -> Option<&str> {
    let (_, rest) = service.banner.split_once("/setup?token=")?;
    rest.lines().next()
}

/// The status of the page that the link leads to.
fn opened(service: &Service, token: &str) -> u16 {
    let redirect = service.get(&format!("/setup?token={token}"), &[]);
    assert_eq!((redirect.status, redirect.location()), (303, "/setup"));
    let cookie = redirect.cookies()[0].split(';').next().unwrap_or_default().to_owned();
    service.get("/setup", &[("Cookie", &cookie)]).status
}

fn set_up(service: &Service, token: &str, username: &str) -> Reply {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("token={token}&username={username}&password=correct+horse");
    service.send("POST", "/setup", &form, &body)
}

#[test]
fn the_first_start_prints_the_link_and_logs_it_nowhere() {
    at_home(|home| {
        let service = home.serve_logging(&RELEASE, "log");
        let token = printed(&service).expect("a link").to_owned();
        assert!(service.banner.contains(&format!("http://{}/setup?token=", service.address)));
        assert!(service.banner.contains("vestibule user add NAME --role admin"));
        assert_eq!(opened(&service, &token), 200);
        assert_eq!(opened(&service, "wrong"), 404);
        service.stop();

        // Another start prints another link; until one is used, both are valid.
        let service = home.serve_logging(&RELEASE, "log");
        let second = printed(&service).expect("a link").to_owned();
        assert_ne!(second, token);
        assert_eq!(opened(&service, &second), 200);
        let made = set_up(&service, &token, "ann");
        assert_eq!((made.status, made.location()), (303, "/dashboard"), "{}", made.body);
        assert_eq!(set_up(&service, &second, "eve").status, 404);
        let access = service.api_login("ann", "correct horse").expect("the administrator");
        assert_eq!(service.get("/api/users", &[("Authorization", &access)]).json()["total"], 1);
        service.stop();

        let service = home.serve_logging(&RELEASE, "log");
        assert_eq!(printed(&service), None);
        assert!(!service.banner.contains("administrator"), "{}", service.banner);
        service.stop();
        let log = fs::read_to_string(home.path("log")).expect("a log");
        assert!(log.contains("GET /setup 200") && log.contains("POST /setup 303"), "{log}");
        assert!(!log.contains(&token) && !log.contains(&second), "{log}");
    });
}

#[test]
fn without_pages_the_start_prints_the_command_alone() {
    let home = Home::new();
    let token =
        [("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{mode=\"token\",password={cost=10}}")];
    let service = home.serve(&token);
    assert_eq!(printed(&service), None);
    assert!(service.banner.contains("vestibule user add NAME --role admin"), "{}", service.banner);
    assert_eq!(service.get("/setup?token=x", &[]).status, 404);
}

#[test]
fn where_there_are_sample_users_no_link_is_printed() {
    let service = Home::new().serve(&[]);
    assert_eq!(printed(&service), None);
    assert!(!service.banner.contains("--role admin"), "{}", service.banner);
}
