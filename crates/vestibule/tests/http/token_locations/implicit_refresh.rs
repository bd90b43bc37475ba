//! Cookies that renew themselves on the way: what a Flask application does after each request,
//! a guard does here, with the refresh token and therefore with its rules.

use crate::support::app::App;
use crate::support::token_locations::{CSRF_ACCESS, CSRF_REFRESH, Jar, NAMES, names, with};
use crate::support::users::ALICE;

fn app() -> App {
    with(&["cookies"]).launch()
}

#[test]
fn an_access_token_with_life_in_it_is_left_alone() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let reply = app.get("/places/kept-alive").jar(&jar).send();
    assert_eq!((reply.body.as_str(), reply.cookies()), ("1", vec![]));
}

#[test]
fn an_access_token_that_is_over_is_renewed_in_passing() {
    let app = app();
    let mut jar = Jar::signed_in(&app, ALICE);
    app.advance(15 * 60);
    let reply = app.get("/places/kept-alive").jar(&jar).send();
    assert_eq!((reply.body.as_str(), names(&reply)), ("1 renewed", NAMES.to_vec()));
    jar.take(&reply);
    assert_eq!(app.get("/places/who").jar(&jar).send().body, "1 in cookies");
    // Not fresh: no password was verified.
    assert_eq!(app.get("/fresh").jar(&jar).send().code(), "fresh_login_required");
}

#[test]
fn it_never_outlives_the_sign_in() {
    let app = app();
    let mut jar = Jar::signed_in(&app, ALICE);
    for _ in 0..29 {
        app.advance(86_400);
        jar.take(&app.get("/places/kept-alive").jar(&jar).send());
    }
    app.advance(86_400);
    let reply = app.get("/places/kept-alive").jar(&jar).send();
    assert_eq!((reply.code().as_str(), reply.cookies()), ("token_expired", vec![]));
}

#[test]
fn who_has_signed_out_is_not_revived() {
    let app = app();
    let mut jar = Jar::signed_in(&app, ALICE);
    let stolen = jar.clone();
    let reply = app.post("/places/logout").jar(&jar).csrf(jar.get(CSRF_ACCESS)).send();
    jar.take(&reply);
    app.advance(15 * 60);
    for jar in [&jar, &stolen] {
        let reply = app.get("/places/kept-alive").jar(jar).send();
        assert_eq!((reply.status, reply.cookies()), (401, vec![]));
    }
    assert_eq!(app.store.len(), 0);
}

#[test]
fn a_sign_out_that_renews_on_the_way_still_takes_everything_back() {
    let app = app();
    let mut jar = Jar::signed_in(&app, ALICE);
    app.advance(15 * 60);
    let reply = app.post("/places/kept-alive-logout").jar(&jar).csrf(jar.get(CSRF_REFRESH)).send();
    assert_eq!((reply.status, names(&reply)), (200, NAMES.to_vec()), "{}", reply.body);
    jar.take(&reply);
    assert_eq!((jar.header().as_str(), app.store.len()), ("", 0));
}
