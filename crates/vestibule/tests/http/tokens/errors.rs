//! What an application can learn of a refused token, while the client learns no more than
//! the error code.

use std::borrow::Cow;

use jsonwebtoken::Algorithm;
use rocket::http::Status;
use rocket::{Request, catch, catchers};
use serde_json::{Value, json};
use vestibule::Error;
use vestibule::tokens::{TokenError, TokenPart};

use crate::support::app::{App, SECRET, Setup};
use crate::support::forged_tokens::{
    HEADER, encode, part, sign, sign_message, sign_with, with_claim, with_header,
};
use crate::support::users::ALICE;

/// Shows the token error, which no client sees otherwise.
#[catch(default)]
fn show_token_error(status: Status, request: &Request<'_>) -> String {
    let error = Error::of(status, request);
    error.map_or_else(String::new, |error| format!("{:?}", error.token_error()))
}

fn config_error(app: &App, token: &str) -> String {
    app.get("/any").bearer(token).send().body
}

#[track_caller]
fn assert_fault(app: &App, token: &str, expected: TokenError) {
    assert_eq!(config_error(app, token), format!("{:?}", Some(expected)), "{token}");
}

fn telling() -> Setup {
    Setup::new().catch(catchers![show_token_error])
}

fn missing(name: &'static str) -> TokenError {
    TokenError::MissingClaim(Cow::Borrowed(name))
}

fn mistyped(name: &'static str) -> TokenError {
    TokenError::ClaimType(Cow::Borrowed(name))
}

#[test]
fn a_token_that_cannot_be_read_says_which_part_and_how() {
    let app = telling().launch();
    let access = app.tokens(ALICE).access;
    let (header, body) = (encode(HEADER), encode(&part(&access, 1)));
    let signed = |message: &str| sign_message(SECRET, Algorithm::HS256, message);
    assert_fault(&app, "foobarbaz", TokenError::Parts);
    assert_fault(&app, &format!("{header}.{body}"), TokenError::Parts);
    assert_fault(&app, &"a".repeat(8 * 1024 + 1), TokenError::TooLong);
    assert_fault(&app, "aaaaa.bbbbb.ccccc", TokenError::Encoding(TokenPart::Header));
    assert_fault(&app, &format!("{header}.bbbbb.cccc"), TokenError::Encoding(TokenPart::Claims));
    assert_fault(
        &app,
        &format!("{header}.{body}.ccccc"),
        TokenError::Encoding(TokenPart::Signature),
    );
    let four = signed(&format!("{header}.{body}.{body}"));
    assert_fault(&app, &four, TokenError::Encoding(TokenPart::Claims));
    for (part, message) in [
        (TokenPart::Header, |text: &str| format!("{}.{}", encode(text), encode("{}"))),
        (TokenPart::Claims, |text: &str| format!("{}.{}", encode(HEADER), encode(text))),
    ] as [(TokenPart, fn(&str) -> String); 2]
    {
        for text in ["", "{", "nonsense", "{} {}"] {
            assert_fault(&app, &signed(&message(text)), TokenError::Json(part));
        }
        for text in ["[]", "1", "\"{}\"", "null", r#"{"a":1,"a":1}"#] {
            assert_fault(&app, &signed(&message(text)), TokenError::NotAnObject(part));
        }
    }
    // Also where the signature is wrong as well, as PyJWT has it.
    let wrong = format!("{header}.{}.{}", encode("[]"), encode("x"));
    assert_fault(&app, &wrong, TokenError::NotAnObject(TokenPart::Claims));
}

