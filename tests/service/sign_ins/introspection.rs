//! `POST /api/introspect`: whether a token or a key of any user is active.

use std::time::Duration;

use rocket::http::{ContentType, Method};
use rocket::local::blocking::Client;
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp, on_both};

fn ask(caller: &Actor<'_>, token: &str) -> Reply {
    let reply = caller.post_form("/api/introspect", &[("token", token)]);
    reply.assert_no_cookies();
    reply
}

#[track_caller]
fn assert_inactive(caller: &Actor<'_>, token: &str) {
    let reply = ask(caller, token);
    assert_eq!((reply.status, reply.body.as_str()), (200, "{\"active\":false}"));
}

/// Makes an access key of an account; returns its id and its text.
fn key(owner: &Actor<'_>, scopes: &[&str]) -> (String, String) {
    let made = owner.post_json("/api/keys", &json!({ "label": "a service", "scopes": scopes }));
    assert_eq!(made.status, 201, "{}", made.body);
    let text = |name: &str| made.json()[name].as_str().expect("a text").to_owned();
    (text("id"), text("key"))
}

#[test]
fn an_active_token_tells_its_account_and_claims_and_an_ended_one_nothing() {
    on_both(|app| {
        let (admin, user) = (app.token("admin"), app.token("user_01"));
        let token = user.token.clone().expect("a token");
        let reply = ask(&admin, &token);
        let (said, claims) = (reply.json(), user.get("/api/claims").json());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(
            (&said["active"], &said["username"], &said["token_type"], &said["scope"]),
            (&json!(true), &json!("user_01"), &json!("Bearer"), &json!("account sign-ins"))
        );
        for name in ["sub", "sid", "exp", "iat", "iss", "aud", "jti", "type"] {
            assert!(!said[name].is_null() && said[name] == claims[name], "{name}: {said}");
        }
        assert_eq!(user.post("/api/logout").status, 204);
        assert_inactive(&admin, &token);
    });
}

#[test]
fn what_is_not_active_is_told_in_one_way() {
    on_both(|app| {
        let admin = app.token("admin");
        let user = app.token("user_01");
        let refresh = user.refresh_token.as_deref().expect("a token");
        let token = user.token.as_deref().expect("a token");
        let forged = format!("{}AAAA", &token[..token.len() - 4]);
        for text in ["garbage", "a.b.c", "vst_garbage", "token=x", refresh, &forged] {
            assert_inactive(&admin, text);
        }
        let inactive = app.token("user_02");
        let path = format!("/api/users/{}", app.id("user_02"));
        assert_eq!(admin.patch_json(&path, &json!({ "active": false })).status, 200);
        assert_inactive(&admin, inactive.token.as_deref().expect("a token"));
        app.clock.advance(Duration::from_secs(15 * 60));
        assert_inactive(&app.token("admin"), token);
    });
}

#[test]
fn a_key_is_active_until_it_is_ended() {
    on_both(|app| {
        let (admin, user) = (app.token("admin"), app.token("user_01"));
        let (id, text) = key(&user, &["sign-ins"]);
        let said = ask(&admin, &text).json();
        assert_eq!(
            (&said["active"], &said["type"], &said["scope"], &said["username"]),
            (&json!(true), &json!("access_key"), &json!("sign-ins"), &json!("user_01"))
        );
        assert_eq!(user.delete(&format!("/api/keys/{id}")).status, 204);
        assert_inactive(&admin, &text);
    });
}

#[test]
fn role_and_scopes_are_those_of_the_account_now() {
    on_both(|app| {
        let admin = app.token("admin");
        let change = |role: &str| {
            let path = format!("/api/users/{}", app.id("user_01"));
            assert_eq!(admin.patch_json(&path, &json!({ "role": role })).status, 200);
        };
        let user = app.token("user_01").token.expect("a token");
        change("admin");
        let said = ask(&admin, &user).json();
        let all = json!("account sign-ins users:read users:write introspect");
        assert_eq!((&said["role"], &said["scope"]), (&json!("admin"), &all));
        let former = app.token("user_01");
        let (_, key) = key(&former, &["sign-ins", "users:read", "introspect"]);
        let token = former.token.clone().expect("a token");
        change("user");
        assert_eq!(ask(&admin, &key).json()["scope"], "sign-ins");
        let said = ask(&admin, &token).json();
        assert_eq!((&said["role"], &said["scope"]), (&json!("user"), &json!("account sign-ins")));
    });
}

