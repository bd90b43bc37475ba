//! Signing programs in and out, and what a token opens.

use std::time::Duration;

use rocket::http::{Header, Method};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both};

const BARE: &str = "Bearer realm=\"vestibule\"";

fn blamed(sentence: &str) -> String {
    format!("{BARE}, error=\"invalid_token\", error_description=\"{sentence}\"")
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn log_in(app: &TestApp, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    app.anonymous().post_json("/api/login", &body)
}

fn raw(app: &TestApp, authorization: &str) -> Reply {
    app.anonymous().get_with("/api/me", "Authorization", authorization)
}

#[test]
fn a_password_gets_a_pair_of_tokens() {
    on_both(|app| {
        let reply = log_in(&app, "user_01", "1234");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let pair = reply.json();
        assert_eq!(keys(&pair), ["access_token", "expires_in", "refresh_token", "token_type"]);
        assert_eq!(pair["token_type"], "Bearer");
        assert_eq!(pair["expires_in"], 900);
        reply.assert_no_cookies();
        assert_eq!(app.count("sign_ins WHERE kind = 'token'"), 1);
    });
}

#[test]
fn whatever_is_wrong_with_the_credentials_gets_one_answer() {
    on_both(|app| {
        let long = "x".repeat(10 * 1024);
        let wrong = log_in(&app, "user_01", "wrong").without_id();
        wrong.assert_problem(401, "bad_credentials");
        assert_eq!(wrong.header("www-authenticate"), Some(BARE));
        let expected = json!({
            "title": "Unauthorized",
            "status": 401,
            "code": "bad_credentials",
            "detail": "Wrong user name or password.",
            "request_id": "ID",
        });
        assert_eq!(wrong.json(), expected);
        for (username, password) in [
            ("nobody", "1234"),
            ("", ""),
            ("user_01\0", "1234"),
            ("user_01", "1234\0"),
            ("\u{1f511}", "\u{1f511}"),
            (&long, "1234"),
            ("user_01", &long),
        ] {
            let other = log_in(&app, username, password).without_id();
            assert_eq!((&other.body, &other.headers), (&wrong.body, &wrong.headers));
        }
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn only_the_right_password_learns_that_an_account_is_switched_off() {
    on_both(|app| {
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        log_in(&app, "user_01", "1234").assert_problem(403, "account_inactive");
        log_in(&app, "user_01", "wrong").assert_problem(401, "bad_credentials");
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn a_program_learns_who_it_acts_for() {
    on_both(|app| {
        let reply = app.token("user_01").get("/api/me");
        assert_eq!(reply.status, 200);
        let me = reply.json();
        assert_eq!(
            keys(&me),
            [
                "created_at",
                "device_notices",
                "email",
                "full_name",
                "id",
                "language",
                "role",
                "username"
            ]
        );
        assert_eq!(me["id"], app.id("user_01"));
        assert_eq!(me["username"], "user_01");
        assert_eq!(me["full_name"], Value::Null);
        assert_eq!(me["role"], "user");
        let created = me["created_at"].as_str().expect("a text");
        let created = OffsetDateTime::parse(created, &Rfc3339).expect("RFC 3339");
        assert!(created.offset().is_utc());
        assert!(created <= app.clock.now().expect("a good clock"));
        reply.assert_no_cookies();
    });
}

#[test]
fn the_bodies_of_the_guide_are_as_the_guide_has_them() {
    on_both(|app| {
        let (user, admin) = (app.token("user_01"), app.token("admin"));
        let (user_id, admin_id) = (app.id("user_01"), app.id("admin"));
        let dashboard = json!({
            "message": "Welcome to your dashboard!",
            "user_id": user_id,
            "username": "user_01",
            "role": "user",
        });
        assert_eq!(user.get("/api/dashboard").json(), dashboard);
        let profile = json!({
            "identity_from_get_jwt_identity": admin_id.to_string(),
            "username_from_current_user": "admin",
            "full_user_details": { "id": admin_id, "username": "admin", "role": "admin" },
        });
        assert_eq!(admin.get("/api/profile").json(), profile);
        let panel = json!({ "message": "Welcome to Admin Panel!", "admin_user": "admin" });
        assert_eq!(admin.get("/api/admin").json(), panel);
        user.get("/api/admin").assert_problem(403, "forbidden");
    });
}

#[test]
fn the_claims_are_those_of_the_contract() {
    on_both(|app| {
        let program = app.token("admin");
        let claims = program.get("/api/claims").json();
        let names = [
            "amr",
            "aud",
            "auth_time",
            "exp",
            "fresh",
            "gen",
            "iat",
            "iss",
            "jti",
            "nbf",
            "role",
            "scope",
            "sid",
            "sub",
            "type",
        ];
        assert_eq!(keys(&claims), names);
        let now = app.clock.now().expect("a good clock").unix_timestamp();
        assert_eq!(claims["sub"], app.id("admin").to_string());
        assert_eq!(claims["type"], "access");
        assert_eq!(claims["fresh"], true);
        assert_eq!(claims["role"], "admin");
        assert_eq!(claims["scope"], "account sign-ins users:read users:write introspect");
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&json!("vestibule"), &json!("vestibule-api"))
        );
        let scope = |name| app.token(name).get("/api/claims").json()["scope"].clone();
        assert_eq!(scope("user_01"), "account sign-ins");
        for name in ["iat", "nbf", "auth_time"] {
            assert_eq!(claims[name], now, "{name}");
        }
        assert_eq!(claims["exp"], now + 900);
    });
}

#[test]
fn without_a_token_there_is_a_bare_challenge() {
    on_both(|app| {
        for reply in [
            app.anonymous().get("/api/me"),
            raw(&app, "Basic dXNlcl8wMToxMjM0"),
            raw(&app, "Token abc"),
            raw(&app, ""),
        ] {
            reply.assert_problem(401, "credentials_missing");
            assert_eq!(reply.header("www-authenticate"), Some(BARE));
            reply.assert_no_cookies();
        }
    });
}

#[test]
fn a_header_that_is_not_one_token_is_malformed() {
    on_both(|app| {
        for field in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer é"] {
            let reply = raw(&app, field);
            reply.assert_problem(401, "malformed_authorization");
            let sentence = "The Authorization header must be one scheme and one token.";
            assert_eq!(reply.header("www-authenticate"), Some(blamed(sentence).as_str()));
        }
    });
}

#[test]
fn two_credentials_are_ambiguous() {
    on_both(|app| {
        let program = app.token("user_01");
        let mut request = program.request(Method::Get, "/api/me");
        request.add_header(Header::new("Authorization", "Bearer other"));
        let reply = program.send(request);
        reply.assert_problem(400, "ambiguous_credentials");
        assert_eq!(reply.header("www-authenticate"), None);
    });
}

#[test]
fn an_expired_token_is_refused_from_the_second_of_its_end() {
    on_both(|app| {
        let program = app.token("user_01");
        // Times in a token are whole seconds; the clock is between two.
        app.clock.advance(minutes(15) - Duration::from_secs(1));
        assert_eq!(program.get("/api/me").status, 200);
        app.clock.advance(Duration::from_secs(1));
        let reply = program.get("/api/me").without_id();
        reply.assert_problem(401, "token_expired");
        let expected = json!({
            "title": "Unauthorized",
            "status": 401,
            "code": "token_expired",
            "detail": "The token has expired.",
            "request_id": "ID",
        });
        assert_eq!(reply.json(), expected);
        let challenge = blamed("The token has expired.");
        assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
        reply.assert_no_cookies();
    });
}

#[test]
fn a_token_that_was_tampered_with_is_invalid() {
    on_both(|app| {
        let program = app.token("user_01");
        let good = program.token.clone().expect("a token");
        let parts: Vec<&str> = good.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("three parts: {good}") };
        let admin = app.token("admin").token.expect("a token");
        let others = admin.split('.').nth(1).expect("claims").to_owned();
        let flipped = |text: &str| {
            let first = if text.starts_with('A') { 'B' } else { 'A' };
            format!("{first}{}", &text[1..])
        };
        for bad in [
            format!("{header}.{claims}.{}", flipped(signature)),
            format!("{header}.{}.{signature}", flipped(claims)),
            format!("{header}.{others}.{signature}"),
            format!("{header}.{claims}."),
            format!("{header}.{claims}"),
            format!("eyJhbGciOiJub25lIn0.{claims}."),
            good.to_uppercase(),
            "x".to_owned(),
            "x".repeat(9000),
        ] {
            let reply = program.with_token(&bad).get("/api/me");
            reply.assert_problem(401, "token_invalid");
            let challenge = blamed("The token is not valid.");
            assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
        }
    });
}

#[test]
fn neither_type_of_token_is_taken_for_the_other() {
    on_both(|app| {
        let program = app.token("user_01");
        let refresh = program.refresh_token.clone().expect("a token");
        let challenge = blamed("This route takes another type of token.");
        for reply in [program.with_token(&refresh).get("/api/me"), program.post("/api/refresh")] {
            reply.assert_problem(401, "wrong_token_type");
            assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
        }
    });
}

/// Fails unless both tokens are refused.
#[track_caller]
fn assert_revoked(program: &mut Actor<'_>) {
    let reply = program.get("/api/me");
    reply.assert_problem(401, "token_revoked");
    let challenge = blamed("The token has been revoked.");
    assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
    program.refresh().assert_problem(401, "token_revoked");
}

#[test]
fn signing_out_ends_access_and_refresh_token_together() {
    on_both(|app| {
        let (mut program, other) = (app.token("user_01"), app.token("user_01"));
        let reply = program.post("/api/logout");
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
        reply.assert_no_cookies();
        assert_revoked(&mut program);
        assert_eq!(other.get("/api/me").status, 200, "another sign-in stands");
        program.post("/api/logout").assert_problem(401, "token_revoked");
    });
}

#[test]
fn a_refresh_token_signs_out_too() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let refresh = program.refresh_token.clone().expect("a token");
        assert_eq!(program.with_token(&refresh).post("/api/logout").status, 204);
        assert_revoked(&mut program);
    });
}