#[test]
fn a_header_that_is_not_acceptable_says_why() {
    let app = telling().launch();
    let access = app.tokens(ALICE).access;
    let body = part(&access, 1);
    for name in ["none", "hs256", "HS512", "RS256"] {
        let token = with_header(&access, "alg", json!(name));
        assert_fault(&app, &token, TokenError::Algorithm);
    }
    assert_fault(&app, &sign(r#"{"alg":1}"#, &body), TokenError::Algorithm);
    assert_fault(&app, &sign("{}", &body), TokenError::AlgorithmMissing);
    assert_fault(&app, &with_header(&access, "kid", json!(1)), TokenError::KeyId);
    assert_fault(&app, &with_header(&access, "crit", json!(["x"])), TokenError::Critical);
    let other = sign_with("another key", Algorithm::HS256, HEADER, &body);
    assert_fault(&app, &other, TokenError::Signature);
    let unsigned = format!("{}.", access.rsplit_once('.').expect("parts").0);
    assert_fault(&app, &unsigned, TokenError::Signature);
}

#[test]
fn claims_that_are_not_acceptable_say_which() {
    let app = telling().launch();
    let (access, now) = (app.tokens(ALICE).access, app.now());
    let with = |name: &str, value: Value| with_claim(&access, name, Some(value));
    for name in ["sub", "type", "iss", "aud", "jti", "exp", "iat", "nbf", "auth_time", "fresh"] {
        assert_fault(&app, &with_claim(&access, name, None), missing(name));
        assert_fault(&app, &with(name, json!({})), mistyped(name));
    }
    assert_fault(&app, &with("amr", json!("pwd")), mistyped("amr"));
    assert_fault(&app, &with("sub", json!("")), missing("sub"));
    assert_fault(&app, &with("jti", json!("")), missing("jti"));
    assert_fault(&app, &with("aud", json!("")), missing("aud"));
    assert_fault(&app, &with("aud", json!([])), missing("aud"));
    assert_fault(&app, &with("iss", json!("other")), TokenError::Issuer);
    assert_fault(&app, &with("aud", json!(["other"])), TokenError::Audience);
    assert_fault(&app, &with("type", json!("app")), TokenError::Type);
    assert_fault(&app, &with("nbf", json!(now + 6)), TokenError::NotYetValid);
    assert_fault(&app, &with("iat", json!(now + 6)), TokenError::IssuedInFuture);
    assert_fault(&app, &with("exp", json!(now + 901)), TokenError::Lifetime);
    assert_fault(&app, &with("exp", json!(now - 1)), TokenError::Lifetime);
}

#[test]
fn an_end_that_must_be_there_is_a_missing_claim_however_little_is_required() {
    let app = telling().set("auth.token.require", json!([])).launch();
    let access = app.tokens(ALICE).access;
    assert_fault(&app, &with_claim(&access, "exp", None), missing("exp"));
}

#[test]
fn an_expired_token_has_no_token_error_unless_there_is_another_defect() {
    let app = telling().launch();
    let access = app.tokens(ALICE).access;
    app.advance(900);
    assert_eq!(config_error(&app, &access), "None");
    let other = with_claim(&access, "iss", Some(json!("other")));
    assert_fault(&app, &other, TokenError::Issuer);
    assert_fault(&app, &with_claim(&access, "sub", None), missing("sub"));
}

#[test]
fn the_error_of_a_revoked_token_says_whether_the_account_is_gone() {
    let app = telling().launch();
    let pair = app.tokens(ALICE);
    let refresh = || app.post("/api/refresh").bearer(&pair.refresh).send().body;
    let gone = format!("{:?}", Some(TokenError::AccountGone));
    app.users.change(ALICE, |user| user.active = false);
    assert_eq!((config_error(&app, &pair.access), refresh()), (gone.clone(), gone.clone()));
    app.users.change(ALICE, |user| user.active = true);
    let stamp = app.users.get(ALICE).expect("Alice").stamp;
    app.users.change(ALICE, |user| user.stamp = "another".to_owned());
    let ended = format!("{:?}", Some(TokenError::SignInEnded));
    assert_eq!((config_error(&app, &pair.access), refresh()), (ended.clone(), ended.clone()));
    app.users.change(ALICE, |user| user.stamp = stamp);
    assert_eq!(config_error(&app, &pair.access), "1 by token");
    app.post("/api/logout").bearer(&pair.access).send();
    assert_eq!((config_error(&app, &pair.access), refresh()), (ended.clone(), ended.clone()));
    app.users.delete(ALICE);
    assert_eq!(
        (config_error(&app, &pair.access), refresh()),
        (ended, gone),
        "the sign-in counts first"
    );
}

#[test]
fn the_error_says_that_the_account_type_refused_a_good_token() {
    let app = telling().launch();
    let pair = app.tokens(ALICE);
    app.users.refuse_tokens();
    assert_fault(&app, &pair.access, TokenError::Refused);
    let refused = app.post("/api/refresh").bearer(&pair.refresh).send().body;
    assert_eq!(refused, format!("{:?}", Some(TokenError::Refused)));
}

#[test]
fn a_missing_csrf_claim_is_distinguished_from_one_that_differs() {
    let app = telling().set("auth.token.locations", ["cookies"]).launch();
    let access = app.tokens(ALICE).access;
    let put = |token: &str| {
        let cookie = format!("access_token_cookie={token}");
        let call = app.call(rocket::http::Method::Put, "/either").cookie(&cookie);
        call.header("X-CSRF-TOKEN", "other").send().body
    };
    assert_eq!(put(&access), "None");
    let without = with_claim(&access, "csrf", None);
    assert_eq!(put(&without), format!("{:?}", Some(missing("csrf"))));
}

#[test]
fn the_answer_does_not_say_what_is_wrong() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let bodies = [
        with_claim(&access, "iss", None),
        with_claim(&access, "exp", Some(json!("x"))),
        with_header(&access, "crit", json!(["x"])),
        "foobarbaz".to_owned(),
    ]
    .map(|token| app.get("/token").bearer(&token).send().body);
    assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{bodies:?}");
}
