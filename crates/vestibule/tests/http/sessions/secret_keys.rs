//! Earlier secret keys: a cookie sealed with one is accepted and sealed again with the new key.

use std::convert::Infallible;

use rocket::local::blocking::Client;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Request, post, routes};
use vestibule::guards::{AuthMethod, Authentication};
use vestibule::{Auth, Error, Session};

use crate::support::app::{App, Setup, rocket};
use crate::support::users::{ALICE, BOB, User, Users};

/// A key in base64, one in hexadecimal digits, and one that was never used.
const OLD: &str = "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=";
const NEW: &str = "5f0e1d2c3b4a59687786958493a2b1c05f0e1d2c3b4a59687786958493a2b1c0";
const OTHER: &str = "6f0e1d2c3b4a59687786958493a2b1c05f0e1d2c3b4a59687786958493a2b1c0";

fn sealing_with(key: &str) -> Setup {
    Setup::new().set("secret_key", key)
}

fn after_rotation() -> Setup {
    sealing_with(NEW).set("auth.session.previous_secret_keys", [OTHER, OLD])
}

#[test]
fn a_cookie_of_an_earlier_key_opens_and_comes_back_under_the_new_one() {
    let before = sealing_with(OLD).launch();
    let old = before.browser(BOB);
    let app = after_rotation().launch_beside(&before);
    let reply = app.get("/session").cookie(&old).send();
    assert_eq!(reply.body, "2 by session");
    let new = reply.session();
    assert_ne!(new, old);
    let set = reply.session_cookie().expect("set anew");
    assert!(set.contains("HttpOnly") && set.contains("Path=/") && !set.contains("Expires"));

    let again = app.get("/session").cookie(&new).send();
    assert_eq!((again.status, again.cookies().len()), (200, 0), "once is enough");
    let forgotten = sealing_with(NEW).launch_beside(&before);
    let kept = forgotten.get("/session").cookie(&new).send();
    assert_eq!((kept.body.as_str(), kept.cookies().len()), ("2 by session", 0));
    assert_eq!(app.store.len(), 1, "it is the same sign-in all along");
}

#[test]
fn a_cookie_of_a_key_that_is_not_listed_is_refused_and_left_alone() {
    let before = sealing_with(OLD).launch();
    let old = before.browser(BOB);
    for setup in
        [sealing_with(NEW), sealing_with(NEW).set("auth.session.previous_secret_keys", [OTHER])]
    {
        let reply = setup.launch_beside(&before).get("/session").cookie(&old).send();
        assert_eq!((reply.code().as_str(), reply.cookies()), ("credentials_missing", vec![]));
    }
}

#[test]
fn being_sealed_again_gains_neither_life_nor_freshness() {
    let before = sealing_with(OLD).set("auth.session.lifetime", "1h").launch();
    let old = before.browser(BOB);
    before.advance(50 * 60);
    let app = after_rotation().set("auth.session.lifetime", "1h").launch_beside(&before);
    let new = app.get("/session").cookie(&old).send().session();
    assert_eq!(app.get("/fresh").cookie(&new).send().code(), "fresh_login_required");
    app.advance(11 * 60);
    for cookie in [old, new] {
        assert_eq!(app.get("/session").cookie(&cookie).send().code(), "credentials_missing");
    }
}

#[test]
fn a_fresh_session_stays_fresh_where_it_was_and_nowhere_else() {
    let before = sealing_with(OLD).launch();
    let old = before.browser(BOB);
    let app = after_rotation().launch_beside(&before);
    let here = app.get("/fresh").cookie(&old).send();
    assert_eq!(here.status, 200);
    assert_eq!(app.get("/fresh").cookie(&here.session()).send().status, 200);

    let elsewhere = app.get("/session").cookie(&old).header("User-Agent", "another").send();
    assert_eq!(elsewhere.status, 200);
    let moved = elsewhere.session();
    for agent in ["another", ""] {
        let call = app.get("/fresh").cookie(&moved).header("User-Agent", agent);
        assert_eq!(call.send().code(), "fresh_login_required", "{agent}");
    }
}

