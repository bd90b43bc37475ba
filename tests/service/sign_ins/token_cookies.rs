//! Tokens in cookies: a browser signs in over the API, and no script reads its tokens.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::http::{ContentType, Header, Method};
use serde_json::{Value, json};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{on_both, on_both_with, password};

const ACCESS: &str = "access_token_cookie";
const REFRESH: &str = "refresh_token_cookie";
const CSRF_ACCESS: &str = "csrf_access_token";
const CSRF_REFRESH: &str = "csrf_refresh_token";
const ALL: [&str; 4] = [ACCESS, CSRF_ACCESS, CSRF_REFRESH, REFRESH];

fn locations(all: &'static [&'static str]) -> impl Fn(Figment) -> Figment {
    move |figment| figment.merge(("auth.token.locations", all))
}

fn only_cookies(figment: Figment) -> Figment {
    locations(&["cookies"])(figment)
}

fn beside_header(figment: Figment) -> Figment {
    locations(&["header", "cookies"])(figment)
}

fn login(actor: &Actor<'_>, cookies: Option<bool>) -> Reply {
    let mut body = json!({ "username": "user_01", "password": password("user_01") });
    if let Some(cookies) = cookies {
        body["cookies"] = cookies.into();
    }
    actor.post_json("/api/login", &body)
}

/// The names of the cookies that a response sets, sorted.
fn names(reply: &Reply) -> Vec<&str> {
    let cookies = reply.cookies().into_iter();
    let mut names: Vec<_> = cookies.filter_map(|cookie| cookie.split('=').next()).collect();
    names.sort_unstable();
    names
}

/// The attributes of a cookie that a response sets.
fn attributes<'r>(reply: &'r Reply, name: &str) -> Vec<&'r str> {
    let start = format!("{name}=");
    let cookie = reply.cookies().into_iter().find(|cookie| cookie.starts_with(&start));
    cookie.expect("a cookie of this name").split("; ").skip(1).collect()
}

/// The same browser with another value of one cookie, or without it.
fn with<'a>(browser: &Actor<'a>, name: &str, value: Option<&str>) -> Actor<'a> {
    let other = browser.fresh();
    let mut jar = browser.jar.borrow().clone();
    jar.remove(name);
    jar.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    other.jar.replace(jar);
    other
}

fn cookie(browser: &Actor<'_>, name: &str) -> String {
    browser.jar.borrow()[name].clone()
}

#[test]
fn a_browser_signs_in_uses_the_api_and_signs_out_in_each_mode_with_tokens() {
    for mode in ["both", "token"] {
        let settings = |figment| only_cookies(figment).merge(("auth.mode", mode));
        on_both_with(settings, |app| {
            let browser = app.anonymous();
            let reply = login(&browser, None);
            assert_eq!((reply.status, reply.json()), (200, json!({ "expires_in": 900 })));
            assert_eq!(names(&reply), ALL);
            for name in ALL {
                assert!(!reply.body.contains(&cookie(&browser, name)), "{name}");
            }
            assert_eq!(browser.get("/api/me").json()["username"], "user_01");
            let changed = browser.patch_json("/api/me", &json!({ "full_name": "Ann" }));
            assert_eq!((changed.status, &changed.json()["full_name"]), (200, &json!("Ann")));
            changed.assert_no_cookies();
            let before = browser.credentials();
            let reply = browser.post("/api/logout");
            assert_eq!((reply.status, names(&reply)), (204, ALL.to_vec()));
            assert!(browser.jar.borrow().is_empty());
            browser.get("/api/me").assert_problem(401, "credentials_missing");
            let copy = before.at(&app.client);
            copy.get("/api/me").assert_problem(401, "token_revoked");
            copy.post("/api/refresh").assert_problem(401, "token_revoked");
            assert_eq!(app.count("sign_ins"), 0);
        });
    }
}