#[test]
fn signing_out_everywhere_ends_every_sign_in_of_this_user_and_no_other() {
    on_both(|app| {
        let (mut here, mut there) = (app.token("user_01"), app.token("user_01"));
        let (browser, other) = (app.session("user_01"), app.token("user_02"));
        assert_eq!(here.post("/api/logout?all=true").status, 204);
        assert_revoked(&mut here);
        assert_revoked(&mut there);
        assert_eq!(browser.get("/dashboard").status, 303);
        assert_eq!(other.get("/api/me").status, 200);
    });
}

#[test]
fn an_expired_token_signs_no_user_out() {
    on_both(|app| {
        let program = app.token("user_01");
        app.clock.advance(minutes(15));
        program.post("/api/logout").assert_problem(401, "token_expired");
        app.anonymous().post("/api/logout").assert_problem(401, "credentials_missing");
        assert_eq!(app.count("sign_ins"), 1);
    });
}

#[test]
fn the_tokens_of_a_disabled_user_are_dead_and_stay_dead() {
    on_both(|app| {
        let (admin, mut program) = (app.token("admin"), app.token("user_01"));
        let path = format!("/api/users/{}", app.id("user_01"));
        assert_eq!(admin.patch_json(&path, &json!({ "active": false })).status, 200);
        assert_revoked(&mut program);
        assert_eq!(admin.patch_json(&path, &json!({ "active": true })).status, 200);
        assert_revoked(&mut program);
        assert_eq!(app.token("user_01").get("/api/me").status, 200, "a new sign-in is good");
    });
}

