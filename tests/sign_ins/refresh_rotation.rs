//! Refresh tokens: each is taken once, for a successor that gains neither life nor freshness.

use serde_json::{Value, json};
use vestibule::sign_ins::SignInKind;

use super::helpers::{
    DAY, MINUTE, StoredCredentials, USER_01, advance, assert_program_dead, claims, only_row, rows,
    settle, sid, token_lives, until,
};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

/// Uses a refresh token.
fn refresh(client: &rocket::local::blocking::Client, token: &str) -> Reply {
    let mut actor = Actor::new(client);
    actor.refresh_token = Some(token.to_owned());
    actor.refresh()
}

fn text(reply: &Reply, name: &str) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()[name].as_str().expect("a token").to_owned()
}

/// Uses the newest access token, and waits until that is recorded.
fn use_token(app: &TestApp, token: &str) {
    assert!(token_lives(&app.client, token));
    until("the use is recorded", || match only_row(app, USER_01).kind {
        SignInKind::Token(rotations) => rotations.used_generation == rotations.generation,
        _ => false,
    });
}

fn first(app: &TestApp) -> StoredCredentials {
    StoredCredentials::of(&app.token("user_01"))
}

#[test]
fn a_refresh_token_is_taken_for_the_next_pair_of_the_same_sign_in() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let before = StoredCredentials::of(&program);
        let reply = program.refresh();
        assert_eq!(reply.status, 200);
        reply.assert_no_cookies();
        let json = reply.json();
        assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(900)));

        let after = StoredCredentials::of(&program);
        assert!(before.token != after.token && before.refresh_token != after.refresh_token);
        let (old, new) = (before.refresh_token.unwrap(), after.refresh_token.unwrap());
        assert_eq!(sid(&old), sid(&new));
        assert_eq!((&claims(&old)["gen"], &claims(&new)["gen"]), (&json!(0), &json!(1)));
        assert_eq!(program.get("/api/me").status, 200);
        assert!(token_lives(&app.client, &before.token.unwrap()), "it is the same sign-in");
        assert_eq!(only_row(&app, USER_01).generation(), 1);
    });
}

#[test]
fn within_the_grace_the_same_token_gets_the_same_successor_byte_for_byte() {
    on_both(|app| {
        let old = first(&app).refresh_token.unwrap();
        let successor = text(&refresh(&app.client, &old), "refresh_token");
        for seconds in [0, 1, 8, 1] {
            advance(&app, seconds);
            let again = refresh(&app.client, &old);
            assert_eq!(text(&again, "refresh_token"), successor);
            assert!(token_lives(&app.client, &text(&again, "access_token")));
        }
        assert_eq!(only_row(&app, USER_01).generation(), 1, "one step, however often it was asked");
        assert_eq!(refresh(&app.client, &successor).status, 200, "the successor works");
    });
}

#[test]
fn after_the_grace_a_used_token_is_theft_and_ends_the_sign_in_for_everybody() {
    on_both(|app| {
        let bystander = app.token("user_01");
        let old = first(&app);
        let token = old.refresh_token.clone().unwrap();
        let reply = refresh(&app.client, &token);
        let thief = StoredCredentials {
            token: Some(text(&reply, "access_token")),
            refresh_token: Some(text(&reply, "refresh_token")),
            ..StoredCredentials::default()
        };
        assert!(token_lives(&app.client, thief.token.as_ref().unwrap()));
        let thief_id = sid(&token);
        until("the use is recorded", || {
            let row = rows(&app, USER_01).into_iter().find(|row| row.id.as_str() == thief_id);
            matches!(row.expect("a row").kind, SignInKind::Token(rotations) if rotations.used_generation == 1)
        });
        advance(&app, 11);
        let replayed = refresh(&app.client, &token);
        assert_eq!((replayed.status, replayed.code().as_str()), (401, "token_revoked"));
        assert!(replayed.header("www-authenticate").unwrap().contains("invalid_token"));
        assert_program_dead(&app.client, &old);
        assert_program_dead(&app.client, &thief);
        assert_eq!(bystander.get("/api/me").status, 200, "another sign-in of the same user");
        assert_eq!(rows(&app, USER_01).len(), 1);
    });
}

