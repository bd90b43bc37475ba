//! Remember me: a second cookie that brings a session back, until its sign-in ends on the server.

use rocket::http::{Method, SameSite};
use serde_json::json;

use super::helpers::{
    DAY, Environment, HOUR, StoredCredentials, USER_01, USER_02, add_user, advance, api_login,
    is_fresh, on_each, only_row, remembered, removes_cookie, rows, session_lives, set_cookie,
    settle, sign_in, until,
};
use crate::support::actor::Actor;
use crate::support::app::{TestApp, on_both, on_both_with};

const SESSION: &str = "session";
const REMEMBER: &str = "remember_token";

/// A remembered browser whose session cookie is gone, as after it was closed.
fn reopened<'a>(app: &'a TestApp, username: &str) -> Actor<'a> {
    let person = remembered(app, username);
    person.jar.borrow_mut().remove(SESSION).expect("a session");
    person
}

/// Whether the remember cookie of an actor is accepted by itself.
fn cookie_lives(app: &TestApp, held: &StoredCredentials) -> bool {
    let mut held = held.clone();
    held.jar.retain(|name, _| name == REMEMBER);
    assert_eq!(held.jar.len(), 1, "a remember cookie");
    session_lives(&held.on(&app.client))
}

#[test]
fn the_box_gives_a_cookie_that_outlives_the_browser() {
    on_both(|app| {
        let reply = sign_in(&app.anonymous(), "user_01", true);
        assert_eq!((reply.status, reply.location()), (303, "/dashboard"));
        let session = set_cookie(&reply, SESSION).expect("a session");
        let remember = set_cookie(&reply, REMEMBER).expect("a remember cookie");
        for cookie in [&session, &remember] {
            assert_eq!(cookie.http_only(), Some(true));
            assert_eq!(cookie.same_site(), Some(SameSite::Lax));
            assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
            assert!(cookie.value().len() > 100 && !cookie.value().contains("user_01"));
        }
        assert!(
            session.expires().is_none() && session.max_age().is_none(),
            "goes with the browser"
        );
        let end = remember.expires_datetime().expect("Expires");
        let expected = app.clock.now().expect("a sane clock").unix_timestamp() + 30 * DAY as i64;
        assert_eq!(end.unix_timestamp(), expected);
        assert!(only_row(&app, USER_01).is_remembered());
    });
}

#[test]
fn behind_tls_both_cookies_are_secure_and_bound_to_the_host() {
    on_both_with(
        |figment| figment.merge(("auth.session.secure", true)),
        |app| {
            let person = app.anonymous();
            let reply = sign_in(&person, "user_01", true);
            for name in ["__Host-session", "__Host-remember_token"] {
                let cookie = set_cookie(&reply, name).expect(name);
                assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), Some(true)));
                assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
            }
            assert_eq!(reply.cookies().len(), 2);
            person.jar.borrow_mut().remove("__Host-session");
            assert_eq!(person.get("/dashboard").status, 200);
            let restored = person.jar.borrow().contains_key("__Host-session");
            assert!(restored, "restored under the same name");
        },
    );
}

#[test]
fn without_the_box_there_is_no_such_cookie() {
    on_both(|app| {
        let reply = sign_in(&app.anonymous(), "user_01", false);
        assert!(set_cookie(&reply, REMEMBER).is_none_or(|cookie| cookie.value().is_empty()));
        assert!(!only_row(&app, USER_01).is_remembered());
        let refused = sign_in(&app.anonymous(), "user_09", true);
        assert_eq!(refused.status, 401);
        refused.assert_no_cookies();
    });
}

#[test]
fn a_restarted_browser_is_signed_in_again_by_the_same_sign_in() {
    on_both(|app| {
        let person = reopened(&app, "user_01");
        let before = only_row(&app, USER_01);
        let reply = person.get("/dashboard");
        assert_eq!(reply.status, 200);
        let session = set_cookie(&reply, SESSION).expect("a session again");
        assert!(session.expires().is_none());
        assert!(set_cookie(&reply, REMEMBER).is_none(), "the remember cookie is not rotated");
        assert_eq!(only_row(&app, USER_01).id, before.id);
        let again = person.get("/dashboard");
        assert_eq!(again.status, 200);
        again.assert_no_cookies();
    });
}

