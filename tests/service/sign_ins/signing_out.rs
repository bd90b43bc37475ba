//! Signing out: each of the two routes ends whichever credential was presented.

use rocket::http::{Header, Method};
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

const ROUTES: [&str; 2] = ["/logout", "/api/logout"];

/// The same actor with the other's cookies.
fn beside<'a>(program: &Actor<'a>, browser: &Actor<'_>) -> Actor<'a> {
    let both = program.with_token(program.token.as_deref().expect("a token"));
    both.jar.replace(browser.jar.borrow().clone());
    both
}

fn from_another_site(actor: &Actor<'_>, path: &str) -> Reply {
    let request = actor.request(Method::Post, path);
    actor.send(request.header(Header::new("Sec-Fetch-Site", "cross-site")))
}

fn sign_ins(app: &TestApp) -> i64 {
    app.count("sign_ins")
}

#[test]
fn each_route_ends_a_session_and_removes_its_cookies() {
    on_both(|app| {
        for (path, status) in [("/logout", 303), ("/api/logout", 204)] {
            let browser = app.session("user_01");
            let copy = browser.credentials();
            assert_eq!(browser.post(path).status, status);
            assert!(!browser.jar.borrow().contains_key("session"), "{path}");
            assert_eq!(copy.at(&app.client).get("/whoami").status, 401, "{path}");
        }
        assert_eq!(sign_ins(&app), 0);
    });
}

#[test]
fn each_route_ends_a_token_a_refresh_token_and_a_key_without_a_cookie() {
    on_both(|app| {
        for path in ROUTES {
            let owner = app.token("user_01");
            let key = owner.post_json("/api/keys", &json!({ "label": "a", "scopes": [] })).json();
            let (one, other) = (app.token("user_01"), app.token("user_01"));
            for token in [
                one.token.as_deref().expect("a token"),
                other.refresh_token.as_deref().expect("a token"),
                key["key"].as_str().expect("a key"),
            ] {
                let program = app.anonymous().with_token(token);
                let reply = program.post(path);
                assert_eq!((reply.status, reply.body.as_str()), (204, ""), "{path}");
                reply.assert_no_cookies();
                assert_eq!(program.post(path).code(), "token_revoked", "{path}");
            }
            other.get("/api/me").assert_problem(401, "token_revoked");
            assert_eq!(owner.get("/api/me").status, 200);
        }
    });
}

#[test]
fn a_token_decides_and_the_session_beside_it_stays() {
    on_both(|app| {
        for path in ROUTES {
            let (browser, program) = (app.session("user_02"), app.token("user_01"));
            let both = beside(&program, &browser);
            let reply = both.post(path);
            assert_eq!(reply.status, 204, "{path}");
            reply.assert_no_cookies();
            assert_eq!(browser.get("/dashboard").status, 200, "{path}");
            program.get("/api/me").assert_problem(401, "token_revoked");
            // A bad token does not fall back to the session either.
            assert_eq!(both.post(path).code(), "token_revoked");
            assert_eq!(browser.get("/dashboard").status, 200, "{path}");
        }
    });
}

#[test]
fn all_sign_ins_end_with_any_of_them() {
    on_both(|app| {
        for path in ROUTES {
            let path = format!("{path}?all=true");
            let (browser, program) = (app.session("user_01"), app.token("user_01"));
            let stranger = app.token("user_02");
            let status = if path.starts_with("/api") { 204 } else { 303 };
            assert_eq!(browser.post(&path).status, status);
            assert!(!browser.jar.borrow().contains_key("session"), "{path}");
            program.get("/api/me").assert_problem(401, "token_revoked");

            let (browser, program) = (app.session("user_01"), app.token("user_01"));
            assert_eq!(program.post(&path).status, 204);
            assert_eq!(browser.get("/dashboard").status, 303);
            assert_eq!(stranger.get("/api/me").status, 200);
        }
    });
}

#[test]
fn without_a_session_nothing_is_said_of_the_other_sign_ins() {
    on_both(|app| {
        let (ended, other) = (app.session("user_01"), app.session("user_01"));
        assert_eq!(ended.at(&app.client).post("/logout").status, 303);
        for browser in [ended, app.anonymous()] {
            assert_eq!(browser.post("/logout?all=true").location(), "/");
            let page = browser.get("/").body;
            assert!(page.contains("You are signed out."), "{page}");
            assert!(!page.contains("everywhere"), "{page}");
        }
        assert_eq!(other.get("/dashboard").status, 200);
    });
}

#[test]
fn another_site_signs_no_session_out() {
    on_both(|app| {
        for path in ["/logout", "/logout?all=true", "/api/logout", "/api/logout?all=true"] {
            let browser = app.session("user_01");
            let refused = from_another_site(&browser, path);
            assert_eq!(refused.status, 403, "{path}");
            assert_eq!(browser.get("/dashboard").status, 200, "{path}");
        }
        // A token is sent by no browser on its own.
        assert_eq!(from_another_site(&app.token("user_01"), "/api/logout").status, 204);
    });
}

#[test]
fn a_flag_that_is_neither_yes_nor_no_ends_nothing() {
    on_both(|app| {
        let (browser, program) = (app.session("user_01"), app.token("user_01"));
        for query in ["all=", "all=yes", "all=1", "all=true&all=false", "all=false&all=true"] {
            assert_eq!(browser.post(&format!("/logout?{query}")).status, 422, "{query}");
            let refused = program.post(&format!("/api/logout?{query}"));
            refused.assert_problem(422, "invalid_field");
        }
        assert_eq!(browser.post("/logout?al=true").status, 422);
        program.post("/api/logout?al=true").assert_problem(422, "invalid_field");
        assert_eq!(sign_ins(&app), 2);
        assert_eq!(browser.get("/dashboard").status, 200);
    });
}

#[test]
fn each_mode_signs_out_what_it_has() {
    let mode = |mode: &'static str| {
        move |figment: rocket::figment::Figment| figment.merge(("auth.mode", mode))
    };
    on_both_with(mode("token"), |app| {
        assert_eq!(app.token("user_01").post("/api/logout").status, 204);
        app.anonymous().post("/api/logout").assert_problem(401, "credentials_missing");
        assert_eq!(app.token("user_01").post("/logout").status, 404);
    });
    on_both_with(mode("session"), |app| {
        let browser = app.session("user_01");
        // The header means nothing there.
        let with_header = browser.request(Method::Post, "/logout");
        let reply = browser.send(with_header.header(Header::new("Authorization", "Bearer x.y.z")));
        assert_eq!(reply.status, 303);
        assert_eq!(sign_ins(&app), 0);
    });
}