#[test]
fn a_refresh_whose_response_was_lost_is_answered_again_for_five_minutes() {
    on_both(|app| {
        let held = first(&app);
        let token = held.refresh_token.unwrap();
        let lost = text(&refresh(&app.client, &token), "refresh_token");
        for seconds in [12, 287, 1] {
            advance(&app, seconds);
            assert!(token_lives(&app.client, held.token.as_ref().unwrap()), "not the successor's");
            assert_eq!(text(&refresh(&app.client, &token), "refresh_token"), lost);
        }
        assert_eq!(only_row(&app, USER_01).generation(), 1);
        advance(&app, 11);
        assert_eq!(refresh(&app.client, &token).code(), "token_revoked");
    });
}

#[test]
fn several_requests_may_repeat_a_refresh_whose_response_was_lost() {
    on_both(|app| {
        let lost = first(&app).refresh_token.unwrap();
        refresh(&app.client, &lost);
        advance(&app, 60);
        for _ in 0..8 {
            let reply = refresh(&app.client, &lost);
            use_token(&app, &text(&reply, "access_token"));
            advance(&app, 1);
        }
        let newest = text(&refresh(&app.client, &lost), "refresh_token");
        let next = text(&refresh(&app.client, &newest), "refresh_token");
        assert_eq!(text(&refresh(&app.client, &lost), "refresh_token"), next);
        advance(&app, 11);
        assert_eq!(refresh(&app.client, &lost).code(), "token_revoked", "a copy");
    });
}

#[test]
fn every_token_of_a_burst_gets_the_newest_successor_and_one_from_before_it_is_theft() {
    on_both(|app| {
        let before = first(&app);
        let mut tokens = vec![text(
            &refresh(&app.client, before.refresh_token.as_ref().unwrap()),
            "refresh_token",
        )];
        advance(&app, 900);
        for _ in 0..5 {
            let reply = refresh(&app.client, tokens.last().unwrap());
            use_token(&app, &text(&reply, "access_token"));
            tokens.push(text(&reply, "refresh_token"));
            for token in &tokens[..tokens.len() - 1] {
                let again = refresh(&app.client, token);
                assert_eq!(&text(&again, "refresh_token"), tokens.last().unwrap());
                assert!(token_lives(&app.client, &text(&again, "access_token")));
            }
            advance(&app, 2);
        }
        assert_eq!(only_row(&app, USER_01).generation(), 6);
        let stolen = before.refresh_token.as_ref().unwrap();
        assert_eq!(refresh(&app.client, stolen).code(), "token_revoked");
        assert_program_dead(&app.client, &before);
        assert_eq!(refresh(&app.client, tokens.last().unwrap()).code(), "token_revoked");
        assert_eq!(rows(&app, USER_01).len(), 0);
    });
}

#[test]
fn without_a_grace_the_second_use_in_the_next_second_is_theft() {
    on_both_with(
        |figment| figment.merge(("auth.token.refresh_grace", "0s")),
        |app| {
            let old = first(&app).refresh_token.unwrap();
            let successor = refresh(&app.client, &old);
            use_token(&app, &text(&successor, "access_token"));
            advance(&app, 1);
            assert_eq!(refresh(&app.client, &old).status, 401);
            assert_eq!(refresh(&app.client, &text(&successor, "refresh_token")).status, 401);
        },
    );
}

#[test]
fn refreshing_never_extends_the_life_of_the_sign_in() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let end = claims(program.refresh_token.as_ref().unwrap())["exp"].as_i64().unwrap();
        let now = || app.clock.now().expect("a sane clock").unix_timestamp();
        assert_eq!(end, now() + DAY as i64 * 30);
        for _ in 0..29 {
            advance(&app, DAY);
            assert_eq!(program.refresh().status, 200);
            let fresh = claims(program.refresh_token.as_ref().unwrap());
            assert_eq!(fresh["exp"], end);
        }
        // Ten minutes before the end an access token gets ten minutes, not fifteen.
        advance(&app, DAY - 10 * MINUTE);
        let reply = program.refresh();
        assert_eq!(reply.json()["expires_in"], 10 * MINUTE);
        assert_eq!(claims(program.token.as_ref().unwrap())["exp"], end);
        advance(&app, 10 * MINUTE - 1);
        assert_eq!(program.get("/api/me").status, 200);
        advance(&app, 1);
        assert_eq!(program.get("/api/me").code(), "token_expired");
        assert_eq!(program.refresh().code(), "token_expired");
    });
}

#[test]
fn a_row_that_ends_earlier_than_the_token_says_decides() {
    on_both(|app| {
        let held = first(&app);
        let now = app.clock.now().expect("a sane clock").unix_timestamp();
        app.sql(&format!("UPDATE sign_ins SET expires_at = {}", (now + 60) * 1_000_000));
        advance(&app, 61);
        assert_program_dead(&app.client, &held);
    });
}