#[test]
fn a_restored_session_is_not_fresh() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        assert!(is_fresh(&person));
        person.jar.borrow_mut().remove(SESSION);
        assert_eq!(person.get("/dashboard").status, 200);
        assert!(!is_fresh(&person));
        let fields = [("current_password", "1234"), ("new_password", "a longer one")];
        let refused = person.post_form("/account/password", &fields);
        assert_eq!(refused.location(), "/reauthenticate?next=%2Faccount");
        let confirmed = person.post_form("/reauthenticate", &[("password", "1234")]);
        assert_eq!(confirmed.status, 303);
        assert!(is_fresh(&person));
    });
}

#[test]
fn the_idle_and_the_absolute_limit_end_the_session_and_not_the_remembering() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        for pause in [3 * HOUR, 25 * HOUR, 10 * DAY] {
            advance(&app, pause);
            let now = app.clock.now().expect("a sane clock");
            let reply = person.get("/dashboard");
            assert_eq!(reply.status, 200, "after {pause} s");
            assert!(set_cookie(&reply, SESSION).is_some_and(|cookie| !cookie.value().is_empty()));
            assert!(!is_fresh(&person));
            until("the use is noted", || only_row(&app, USER_01).last_seen_at == now);
            let again = person.get("/dashboard");
            again.assert_no_cookies();
        }
    });
}

#[test]
fn the_server_ends_it_whatever_the_cookie_says() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        advance(&app, 30 * DAY - 1);
        assert!(cookie_lives(&app, &StoredCredentials::of(&person)));
        advance(&app, 1);
        let reply = person.get("/dashboard");
        assert_eq!((reply.status, reply.location()), (303, "/login?next=%2Fdashboard"));
        assert!(removes_cookie(&reply, SESSION) && removes_cookie(&reply, REMEMBER));

        // Also when only the row says so.
        let person = remembered(&app, "user_02");
        let now = app.clock.now().expect("a sane clock").unix_timestamp();
        app.sql(&format!(
            "UPDATE sign_ins SET expires_at = {} WHERE account = '{USER_02}'",
            (now + 60) * 1_000_000
        ));
        advance(&app, 61);
        assert!(!cookie_lives(&app, &StoredCredentials::of(&person)));
    });
}

#[test]
fn a_token_request_neither_consults_nor_touches_it() {
    on_both(|app| {
        let mut person = reopened(&app, "user_01");
        let before = only_row(&app, USER_01);
        advance(&app, HOUR);
        person.token = Some("no.token.at-all".to_owned());
        for path in ["/whoami", "/api/me", "/dashboard"] {
            let refused = person.get(path);
            assert_eq!((refused.status, refused.code().as_str()), (401, "token_invalid"), "{path}");
            refused.assert_no_cookies();
        }
        person.token = app.token("user_02").token;
        let known = person.get("/whoami");
        assert_eq!((known.status, &known.json()["id"]), (200, &json!(USER_02)));
        known.assert_no_cookies();
        let page = person.get("/dashboard");
        assert_eq!(page.status, 401, "a page takes no token, and asks no cookie then");
        page.assert_no_cookies();
        assert_eq!(only_row(&app, USER_01), before);
        assert!(person.jar.borrow().contains_key(REMEMBER));
    });
}

#[test]
fn the_api_does_not_know_it() {
    on_both(|app| {
        let person = reopened(&app, "user_01");
        let reply = person.get("/api/me");
        assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"));
        reply.assert_no_cookies();
    });
}

#[test]
fn logging_out_ends_it_and_takes_both_cookies_back_as_they_were_set() {
    for secure in [false, true] {
        on_both_with(
            |figment| figment.merge(("auth.session.secure", secure)),
            |app| {
                let person = app.anonymous();
                let set = sign_in(&person, "user_01", true);
                let held = StoredCredentials::of(&person);
                let out = person.post("/logout");
                assert_eq!((out.status, out.location()), (303, "/"));
                let prefix = if secure { "__Host-" } else { "" };
                for name in [SESSION, REMEMBER].map(|name| format!("{prefix}{name}")) {
                    let (set, back) =
                        (set_cookie(&set, &name).unwrap(), set_cookie(&out, &name).unwrap());
                    assert!(removes_cookie(&out, &name));
                    assert_eq!(
                        (set.path(), set.domain(), set.secure(), set.http_only(), set.same_site()),
                        (
                            back.path(),
                            back.domain(),
                            back.secure(),
                            back.http_only(),
                            back.same_site()
                        ),
                        "{name}"
                    );
                    assert!(
                        back.expires_datetime().unwrap() < app.clock.now().expect("a sane clock")
                    );
                }
                assert_eq!(rows(&app, USER_01).len(), 0);
                let replayed = held.on(&app.client).get("/dashboard");
                assert_eq!(replayed.status, 303);
                for name in [SESSION, REMEMBER] {
                    assert!(removes_cookie(&replayed, &format!("{prefix}{name}")), "{name}");
                }
            },
        );
    }
}

