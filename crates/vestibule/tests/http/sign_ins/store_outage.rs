//! A store that fails is 503, never 401, and removes no cookie.

use std::time::Duration;

use vestibule::sign_ins::SignInStore;

use crate::support::app::{App, Call, Setup};
use crate::support::users::ALICE;

/// Every request that asks a store, by name.
fn calls<'a>(
    app: &'a App,
    session: &str,
    access: &str,
    refresh: &str,
) -> Vec<(&'static str, Call<'a>)> {
    vec![
        ("session", app.get("/session").cookie(session)),
        ("current by session", app.get("/current").cookie(session)),
        ("maybe by session", app.get("/maybe").cookie(session)),
        ("maybe-session", app.get("/maybe-session").cookie(session)),
        ("fresh by session", app.get("/fresh").cookie(session)),
        ("admin by session", app.get("/admin").cookie(session)),
        ("token", app.get("/token").bearer(access)),
        ("any", app.get("/any").bearer(refresh)),
        ("current by token", app.get("/current").bearer(access)),
        ("maybe by token", app.get("/maybe").bearer(access)),
        ("claimed", app.get("/claimed").bearer(access)),
        ("refresh", app.post("/api/refresh").bearer(refresh)),
    ]
}

fn assert_unavailable(app: &App, calls: Vec<(&'static str, Call<'_>)>) {
    assert!(app.client.rocket().routes().count() > 0);
    for (case, call) in calls {
        let reply = call.send();
        assert_eq!((reply.status, reply.code().as_str()), (503, "unavailable"), "{case}");
        assert_eq!(reply.one("Retry-After"), Some("1"), "{case}");
        assert_eq!(reply.one("WWW-Authenticate"), None, "{case}");
        assert_eq!(reply.cookies(), [""; 0], "{case}");
        assert!(!reply.body.contains("on fire"), "{case}: {}", reply.body);
    }
}

#[test]
fn a_store_that_fails_is_unavailable() {
    let app = App::new();
    let (session, pair) = (app.browser(ALICE), app.tokens(ALICE));
    app.store.break_down(true);
    assert_unavailable(&app, calls(&app, &session, &pair.access, &pair.refresh));
    let log_out = app.post("/api/logout").bearer(&pair.access);
    assert_unavailable(&app, vec![("log out by token", log_out)]);
}

#[test]
fn an_account_store_that_fails_is_unavailable() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let (session, pair) = (app.browser(ALICE), app.tokens(ALICE));
        app.users.break_down(true);
        assert_unavailable(&app, calls(&app, &session, &pair.access, &pair.refresh));
    }
}

#[test]
fn a_store_that_fails_lets_no_user_sign_in_or_out() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.store.break_down(true);
    assert_unavailable(
        &app,
        vec![
            ("log in", app.post("/login/1")),
            ("log in over the API", app.post("/api/login/1")),
            ("log out", app.post("/logout").cookie(&session)),
            ("confirm", app.post("/confirm").cookie(&session)),
            ("log in again", app.post("/login/1").cookie(&session)),
        ],
    );
}

#[test]
fn every_sign_in_is_active_when_the_stores_are_back() {
    let app = App::new();
    let (session, pair) = (app.browser(ALICE), app.tokens(ALICE));
    app.store.break_down(true);
    app.users.break_down(true);
    for (_, call) in calls(&app, &session, &pair.access, &pair.refresh) {
        call.send();
    }
    app.store.break_down(false);
    app.users.break_down(false);
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
    assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200);
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
}

#[test]
fn what_asks_no_store_works_while_the_stores_are_down() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    app.store.break_down(true);
    app.users.break_down(true);
    assert_eq!(app.get("/access").bearer(&pair.access).send().status, 200);
    assert_eq!(app.get("/refresh").bearer(&pair.refresh).send().status, 200);
    assert_eq!(app.get("/maybe").send().body, "nobody");
    assert_eq!(app.get("/public").send().status, 200);
}

#[test]
fn a_bad_token_is_still_401_while_the_stores_are_down() {
    let app = App::new();
    app.store.break_down(true);
    app.users.break_down(true);
    assert_eq!(app.get("/token").bearer("a.b.c").send().code(), "token_invalid");
}

#[test]
fn a_store_without_a_purge_of_its_own_deletes_and_counts_nothing() {
    let app = App::new();
    app.tokens(ALICE);
    app.advance(365 * 24 * 60 * 60);
    let now = app.clock.now().expect("a sane clock");
    let purged = rocket::async_test(app.store.purge(now, Duration::ZERO));
    assert_eq!((purged.expect("no error"), app.store.len()), (0, 1));
}
