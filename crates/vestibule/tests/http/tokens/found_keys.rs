//! Keys that the application finds by a token's header.

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};
use vestibule::tokens::VerifyingKey;
use vestibule::{Auth, Error, ErrorKind};

use crate::support::app::{App, SECRET, Setup};
use crate::support::forged_tokens::{part, sign_with, with_header};
use crate::support::key_pairs::pair;
use crate::support::users::ALICE;

const PARTNER: &str = "the key of a partner, thirty-two bytes and more";

/// A key for `"kid": "partner"`, one of another algorithm for `"kid": "odd"`, and no other.
fn find(header: &Map<String, Value>) -> Option<VerifyingKey> {
    let secret = |algorithm, text: &str| VerifyingKey::from_secret(algorithm, text.as_bytes()).ok();
    match header.get("kid")?.as_str()? {
        "partner" => secret(vestibule::tokens::Algorithm::HS256, PARTNER),
        "odd" => secret(vestibule::tokens::Algorithm::HS384, &PARTNER.repeat(2)),
        _ => None,
    }
}

fn launch() -> App {
    Setup::new().fairing(|auth: Auth| auth.find_key(find)).launch()
}

fn signed(app: &App, key: &str, header: &Value) -> String {
    let body = part(&app.tokens(ALICE).access, 1);
    sign_with(key, Algorithm::HS256, &header.to_string(), &body)
}

#[track_caller]
fn assert_code(app: &App, token: &str, code: &str) {
    let reply = app.get("/token").bearer(token).send();
    assert_eq!(reply.code(), code, "{}", part(token, 0));
}

#[test]
fn a_key_that_is_found_takes_the_place_of_the_configured_ones() {
    let app = launch();
    let partner = json!({ "alg": "HS256", "kid": "partner" });
    assert_code(&app, &signed(&app, PARTNER, &partner), "");
    assert_code(&app, &signed(&app, SECRET, &partner), "token_invalid");
    assert_code(&App::new(), &signed(&App::new(), PARTNER, &partner), "token_invalid");
}

#[test]
fn where_no_key_is_found_the_configured_ones_decide_and_never_500() {
    let app = launch();
    assert_code(&app, &app.tokens(ALICE).access, "");
    for header in [
        json!({ "alg": "HS256" }),
        json!({ "alg": "HS256", "kid": "unknown" }),
        json!({ "alg": "HS256", "kid": "" }),
    ] {
        assert_code(&app, &signed(&app, SECRET, &header), "");
        assert_code(&app, &signed(&app, PARTNER, &header), "token_invalid");
    }
}

#[test]
fn a_key_of_another_algorithm_verifies_nothing() {
    let app = launch();
    let odd = json!({ "alg": "HS256", "kid": "odd" });
    assert_code(&app, &signed(&app, &PARTNER.repeat(2), &odd), "token_invalid");
    assert_code(&app, &signed(&app, SECRET, &odd), "token_invalid");
    let other = sign_with(
        &PARTNER.repeat(2),
        Algorithm::HS384,
        r#"{"alg":"HS384","kid":"odd"}"#,
        &part(&app.tokens(ALICE).access, 1),
    );
    assert_code(&app, &other, "token_invalid");
}

#[test]
fn no_key_is_looked_up_for_a_header_that_is_refused_anyway() {
    let app = Setup::new()
        .fairing(|auth| auth.find_key(|header| panic!("asked for {header:?}")))
        .launch();
    let access = Setup::new().launch().tokens(ALICE).access;
    for (name, value) in [("alg", json!("none")), ("kid", json!(1)), ("crit", json!(["x"]))] {
        assert_code(&app, &with_header(&access, name, value), "token_invalid");
    }
}

#[test]
fn a_public_key_in_pem_is_found_as_well() {
    let (Some(own), Some(other)) = (pair(Algorithm::ES256, false), pair(Algorithm::ES256, true))
    else {
        return;
    };
    let app = Setup::new()
        .set("auth.token.algorithm", "ES256")
        .set("auth.token.private_key", own.pem.as_str())
        .fairing(|auth| {
            let public = pair(Algorithm::ES256, true).expect("a pair").public_pem();
            let key = VerifyingKey::from_pem(vestibule::tokens::Algorithm::ES256, &public)
                .expect("a key");
            auth.find_key(move |header| (header.get("kid")? == "other").then(|| key.clone()))
        })
        .launch();
    let access = app.tokens(ALICE).access;
    assert_code(&app, &access, "");
    let body: Value = serde_json::from_str(&part(&access, 1)).expect("JSON");
    let header = json!({ "alg": "ES256", "kid": "other" });
    assert_code(&app, &other.sign(&header, &body), "");
    assert_code(&app, &own.sign(&header, &body), "token_invalid");
}

#[test]
fn what_is_no_key_for_its_algorithm_is_refused_when_it_is_made() {
    let kind = |made: Result<VerifyingKey, Error>| made.expect_err("no key").kind();
    let long = &[7; 64];
    for algorithm in [vestibule::tokens::Algorithm::RS256, vestibule::tokens::Algorithm::EdDSA] {
        assert_eq!(kind(VerifyingKey::from_secret(algorithm, long)), ErrorKind::Internal);
    }
    let hs256 = vestibule::tokens::Algorithm::HS256;
    assert_eq!(kind(VerifyingKey::from_secret(hs256, &long[..31])), ErrorKind::Internal);
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n";
    assert_eq!(kind(VerifyingKey::from_secret(hs256, pem.as_bytes())), ErrorKind::Internal);
    assert_eq!(kind(VerifyingKey::from_pem(hs256, pem)), ErrorKind::Internal);
    assert_eq!(
        kind(VerifyingKey::from_pem(vestibule::tokens::Algorithm::ES256, pem)),
        ErrorKind::Internal
    );
    let known = b"a-string-secret-at-least-256-bits-long";
    for weak in [known.to_vec(), known.to_ascii_uppercase(), vec![b' '; 64]] {
        assert_eq!(kind(VerifyingKey::from_secret(hs256, &weak)), ErrorKind::Internal);
    }
    assert!(VerifyingKey::from_secret(hs256, &long[..32]).is_ok());
}
