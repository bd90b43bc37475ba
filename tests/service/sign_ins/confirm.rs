//! A program proves the password again.

use std::time::Duration;

use rocket::figment::Figment;
use serde_json::{Value, json};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with, password};

fn confirm(program: &Actor<'_>, password: &str) -> Reply {
    program.post_json("/api/confirm", &json!({ "password": password }))
}

/// A token for a refresh token, so that the password was not proven for it.
fn refreshed<'a>(app: &'a TestApp, username: &str) -> Actor<'a> {
    let mut program = app.token(username);
    assert_eq!(program.refresh().status, 200);
    program
}

#[test]
fn the_password_makes_a_fresh_token_of_the_same_sign_in() {
    on_both(|app| {
        let mut program = refreshed(&app, "user_01");
        app.clock.advance(Duration::from_secs(700));
        let key = json!({ "label": "a label", "scopes": [] });
        let stale = program.post_json("/api/keys", &key);
        stale.assert_problem(401, "fresh_login_required");
        assert_eq!(
            stale.header("www-authenticate"),
            Some(
                "Bearer realm=\"vestibule\", error=\"insufficient_user_authentication\", \
                 error_description=\"Confirm your password to do this.\", max_age=\"600\""
            ),
        );
        let sid = |program: &Actor<'_>| program.get("/api/claims").json()["sid"].clone();
        let before = sid(&program);
        let reply = confirm(&program, password("user_01"));
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        reply.assert_no_cookies();
        let pair = reply.json();
        assert_eq!(pair.get("refresh_token"), None);
        assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("Bearer"), &json!(900)));
        let fresh = program.with_token(pair["access_token"].as_str().expect("a token"));
        assert_eq!(fresh.post_json("/api/keys", &key).status, 201);
        assert_eq!(sid(&fresh), before);
        assert_eq!(app.count("sign_ins WHERE kind = 'token'"), 1);
        assert_eq!(program.refresh().status, 200, "the refresh token stays good");
    });
}

#[test]
fn a_wrong_password_is_an_error_of_its_field_and_counts_as_one() {
    let limited = |figment: Figment| figment.merge(("auth.throttle.failures", 2));
    on_both_with(limited, |app| {
        let program = refreshed(&app, "user_01");
        for _ in 0..2 {
            let wrong = confirm(&program, "wrong");
            wrong.assert_problem(422, "invalid_field");
            assert!(wrong.body.contains("\"password\""), "{}", wrong.body);
        }
        let refused = confirm(&program, password("user_01"));
        refused.assert_problem(429, "too_many_attempts");
        assert!(refused.header("retry-after").is_some());
        assert_eq!(program.get("/api/me").status, 200);
    });
}

#[test]
fn only_an_active_access_token_of_a_sign_in_can_be_confirmed() {
    on_both(|app| {
        let right = json!({ "password": password("user_01") });
        let ask = |actor: &Actor<'_>, body: &Value| actor.post_json("/api/confirm", body);
        let program = app.token("user_01");
        let refresh = program.refresh_token.clone().expect("a token");
        let scopes = json!({ "label": "a label", "scopes": ["sign-ins"] });
        let key = program.post_json("/api/keys", &scopes).json();
        let key = program.with_token(key["key"].as_str().expect("a key"));
        ask(&key, &right).assert_problem(403, "insufficient_scope");
        ask(&program.with_token(&refresh), &right).assert_problem(401, "wrong_token_type");
        ask(&app.session("user_01"), &right).assert_problem(401, "credentials_missing");
        ask(&app.anonymous(), &right).assert_problem(401, "credentials_missing");
        for body in [json!({}), json!({ "password": 1 }), json!({ "password": "x", "more": 1 })] {
            ask(&program, &body).assert_problem(422, "invalid_field");
        }
        assert_eq!(program.post("/api/logout").status, 204);
        ask(&program, &right).assert_problem(401, "token_revoked");
    });
}
