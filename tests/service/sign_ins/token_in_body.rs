//! A refresh token in the JSON body, for refreshing and for signing out.

use rocket::http::{ContentType, Header, Method};
use serde_json::{Value, json};

use crate::support::actor::Actor;
use crate::support::app::{on_both, on_both_with};

fn refresh_token(program: &Actor<'_>) -> String {
    program.refresh_token.clone().expect("a refresh token")
}

fn body_of(program: &Actor<'_>) -> Value {
    json!({ "refresh_token": refresh_token(program) })
}

#[test]
fn a_refresh_token_in_the_body_gets_the_next_pair_in_each_mode_with_tokens() {
    for mode in ["both", "token"] {
        on_both_with(
            |figment| figment.merge(("auth.mode", mode)),
            |app| {
                let program = app.token("user_01");
                let reply = app.anonymous().post_json("/api/refresh", &body_of(&program));
                assert_eq!(reply.status, 200, "{}", reply.body);
                reply.assert_no_cookies();
                let next = reply.json();
                let access = next["access_token"].as_str().expect("a token");
                assert_eq!(app.anonymous().with_token(access).get("/api/me").status, 200);
                // The pair may be sent as it was given out.
                assert_eq!(app.anonymous().post_json("/api/refresh", &pair(&next)).status, 200);
            },
        );
    }
}

fn pair(reply: &Value) -> Value {
    json!({ "access_token": reply["access_token"], "refresh_token": reply["refresh_token"] })
}

#[test]
fn a_refresh_token_in_the_body_signs_out() {
    on_both(|app| {
        let (one, other) = (app.token("user_01"), app.token("user_01"));
        let reply = app.anonymous().post_json("/api/logout", &body_of(&one));
        assert_eq!(reply.status, 204, "{}", reply.body);
        reply.assert_no_cookies();
        one.get("/api/me").assert_problem(401, "token_revoked");
        assert_eq!(other.get("/api/me").status, 200);
        let reply = app.anonymous().post_json("/api/logout?all=true", &body_of(&other));
        assert_eq!(reply.status, 204);
        other.get("/api/me").assert_problem(401, "token_revoked");
    });
}

#[test]
fn a_header_and_a_body_with_a_token_are_ambiguous_and_use_nothing_up() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let body = body_of(&program);
        for path in ["/api/refresh", "/api/logout"] {
            program.post_json(path, &body).assert_problem(400, "ambiguous_credentials");
            let twice = program.with_token(&refresh_token(&program)).post_json(path, &body);
            twice.assert_problem(400, "ambiguous_credentials");
        }
        assert_eq!(program.get("/api/me").status, 200);
        assert_eq!(program.refresh().status, 200);
    });
}

#[test]
fn a_token_in_the_body_decides_and_the_session_beside_it_stays() {
    on_both(|app| {
        let (browser, program) = (app.session("user_02"), app.token("user_01"));
        for path in ["/api/refresh", "/api/logout"] {
            for body in [json!({ "refresh_token": "x.y.z" }), json!({ "refresh_token": 1 })] {
                let refused = browser.post_json(path, &body);
                refused.assert_problem(401, "token_invalid");
                refused.assert_no_cookies();
            }
        }
        let twice = r#"{"refresh_token":"a","refresh_token":"b"}"#;
        let request = browser.request(Method::Post, "/api/logout");
        let refused = browser.send(request.header(ContentType::JSON).body(twice));
        refused.assert_problem(400, "malformed_body");
        refused.assert_no_cookies();
        let reply = browser.post_json("/api/logout", &body_of(&program));
        assert_eq!(reply.status, 204, "{}", reply.body);
        reply.assert_no_cookies();
        assert_eq!(browser.get("/dashboard").status, 200);
    });
}

#[test]
fn what_is_no_refresh_token_or_no_body_of_one_is_refused() {
    on_both(|app| {
        let (anonymous, program) = (app.anonymous(), app.token("user_01"));
        let access = json!({ "refresh_token": program.token });
        for path in ["/api/refresh", "/api/logout"] {
            anonymous.post_json(path, &access).assert_problem(401, "wrong_token_type");
            for body in
                [json!({}), json!({ "refresh_token": null }), json!({ "refresh_token": "" })]
            {
                anonymous.post_json(path, &body).assert_problem(401, "credentials_missing");
            }
            // Not 401, after which a client gives up its token.
            let named = anonymous.post_json(path, &json!({ "refreshToken": "x.y.z" }));
            named.assert_problem(422, "invalid_field");
            assert!(named.body.contains("\"refresh_token\""), "{}", named.body);
            for form in ["grant_type=refresh_token&refresh_token=x", "{\"refresh_token\":\"x\"}"] {
                let reply = anonymous.post_raw_form(path, form.as_bytes());
                reply.assert_problem(415, "unsupported_media_type");
            }
            anonymous.post(path).assert_problem(401, "credentials_missing");
            let mut further = body_of(&program);
            further["grant_type"] = json!("refresh_token");
            anonymous.post_json(path, &further).assert_problem(422, "invalid_field");
            let packed = anonymous.request(Method::Post, path).header(ContentType::JSON);
            let packed = packed.header(Header::new("Content-Encoding", "gzip")).body("{}");
            anonymous.send(packed).assert_problem(415, "unsupported_media_type");
        }
        assert_eq!(program.get("/api/me").status, 200);
        assert_eq!(anonymous.post_json("/api/refresh", &body_of(&program)).status, 200);
    });
}