#[test]
fn a_user_who_is_disabled_is_refused_even_where_a_sign_in_stands() {
    on_both(|app| {
        let (program, browser) = (app.token("user_01"), app.session("user_01"));
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        let process = app.neighbour();
        program.at(&process).get("/api/me").assert_problem(401, "token_revoked");
        assert!(browser.at(&process).get("/dashboard").location().starts_with("/login"));
    });
}

#[test]
fn the_tokens_of_a_deleted_user_are_dead() {
    on_both(|app| {
        let (admin, mut program) = (app.token("admin"), app.token("user_01"));
        let path = format!("/api/users/{}", app.id("user_01"));
        assert_eq!(admin.delete(&path).status, 204);
        assert_revoked(&mut program);
        assert_eq!(app.count("sign_ins"), 1, "the administrator's own");
    });
}

#[test]
fn a_refresh_token_gets_a_new_pair_that_is_not_fresh() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let (access, refresh) = (program.token.clone(), program.refresh_token.clone());
        app.clock.advance(minutes(14));
        let reply = program.refresh();
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let pair = reply.json();
        assert_eq!(keys(&pair), ["access_token", "expires_in", "refresh_token", "token_type"]);
        assert_ne!(program.token, access);
        assert_ne!(program.refresh_token, refresh);
        app.clock.advance(minutes(14));
        let claims = program.get("/api/claims").json();
        assert_eq!(claims["fresh"], false);
        assert_eq!(app.count("sign_ins"), 1);
    });
}

