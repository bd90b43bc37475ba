//! Freshness: changing a credential needs a recently verified password.

use rocket::http::Method;
use serde_json::json;

use super::helpers::{
    HOUR, MINUTE, StoredCredentials, USER_01, USER_02, advance, claims, is_fresh, only_row,
    session_lives, until,
};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{on_both, on_both_with};

const CHANGE: [(&str, &str); 2] = [("current_password", "1234"), ("new_password", "a longer one")];

fn change_by_form(actor: &Actor<'_>) -> Reply {
    actor.post_form("/account/password", &CHANGE)
}

fn change_by_token(actor: &Actor<'_>) -> Reply {
    let body = json!({ "current_password": "1234", "new_password": "a longer one" });
    actor.post_json("/api/password", &body)
}

#[test]
fn a_session_is_fresh_for_ten_minutes_and_then_sent_to_confirm() {
    on_both(|app| {
        let person = app.session("user_01");
        advance(&app, 10 * MINUTE - 1);
        assert!(is_fresh(&person));
        advance(&app, 2);
        assert!(!is_fresh(&person));
        let refused = change_by_form(&person);
        assert_eq!((refused.status, refused.location()), (303, "/reauthenticate?next=%2Faccount"));
        assert!(session_lives(&person), "it is still a session");
        assert_eq!(
            app.session("user_01").get("/whoami").status,
            200,
            "the password is the old one"
        );
    });
}

#[test]
fn the_limit_is_the_configured_one() {
    on_both_with(
        |figment| figment.merge(("auth.fresh_for", "5s")),
        |app| {
            let (person, program) = (app.session("user_01"), app.token("user_01"));
            advance(&app, 6);
            assert_eq!(change_by_form(&person).location(), "/reauthenticate?next=%2Faccount");
            assert_eq!(change_by_token(&program).code(), "fresh_login_required");
        },
    );
}

#[test]
fn a_wrong_password_gets_the_form_again_and_confirms_nothing() {
    on_both(|app| {
        let person = app.session("user_01");
        advance(&app, 11 * MINUTE);
        let asked = person.get("/reauthenticate?next=/account");
        assert_eq!(asked.status, 200);
        assert!(asked.body.contains("name=\"password\"") && asked.body.contains("/account"));
        let fields = [("password", "wrong"), ("next", "/account")];
        let wrong = person.post_form("/reauthenticate", &fields);
        assert_eq!(wrong.status, 401);
        assert!(
            wrong.body.contains("name=\"password\"") && wrong.body.contains("not your password")
        );
        assert!(
            wrong.body.contains("name=\"next\" value=\"&#x2F;account\"")
                || wrong.body.contains("name=\"next\" value=\"/account\""),
            "{}",
            wrong.body
        );
        assert!(!is_fresh(&person) && session_lives(&person));
    });
}

#[test]
fn the_right_password_leads_on_and_makes_the_session_fresh_again() {
    on_both(|app| {
        let person = app.session("user_01");
        advance(&app, 11 * MINUTE);
        let before = only_row(&app, USER_01);
        let fields = [("password", "1234"), ("next", "/account")];
        let confirmed = person.post_form("/reauthenticate", &fields);
        assert_eq!((confirmed.status, confirmed.location()), (303, "/account"));
        assert!(is_fresh(&person));
        let after = only_row(&app, USER_01);
        assert_eq!((after.id, after.expires_at), (before.id, before.expires_at));
        assert_eq!(after.auth_time, app.clock.now().expect("a sane clock"));
        let changed = change_by_form(&person);
        assert_eq!((changed.status, changed.location()), (303, "/account"));
        advance(&app, 11 * MINUTE);
        assert!(!is_fresh(&person), "for ten minutes again, not for ever");
    });
}