#[test]
fn a_refreshed_token_is_not_fresh_and_keeps_the_time_of_the_password() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let first = claims(program.token.as_ref().unwrap());
        assert_eq!(first["fresh"], true);
        advance(&app, 5);
        program.refresh();
        let second = claims(program.token.as_ref().unwrap());
        assert_eq!(second["fresh"], false);
        assert_eq!(second["auth_time"], first["auth_time"]);
        let change = json!({ "current_password": "1234", "new_password": "a longer one" });
        let reply = program.post_json("/api/password", &change);
        assert_eq!((reply.status, reply.code().as_str()), (401, "fresh_login_required"));
    });
}

#[test]
fn role_and_claims_are_read_again_from_the_account() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let role = |program: &Actor<'_>| claims(program.token.as_ref().unwrap())["role"].clone();
        assert_eq!(role(&program), "user");
        assert_eq!(program.get("/api/admin").code(), "forbidden");

        let admin = app.token("admin");
        let path = format!("/api/users/{USER_01}");
        let change = |role: &str| {
            let reply = admin.json(rocket::http::Method::Patch, &path, &json!({ "role": role }));
            assert_eq!(reply.status, 200, "{}", reply.body);
        };
        change("admin");
        assert_eq!(program.refresh().status, 200);
        assert_eq!(role(&program), "admin");
        assert_eq!(program.get("/api/admin").status, 200);
        change("user");
        assert_eq!(program.refresh().status, 200);
        assert_eq!(role(&program), "user");
        assert_eq!(program.get("/api/admin").code(), "forbidden");
    });
}

#[test]
fn a_restart_between_any_two_steps_changes_nothing() {
    on_both(|app| {
        let oldest = first(&app);
        let app = app.restart();
        let token = oldest.refresh_token.clone().unwrap();
        assert!(token_lives(&app.client, oldest.token.as_ref().unwrap()));
        let second = text(&refresh(&app.client, &token), "refresh_token");
        let app = app.restart();
        advance(&app, 9);
        assert_eq!(text(&refresh(&app.client, &token), "refresh_token"), second);
        let app = app.restart();
        let reply = refresh(&app.client, &second);
        let third = text(&reply, "refresh_token");
        use_token(&app, &text(&reply, "access_token"));
        advance(&app, 11);
        let app = app.restart();
        assert_eq!(refresh(&app.client, &second).status, 401, "theft");
        let app = app.restart();
        assert_eq!(refresh(&app.client, &third).status, 401);
        assert_program_dead(&app.client, &oldest);
    });
}

#[test]
fn another_process_on_the_same_database_sees_every_step() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let held = first(&app);
        let token = held.refresh_token.clone().unwrap();
        let second = text(&refresh(&app.client, &token), "refresh_token");
        settle(&app);
        assert_eq!(text(&refresh(&neighbour, &token), "refresh_token"), second);
        let reply = refresh(&neighbour, &second);
        let third = text(&reply, "refresh_token");
        use_token(&app, &text(&reply, "access_token"));
        settle(&app);
        assert_eq!(text(&refresh(&app.client, &second), "refresh_token"), third);
        advance(&app, 11);
        assert_eq!(refresh(&app.client, &second).status, 401, "theft");
        settle(&app);
        assert_eq!(refresh(&neighbour, &third).status, 401);
        assert_program_dead(&neighbour, &held);
    });
}

#[test]
fn an_access_token_takes_no_step_and_a_cookie_neither() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let right = program.refresh_token.clone();
        program.refresh_token.clone_from(&program.token);
        assert_eq!(program.refresh().code(), "wrong_token_type");
        let person = app.session("user_02");
        let reply = person.post("/api/refresh");
        assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"));
        reply.assert_no_cookies();
        assert_eq!(only_row(&app, USER_01).generation(), 0);
        program.refresh_token = right;
        assert_eq!(program.refresh().status, 200);
    });
}

#[test]
fn a_row_holds_nothing_that_would_refresh() {
    on_both(|app| {
        let mut program = app.token("user_01");
        program.refresh();
        let row = format!("{:?}", only_row(&app, USER_01));
        let held = StoredCredentials::of(&program);
        for secret in [held.token.unwrap(), held.refresh_token.unwrap()] {
            let signature = secret.rsplit('.').next().unwrap();
            assert!(!row.contains(signature));
        }
        assert_eq!(claims(&first(&app).refresh_token.unwrap())["type"], Value::from("refresh"));
    });
}