#[test]
fn two_that_race_with_one_refresh_token_get_the_same_successor() {
    on_both(|app| {
        let mut first = app.token("user_01");
        let mut second = first.at(&app.client);
        app.clock.advance(minutes(1));
        assert_eq!(first.refresh().status, 200);
        app.clock.advance(Duration::from_secs(10));
        assert_eq!(second.refresh().status, 200);
        assert_eq!(first.refresh_token, second.refresh_token);
    });
}

#[test]
fn a_used_refresh_token_that_comes_again_later_ends_the_sign_in() {
    on_both(|app| {
        let mut owner = app.token("user_01");
        let mut thief = owner.at(&app.client);
        app.clock.advance(minutes(1));
        assert_eq!(owner.refresh().status, 200);
        app.clock.advance(Duration::from_secs(301));
        thief.refresh().assert_problem(401, "token_revoked");
        assert_revoked(&mut owner);
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn refreshing_does_not_lengthen_the_life_of_a_sign_in() {
    on_both(|app| {
        let mut program = app.token("user_01");
        app.clock.advance(minutes(30 * 24 * 60) - minutes(5));
        let reply = program.refresh();
        assert_eq!(reply.status, 200);
        let left = reply.json()["expires_in"].as_i64().expect("a number");
        assert!((299..=300).contains(&left), "five minutes are left, not {left} s");
        app.clock.advance(minutes(5));
        program.get("/api/me").assert_problem(401, "token_expired");
        program.refresh().assert_problem(401, "token_expired");
    });
}

#[test]
fn a_refreshed_token_has_the_role_of_today() {
    on_both(|app| {
        let mut program = app.token("user_01");
        app.sql("UPDATE users SET role = 'admin' WHERE username = 'user_01'");
        program.get("/api/admin").assert_problem(403, "forbidden");
        assert_eq!(program.refresh().status, 200);
        assert_eq!(program.get("/api/admin").status, 200);
    });
}

#[test]
fn the_same_token_is_good_at_a_second_process_and_after_a_restart() {
    on_both(|app| {
        let (program, person) = (app.token("user_01"), app.session("user_01"));
        let neighbour = app.neighbour();
        assert_eq!(program.at(&neighbour).get("/api/me").status, 200);
        assert_eq!(person.at(&neighbour).get("/dashboard").status, 200);
        let (program, person) = (program.credentials(), person.credentials());
        let app = app.restart();
        assert_eq!(program.at(&app.client).get("/api/me").status, 200);
        assert_eq!(person.at(&app.client).get("/dashboard").status, 200);
    });
}

#[test]
fn whoami_says_by_which_credential() {
    on_both(|app| {
        let id = app.id("user_01");
        let expected = |via: &str| json!({ "id": id, "username": "user_01", "via": via });
        let person = app.session("user_01");
        assert_eq!(person.get("/whoami").json(), expected("session"));
        assert_eq!(app.token("user_01").get("/whoami").json(), expected("token"));
        let nobody = app.anonymous().get("/whoami");
        nobody.assert_problem(401, "credentials_missing");
        assert_eq!(nobody.header("www-authenticate"), Some(BARE));
    });
}

#[test]
fn a_method_that_a_path_does_not_take_is_405_with_those_it_takes() {
    on_both(|app| {
        let program = app.token("user_01");
        for (method, path, allow) in [
            (Method::Get, "/api/login", "POST"),
            (Method::Post, "/api/me", "DELETE, GET, HEAD, PATCH"),
            (Method::Put, "/api/users/1", "DELETE, GET, HEAD, PATCH"),
        ] {
            let reply = program.send(program.request(method, path));
            reply.assert_problem(405, "method_not_allowed");
            assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
        }
        program.get("/api/nothing").assert_problem(404, "not_found");
    });
}