#[test]
fn it_leads_nowhere_off_the_site() {
    on_both(|app| {
        let person = app.session("user_01");
        for next in ["", "//evil.example", "https://evil.example/", "/\\evil.example", "account"] {
            let fields = [("password", "1234"), ("next", next)];
            let confirmed = person.post_form("/reauthenticate", &fields);
            assert_eq!((confirmed.status, confirmed.location()), (303, "/dashboard"), "{next}");
        }
        let confirmed = person.post_form("/reauthenticate", &[("password", "1234")]);
        assert_eq!(confirmed.location(), "/dashboard");
    });
}

#[test]
fn confirming_requires_a_signed_in_user() {
    on_both(|app| {
        let visitor = app.anonymous();
        let asked = visitor.get("/reauthenticate");
        assert_eq!((asked.status, asked.location()), (303, "/login?next=%2Freauthenticate"));
        let sent = visitor.post_form("/reauthenticate", &[("password", "1234")]);
        assert_eq!(sent.status, 303);
        assert!(sent.location().starts_with("/login"));
        let program = app.token("user_01");
        assert_eq!(program.post_form("/reauthenticate", &[("password", "1234")]).status, 401);
    });
}

#[test]
fn another_users_password_confirms_nothing() {
    on_both(|app| {
        let person = app.session("user_01");
        advance(&app, 11 * MINUTE);
        assert_eq!(person.post_form("/reauthenticate", &[("password", "5678")]).status, 401);
        assert!(!is_fresh(&person));
    });
}

#[test]
fn confirming_in_one_browser_makes_no_other_credential_fresh() {
    on_both(|app| {
        let (person, elsewhere) = (app.session("user_01"), app.session("user_01"));
        let program = app.token("user_01");
        advance(&app, 11 * MINUTE);
        assert_eq!(person.post_form("/reauthenticate", &[("password", "1234")]).status, 303);
        assert!(is_fresh(&person) && !is_fresh(&elsewhere));
        assert_eq!(change_by_token(&program).code(), "fresh_login_required");
    });
}

#[test]
fn a_token_is_fresh_from_the_password_for_ten_minutes_and_never_after_a_refresh() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let refreshed = StoredCredentials {
            refresh_token: app.token("user_01").refresh_token,
            ..StoredCredentials::default()
        };
        let mut refreshed = refreshed.on(&app.client);
        refreshed.refresh();
        assert_eq!(claims(refreshed.token.as_ref().unwrap())["fresh"], false);
        assert_eq!(change_by_token(&refreshed).code(), "fresh_login_required");
        advance(&app, 10 * MINUTE + 1);
        let old = change_by_token(&program);
        assert_eq!((old.status, old.code().as_str()), (401, "fresh_login_required"));
        assert!(old.header("www-authenticate").is_some());
        assert_eq!(program.get("/api/me").status, 200, "looking needs no fresh token");
        program.refresh();
        assert_eq!(change_by_token(&program).code(), "fresh_login_required");
        assert_eq!(change_by_token(&app.token("user_01")).status, 204);
    });
}

#[test]
fn an_administrator_changes_users_with_a_fresh_token_and_looks_with_any() {
    on_both(|app| {
        let mut admin = app.token("admin");
        admin.refresh();
        assert_eq!(admin.get("/api/users").status, 200);
        let path = format!("/api/users/{USER_02}");
        let change = admin.json(Method::Patch, &path, &json!({ "active": false }));
        assert_eq!((change.status, change.code().as_str()), (401, "fresh_login_required"));
        let delete = admin.delete(&path);
        assert_eq!((delete.status, delete.code().as_str()), (401, "fresh_login_required"));
        assert_eq!(app.token("user_02").get("/api/me").status, 200, "nothing happened");
    });
}

#[test]
fn a_session_that_was_only_used_does_not_stay_fresh() {
    on_both(|app| {
        let person = app.session("user_01");
        for _ in 0..4 {
            advance(&app, 30 * MINUTE);
            let now = app.clock.now().expect("a sane clock");
            assert_eq!(person.get("/dashboard").status, 200);
            until("the use is noted", || only_row(&app, USER_01).last_seen_at == now);
        }
        assert!(!is_fresh(&person));
        advance(&app, HOUR);
        assert!(session_lives(&person));
    });
}