#[test]
fn deleting_the_own_account_removes_the_cookies_of_its_tokens_and_no_others() {
    on_both_with(beside_header, |app| {
        let body = json!({ "username": "user_01" });
        let browser = app.anonymous();
        assert_eq!(login(&browser, Some(true)).status, 200);
        let refused = browser.json(Method::Delete, "/api/me", &json!({ "username": "user_02" }));
        refused.assert_problem(422, "invalid_field");
        refused.assert_no_cookies();
        let deleted = browser.json(Method::Delete, "/api/me", &body);
        assert_eq!((deleted.status, names(&deleted)), (204, ALL.to_vec()), "{}", deleted.body);
        assert!(browser.jar.borrow().is_empty());
        browser.get("/api/me").assert_problem(401, "credentials_missing");
        // A token in the header has no cookies.
        let body = json!({ "username": "user_02" });
        let deleted = app.token("user_02").json(Method::Delete, "/api/me", &body);
        assert_eq!(deleted.status, 204);
        deleted.assert_no_cookies();
    });
}

#[test]
fn no_script_reads_a_token_and_no_page_of_the_service_gets_one() {
    on_both_with(only_cookies, |app| {
        let reply = login(&app.anonymous(), None);
        for name in [ACCESS, REFRESH] {
            assert_eq!(attributes(&reply, name), ["HttpOnly", "SameSite=Lax", "Path=/api"]);
        }
        for name in [CSRF_ACCESS, CSRF_REFRESH] {
            assert_eq!(attributes(&reply, name), ["SameSite=Lax", "Path=/"]);
        }
    });
}

#[test]
fn the_cookies_are_set_and_taken_back_as_configured() {
    let settings = |figment: Figment| {
        let cookies = json!({
            "access": "a", "refresh": "r", "csrf_access": "ca", "csrf_refresh": "cr",
            "access_path": "/", "refresh_path": "/api/refresh", "csrf_access_path": "/app",
            "domain": "example.com", "secure": true, "same_site": "none", "session": false,
            "csrf_header": "X-Value",
        });
        only_cookies(figment).merge(("auth.token.cookies", cookies))
    };
    on_both_with(settings, |app| {
        let browser = app.anonymous();
        let paths = [("a", "/"), ("ca", "/app"), ("cr", "/"), ("r", "/api/refresh")];
        let reply = login(&browser, None);
        assert_eq!(names(&reply), paths.map(|(name, _)| name));
        let value = cookie(&browser, "ca");
        for (name, path) in paths {
            let found = attributes(&reply, name);
            let (path, age) =
                (format!("Path={path}"), if name.ends_with('a') { 900 } else { 2_592_000 });
            let age = format!("Max-Age={age}");
            for attribute in ["SameSite=None", "Secure", &path, "Domain=example.com", &age] {
                assert!(found.contains(&attribute), "{name}: {attribute} in {found:?}");
            }
            assert_eq!(found.contains(&"HttpOnly"), name.len() == 1, "{name}");
        }
        let request = browser.request(Method::Post, "/api/logout");
        let reply = browser.send(request.header(Header::new("X-Value", value)));
        assert_eq!((reply.status, names(&reply)), (204, paths.map(|(name, _)| name).to_vec()));
        for (name, path) in paths {
            let found = attributes(&reply, name);
            for attribute in [format!("Path={path}").as_str(), "Domain=example.com", "Max-Age=0"] {
                assert!(found.contains(&attribute), "{name}: {attribute} in {found:?}");
            }
        }
    });
}

