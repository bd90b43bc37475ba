//! Every way in which a sign-in ends, and that it stays ended.

use std::process::Command;

use rocket::http::Method;
use serde_json::json;
use vestibule::sign_ins::Amr;

use super::helpers::{
    Environment, StoredCredentials, USER_01, USER_02, add_user, advance, assert_program_dead,
    on_each, only_row, remembered, rows, session_lives, settle, sid, token_lives,
};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp, on_both};

const NEW: &str = "a longer one";

fn change_by_form(actor: &Actor<'_>) -> Reply {
    let fields = [("current_password", "1234"), ("new_password", NEW)];
    actor.post_form("/account/password", &fields)
}

fn change_by_token(actor: &Actor<'_>) -> Reply {
    let body = json!({ "current_password": "1234", "new_password": NEW });
    actor.post_json("/api/password", &body)
}

fn patch(app: &TestApp, user: i64, change: serde_json::Value) {
    let path = format!("/api/users/{user}");
    let reply = app.token("admin").json(Method::Patch, &path, &change);
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[test]
fn logging_out_kills_access_and_refresh_token_together() {
    on_both(|app| {
        let bystander = app.token("user_01");
        for by_refresh_token in [false, true] {
            let program = app.token("user_01");
            let held = StoredCredentials::of(&program);
            let mut leaving = Actor::new(&app.client);
            leaving.token =
                if by_refresh_token { held.refresh_token.clone() } else { held.token.clone() };
            let reply = leaving.post("/api/logout");
            assert_eq!((reply.status, reply.body.as_str()), (204, ""));
            assert_program_dead(&app.client, &held);
            assert_eq!(leaving.post("/api/logout").status, 401, "there is nothing left to end");
        }
        assert_eq!(bystander.get("/api/me").status, 200);
        assert_eq!(rows(&app, USER_01).len(), 1);
    });
}

#[test]
fn logging_out_with_a_token_that_was_refreshed_since_ends_the_newest_too() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let old = StoredCredentials::of(&program);
        program.refresh();
        let mut leaving = Actor::new(&app.client);
        leaving.token = old.token.clone();
        assert_eq!(leaving.post("/api/logout").status, 204);
        assert_program_dead(&app.client, &StoredCredentials::of(&program));
        assert_program_dead(&app.client, &old);
    });
}

#[test]
fn a_new_password_keeps_what_the_browser_had_proven() {
    on_both(|app| {
        let both = Amr::PASSWORD.with(Amr::OTP);
        let browser = app.session("user_01");
        assert_eq!(only_row(&app, USER_01).amr, Amr::PASSWORD);
        app.sql("UPDATE sign_ins SET amr = 'pwd otp mfa'");
        let old = only_row(&app, USER_01).id;
        assert_eq!(change_by_form(&browser).status, 303);
        let new = only_row(&app, USER_01);
        assert!(new.id != old && new.amr == both, "{new:?}");
    });
}

#[test]
fn all_is_all_and_nothing_said_is_this_one() {
    on_both(|app| {
        for query in ["", "?all=false"] {
            let bystander = app.token("user_01");
            let program = app.token("user_01");
            assert_eq!(program.post(&format!("/api/logout{query}")).status, 204, "{query}");
            assert_program_dead(&app.client, &StoredCredentials::of(&program));
            assert_eq!(bystander.get("/api/me").status, 200, "{query}");
        }
        let person = StoredCredentials::of(&remembered(&app, "user_01"));
        let mut program = app.token("user_01");
        let refresh = program.refresh_token.clone();
        program.token = refresh;
        assert_eq!(program.post("/api/logout?all=true").status, 204, "by refresh token as well");
        assert!(!session_lives(&person.on(&app.client)));
        assert_eq!(rows(&app, USER_01).len(), 0);
    });
}

#[test]
fn logging_out_of_the_browser_leaves_the_other_sign_ins_alone() {
    on_both(|app| {
        let (other, program) = (app.session("user_01"), app.token("user_01"));
        let person = app.session("user_01");
        let held = StoredCredentials::of(&person);
        assert_eq!(person.post("/logout").status, 303);
        assert!(!session_lives(&held.on(&app.client)));
        assert!(session_lives(&other) && program.get("/api/me").status == 200);
        assert_eq!(person.post("/logout").status, 303, "twice is no error");
    });
}