#[test]
fn logging_out_with_the_remember_cookie_alone_ends_it_too() {
    on_both(|app| {
        let person = reopened(&app, "user_01");
        let held = StoredCredentials::of(&person);
        assert_eq!(person.post("/logout").status, 303);
        assert!(person.jar.borrow().keys().eq(["vestibule_notice"]));
        assert!(!cookie_lives(&app, &held));
        assert_eq!(rows(&app, USER_01).len(), 0);
    });
}

#[test]
fn a_password_change_elsewhere_ends_it() {
    on_both(|app| {
        let held = StoredCredentials::of(&remembered(&app, "user_01"));
        let change = json!({ "current_password": "1234", "new_password": "a longer one" });
        assert_eq!(app.token("user_01").post_json("/api/password", &change).status, 204);
        assert!(!cookie_lives(&app, &held));
    });
}

#[test]
fn deactivation_ends_it_for_good_and_deletion_too() {
    on_both(|app| {
        let held = StoredCredentials::of(&remembered(&app, "user_01"));
        let admin = app.token("admin");
        let path = format!("/api/users/{USER_01}");
        for active in [false, true] {
            let change = json!({ "active": active });
            assert_eq!(admin.json(Method::Patch, &path, &change).status, 200);
            assert!(!cookie_lives(&app, &held), "active: {active}");
        }
        let held = StoredCredentials::of(&remembered(&app, "user_02"));
        assert_eq!(admin.delete(&format!("/api/users/{USER_02}")).status, 204);
        assert!(!cookie_lives(&app, &held));
    });
}

#[test]
fn signing_in_without_the_box_takes_an_old_one_back_and_ends_it() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        let old = StoredCredentials::of(&person);
        let reply = sign_in(&person, "user_02", false);
        assert!(removes_cookie(&reply, REMEMBER));
        assert!(!person.jar.borrow().contains_key(REMEMBER));
        assert_eq!(person.get("/whoami").json()["id"], USER_02);
        assert!(!cookie_lives(&app, &old));
        assert_eq!((rows(&app, USER_01).len(), rows(&app, USER_02).len()), (0, 1));
        person.jar.borrow_mut().remove(SESSION);
        assert!(!session_lives(&person), "nothing brings the first one back");
    });
}

#[test]
fn signing_in_again_with_the_box_replaces_it() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        let old = StoredCredentials::of(&person);
        assert_eq!(sign_in(&person, "user_01", true).status, 303);
        assert!(!cookie_lives(&app, &old));
        assert!(cookie_lives(&app, &StoredCredentials::of(&person)));
        assert_eq!(rows(&app, USER_01).len(), 1);
    });
}

#[test]
fn a_failed_sign_in_leaves_the_earlier_session_active() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        let wrong = [("username", "user_01"), ("password", "wrong"), ("remember", "on")];
        let reply = person.post_form("/login", &wrong);
        assert_eq!(reply.status, 401);
        reply.assert_no_cookies();
        assert!(session_lives(&person) && cookie_lives(&app, &StoredCredentials::of(&person)));
    });
}