#[test]
fn an_ended_sign_in_is_not_sealed_again() {
    let before = sealing_with(OLD).launch();
    let old = before.browser(BOB);
    before.store.clear();
    let reply = after_rotation().launch_beside(&before).get("/session").cookie(&old).send();
    assert_eq!(reply.code(), "credentials_missing");
    assert!(reply.takes_session_back());
}

#[test]
fn a_token_request_leaves_such_a_cookie_alone() {
    let before = sealing_with(OLD).launch();
    let (old, pair) = (before.browser(BOB), before.tokens(ALICE));
    let app = after_rotation().launch_beside(&before);
    for (token, status) in [(pair.access.as_str(), 200), ("nonsense", 401)] {
        let reply = app.get("/current").cookie(&old).bearer(token).send();
        assert_eq!((reply.status, reply.cookies().len()), (status, 0));
    }
}

#[test]
fn an_error_page_loses_the_new_cookie_and_the_next_answer_has_it() {
    let before = sealing_with(OLD).launch();
    let old = before.browser(BOB);
    let app = after_rotation().launch_beside(&before);
    let failed = app.get("/maybe-then-missing").cookie(&old).send();
    assert_eq!((failed.status, failed.cookies().len()), (404, 0));
    let reply = app.get("/session").cookie(&old).send();
    assert_eq!(app.get("/session").cookie(&reply.session()).send().status, 200);
}

#[test]
fn two_cookies_have_no_user_whichever_keys_sealed_them() {
    let before = sealing_with(OLD).launch();
    let old = before.browser(BOB);
    let app = after_rotation().launch_beside(&before);
    let new = app.browser(ALICE);
    for both in [format!("{old}; {new}"), format!("{new}; {old}")] {
        let reply = app.get("/session").cookie(&both).send();
        assert_eq!(reply.code(), "credentials_missing");
        assert!(reply.takes_session_back());
    }
}

#[test]
fn a_session_of_an_earlier_key_is_signed_out_confirmed_and_renewed_like_any() {
    let before = sealing_with(OLD).launch();
    let app = after_rotation().launch_beside(&before);
    let forgotten = sealing_with(NEW).launch_beside(&before);
    for path in ["/confirm", "/renew"] {
        let reply = app.post(path).cookie(&before.browser(BOB)).send();
        let kept = forgotten.get("/session").cookie(&reply.session()).send();
        assert_eq!((reply.status, kept.status), (200, 200), "{path}");
    }
    let active = app.store.len();
    let reply = app.post("/logout").cookie(&before.browser(BOB)).send();
    assert!(reply.status == 200 && reply.takes_session_back());
    assert_eq!(app.store.len(), active);
}

/// The request itself, for a handler that asks for the user after signing them out.
struct Whole<'r>(&'r Request<'r>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Whole<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self(request))
    }
}

#[post("/goodbye")]
async fn goodbye(session: Session<'_>, request: Whole<'_>) -> Result<&'static str, Error> {
    session.end().await?;
    let found = Authentication::<User>::of(request.0).await.ok().flatten();
    // Without a store the sign-in stays active, and only the cookie is removed.
    Ok(if found.is_some_and(|found| found.method() == AuthMethod::Session) {
        "still known"
    } else {
        "unknown"
    })
}

#[test]
fn signing_out_wins_also_when_a_guard_runs_after_it() {
    let before = sealing_with(OLD).stateless().launch();
    let old = before.browser(BOB);
    let auth = Auth::fairing().stateless().clock(before.clock.clone());
    let rocket = rocket(after_rotation().figment, auth, Users::new());
    let client = Client::untracked(rocket.mount("/", routes![goodbye])).expect("a launch");
    let app = App { client, ..before };
    let reply = app.post("/goodbye").cookie(&old).send();
    assert_eq!(reply.body, "still known");
    assert!(reply.takes_session_back(), "{:?}", reply.cookies());
}
