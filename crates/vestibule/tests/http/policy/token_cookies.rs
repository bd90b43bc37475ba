//! The session policy where tokens travel in cookies: four cookies may leave, and no other.

use vestibule::config::Config;

use crate::support::app::{App, Call, Reply, Setup};
use crate::support::cookie_setters::{SET_COOKIES, paths};
use crate::support::token_locations::{
    ACCESS, CSRF_ACCESS, CSRF_REFRESH, Jar, NAMES, REFRESH, names, with,
};
use crate::support::users::{ALICE, BOB};

/// Everything in the application tries to set a cookie on the way.
fn with_cookie_setters(call: Call<'_>) -> Reply {
    call.header(SET_COOKIES, "1").send()
}

#[test]
fn the_only_cookies_on_the_answer_to_a_token_request_are_the_four() {
    for app in [
        with(&["cookies"]).launch(),
        with(&["header", "cookies", "query", "json"]).launch(),
        with(&["cookies"]).set("auth.mode", "token").launch(),
    ] {
        let jar = Jar::signed_in(&app, ALICE);
        let reply =
            with_cookie_setters(app.post("/places/refresh").jar(&jar).csrf(jar.get(CSRF_REFRESH)));
        assert_eq!((reply.status, names(&reply)), (200, NAMES.to_vec()));
        let reply = with_cookie_setters(app.get("/places/planted").jar(&jar));
        assert_eq!(names(&reply), NAMES);
        for (path, status) in paths() {
            let reply = with_cookie_setters(app.get(&path).jar(&jar));
            assert_eq!((reply.status, reply.cookies()), (status, vec![]), "{path}");
        }
    }
}

#[test]
fn a_bad_token_in_a_cookie_gets_no_other_cookie_either() {
    let app = with(&["cookies"]).launch();
    let good = Jar::signed_in(&app, ALICE);
    let only = |name: &str, value: &str| Jar::default().with(name, value);
    for jar in [
        only(ACCESS, "bad"),
        only(REFRESH, "bad"),
        only(REFRESH, good.get(REFRESH)),
        only(ACCESS, good.get(REFRESH)),
    ] {
        for (path, status) in paths() {
            let reply = with_cookie_setters(app.get(&path).jar(&jar));
            assert_eq!((reply.status, reply.cookies()), (status, vec![]), "{path} with {jar:?}");
        }
    }
    let doubled = format!("{0}=a; {0}=b", ACCESS);
    assert_eq!(
        with_cookie_setters(app.get("/cookies/plain/200").cookie(&doubled)).cookies(),
        [""; 0]
    );
}

#[test]
fn where_tokens_do_not_travel_in_cookies_none_leaves_by_their_names() {
    for locations in [&["header"][..], &["header", "query", "json"]] {
        let app = with(locations).launch();
        let access = app.tokens(ALICE).access;
        for token in [access.as_str(), "a.b.c"] {
            let reply = with_cookie_setters(app.get("/places/planted").bearer(token));
            assert_eq!((reply.status, reply.cookies()), (200, vec![]), "{locations:?}");
            let reply = with_cookie_setters(app.post("/places/forget").bearer(token));
            assert_eq!((reply.status, reply.cookies()), (200, vec![]), "{locations:?}");
        }
    }
}

#[test]
fn without_a_token_an_application_sets_what_it_likes() {
    for locations in [&["header"][..], &["cookies"]] {
        let reply = with(locations).launch().get("/places/planted").send();
        assert_eq!(reply.cookies().len(), 7, "{locations:?}");
    }
}

#[test]
fn in_mode_token_the_first_pair_comes_in_cookies_and_nothing_else_does() {
    let app = with(&["cookies"]).set("auth.mode", "token").launch();
    let reply = with_cookie_setters(app.post("/places/login/1"));
    assert_eq!((reply.status, names(&reply)), (200, NAMES.to_vec()));
    for (path, status) in paths() {
        let reply = with_cookie_setters(app.get(&path));
        assert_eq!((reply.status, reply.cookies()), (status, vec![]), "{path}");
    }
}

#[test]
fn a_name_that_only_looks_like_ours_does_not_leave() {
    let app = with(&["cookies"])
        .set("auth.token.cookies.access", "plain2")
        .set("auth.token.cookies.refresh", "Plain")
        .set("auth.token.cookies.csrf_access", "raw1")
        .launch();
    let jar = Jar::default().with("plain2", "bad");
    for kind in ["plain", "raw", "private", "flash", "guard"] {
        let reply = app.get(&format!("/cookies/{kind}/200")).jar(&jar).send();
        assert_eq!((reply.status, reply.cookies()), (200, vec![]), "{kind}");
    }
}