#[test]
fn a_password_change_in_the_browser_ends_everything_else_and_gives_it_a_new_id() {
    for remember in [false, true] {
        on_both(|app| {
            let person = app.anonymous();
            let fields = [("username", "user_01"), ("password", "1234")];
            let box_ = [("remember", "on")];
            let fields = if remember { [&fields[..], &box_[..]].concat() } else { fields.to_vec() };
            assert_eq!(person.post_form("/login", &fields).status, 303);
            let before = only_row(&app, USER_01);
            let old = StoredCredentials::of(&person);
            let other = StoredCredentials::of(&remembered(&app, "user_01"));
            let program = StoredCredentials::of(&app.token("user_01"));
            let stranger = app.token("user_02");

            let reply = change_by_form(&person);
            assert_eq!((reply.status, reply.location()), (303, "/account"), "{}", reply.body);
            let after = only_row(&app, USER_01);
            assert_ne!(after.id, before.id);
            assert_eq!(after.is_remembered(), remember);
            assert!(session_lives(&person), "this browser stays signed in");
            assert_eq!(person.jar.borrow().contains_key("remember_token"), remember);
            for name in ["session", "remember_token"] {
                let mut copy = old.clone();
                copy.jar.retain(|kept, _| kept == name);
                assert!(!session_lives(&copy.on(&app.client)), "the old {name} is dead");
            }
            assert!(!session_lives(&other.on(&app.client)));
            assert_program_dead(&app.client, &program);
            assert_eq!(stranger.get("/api/me").status, 200);

            let fields = [("username", "user_01"), ("password", "1234")];
            assert_eq!(app.anonymous().post_form("/login", &fields).status, 401);
            let fields = [("username", "user_01"), ("password", NEW)];
            assert_eq!(app.anonymous().post_form("/login", &fields).status, 303);
        });
    }
}

#[test]
fn a_password_change_by_token_ends_everything_but_the_token_used() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let person = StoredCredentials::of(&remembered(&app, "user_01"));
        let other = StoredCredentials::of(&app.token("user_01"));
        let reply = change_by_token(&program);
        assert_eq!((reply.status, reply.body.as_str()), (204, ""), "{}", reply.body);
        reply.assert_no_cookies();
        assert_eq!(program.get("/api/me").status, 200);
        assert_eq!(program.refresh().status, 200);
        assert_eq!(only_row(&app, USER_01).id.as_str(), sid(program.token.as_ref().unwrap()));
        assert!(!session_lives(&person.on(&app.client)));
        assert_program_dead(&app.client, &other);
    });
}

#[test]
fn a_refused_password_change_ends_nothing() {
    on_both(|app| {
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        let wrong = [("current_password", "wrong"), ("new_password", NEW)];
        assert_eq!(person.post_form("/account/password", &wrong).status, 401);
        let short = [("current_password", "1234"), ("new_password", "short")];
        assert_eq!(person.post_form("/account/password", &short).status, 422);
        let wrong = json!({ "current_password": "wrong", "new_password": NEW });
        let reply = program.post_json("/api/password", &wrong);
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid_field"));
        let fields = json!({ "current_password": "This is not your current password." });
        assert_eq!(reply.json()["fields"], fields);
        assert_eq!(reply.header("www-authenticate"), None);
        assert!(session_lives(&person) && program.get("/api/me").status == 200);
        assert_eq!(rows(&app, USER_01).len(), 2);
    });
}

#[test]
fn deactivating_ends_everything_and_activating_revives_nothing() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let person = StoredCredentials::of(&remembered(&app, "user_01"));
        let program = StoredCredentials::of(&app.token("user_01"));
        patch(&app, USER_01, json!({ "active": false }));
        settle(&app);
        for active in [false, true] {
            for client in [&app.client, &neighbour] {
                assert!(!session_lives(&person.on(client)), "active: {active}");
                assert_program_dead(client, &program);
            }
            let fields = [("username", "user_01"), ("password", "1234")];
            let login = app.anonymous().post_form("/login", &fields);
            assert_eq!(login.status, if active { 303 } else { 403 });
            patch(&app, USER_01, json!({ "active": true }));
        }
    });
}

#[test]
fn deleting_ends_everything_and_the_id_is_never_given_again() {
    on_both(|app| {
        let last = add_user(&mut app.connection(), "third");
        let person = StoredCredentials::of(&remembered(&app, "third"));
        let program = StoredCredentials::of(&app.token("third"));
        let reply = app.token("admin").delete(&format!("/api/users/{last}"));
        assert_eq!(reply.status, 204);
        settle(&app);
        assert_eq!(rows(&app, last).len(), 0);
        for _ in 0..2 {
            assert!(!session_lives(&person.on(&app.client)));
            assert_program_dead(&app.client, &program);
            let next = add_user(&mut app.connection(), "third");
            assert!(next > last, "{next} after {last}");
            let reply = app.token("admin").delete(&format!("/api/users/{next}"));
            assert_eq!(reply.status, 204);
        }
        let app = app.restart();
        assert!(add_user(&mut app.connection(), "third") > last + 2);
        assert!(!session_lives(&person.on(&app.client)));
    });
}

