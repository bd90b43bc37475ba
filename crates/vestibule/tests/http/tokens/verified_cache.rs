//! A token is verified once, and its sign-in is still checked on every request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::json;
use vestibule::Auth;
use vestibule::tokens::VerifyingKey;

use crate::support::app::{App, Setup};
use crate::support::forged_tokens::{part, sign_with, with_claim};
use crate::support::users::ALICE;

#[test]
fn a_token_is_good_between_its_times_however_often_it_was_verified() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    let code = || app.get("/access").bearer(&pair.access).send().code();
    let now = app.clock.now().expect("a time");
    assert_eq!((code(), code()), (String::new(), String::new()));
    app.clock.set(now - Duration::from_secs(6));
    assert_eq!((code(), code()), ("token_invalid".to_owned(), "token_invalid".to_owned()));
    app.clock.set(now + Duration::from_secs(15 * 60 - 2));
    assert_eq!((code(), code()), (String::new(), String::new()));
    app.clock.set(now + Duration::from_secs(15 * 60));
    assert_eq!((code(), code()), ("token_expired".to_owned(), "token_expired".to_owned()));
}

#[test]
fn a_token_that_was_verified_is_not_valid_where_the_clock_is_back_before_its_nbf() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    app.advance(60);
    // As far ahead as clocks may differ.
    let token = with_claim(&access, "nbf", Some(json!(app.now() + 5)));
    let code = || app.get("/access").bearer(&token).send().code();
    assert_eq!((code(), code()), (String::new(), String::new()));
    app.clock.set(app.clock.now().expect("a time") - Duration::from_secs(1));
    assert_eq!(code(), "token_invalid");
    app.advance(1);
    assert_eq!(code(), "");
}

#[test]
fn a_token_that_was_verified_is_not_valid_where_the_clock_is_back_before_its_iat() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let token = with_claim(&access, "nbf", Some(json!(app.now() - 60)));
    let code = || app.get("/access").bearer(&token).send().code();
    assert_eq!((code(), code()), (String::new(), String::new()));
    // Further than clocks may differ.
    app.clock.set(app.clock.now().expect("a time") - Duration::from_secs(6));
    assert_eq!(code(), "token_invalid");
}

#[test]
fn what_is_nearly_a_token_that_was_verified_is_verified() {
    let app = App::new();
    let (one, other) = (app.tokens(ALICE).access, app.tokens(ALICE).access);
    assert_eq!(app.get("/access").bearer(&one).send().status, 200);
    let (message, _) = one.rsplit_once('.').expect("three parts");
    let (_, signature) = other.rsplit_once('.').expect("three parts");
    for forged in [format!("{message}.{signature}"), format!("{message}."), format!("{one}=")] {
        assert_eq!(app.get("/access").bearer(&forged).send().code(), "token_invalid", "{forged}");
    }
}

#[test]
fn a_token_that_was_verified_as_one_type_is_not_one_of_the_other() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    for _ in 0..2 {
        assert_eq!(app.get("/access").bearer(&pair.access).send().status, 200);
        assert_eq!(app.get("/refresh").bearer(&pair.refresh).send().status, 200);
        assert_eq!(app.get("/refresh").bearer(&pair.access).send().code(), "wrong_token_type");
        assert_eq!(app.get("/access").bearer(&pair.refresh).send().code(), "wrong_token_type");
    }
}

/// Whether the partner is still one.
static PARTNER: AtomicBool = AtomicBool::new(true);
const KEY: &str = "the key of a partner, thirty-two bytes and more";

#[test]
fn an_application_that_finds_keys_may_change_its_mind() {
    let find = |auth: Auth| {
        auth.find_key(|header| {
            let known = header.get("kid")? == "partner" && PARTNER.load(Ordering::SeqCst);
            let key = || {
                VerifyingKey::from_secret(vestibule::tokens::Algorithm::HS256, KEY.as_bytes()).ok()
            };
            known.then(key).flatten()
        })
    };
    let app = Setup::new().fairing(find).launch();
    let header = json!({ "alg": "HS256", "kid": "partner" }).to_string();
    let token = sign_with(KEY, Algorithm::HS256, &header, &part(&app.tokens(ALICE).access, 1));
    assert_eq!(app.get("/token").bearer(&token).send().status, 200);
    PARTNER.store(false, Ordering::SeqCst);
    assert_eq!(app.get("/token").bearer(&token).send().code(), "token_invalid");
}