#[test]
fn a_cookie_without_a_name_is_not_ours_whatever_its_value() {
    let app = with(&["cookies"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(app.get("/places/nameless").send().cookies(), [ACCESS]);
    assert_eq!(app.get("/places/nameless").jar(&jar).send().cookies(), [""; 0]);
}

#[test]
fn a_token_in_a_cookie_decides_and_the_session_is_left_alone() {
    let app = with(&["cookies"]).launch();
    let session = app.browser(BOB);
    let seen = app.store.only().last_seen_at;
    let jar = Jar::signed_in(&app, ALICE);
    app.advance(600);
    let both = format!("{}; {session}", jar.header());
    assert_eq!(app.get("/current").cookie(&both).send().body, "1 by token");
    assert_eq!(app.get("/session").cookie(&both).send().code(), "credentials_missing");
    let bad = format!("access_token_cookie=bad; {session}");
    for path in ["/current", "/session", "/maybe", "/maybe-session"] {
        let reply = app.get(path).cookie(&bad).send();
        assert_eq!((reply.code().as_str(), reply.cookies()), ("token_invalid", vec![]), "{path}");
    }
    let row = app.store.all_of("2").pop().expect("Bob's session");
    assert_eq!(row.last_seen_at, seen);
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn no_session_is_started_or_ended_beside_a_token_in_a_cookie() {
    let app = with(&["cookies"]).launch();
    let session = app.browser(BOB);
    let jar = Jar::signed_in(&app, ALICE);
    let both = format!("{}; {session}", jar.header());
    for (path, csrf) in
        [("/login/1", ""), ("/login/1", jar.get(CSRF_ACCESS)), ("/logout", jar.get(CSRF_ACCESS))]
    {
        let before = app.store.len();
        let reply = app.post(path).cookie(&both).csrf(csrf).send();
        assert_eq!((reply.status, reply.code().as_str()), (400, "ambiguous_credentials"), "{path}");
        assert_eq!((reply.cookies(), app.store.len()), (vec![], before), "{path}");
    }
}

#[test]
fn the_policy_always_lets_every_cookie_out() {
    let app = with(&["cookies"]).set("auth.policy", "always").launch();
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(app.get("/places/planted").jar(&jar).send().cookies().len(), 7);
    // The user is decided as before.
    let bad = format!("access_token_cookie=bad; {}", app.browser(BOB));
    assert_eq!(app.get("/current").cookie(&bad).send().code(), "token_invalid");
}

#[test]
fn the_policy_never_does_not_go_with_tokens_in_cookies() {
    let setup = with(&["header", "cookies"]).set("auth.mode", "token").set("auth.policy", "never");
    let errors = Config::from_figment(&setup.figment).expect_err("a fault");
    assert!(errors[0].to_string().contains("tokens in cookies"), "{errors:?}");
    let app = Setup::new().set("auth.mode", "token").set("auth.policy", "never").launch();
    assert_eq!(with_cookie_setters(app.get("/places/planted")).cookies(), [""; 0]);
}

#[test]
fn in_mode_session_the_cookies_of_tokens_are_nothing() {
    let app = with(&["cookies"]).set("auth.mode", "session").launch();
    let session = app.browser(BOB);
    let reply = app.get("/current").cookie(&format!("access_token_cookie=bad; {session}")).send();
    assert_eq!(reply.body, "2 by session");
    assert_eq!(app.post("/places/login/1").send().code(), "not_found");
    assert_eq!(app.get("/places/planted").send().cookies().len(), 7);
}

#[test]
fn the_names_of_the_session_cannot_be_those_of_tokens() {
    for (key, value) in [
        ("auth.token.cookies.access", "session"),
        ("auth.token.cookies.csrf_refresh", "remember_token"),
    ] {
        let setup = with(&["cookies"]).set(key, value);
        let errors = Config::from_figment(&setup.figment).expect_err("a fault");
        assert!(errors[0].to_string().contains("must differ"), "{errors:?}");
    }
}

#[test]
fn an_answer_that_depends_on_a_cookie_is_not_stored() {
    let app = App::new();
    let with_cookies = with(&["cookies"]).launch();
    let jar = Jar::signed_in(&with_cookies, ALICE);
    for reply in [app.get("/places/who").send(), with_cookies.get("/places/who").jar(&jar).send()] {
        assert_eq!(reply.one("Cache-Control"), Some("no-store"));
        assert_eq!(reply.one("Vary"), Some("Authorization, Cookie"));
    }
}
