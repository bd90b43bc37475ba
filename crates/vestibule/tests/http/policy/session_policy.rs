//! The session policy: a token decides, and no cookie is set on the response to it.

use rocket::http::Method;

use crate::guards::every_credential::GuardMatrix;
use crate::support::app::{App, Call, Setup};
use crate::support::cookie_setters::{SET_COOKIES, paths};
use crate::support::users::{ALICE, BOB};

fn with<'c>(call: Call<'c>, values: &[String]) -> Call<'c> {
    values.iter().fold(call, |call, value| call.header("Authorization", value))
}

#[test]
fn no_cookie_leaves_on_the_answer_to_any_token_request() {
    let matrix = GuardMatrix::new(App::new());
    for (path, status) in paths() {
        for (name, values) in matrix.token_requests() {
            for set_cookies in [false, true] {
                let call = with(matrix.app.get(&path), values);
                let reply = if set_cookies { call.header(SET_COOKIES, "1") } else { call }.send();
                let case = format!("{path} with {name}, sneaking: {set_cookies}");
                assert_eq!(reply.status, status, "{case}");
                assert_eq!(reply.cookies(), [""; 0], "{case}");
            }
        }
    }
}

#[test]
fn the_same_routes_let_cookies_out_without_a_token() {
    let matrix = GuardMatrix::new(App::new());
    for (path, status) in paths() {
        for (name, values) in matrix.credentials() {
            if !["nothing", "other scheme"].contains(&name) {
                continue;
            }
            let reply = with(matrix.app.get(&path), values).header(SET_COOKIES, "1").send();
            assert_eq!(reply.status, status, "{path} with {name}");
            assert!(reply.cookies().len() > 3, "{path} with {name}: {:?}", reply.cookies());
        }
    }
}

#[test]
fn a_handlers_own_cookie_leaves_without_a_token() {
    let app = App::new();
    for (path, _) in paths() {
        let through_catchers = ["caught", "panic", "nowhere"].iter().any(|way| path.contains(way));
        let cookies = app.get(&path).send().cookies().len();
        assert_eq!(cookies > 0, !through_catchers, "{path}: {cookies} cookies");
    }
}

#[test]
fn no_cookie_leaves_on_a_missing_path_or_method_with_a_token() {
    let matrix = GuardMatrix::new(App::new());
    for (name, values) in matrix.token_requests() {
        for (method, path, status) in [
            (Method::Get, "/nowhere", 404),
            (Method::Put, "/cookies/plain/200", 404),
            (Method::Delete, "/", 404),
            (Method::Get, "/cookies/plain/not-a-number", 422),
            (Method::Options, "/current", 404),
        ] {
            let call = with(matrix.app.call(method, path), values).header(SET_COOKIES, "1");
            let reply = call.cookie("session=garbled").send();
            assert_eq!(
                (reply.status, reply.cookies()),
                (status, vec![]),
                "{method} {path}: {name}"
            );
        }
    }
}

#[test]
fn no_cookie_leaves_on_head_and_post_with_a_token() {
    let matrix = GuardMatrix::new(App::new());
    for (name, values) in matrix.token_requests() {
        for method in [Method::Head, Method::Post] {
            let call = matrix.app.call(method, "/cookies/guard/200").header(SET_COOKIES, "1");
            let reply = with(call, values).send();
            assert_eq!((reply.status, reply.cookies()), (200, vec![]), "{method} with {name}");
        }
    }
}

