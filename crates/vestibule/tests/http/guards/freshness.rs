//! Recently verified passwords, and roles.

use rocket::{get, routes};
use serde_json::json;
use vestibule::guards::{ClaimedRole, Role};

use crate::support::app::{App, Setup};
use crate::support::forged_tokens::with_claim;
use crate::support::users::{ALICE, BOB, User};

#[test]
fn a_session_is_fresh_until_fresh_for_has_passed() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let session = app.browser(ALICE);
        app.advance(599);
        assert_eq!(app.get("/fresh").cookie(&session).send().status, 200);
        app.advance(2);
        let reply = app.get("/fresh").cookie(&session).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "fresh_login_required"));
    }
}

#[test]
fn a_session_that_is_no_longer_fresh_stays_active_and_keeps_its_cookie() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.advance(601);
    assert_eq!(app.get("/fresh-session").cookie(&session).send().cookies(), [""; 0]);
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_session_that_is_no_longer_fresh_gets_no_token_challenge() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.advance(601);
    let reply = app.get("/fresh").cookie(&session).send();
    assert_eq!(reply.one("WWW-Authenticate"), Some("Bearer realm=\"vestibule\""));
}

#[test]
fn confirming_the_password_makes_a_session_fresh_again() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let session = app.browser(ALICE);
        app.advance(601);
        let confirmed = app.post("/confirm").cookie(&session).send().session();
        assert_eq!(app.get("/fresh").cookie(&confirmed).send().status, 200);
        app.advance(601);
        assert_eq!(app.get("/fresh").cookie(&confirmed).send().status, 401);
    }
}

#[test]
fn confirming_does_not_extend_the_session() {
    let app = App::new();
    let session = app.browser(ALICE);
    let end = app.store.only().expires_at;
    app.advance(601);
    app.post("/confirm").cookie(&session).send();
    assert_eq!(app.store.only().expires_at, end);
}

#[test]
fn confirming_without_a_session_is_refused() {
    let app = App::new();
    for cookie in ["", "session=garbled"] {
        let reply = app.post("/confirm").cookie(cookie).send();
        assert_eq!(reply.code(), "credentials_missing", "{cookie}");
    }
}

#[test]
fn confirming_an_ended_session_opens_nothing() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.store.clear();
    let reply = app.post("/confirm").cookie(&session).send();
    let cookie = if reply.status == 200 { reply.session() } else { session };
    assert_eq!(app.get("/session").cookie(&cookie).send().status, 401);
}

#[test]
fn an_access_token_for_a_password_is_fresh_until_fresh_for_has_passed() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    app.advance(599);
    assert_eq!(app.get("/fresh").bearer(&access).send().status, 200);
    app.advance(2);
    let reply = app.get("/fresh").bearer(&access).send();
    assert_eq!(reply.code(), "fresh_login_required");
    let challenge = "Bearer realm=\"vestibule\", error=\"insufficient_user_authentication\", \
                     error_description=\"";
    let told = reply.one("WWW-Authenticate").unwrap_or_default();
    assert!(told.starts_with(challenge) && told.ends_with("\", max_age=\"600\""), "{told}");
}

#[test]
fn a_refreshed_access_token_is_not_fresh() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let pair = app.tokens(ALICE);
        let pair = app.post("/api/refresh").bearer(&pair.refresh).send().pair();
        assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200);
        assert_eq!(app.get("/fresh").bearer(&pair.access).send().code(), "fresh_login_required");
    }
}

#[test]
fn a_user_without_the_role_is_forbidden_and_not_challenged() {
    let app = App::new();
    let (session, access) = (app.browser(BOB), app.tokens(BOB).access);
    for (path, call) in [
        ("/admin", app.get("/admin").cookie(&session)),
        ("/admin", app.get("/admin").bearer(&access)),
        ("/admin-session", app.get("/admin-session").cookie(&session)),
        ("/claimed", app.get("/claimed").bearer(&access)),
    ] {
        let reply = call.send();
        assert_eq!((reply.status, reply.code().as_str()), (403, "forbidden"), "{path}");
        assert_eq!(reply.one("WWW-Authenticate"), None, "{path}");
        assert_eq!(reply.one("Cache-Control"), Some("no-store"), "{path}");
    }
}

#[test]
fn a_user_with_the_role_is_let_in_either_way() {
    let app = App::new();
    let (session, access) = (app.browser(ALICE), app.tokens(ALICE).access);
    assert_eq!(app.get("/admin").cookie(&session).send().body, "1 by session");
    assert_eq!(app.get("/admin-session").cookie(&session).send().body, "1 by session");
    assert_eq!(app.get("/admin").bearer(&access).send().body, "1 by token");
    assert_eq!(app.get("/claimed").bearer(&access).send().body, "1 by token");
}

#[test]
fn a_role_is_what_the_store_says_now_and_a_claimed_role_what_the_token_said() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    app.users.change(ALICE, |user| user.admin = false);
    assert_eq!(app.get("/admin").bearer(&access).send().status, 403);
    assert_eq!(app.get("/claimed").bearer(&access).send().status, 200);
}

#[test]
fn a_session_has_no_claims_and_so_no_claimed_role() {
    let app = App::new();
    assert_eq!(app.get("/claimed").cookie(&app.browser(ALICE)).send().code(), "forbidden");
}

#[test]
fn a_role_claimed_with_another_value_is_none() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for value in [json!("true"), json!(1), json!([true]), json!(null)] {
        let token = with_claim(&access, "admin", Some(value.clone()));
        assert_eq!(app.get("/claimed").bearer(&token).send().status, 403, "{value}");
    }
}

/// A role without a claim for it.
struct Unclaimed;

impl Role for Unclaimed {
    type Account = User;

    fn permits(user: &User) -> bool {
        user.admin
    }
}

#[get("/unclaimed")]
fn unclaimed(_user: ClaimedRole<Unclaimed>) {}

#[test]
fn no_token_claims_a_role_unless_the_application_says_by_which_claim() {
    let app = Setup::new().mount(routes![unclaimed]).launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(app.get("/unclaimed").bearer(&access).send().code(), "forbidden");
}