#[test]
fn a_new_role_counts_on_the_next_request_of_session_and_token() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let program = StoredCredentials::of(&app.token("user_01"));
        let person = app.session("user_01");
        let allowed = |client| program.on(client).get("/api/users").status;
        assert_eq!((allowed(&app.client), allowed(&neighbour)), (403, 403));
        assert!(!person.get("/dashboard").body.contains("admin"));
        patch(&app, USER_01, json!({ "role": "admin" }));
        assert_eq!(allowed(&app.client), 200);
        assert!(person.get("/dashboard").body.contains("admin"));
        settle(&app);
        assert_eq!(allowed(&neighbour), 200);
        patch(&app, USER_01, json!({ "role": "user" }));
        assert_eq!(allowed(&app.client), 403);
        assert!(!person.get("/dashboard").body.contains("admin"));
        settle(&app);
        assert_eq!(allowed(&neighbour), 403);
        assert!(session_lives(&person), "a role ends no sign-in");
    });
}

#[test]
fn every_ending_survives_a_restart() {
    on_both(|app| {
        let out = StoredCredentials::of(&app.token("user_01"));
        let mut leaving = Actor::new(&app.client);
        leaving.token.clone_from(&out.token);
        assert_eq!(leaving.post("/api/logout").status, 204);
        let person = StoredCredentials::of(&remembered(&app, "user_02"));
        assert_eq!(person.on(&app.client).post("/logout").status, 303);
        let app = app.restart();
        assert_program_dead(&app.client, &out);
        assert!(!session_lives(&person.on(&app.client)));
        assert_eq!((rows(&app, USER_01).len(), rows(&app, USER_02).len()), (0, 0));
    });
}

#[test]
fn every_ending_is_known_to_another_process() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let by_logout = StoredCredentials::of(&app.token("user_01"));
        let person = StoredCredentials::of(&app.session("user_01"));
        let changed = StoredCredentials::of(&app.token("user_02"));
        for held in [&by_logout, &changed] {
            assert!(token_lives(&neighbour, held.token.as_ref().unwrap()));
        }
        assert!(session_lives(&person.on(&neighbour)));
        assert_eq!(by_logout.on(&app.client).post("/api/logout").status, 204);
        assert_eq!(person.on(&app.client).post("/logout").status, 303);
        let body = json!({ "current_password": "5678", "new_password": NEW });
        assert_eq!(app.token("user_02").post_json("/api/password", &body).status, 204);
        settle(&app);
        assert_program_dead(&neighbour, &by_logout);
        assert_program_dead(&neighbour, &changed);
        assert!(!session_lives(&person.on(&neighbour)));
    });
}

#[test]
fn the_command_line_lists_and_ends_sign_ins() {
    on_each(|on| {
        let environment = Environment::new(on);
        let client = environment.process(|figment| figment);
        let person = Actor::new(&client);
        let fields = [("username", "user_01"), ("password", "1234")];
        assert_eq!(person.post_form("/login", &fields).status, 303);
        let run = |arguments: &[&str]| {
            let output =
                vestibule(&environment).args(arguments).output().expect("the program runs");
            (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let (listed, list) = run(&["sign-in", "list", "user_01"]);
        assert!(listed && list.lines().count() == 2, "a header, one sign-in: {list}");
        let mut row = list.lines().nth(1).unwrap_or_default().split_whitespace();
        let (id, kind) = (row.next().expect("an id").to_owned(), row.next());
        assert_eq!(kind, Some("browser"));
        assert_eq!(run(&["sign-in", "end", &id]), (true, "ended 1\n".to_owned()));
        environment.clock.advance(std::time::Duration::from_secs(2));
        assert!(!session_lives(&person));
        assert!(!run(&["sign-in", "end", &id]).0, "it is gone");
        assert_eq!(person.post_form("/login", &fields).status, 303);
        let ended = run(&["sign-in", "end", "--all-of", "user_01"]);
        assert_eq!(ended, (true, "ended 1\n".to_owned()));
        environment.clock.advance(std::time::Duration::from_secs(2));
        assert!(!session_lives(&person));
    });
}

/// The program on this database, without variables of this environment.
pub(super) fn vestibule(environment: &Environment) -> Command {
    let url: String = environment.figment.extract_inner("databases.main.url").expect("a URL");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let state = environment.directory().join("state");
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name| name.to_string_lossy().starts_with("ROCKET_")) {
        command.env_remove(name);
    }
    command
        .current_dir(environment.directory())
        .env("VESTIBULE_STATE", state)
        .env("ROCKET_DATABASES", format!("{{main={{url=\"{url}\"}}}}"));
    command
}

#[test]
fn nothing_of_one_account_ends_anything_of_another() {
    on_both(|app| {
        let (person, program) = (app.session("user_02"), app.token("user_02"));
        assert_eq!(change_by_form(&app.session("user_01")).status, 303);
        patch(&app, USER_01, json!({ "active": false }));
        assert_eq!(app.token("admin").delete(&format!("/api/users/{USER_01}")).status, 204);
        advance(&app, 1);
        assert!(session_lives(&person) && program.get("/api/me").status == 200);
        assert_eq!(rows(&app, USER_02).len(), 2);
        assert!(matches!(app.on, On::Sqlite | On::Postgres));
    });
}