#[test]
fn what_changes_something_needs_the_csrf_value_of_its_token() {
    on_both_with(only_cookies, |app| {
        let browser = app.token_cookies("user_01");
        let without = with(&browser, CSRF_ACCESS, None);
        let wrong = with(&browser, CSRF_ACCESS, Some("wrong"));
        let of_refresh = with(&browser, CSRF_ACCESS, Some(&cookie(&browser, CSRF_REFRESH)));
        let name = json!({ "full_name": "Ann" });
        let confirm = json!({ "password": password("user_01") });
        let passwords = json!({ "current_password": "1234", "new_password": "new horse battery" });
        for (actor, code) in
            [(&without, "csrf_missing"), (&wrong, "csrf_mismatch"), (&of_refresh, "csrf_mismatch")]
        {
            for reply in [
                actor.patch_json("/api/me", &name),
                actor.post_json("/api/confirm", &confirm),
                actor.post_json("/api/password", &passwords),
                actor.delete("/api/sign-ins"),
            ] {
                reply.assert_problem(401, code);
                reply.assert_no_cookies();
            }
            assert_eq!(actor.get("/api/me").json()["full_name"], Value::Null);
        }
        for (value, code) in [(None, "csrf_missing"), (Some("wrong"), "csrf_mismatch")] {
            let actor = with(&browser, CSRF_REFRESH, value);
            actor.post("/api/refresh").assert_problem(401, code);
            let actor = with(&browser, CSRF_ACCESS, value);
            actor.post("/api/logout").assert_problem(401, code);
        }
        assert_eq!(browser.get("/api/me").status, 200, "nothing has ended");
        assert_eq!(browser.post("/api/refresh").status, 200, "nothing was used up");
    });
}

#[test]
fn refreshing_replaces_all_four_and_notices_a_copy() {
    on_both_with(only_cookies, |app| {
        let browser = app.token_cookies("user_01");
        let before = browser.credentials();
        app.clock.advance(Duration::from_secs(20 * 60));
        browser.get("/api/me").assert_problem(401, "token_expired");
        let reply = browser.post("/api/refresh");
        assert_eq!((reply.status, reply.json()), (200, json!({ "expires_in": 900 })));
        assert_eq!(names(&reply), ALL);
        assert_eq!(browser.get("/api/me").status, 200);
        app.clock.advance(Duration::from_secs(6 * 60));
        before.at(&app.client).post("/api/refresh").assert_problem(401, "token_revoked");
        browser.get("/api/me").assert_problem(401, "token_revoked");
    });
}

#[test]
fn each_of_several_refreshes_gets_the_csrf_value_of_the_others() {
    on_both_with(only_cookies, |app| {
        let browser = app.token_cookies("user_01");
        let (first, second) = (browser.at(&app.client), browser.at(&app.client));
        let signed_in = cookie(&browser, CSRF_ACCESS);
        for copy in [&first, &second] {
            assert_eq!(copy.post("/api/refresh").status, 200);
        }
        assert_ne!(cookie(&first, ACCESS), cookie(&second, ACCESS));
        assert_eq!(cookie(&first, CSRF_ACCESS), cookie(&second, CSRF_ACCESS));
        assert_ne!(cookie(&first, CSRF_ACCESS), signed_in);
        assert_ne!(cookie(&first, CSRF_ACCESS), cookie(&first, CSRF_REFRESH));
    });
}

#[test]
fn the_password_proven_again_replaces_the_access_cookie_alone() {
    on_both_with(only_cookies, |app| {
        let browser = app.token_cookies("user_01");
        assert_eq!(browser.post("/api/refresh").status, 200);
        let refresh = cookie(&browser, REFRESH);
        let passwords = json!({ "current_password": "1234", "new_password": "new horse battery" });
        let change = || browser.post_json("/api/password", &passwords);
        app.clock.advance(Duration::from_secs(700));
        change().assert_problem(401, "fresh_login_required");
        let reply = browser.post_json("/api/confirm", &json!({ "password": "1234" }));
        assert_eq!((reply.status, reply.json()), (200, json!({ "expires_in": 900 })));
        assert_eq!(names(&reply), [ACCESS, CSRF_ACCESS]);
        let changed = change();
        assert_eq!(changed.status, 204, "{}", changed.body);
        changed.assert_no_cookies();
        assert_eq!(cookie(&browser, REFRESH), refresh);
        assert_eq!(browser.post("/api/refresh").status, 200, "the refresh token stays good");
    });
}