#[test]
fn switched_off_it_is_neither_offered_nor_honoured() {
    on_each(|on| {
        let environment = Environment::new(on);
        let with = environment.process(|figment| figment);
        let without = environment.process(|figment| figment.merge(("auth.session.remember", 0)));
        let person = Actor::new(&with);
        assert!(person.get("/login").body.contains("name=\"remember\""));
        assert_eq!(sign_in(&person, "user_01", true).status, 303);
        let mut held = StoredCredentials::of(&person);
        held.jar.remove(SESSION);
        assert!(session_lives(&held.on(&with)));
        assert!(!session_lives(&held.on(&without)), "not honoured");

        let person = Actor::new(&without);
        assert!(!person.get("/login").body.contains("name=\"remember\""), "not offered");
        let reply = sign_in(&person, "user_02", true);
        assert_eq!(reply.status, 303);
        assert!(set_cookie(&reply, REMEMBER).is_none_or(|cookie| cookie.value().is_empty()));
        assert!(session_lives(&person));
    });
}

#[test]
fn a_restoring_request_that_ends_in_an_error_page_logs_no_user_out() {
    on_both(|app| {
        let person = reopened(&app, "user_01");
        let missing = person.post("/account/sign-ins/none/end");
        assert_eq!(missing.status, 404);
        assert!(person.jar.borrow().contains_key(REMEMBER));
        assert_eq!(person.get("/nowhere").status, 404);
        assert!(person.jar.borrow().contains_key(REMEMBER));
        let refused = person.post_form("/account/password", &[("current_password", "1234")]);
        assert_eq!(refused.location(), "/reauthenticate?next=%2Faccount");
        assert!(person.jar.borrow().contains_key(REMEMBER));
        assert_eq!(person.get("/dashboard").status, 200);
        assert_eq!(rows(&app, USER_01).len(), 1);
    });
}

#[test]
fn the_dead_session_beside_a_good_remember_cookie_does_not_take_it_along() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        advance(&app, 3 * HOUR);
        // The session has ended and the response is an error page: the first is removed, the
        // second must stay.
        let missing = person.post("/account/sign-ins/none/end");
        assert_eq!(missing.status, 404);
        assert!(!removes_cookie(&missing, REMEMBER));
        assert!(cookie_lives(&app, &StoredCredentials::of(&person)));
        assert_eq!(person.get("/dashboard").status, 200);
    });
}

#[test]
fn it_survives_a_restart_and_works_at_another_process() {
    on_both(|app| {
        let held = StoredCredentials::of(&reopened(&app, "user_01"));
        let app = app.restart();
        assert!(cookie_lives(&app, &held));
        let neighbour = app.neighbour();
        let person = held.on(&neighbour);
        assert_eq!(person.get("/dashboard").status, 200);
        assert_eq!(person.post("/logout").status, 303);
        settle(&app);
        assert!(!cookie_lives(&app, &held));
    });
}

#[test]
fn another_persons_session_beside_it_wins_and_confirming_confirms_that_one() {
    on_both(|app| {
        let first = remembered(&app, "user_01");
        let second = app.session("user_02");
        let session = second.jar.borrow()[SESSION].clone();
        first.jar.borrow_mut().insert(SESSION.to_owned(), session);
        assert_eq!(first.get("/whoami").json()["id"], USER_02);
        advance(&app, 11 * 60);
        let confirmed = first.post_form("/reauthenticate", &[("password", "5678")]);
        assert_eq!(confirmed.status, 303);
        assert_eq!(first.get("/whoami").json()["id"], USER_02);
        assert!(is_fresh(&first));
    });
}

#[test]
fn confirming_with_an_ended_session_of_another_user_confirms_the_restored_one() {
    on_both(|app| {
        let first = remembered(&app, "user_01");
        let second = app.session("user_02");
        let session = second.jar.borrow()[SESSION].clone();
        second.post("/logout");
        first.jar.borrow_mut().insert(SESSION.to_owned(), session);
        let confirmed = first.post_form("/reauthenticate", &[("password", "1234")]);
        assert_eq!(confirmed.status, 303);
        assert_eq!(first.get("/whoami").json()["id"], USER_01);
        assert!(is_fresh(&first));
    });
}

#[test]
fn an_api_sign_in_that_carries_it_leaves_it_alone() {
    on_both(|app| {
        add_user(&mut app.connection(), "third");
        let mut person = remembered(&app, "user_01");
        let reply = api_login(&mut person, "third", "correct horse");
        assert_eq!(reply.status, 200);
        reply.assert_no_cookies();
        person.token = None;
        assert!(cookie_lives(&app, &StoredCredentials::of(&person)));
        assert_eq!(person.get("/whoami").json()["id"], USER_01);
    });
}