#[test]
fn what_a_user_without_a_demanded_second_factor_has_is_not_active() {
    on_both(|app| {
        let (admin, user) = (app.token("admin"), app.token("user_01"));
        let (_, key) = key(&user, &["sign-ins"]);
        let figment = app.figment().merge(("accounts.second_factor", "everybody"));
        let rocket = vestibule_service::app::build(figment, &app.clock).expect("good settings");
        let process = Client::untracked(rocket).expect("a launch");
        app.sql("UPDATE users SET second_factors = 1 WHERE username = 'admin'");
        let token = user.token.clone().expect("a token");
        for secret in [token, key] {
            assert_eq!(ask(&admin, &secret).json()["active"], true);
            assert_inactive(&admin.at(&process), &secret);
        }
    });
}

#[test]
fn only_administrators_and_their_keys_with_the_scope_may_ask() {
    on_both(|app| {
        let (admin, user) = (app.token("admin"), app.token("user_01"));
        let token = user.token.as_deref().expect("a token");
        ask(&app.anonymous(), token).assert_problem(401, "credentials_missing");
        ask(&app.session("admin"), token).assert_problem(401, "credentials_missing");
        ask(&user, token).assert_problem(403, "forbidden");
        let by_key = |scopes: &[&str]| app.anonymous().with_token(&key(&admin, scopes).1);
        ask(&by_key(&["users:read", "users:write"]), token)
            .assert_problem(403, "insufficient_scope");
        let service = by_key(&["introspect"]);
        assert_eq!(ask(&service, token).json()["active"], true);
        service.get("/api/users").assert_problem(403, "insufficient_scope");
        let own = json!({ "label": "x", "scopes": ["introspect"] });
        assert_eq!(user.post_json("/api/keys", &own).status, 422, "a scope of administrators");
    });
}

#[test]
fn the_body_is_a_form_with_one_token() {
    on_both(|app| {
        let admin = app.token("admin");
        let token = admin.token.clone().expect("a token");
        let hint = [("token_type_hint", "access_token"), ("token", token.as_str())];
        assert_eq!(admin.post_form("/api/introspect", &hint).json()["active"], true);
        for fields in [&[][..], &[("token", "")], &[("token", "a"), ("token", "b")]] {
            let reply = admin.post_form("/api/introspect", fields);
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["token"].is_string(), "{}", reply.body);
        }
        let json = admin.post_json("/api/introspect", &json!({ "token": token }));
        json.assert_problem(415, "unsupported_media_type");
        assert!(json.body.contains("x-www-form-urlencoded"), "{}", json.body);
        admin.post_raw_form("/api/introspect", b"token=%ff").assert_problem(400, "malformed_body");
        let long = format!("token={}", "a".repeat(1 << 20));
        let request = admin.request(Method::Post, "/api/introspect").header(ContentType::Form);
        admin.send(request.body(long)).assert_problem(413, "too_large");
    });
}

#[test]
fn a_database_that_is_away_is_503_and_not_inactive() {
    let app = TestApp::new(On::Sqlite, &|figment| {
        figment.merge(("databases.main.timeout", "300ms")).merge(("auth.revocation_delay", "1m"))
    });
    let (admin, user) = (app.token("admin"), app.token("user_01"));
    assert_eq!(admin.get("/api/me").status, 200);
    let aside = app.file().with_extension("aside");
    std::fs::rename(app.file(), &aside).expect("the file can be moved");
    let token = user.token.as_deref().expect("a token");
    ask(&admin, token).assert_problem(503, "unavailable");
}
