//! Methods that Flask treats apart: `OPTIONS` and `HEAD`.

use rocket::http::Method;

use crate::support::app::App;
use crate::support::users::ALICE;

// T70
#[test]
fn a_route_for_options_is_guarded_like_any_other() {
    let app = App::new();
    let reply = app.call(Method::Options, "/places/who").send();
    assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"));
    let access = app.tokens(ALICE).access;
    let reply = app.call(Method::Options, "/places/who").bearer(&access).send();
    assert_eq!(reply.body, "1 in header");
}

// T70
#[test]
fn a_preflight_is_answered_by_a_route_without_a_guard() {
    let app = App::new();
    assert_eq!(app.call(Method::Options, "/places/open").send().body, "ok");
    assert_eq!(app.get("/places/open").send().code(), "credentials_missing");
    // Rocket handles none by itself.
    assert_eq!(app.call(Method::Options, "/places/maybe").send().status, 404);
}

// R6
#[test]
fn head_is_guarded_as_get_is_and_has_no_body() {
    let app = App::new();
    let reply = app.call(Method::Head, "/places/who").send();
    assert_eq!((reply.status, reply.body.as_str()), (401, ""));
    assert_eq!(reply.one("WWW-Authenticate"), Some("Bearer realm=\"vestibule\""));
    let access = app.tokens(ALICE).access;
    let reply = app.call(Method::Head, "/places/who").bearer(&access).send();
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}