#[test]
fn every_route_of_the_library_keeps_the_session_out_of_a_token_request() {
    let matrix = GuardMatrix::new(App::new());
    let session = matrix.app.browser(BOB);
    for (name, values) in matrix.token_requests() {
        for (method, path) in [
            (Method::Post, "/login/1"),
            (Method::Post, "/logout"),
            (Method::Post, "/confirm"),
            (Method::Post, "/renew"),
            (Method::Post, "/change"),
            (Method::Get, "/session"),
            (Method::Get, "/maybe-session"),
        ] {
            let before = matrix.app.store.len();
            let call = with(matrix.app.call(method, path), values).cookie(&session);
            let reply = call.header(SET_COOKIES, "1").send();
            let case = format!("{method} {path} with {name}");
            assert_eq!(reply.cookies(), [""; 0], "{case}");
            assert!(!reply.body.contains("by session"), "{case}: {}", reply.body);
            assert_eq!(matrix.app.store.len(), before, "{case}");
        }
    }
    assert_eq!(matrix.app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_good_token_beats_a_good_session() {
    let app = App::new();
    let (session, access) = (app.browser(BOB), app.tokens(ALICE).access);
    let reply = app.get("/current").cookie(&session).bearer(&access).send();
    assert_eq!(reply.body, "1 by token");
}

#[test]
fn a_bad_token_never_falls_back_to_a_good_session() {
    let matrix = GuardMatrix::new(App::new());
    let session = matrix.app.browser(ALICE);
    for (name, values) in matrix.token_requests().filter(|(name, _)| *name != "good") {
        for path in ["/current", "/session", "/maybe", "/maybe-session", "/admin", "/fresh"] {
            let reply = with(matrix.app.get(path), values).cookie(&session).send();
            assert!(matches!(reply.status, 400 | 401), "{path} with {name}: {}", reply.status);
        }
    }
}

#[test]
fn a_bad_token_never_reaches_a_store() {
    let matrix = GuardMatrix::new(App::new());
    let session = matrix.app.browser(ALICE);
    let before = (matrix.app.store.calls(), matrix.app.users.calls());
    for (_, values) in matrix.token_requests().filter(|(name, _)| *name != "good") {
        for path in ["/current", "/session", "/maybe-session", "/token", "/fresh"] {
            with(matrix.app.get(path), values).cookie(&session).send();
        }
    }
    assert_eq!((matrix.app.store.calls(), matrix.app.users.calls()), before);
}

#[test]
fn a_token_request_does_not_extend_the_session_it_carries() {
    let app = App::new();
    let session = app.browser(BOB);
    let seen = app.store.only().last_seen_at;
    app.advance(3600);
    app.get("/current").cookie(&session).bearer("no.good.token").send();
    assert_eq!(app.store.only().last_seen_at, seen);
}

#[test]
fn a_token_request_does_not_take_a_garbled_session_back() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for token in [access.as_str(), "a.b.c"] {
        let reply = app.get("/current").cookie("session=garbled").bearer(token).send();
        assert_eq!(reply.cookies(), [""; 0], "{token}");
    }
}

#[test]
fn another_scheme_changes_nothing_about_a_session() {
    let app = App::new();
    let session = app.browser(BOB);
    for value in ["Basic YTpi", "Digest x", "Bearerish abc", "", "Negotiate"] {
        let reply = app.get("/current").cookie(&session).header("Authorization", value).send();
        assert_eq!(reply.body, "2 by session", "{value:?}");
    }
}

#[test]
fn two_headers_are_ambiguous_as_soon_as_one_is_ours() {
    let app = App::new();
    let good = format!("Bearer {}", app.tokens(ALICE).access);
    for (one, two) in
        [("Basic YTpi", good.as_str()), (good.as_str(), "Basic YTpi"), ("Bearer", &good)]
    {
        let call = app.get("/current").header("Authorization", one);
        let reply = call.header("Authorization", two).send();
        assert_eq!(reply.code(), "ambiguous_credentials", "{one} and {two}");
    }
}

#[test]
fn the_policy_always_lets_cookies_out_on_token_requests_too() {
    let app = Setup::new().set("auth.policy", "always").launch();
    let access = app.tokens(ALICE).access;
    let reply = app.get("/cookies/plain/200").bearer(&access).send();
    assert!(reply.cookies().iter().any(|cookie| cookie.starts_with("plain=1")));
}

#[test]
fn the_policy_always_still_does_not_read_the_session_of_a_token_request() {
    let app = Setup::new().set("auth.policy", "always").launch();
    let session = app.browser(BOB);
    assert_eq!(app.get("/current").cookie(&session).bearer("a.b.c").send().status, 401);
}

#[test]
fn in_mode_token_no_cookie_ever_leaves() {
    for policy in ["unless-token", "never"] {
        let app = Setup::new().set("auth.mode", "token").set("auth.policy", policy).launch();
        for (path, status) in paths() {
            let reply = app.get(&path).header(SET_COOKIES, "1").cookie("session=garbled").send();
            assert_eq!((reply.status, reply.cookies()), (status, vec![]), "{policy}: {path}");
        }
    }
}

#[test]
fn in_mode_token_no_session_is_read_or_started() {
    let session = App::new().browser(ALICE);
    let app = Setup::new().set("auth.mode", "token").launch();
    for path in ["/current", "/session"] {
        assert_eq!(app.get(path).cookie(&session).send().code(), "credentials_missing", "{path}");
    }
    assert_eq!(app.post("/login/1").send().code(), "not_found");
}

#[test]
fn in_mode_session_an_authorization_header_is_not_looked_at() {
    let app = Setup::new().set("auth.mode", "session").launch();
    let session = app.browser(BOB);
    for value in ["Bearer a.b.c", "Bearer", "Bearer one two"] {
        let call = app.get("/current").cookie(&session).header("Authorization", value);
        let reply = call.header("Authorization", value).send();
        assert_eq!(reply.body, "2 by session", "{value}");
    }
}

#[test]
fn in_mode_session_cookies_leave_whatever_the_header_says() {
    let app = Setup::new().set("auth.mode", "session").launch();
    let reply = app.get("/cookies/plain/200").bearer("a.b.c").send();
    assert_eq!(reply.cookies().len(), 1);
}

#[test]
fn in_mode_session_there_is_no_token_and_no_challenge() {
    let app = Setup::new().set("auth.mode", "session").launch();
    assert_eq!(app.post("/api/login/1").send().code(), "not_found");
    let reply = app.get("/token").bearer("a.b.c").send();
    assert_eq!(
        (reply.code().as_str(), reply.one("WWW-Authenticate")),
        ("credentials_missing", None)
    );
}

#[test]
fn in_mode_session_no_token_secret_is_needed() {
    let set = |key, value| Setup::new().set("auth.mode", "session").set(key, value);
    for setup in [set("auth.token.secret", "short"), set("auth.token.algorithm", "RS256")] {
        let app = setup.launch();
        assert_eq!(app.get("/session").cookie(&app.browser(ALICE)).send().status, 200);
    }
}

#[test]
fn signing_in_over_the_api_never_makes_a_session() {
    let app = App::new();
    let reply = app.post("/api/login/1").header(SET_COOKIES, "0").send();
    assert_eq!((reply.status, reply.session_cookie()), (200, None));
}
