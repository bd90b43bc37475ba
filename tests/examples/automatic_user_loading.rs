//! The rows of Flask-JWT-Extended's guide "Automatic User Loading".

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::client::Example;
use crate::forge::{claims, expired, forge, tampered};

const NAME: &str = "automatic_user_loading";
const SECRET: &str = "super-secret";

fn start() -> Example {
    Example::start(NAME)
}

fn bearer(example: &Example, username: &str) -> String {
    let given = json!({ "username": username, "password": "password" });
    example.post("/login", &[], &given).text("access_token")
}

#[test]
fn each_of_the_three_signs_in_and_is_loaded() {
    let example = start();
    for (id, username, full_name) in [
        (1, "batman", "Bruce Wayne"),
        (2, "panther", "Ann Takamaki"),
        (3, "little_sapphire", "Jester Lavore"),
    ] {
        let token = bearer(&example, username);
        let who = example.get("/who_am_i", &[("Authorization", &format!("Bearer {token}"))]);
        who.is(200, &json!({ "id": id, "full_name": full_name, "username": username }));
    }
}

#[test]
fn the_body_is_flasks_but_for_the_line_feed_at_its_end() {
    let example = start();
    let header = format!("Bearer {}", bearer(&example, "panther"));
    let who = example.get("/who_am_i", &[("Authorization", &header)]);
    assert_eq!(who.body, r#"{"full_name":"Ann Takamaki","id":2,"username":"panther"}"#);
    assert_eq!(who.body.len() + 1, 57);
    assert_eq!(who.all("content-type"), ["application/json"]);
}

#[test]
fn a_user_who_is_deleted_from_the_database_cannot_be_loaded() {
    let example = Example::start_with(NAME, "{password={cost=4},revocation_delay=0}");
    let token = bearer(&example, "panther");
    let who = || example.get("/who_am_i", &[("Authorization", &format!("Bearer {token}"))]);
    assert_eq!(who().status, 200);
    let delete = "DELETE FROM users WHERE username = 'panther'";
    example.database().batch_execute(delete).expect("a table of users");
    who().is(401, &json!({ "msg": "Error loading the user 2" }));
}

#[test]
fn a_restart_keeps_the_users_and_the_tokens() {
    let example = start();
    let token = bearer(&example, "panther");
    let rename = "UPDATE users SET full_name = 'Ann T.' WHERE username = 'panther'";
    example.database().batch_execute(rename).expect("a table of users");
    let example = example.restart(NAME);
    let who = example.get("/who_am_i", &[("Authorization", &format!("Bearer {token}"))]);
    who.is(200, &json!({ "id": 2, "full_name": "Ann T.", "username": "panther" }));
}

#[test]
fn wrong_credentials_are_refused_with_a_bare_text() {
    let example = start();
    for given in [
        json!({ "username": "panther", "password": "wrong" }),
        json!({ "username": "nobody", "password": "password" }),
        json!({}),
        // Crashes in Flask.
        json!({ "username": "panther" }),
        json!({ "username": null, "password": null }),
    ] {
        let reply = example.post("/login", &[], &given);
        reply.is(401, &json!("Wrong username or password"));
    }
}

#[test]
fn what_is_no_json_object_is_a_client_error_and_no_crash() {
    let example = start();
    let json = ("Content-Type", "application/json");
    for (body, status) in [("{", 400), ("", 400), ("[]", 400), ("3", 400)] {
        let reply = example.send("POST", "/login", &[json], body);
        assert_eq!(reply.status, status, "{body:?}: {reply:?}");
    }
    assert_eq!(example.send("POST", "/login", &[], "username=panther").status, 415);
    // 405 in Flask.
    assert_eq!(example.get("/login", &[]).status, 404);
}

#[test]
fn a_token_has_their_claims_and_a_subject_that_is_text() {
    let example = start();
    let claims = claims(&bearer(&example, "panther"));
    for name in ["fresh", "iat", "jti", "nbf", "type", "sub", "exp"] {
        assert!(claims.contains_key(name), "{name} in {claims:?}");
    }
    assert!(!claims.contains_key("csrf"), "{claims:?}");
    assert_eq!((&claims["sub"], &claims["type"]), (&json!("2"), &json!("access")));
}

#[test]
fn refusals_are_flask_jwt_extendeds() {
    let example = start();
    let token = bearer(&example, "panther");
    let of = |authorization: &str| example.get("/who_am_i", &[("Authorization", authorization)]);
    let without_user = forge(&token, SECRET, |claims| {
        claims.insert("sub".to_owned(), "4".into());
    });
    let missing = example.get("/who_am_i", &[]);
    missing.is(401, &json!({ "msg": "Missing Authorization Header" }));
    of(&format!("Bearer {without_user}")).is(401, &json!({ "msg": "Error loading the user 4" }));
    let expired = expired(&token, SECRET);
    of(&format!("Bearer {expired}")).is(401, &json!({ "msg": "Token has expired" }));
    let tampered = tampered(&token);
    of(&format!("Bearer {tampered}")).is(422, &json!({ "msg": "Signature verification failed" }));
}

/// The token that the guide prints.
const PRINTED: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJmcmVzaCI6ZmFsc2UsImlhdCI6MTYxMTUw\
                       OTAxMSwianRpIjoiNGFmN2ViNTAtMjk3Yy00ZmY4LWJmOTYtMTZlMDE5MWEzYzMwIiwibmJmI\
                       joxNjExNTA5MDExLCJ0eXBlIjoiYWNjZXNzIiwic3ViIjoyLCJleHAiOjE2MTQxMDEwMTF9.2\
                       UhZo-xo19NXaqKLwcMz0NBLAcxxEUeK4Ziqk1T_9h0";

#[test]
fn the_printed_token_of_the_guide_is_refused_for_what_it_lacks() {
    // It has the right signature, an integer for a subject and neither issuer nor audience.
    let printed = [("Authorization", &*format!("Bearer {PRINTED}"))];
    let who = start().get("/who_am_i", &printed);
    who.is(422, &json!({ "msg": "Token is missing the \"iss\" claim" }));
}

#[test]
fn as_flask_is_configured_only_its_time_is_against_the_printed_token() {
    let flask = "{password={cost=4},token={issuer=\"\",audience=\"\",verify_sub=false,\
                 access=\"30 days\"}}";
    let example = Example::start_with(NAME, flask);
    let printed = [("Authorization", &*format!("Bearer {PRINTED}"))];
    example.get("/who_am_i", &printed).is(401, &json!({ "msg": "Token has expired" }));
    // The same claims in our time.
    let now = claims(&bearer(&example, "panther"))["iat"].as_i64().expect("a time");
    let renewed = forge(PRINTED, SECRET, |claims| {
        for (name, time) in [("iat", now), ("nbf", now), ("exp", now + 2_592_000)] {
            claims.insert(name.to_owned(), time.into());
        }
    });
    let who = example.get("/who_am_i", &[("Authorization", &format!("Bearer {renewed}"))]);
    assert_eq!(who.text("username"), "panther");
}
