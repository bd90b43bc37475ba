//! A session opens nothing under `/api`, a token opens no page, and neither creates
//! the other.

use rocket::http::{ContentType, Header, Method};
use serde_json::json;

use crate::support::app::{TestApp, on_both};

/// Every mounted route under `/api`, with a number for what its path leaves open.
fn api_routes(app: &TestApp) -> Vec<(Method, String)> {
    let routes = app.client.rocket().routes();
    let api = routes.filter(|route| route.uri.path().starts_with("/api"));
    api.map(|route| {
        let whole = route.uri.path().split('/');
        let path: Vec<_> =
            whole.map(|part| if part.starts_with('<') { "1" } else { part }).collect();
        (route.method, path.join("/"))
    })
    .collect()
}

#[test]
fn a_session_opens_nothing_under_the_api() {
    on_both(|app| {
        let admin = app.session("admin");
        let routes = api_routes(&app);
        assert!(routes.len() >= 12, "all routes are looked at: {routes:?}");
        for (method, path) in routes {
            // The last one ends whichever credential is presented.
            let others = [
                "/api/login",
                "/api/login/second",
                "/api/register",
                "/api/logout",
                "/api/password/forgot",
                "/api/password/reset",
            ];
            let is_other = method == Method::Post && others.contains(&path.as_str());
            let is_public = ["/api/openapi.json", "/api/docs", "/api/docs.css"];
            if is_other || is_public.contains(&path.as_str()) {
                continue;
            }
            // A body with other fields than the refresh token is 422 there.
            let is_refresh = path == "/api/refresh";
            let body = if is_refresh { json!({}) } else { json!({ "active": false }) };
            let reply = admin.json(method, &path, &body);
            reply.assert_problem(401, "credentials_missing");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"vestibule\""));
            reply.assert_no_cookies();
        }
        assert_eq!(app.count("users WHERE active"), 3);
        assert_eq!(admin.get("/dashboard").status, 200, "the session stands as before");
    });
}

#[test]
fn the_ways_in_that_need_no_credential_neither_read_nor_touch_a_session() {
    on_both(|app| {
        let person = app.session("user_01");
        let body = json!({ "username": "user_02", "password": "5678" });
        let pair = person.post_json("/api/login", &body);
        assert_eq!(pair.status, 200);
        pair.assert_no_cookies();
        let body = json!({ "username": "ann", "password": "correct horse" });
        let made = person.post_json("/api/register", &body);
        assert_eq!(made.status, 201);
        made.assert_no_cookies();
        assert_eq!(person.get("/whoami").json()["username"], "user_01");
        assert_eq!(app.count("sign_ins WHERE kind = 'browser'"), 1);
    });
}

#[test]
fn other_spellings_of_the_api_open_nothing_either() {
    on_both(|app| {
        let person = app.session("admin");
        for path in ["//api/me", "/api//me", "/api/me/", "/%61pi/me", "/api/%6de", "/api/users?x"] {
            let reply = person.get(path);
            assert!([401, 404].contains(&reply.status), "{path}: {}", reply.status);
            reply.assert_no_cookies();
        }
    });
}

#[test]
fn a_form_that_carries_a_token_makes_no_session() {
    on_both(|app| {
        let program = app.token("user_01");
        let before = app.count("sign_ins");
        let good = program.token.clone().expect("a token");
        for token in [good.as_str(), "garbage"] {
            for path in ["/login", "/register"] {
                let fields = [("username", "user_02"), ("password", "5678")];
                let reply = program.with_token(token).post_form(path, &fields);
                reply.assert_problem(400, "ambiguous_credentials");
                reply.assert_no_cookies();
            }
        }
        assert_eq!(app.count("sign_ins"), before);
    });
}

#[test]
fn a_token_opens_no_page_and_is_not_sent_to_the_form() {
    on_both(|app| {
        let program = app.token("user_01");
        let reply = program.get("/dashboard");
        reply.assert_problem(401, "credentials_missing");
        let bad = program.with_token("garbage");
        for path in ["/dashboard", "/", "/login", "/register", "/whoami"] {
            let reply = bad.get(path);
            reply.assert_problem(401, "token_invalid");
            reply.assert_no_cookies();
        }
    });
}

#[test]
fn with_both_credentials_the_token_decides_and_the_session_is_left_alone() {
    on_both(|app| {
        let person = app.session("user_01");
        let both = person.with_token(app.token("user_02").token.as_deref().expect("a token"));
        let seen = "SELECT last_seen_at AS n FROM sign_ins WHERE kind = 'browser'";
        let before = app.number(seen);
        app.clock.advance(std::time::Duration::from_secs(300));
        let whoami = both.get("/whoami");
        assert_eq!(
            (&whoami.json()["username"], &whoami.json()["via"]),
            (&json!("user_02"), &json!("token"))
        );
        whoami.assert_no_cookies();
        both.with_token("garbage").get("/whoami").assert_problem(401, "token_invalid");
        let out = both.post("/logout");
        assert_eq!(out.status, 204, "the token is signed out");
        out.assert_no_cookies();
        assert_eq!(app.number(seen), before, "the session was not even touched");
        assert_eq!(person.get("/dashboard").status, 200);
    });
}

#[test]
fn a_dead_session_cookie_is_taken_back_but_not_on_a_token_request() {
    on_both(|app| {
        let person = app.session("user_01");
        let both = person.with_token(app.token("user_02").token.as_deref().expect("a token"));
        app.sql("DELETE FROM sign_ins WHERE kind = 'browser'");
        both.get("/whoami").assert_no_cookies();
        both.get("/api/me").assert_no_cookies();
        let reply = person.get("/dashboard");
        assert_eq!(reply.status, 303);
        let [cookie] = reply.cookies()[..] else { panic!("one cookie: {:?}", reply.cookies()) };
        assert!(cookie.starts_with("session=;") && cookie.contains("Max-Age=0"), "{cookie}");
    });
}

#[test]
fn another_scheme_is_not_ours_and_changes_nothing() {
    on_both(|app| {
        let person = app.session("user_01");
        let basic = person.get_with("/dashboard", "Authorization", "Basic dXNlcjpwYXNz");
        assert_eq!(basic.status, 200);
        let visitor = app.anonymous();
        let mut request = visitor.request(Method::Post, "/login").header(ContentType::Form);
        request.add_header(Header::new("Authorization", "Basic dXNlcjpwYXNz"));
        request.set_body("username=user_01&password=1234");
        assert_eq!(visitor.send(request).status, 303);
    });
}

#[test]
fn what_depends_on_who_asks_is_neither_stored_nor_mixed_up() {
    on_both(|app| {
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        for reply in [
            person.get("/dashboard"),
            person.get("/"),
            person.get("/whoami"),
            app.anonymous().get("/dashboard"),
            app.anonymous().get("/login"),
            program.get("/api/me"),
            program.get("/api/users"),
            app.anonymous().get("/api/me"),
        ] {
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            // Pages and problems are in the language that was asked for.
            let vary =
                reply.header("vary").map(|vary| vary.trim_start_matches("Accept-Language, "));
            assert_eq!(vary, Some("Authorization, Cookie"));
        }
    });
}
