//! The rows of Flask-JWT: its route, its scheme, its errors.

use serde_json::{Value, json};

use crate::client::{Example, Reply};
use crate::forge::{claims, expired, forge, tampered};

const SECRET: &str = "jose";

fn start() -> Example {
    Example::start("flask_jwt")
}

fn token(example: &Example) -> String {
    let given = json!({ "username": "user1", "password": "abcxyz" });
    example.post("/auth", &[], &given).text("access_token")
}

fn with(example: &Example, authorization: &str) -> Reply {
    example.get("/protected", &[("Authorization", authorization)])
}

fn refusal(error: &str, description: &str) -> Value {
    json!({ "status_code": 401, "error": error, "description": description })
}

#[test]
fn a_token_from_auth_opens_what_is_protected() {
    let example = start();
    let token = token(&example);
    for scheme in ["JWT", "jwt", "Jwt", "JWT "] {
        let reply = with(&example, &format!("{scheme} {token}"));
        assert_eq!((reply.status, reply.body.as_str()), (200, "User(id='1')"));
    }
    let reply = example.get("/protected", &[("authorization", &format!("JWT {token}"))]);
    assert_eq!(reply.status, 200);
}

#[test]
fn a_payload_has_the_identity_as_it_is_and_lives_five_minutes() {
    let claims = claims(&token(&start()));
    assert_eq!(claims["identity"], 1);
    let time = |name: &str| claims[name].as_i64().expect("a time");
    assert_eq!((time("exp") - time("iat"), time("nbf")), (300, time("iat")));
}

#[test]
fn wrong_credentials_are_a_bad_request_with_401() {
    let example = start();
    for given in [
        json!({ "username": "user1", "password": "wrong" }),
        json!({ "username": "nobody", "password": "abcxyz" }),
        json!({ "username": "user1" }),
        json!({ "username": "user1", "password": "abcxyz", "more": 1 }),
        json!({ "username": 1, "password": 2 }),
        json!({}),
    ] {
        let reply = example.post("/auth", &[], &given);
        reply.is(401, &refusal("Bad Request", "Invalid credentials"));
    }
}

#[test]
fn what_is_no_json_object_is_a_client_error_and_no_crash() {
    let example = start();
    let json = &[("Content-Type", "application/json")][..];
    for (headers, body, status) in [
        (json, "{", 400),
        (json, "", 400),
        (json, "null", 400),
        (json, "[]", 400),
        (&[], "{}", 415),
    ] {
        let reply = example.send("POST", "/auth", headers, body);
        assert_eq!((reply.status, &reply.json()["status_code"]), (status, &json!(status)));
    }
}

#[test]
fn a_request_without_a_token_is_challenged() {
    let reply = start().get("/protected", &[]);
    let text = "Request does not contain an access token";
    reply.is(401, &refusal("Authorization Required", text));
    assert_eq!(reply.all("www-authenticate"), ["JWT realm=\"Login Required\""]);
}

#[test]
fn a_header_is_refused_for_what_is_wrong_with_it() {
    let example = start();
    let token = token(&example);
    for (header, description) in [
        (format!("Bearer {token}"), "Unsupported authorization type"),
        (token.clone(), "Unsupported authorization type"),
        ("JWT".to_owned(), "Token missing"),
        (format!("JWT {token} {token}"), "Token contains spaces"),
    ] {
        with(&example, &header).is(401, &refusal("Invalid JWT header", description));
    }
}

#[test]
fn a_blank_header_is_no_header_and_no_crash() {
    let example = start();
    for blank in ["", " ", "   "] {
        let reply = with(&example, blank);
        let text = "Request does not contain an access token";
        reply.is(401, &refusal("Authorization Required", text));
    }
}

#[test]
fn the_scheme_is_the_one_that_is_configured_and_no_other() {
    let example = Example::start_with("flask_jwt", "{password={cost=4},token={scheme=\"Bearer\"}}");
    let token = token(&example);
    assert_eq!(with(&example, &format!("Bearer {token}")).status, 200);
    let other = with(&example, &format!("JWT {token}"));
    other.is(401, &refusal("Invalid JWT header", "Unsupported authorization type"));
}

#[test]
fn a_token_of_another_issuer_or_audience_or_without_a_user_is_refused() {
    let example = start();
    let token = token(&example);
    for (name, value) in [("aud", json!("other")), ("iss", json!("other")), ("sub", Value::Null)] {
        let forged = forge(&token, SECRET, |claims| {
            claims.insert(name.to_owned(), value);
        });
        let reply = with(&example, &format!("JWT {forged}"));
        assert_eq!(
            (reply.status, &reply.json()["error"]),
            (401, &json!("Invalid token")),
            "{name}"
        );
    }
    // Flask-JWT crashes without its identity; here `sub` is what counts.
    let forged = forge(&token, SECRET, |claims| {
        claims.remove("identity");
    });
    assert_eq!(with(&example, &format!("JWT {forged}")).status, 200);
}

#[test]
fn a_token_is_refused_for_what_is_wrong_with_it() {
    let example = start();
    let token = token(&example);
    let cut = token.rsplit_once('.').expect("three segments").0;
    for (bad, description) in [
        ("bogus".to_owned(), "Not enough segments"),
        (cut.to_owned(), "Not enough segments"),
        (tampered(&token), "Signature verification failed"),
        (expired(&token, SECRET), "Signature has expired"),
    ] {
        with(&example, &format!("JWT {bad}")).is(401, &refusal("Invalid token", description));
    }
    let gone = forge(&token, SECRET, |claims| {
        claims.insert("sub".to_owned(), "3".into());
    });
    let reply = with(&example, &format!("JWT {gone}"));
    reply.is(401, &refusal("Invalid JWT", "User does not exist"));
}

#[test]
fn clocks_may_differ_by_ten_seconds() {
    let example = start();
    let token = token(&example);
    let ended = |seconds: i64| {
        let old = forge(&token, SECRET, |claims| {
            for name in ["iat", "nbf", "exp", "auth_time"] {
                let time = claims[name].as_i64().expect("a time");
                claims.insert(name.to_owned(), (time - 300 - seconds).into());
            }
        });
        with(&example, &format!("JWT {old}")).status
    };
    assert_eq!((ended(2), ended(20)), (200, 401));
}