#[test]
fn a_refresh_cookie_signs_out_after_the_access_token_has_expired() {
    on_both_with(only_cookies, |app| {
        let browser = app.token_cookies("user_01");
        app.clock.advance(Duration::from_secs(20 * 60));
        let expired = browser.post("/api/logout");
        expired.assert_problem(401, "token_expired");
        expired.assert_no_cookies();
        let by_refresh = with(&browser, CSRF_ACCESS, Some(&cookie(&browser, CSRF_REFRESH)));
        let reply = by_refresh.post("/api/logout?all=true");
        assert_eq!((reply.status, names(&reply)), (204, ALL.to_vec()));
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn the_cookies_of_an_ended_sign_in_are_taken_back_when_it_signs_out_or_refreshes() {
    on_both_with(beside_header, |app| {
        for path in ["/api/logout", "/api/refresh"] {
            let (browser, program) = (app.token_cookies("user_01"), app.token("user_01"));
            assert_eq!(program.delete("/api/sign-ins").status, 204);
            app.clock.advance(Duration::from_secs(1));
            let read = browser.get("/api/me");
            read.assert_problem(401, "token_revoked");
            read.assert_no_cookies();
            let reply = browser.post(path);
            reply.assert_problem(401, "token_revoked");
            assert_eq!(names(&reply), ALL.to_vec(), "{path}");
            assert_eq!(program.post("/api/logout").status, 204);
            let again = program.post(path);
            assert_eq!(again.status, 401, "{path}");
            again.assert_no_cookies();
        }
    });
}

#[test]
fn a_refused_login_sets_no_cookie_and_a_stale_one_does_not_stand_in_its_way() {
    on_both_with(only_cookies, |app| {
        let browser = app.anonymous();
        let wrong = json!({ "username": "user_01", "password": "wrong" });
        let refused = browser.post_json("/api/login", &wrong);
        refused.assert_problem(401, "bad_credentials");
        refused.assert_no_cookies();
        for (name, value) in [(ACCESS, "nonsense"), (REFRESH, "a.b.c"), (CSRF_ACCESS, "x")] {
            browser.jar.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        browser.get("/api/me").assert_problem(401, "token_invalid");
        assert_eq!(names(&login(&browser, None)), ALL);
        assert_eq!(browser.get("/api/me").status, 200);
    });
}

#[test]
fn beside_the_header_a_program_gets_its_tokens_and_a_browser_asks_for_cookies() {
    on_both_with(beside_header, |app| {
        for asked in [None, Some(false)] {
            let program = app.anonymous();
            let reply = login(&program, asked);
            reply.assert_no_cookies();
            let token = reply.json()["access_token"].as_str().expect("a token").to_owned();
            assert_eq!(program.with_token(&token).get("/api/me").status, 200);
        }
        let mut program = app.token("user_01");
        for reply in [
            program.post_json("/api/confirm", &json!({ "password": "1234" })),
            program.refresh(),
            program.post("/api/logout"),
        ] {
            assert!([200, 204].contains(&reply.status), "{}", reply.body);
            reply.assert_no_cookies();
        }
        let browser = app.token_cookies("user_01");
        let confirm = json!({ "password": "1234" });
        let replies = [browser.post_json("/api/confirm", &confirm), browser.post("/api/refresh")];
        for reply in replies {
            assert_eq!((reply.status, reply.json()), (200, json!({ "expires_in": 900 })));
        }
        // What a browser presents is one credential, or none.
        let both = browser.with_token(&cookie(&browser, ACCESS));
        both.get("/api/me").assert_problem(400, "ambiguous_credentials");
        assert_eq!(names(&browser.post("/api/logout")), ALL);
    });
}

#[test]
fn a_login_that_asks_for_what_is_not_configured_is_told_so_and_signs_nothing_in() {
    let refused = |settings: &[&'static str], asked: bool, sentence: &str| {
        let settings = settings.to_vec().leak();
        on_both_with(locations(settings), |app| {
            let reply = login(&app.anonymous(), Some(asked));
            reply.assert_problem(422, "invalid_field");
            assert_eq!(reply.json()["fields"], json!({ "cookies": sentence }));
            reply.assert_no_cookies();
            assert_eq!(app.count("sign_ins"), 0);
        });
    };
    refused(&["header"], true, "This service takes no tokens from cookies.");
    refused(&["cookies"], false, "This service takes tokens from cookies only.");
    on_both(|app| assert_eq!(login(&app.anonymous(), Some(false)).status, 200));
}

#[test]
fn a_refresh_token_in_the_body_never_gets_one_that_opens_nothing() {
    on_both_with(only_cookies, |app| {
        let browser = app.token_cookies("user_01");
        let body = json!({ "refresh_token": cookie(&browser, REFRESH) });
        let other = app.anonymous();
        let reply = other.post_json("/api/refresh", &body);
        assert_eq!((reply.status, reply.json()), (200, json!({ "expires_in": 900 })));
        assert_eq!(names(&reply), ALL);
        assert_eq!(other.get("/api/me").status, 200);
    });
}

#[test]
fn a_token_in_a_cookie_touches_no_session_and_a_session_no_token() {
    on_both_with(only_cookies, |app| {
        let browser = app.session("user_02");
        let session = cookie(&browser, "session");
        let reply = login(&browser, None);
        assert_eq!(names(&reply), ALL, "the session's cookie is left alone");
        let out = browser.post("/api/logout");
        assert_eq!((out.status, names(&out)), (204, ALL.to_vec()));
        assert_eq!(cookie(&browser, "session"), session);
        assert_eq!(browser.get("/whoami").json()["username"], "user_02");
    });
}

#[test]
fn a_form_of_another_page_signs_no_browser_in() {
    on_both_with(only_cookies, |app| {
        let text = r#"{"username":"user_01","password":"1234"}"#;
        for kind in [ContentType::Form, ContentType::Plain, ContentType::FormData] {
            let browser = app.anonymous();
            let request = browser.request(Method::Post, "/api/login").header(kind).body(text);
            let reply = browser.send(request);
            reply.assert_problem(415, "unsupported_media_type");
            reply.assert_no_cookies();
        }
    });
}

#[test]
fn signing_out_by_the_page_takes_the_cookies_of_tokens_back() {
    let everywhere = |figment| {
        beside_header(figment)
            .merge(("auth.token.cookies.access_path", "/"))
            .merge(("auth.token.cookies.refresh_path", "/"))
    };
    on_both_with(everywhere, |app| {
        let browser = app.token_cookies("user_01");
        let reply = browser.post("/logout");
        assert_eq!((reply.status, names(&reply)), (204, ALL.to_vec()));
        assert!(browser.jar.borrow().is_empty(), "{:?}", browser.jar);
        // Of a token in the header there is no cookie to take back.
        let reply = app.token("user_01").post("/logout");
        assert_eq!((reply.status, names(&reply)), (204, vec![]));
    });
}

#[test]
fn the_csrf_value_is_in_no_body() {
    on_both_with(beside_header, |app| {
        let browser = app.token_cookies("user_01");
        let claims = browser.get("/api/claims");
        assert_eq!(claims.json()["type"], "access");
        assert!(!claims.body.contains(&cookie(&browser, CSRF_ACCESS)), "{}", claims.body);
    });
}

#[test]
fn a_login_over_plain_http_whose_cookies_a_browser_would_drop_signs_no_user_in() {
    let login_from = |browser: &Actor<'_>, origin: &'static str| {
        let body = json!({ "username": "user_01", "password": "1234" });
        let request = browser.request(Method::Post, "/api/login").header(ContentType::JSON);
        browser.send(request.header(Header::new("Origin", origin)).body(body.to_string()))
    };
    let secure = |on| move |figment| only_cookies(figment).merge(("auth.session.secure", on));
    on_both_with(secure(true), |app| {
        let reply = login_from(&app.anonymous(), "http://id.example");
        reply.assert_problem(400, "insecure_connection");
        reply.assert_no_cookies();
        assert_eq!(app.count("sign_ins"), 0);
        for origin in ["https://id.example", "http://localhost:8000"] {
            assert_eq!(login_from(&app.anonymous(), origin).status, 200, "{origin}");
        }
    });
    on_both_with(secure(false), |app| {
        assert_eq!(login_from(&app.anonymous(), "http://id.example").status, 200);
    });
}
