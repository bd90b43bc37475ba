//! Tokens that never expire, where the configuration says so.

use rocket::{State, post, routes};
use serde_json::{Value, json};
use vestibule::{Error, ErrorKind, Tokens};

use crate::support::app::{App, Setup};
use crate::support::forged_tokens::{claims, with_claim};
use crate::support::users::{ALICE, Users};

#[post("/cookie-login/<id>")]
async fn cookie_login(id: u32, tokens: Tokens<'_>, users: &State<Users>) -> Result<(), Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    tokens.set_cookies(&tokens.start(&user).await?)
}

/// More than any lifetime that can be written down.
const CENTURY: u64 = 100 * 366 * 86_400;

fn endless() -> Setup {
    Setup::new().set("auth.token.access", "never").set("auth.token.refresh", "never")
}

fn code(app: &App, token: &str) -> String {
    app.get("/any").bearer(token).send().code()
}

#[test]
fn a_token_that_never_expires_has_no_end_and_is_good_in_fifty_years() {
    for app in [endless().launch(), endless().stateless().launch()] {
        let reply = app.post("/api/login/1").send();
        let pair = reply.pair();
        assert_eq!(reply.json().get("expires_in"), None);
        for token in [&pair.access, &pair.refresh] {
            assert_eq!(claims(token).get("exp"), None);
        }
        app.advance(50 * 366 * 86_400);
        assert_eq!(code(&app, &pair.access), "");
        let next = app.post("/api/refresh").bearer(&pair.refresh).send().pair();
        assert_eq!(claims(&next.access).get("exp"), None);
        assert_eq!(claims(&next.refresh).get("exp"), None);
        assert_eq!(code(&app, &next.access), "");
    }
}

#[test]
fn the_row_of_an_endless_sign_in_has_an_end_that_every_store_can_keep() {
    let app = endless().launch();
    let pair = app.tokens(ALICE);
    let row = app.store.only();
    assert_eq!((row.expires_at - row.created_at).whole_seconds().unsigned_abs(), CENTURY);
    app.post("/api/logout").bearer(&pair.access).send();
    assert_eq!(code(&app, &pair.access), "token_revoked");
}

#[test]
fn an_access_token_may_end_while_its_sign_in_does_not() {
    let app = Setup::new().set("auth.token.refresh", "never").launch();
    let mut pair = app.tokens(ALICE);
    assert_eq!(claims(&pair.access)["exp"], app.now() + 900);
    assert_eq!(claims(&pair.refresh).get("exp"), None);
    assert_eq!(code(&app, &with_claim(&pair.access, "exp", None)), "token_invalid");
    for _ in 0..3 {
        app.advance(366 * 86_400);
        assert_eq!(code(&app, &pair.access), "token_expired");
        pair = app.post("/api/refresh").bearer(&pair.refresh).send().pair();
        assert_eq!(claims(&pair.access)["exp"], app.now() + 900);
    }
}

#[test]
fn an_end_that_is_there_counts_however_far_it_is() {
    let app = endless().launch();
    let access = app.tokens(ALICE).access;
    let until = |exp: Value| with_claim(&access, "exp", Some(exp));
    let far = until(json!(app.now() + 400 * 86_400));
    let near = until(json!(app.now() + 60));
    assert_eq!((code(&app, &far), code(&app, &near)), (String::new(), String::new()));
    assert_eq!(code(&app, &until(json!(null))), "token_invalid");
    app.advance(60);
    assert_eq!((code(&app, &far), code(&app, &near).as_str()), (String::new(), "token_expired"));
}

#[test]
fn a_token_without_an_end_is_refused_once_there_is_a_limit_again() {
    let access = endless().stateless().launch().tokens(ALICE).access;
    let app = Setup::new().stateless().launch();
    assert_eq!(code(&app, &access), "token_invalid");
    let app = Setup::new().stateless().set("auth.token.require", json!([])).launch();
    assert_eq!(code(&app, &access), "token_invalid", "nor can it be made optional");
    let app = Setup::new().stateless().set("auth.token.longest", "never").launch();
    assert_eq!(code(&app, &access), "");
    assert_eq!(claims(&app.tokens(ALICE).access)["exp"], app.now() + 900);
}

#[test]
fn the_cookie_of_an_endless_token_stays_as_long_as_browsers_keep_one() {
    let app = endless()
        .set("auth.token.locations", ["cookies"])
        .set("auth.token.cookies.session", false)
        .mount(routes![cookie_login])
        .launch();
    let reply = app.post("/cookie-login/1").send();
    let kept: Vec<&str> =
        reply.cookies().into_iter().filter(|one| one.contains("Expires=")).collect();
    assert_eq!((reply.status, kept.len()), (200, 4), "{reply:?}");
    let year = app.clock.now().expect("a sane clock").year();
    let far = |one: &&str| (1..=2).any(|more| one.contains(&format!(" {} ", year + more)));
    assert!(kept.iter().all(far), "{kept:?}");
}
