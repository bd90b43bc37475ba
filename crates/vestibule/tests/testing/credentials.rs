//! A credential of the kit is a sign-in like any other.

use std::time::Duration;

use rocket::http::{Header, Status};
use rocket::local::blocking::{Client, LocalResponse};
use vestibule::sign_ins::Amr;
use vestibule::testing::{ActAs, AssertNoCookies, TestSignIn, blocking as testing};
use vestibule::{Auth, ErrorKind};

use crate::app::{App, figment, rocket};
use crate::users::Users;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn get<'c>(client: &'c Client, path: &'static str, who: &TestSignIn) -> LocalResponse<'c> {
    client.get(path).act_as(who).dispatch()
}

fn status(app: &App, path: &'static str, who: &TestSignIn) -> u16 {
    get(&app.client, path, who).status().code
}

fn both(app: &App) -> [TestSignIn; 2] {
    let alice = app.alice();
    [
        testing::session(&app.client, &alice).expect("a session"),
        testing::token(&app.client, &alice).expect("a token"),
    ]
}

fn code(response: LocalResponse<'_>) -> String {
    let problem: serde_json::Value = response.into_json().expect("a problem");
    problem["code"].as_str().expect("a code").to_owned()
}

#[test]
fn a_session_and_a_token_come_in_as_what_they_are() {
    let app = App::new();
    let [browser, program] = both(&app);
    for (who, said) in [(&browser, "1 by session"), (&program, "1 by token")] {
        let answer = get(&app.client, "/me", who).assert_no_cookies();
        assert_eq!(answer.into_string().as_deref(), Some(said));
        let answer = app.client.post("/me").act_as(who).dispatch();
        assert_eq!(answer.into_string().as_deref(), Some(said), "an unsafe method");
    }
    assert_eq!(app.recorded.all(), ["signed_in 1", "signed_in 1"]);
}

#[test]
fn an_access_key_comes_in_with_its_scopes_and_is_never_fresh() {
    let app = App::new();
    let key = |scopes: &[&str]| testing::key(&app.client, &app.alice(), scopes).expect("a key");
    let (reader, writer) = (key(&["files:read"]), key(&["files:write"]));
    assert_eq!(app.recorded.all(), ["key_made 1", "key_made 1"]);
    let answer = get(&app.client, "/scoped", &reader).assert_no_cookies();
    assert_eq!(answer.into_string().as_deref(), Some("1 by token"));
    assert_eq!(code(get(&app.client, "/scoped", &writer)), "insufficient_scope");
    assert_eq!(code(get(&app.client, "/fresh", &reader)), "fresh_login_required");
    assert!(reader.as_token().is_some_and(|key| key.starts_with("vst_")));
    let rows = app.store.all();
    let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["key", "key"]);
    let refused = testing::key(&app.client, &app.alice(), &["not one"]).map_err(|e| e.kind());
    assert!(matches!(refused, Err(ErrorKind::InvalidField)), "{refused:?}");
}

#[test]
fn each_is_stored_listed_and_ended_like_any_other() {
    let app = App::new();
    let [browser, program] = both(&app);
    let rows = app.store.all();
    let kinds: Vec<_> = rows.iter().map(|row| (row.id.clone(), row.kind.as_str())).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&(browser.sign_in().clone(), "browser")));
    assert!(kinds.contains(&(program.sign_in().clone(), "token")));
    let listed = get(&app.client, "/sign-ins", &program).into_string().expect("a list");
    assert_eq!(listed.len(), "browser token".len(), "{listed}");

    assert_eq!(app.client.post("/logout").act_as(&browser).dispatch().status(), Status::Ok);
    assert_eq!(status(&app, "/me", &browser), 401);
    assert_eq!(status(&app, "/me", &program), 200);
    app.store.clear();
    // Without the library's knowledge, so it takes effect within `revocation_delay`.
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(code(get(&app.client, "/me", &program)), "token_revoked");
}

#[test]
fn both_are_fresh_until_the_time_is_over_and_not_when_a_test_says_so() {
    let app = App::new();
    for who in both(&app) {
        assert_eq!(status(&app, "/fresh", &who), 200);
        let stale = who.clone().not_fresh();
        assert_eq!(status(&app, "/me", &stale), 200);
        assert_eq!(code(get(&app.client, "/fresh", &stale)), "fresh_login_required");
        assert_eq!(stale.sign_in(), who.sign_in());
    }
    let later = both(&app);
    app.clock.advance(Duration::from_secs(10 * MINUTE + 1));
    for who in later {
        assert_eq!(code(get(&app.client, "/fresh", &who)), "fresh_login_required");
    }
}

#[test]
fn a_sign_in_has_two_factors_when_a_test_says_so() {
    let app = App::new();
    let stateless = rocket(figment(), Auth::fairing().stateless(), Users::new());
    let stateless = Client::untracked(stateless).expect("a launch");
    let (alice, both) = (app.alice(), Amr::PASSWORD.with(Amr::OTP));
    for client in [&app.client, &stateless] {
        for who in [
            testing::session_with(client, &alice, both).expect("a session"),
            testing::token_with(client, &alice, both).expect("a token"),
        ] {
            assert_eq!(get(client, "/two", &who).status(), Status::Ok);
        }
        for who in [
            testing::session(client, &alice).expect("a session"),
            testing::token(client, &alice).expect("a token"),
        ] {
            assert_eq!(code(get(client, "/two", &who)), "second_factor_required");
        }
    }
}

#[test]
fn a_session_can_be_made_fresh_again_by_the_application() {
    let app = App::new();
    let [browser, _] = both(&app);
    let stale = browser.not_fresh();
    let answer = app.client.post("/confirm").act_as(&stale).dispatch();
    let cookie = answer.cookies().get("session").expect("a new ticket").clone();
    assert_eq!(app.client.get("/fresh").cookie(cookie).dispatch().status(), Status::Ok);
    assert_eq!(status(&app, "/fresh", &stale), 401, "the credential stays what it was");
}

#[test]
fn both_end_by_the_clock_counted_from_their_start() {
    let app = App::with(|figment| figment.merge(("auth.session.idle", "7 days")));
    let [browser, program] = both(&app);
    app.clock.advance(Duration::from_secs(15 * MINUTE - 1));
    assert_eq!(status(&app, "/me", &program), 200);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(code(get(&app.client, "/me", &program)), "token_expired");
    app.clock.advance(Duration::from_secs(24 * HOUR - 15 * MINUTE - 1));
    assert_eq!(status(&app, "/me", &browser), 200);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(status(&app, "/me", &browser), 401);
}

#[test]
fn a_new_stamp_ends_both() {
    let app = App::new();
    let credentials = both(&app);
    app.users.change(crate::users::ALICE, |alice| alice.stamp = "another hash".to_owned());
    for who in credentials {
        assert_eq!(status(&app, "/me", &who), 401);
    }
}

#[test]
fn the_refresh_token_is_taken_for_the_next_pair_and_opens_nothing_else() {
    let app = App::new();
    let [browser, program] = both(&app);
    let refreshing = program.clone().with_refresh_token();
    assert_eq!(code(get(&app.client, "/me", &refreshing)), "wrong_token_type");
    let refresh = |who: &TestSignIn| app.client.post("/refresh").act_as(who).dispatch();
    let pair: serde_json::Value = refresh(&refreshing).into_json().expect("a pair");
    assert_ne!(pair["refresh_token"].as_str(), refreshing.as_token());
    assert_eq!(code(refresh(&program)), "wrong_token_type");
    app.clock.advance(Duration::from_secs(301));
    assert_eq!(code(refresh(&refreshing)), "token_revoked", "it was used: theft");
    assert_eq!(browser.with_refresh_token().as_token(), None);
}

#[test]
fn an_inactive_account_cannot_sign_in() {
    let app = App::new();
    app.users.change(crate::users::ALICE, |alice| alice.active = false);
    let alice = app.alice();
    for refused in [testing::session(&app.client, &alice), testing::token(&app.client, &alice)] {
        assert_eq!(refused.expect_err("inactive").kind(), ErrorKind::AccountInactive);
    }
    assert!(app.store.all().is_empty());
}

#[test]
fn what_a_mode_does_not_have_is_not_found() {
    let app = App::with(|figment| figment.merge(("auth.mode", "token")));
    assert!(testing::token(&app.client, &app.alice()).is_ok());
    let refused = testing::session(&app.client, &app.alice()).expect_err("no sessions");
    assert_eq!(refused.kind(), ErrorKind::NotFound);

    let app = App::with(|figment| figment.merge(("auth.mode", "session")));
    assert!(testing::session(&app.client, &app.alice()).is_ok());
    let refused = testing::token(&app.client, &app.alice()).expect_err("no tokens");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
}

#[test]
fn both_work_without_a_store_and_outside_debug() {
    let users = Users::new();
    let figment = figment()
        .select("release")
        .merge(("secret_key", "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o="));
    let rocket = rocket(figment, Auth::fairing().stateless(), users.clone());
    let client = Client::untracked(rocket).expect("a launch");
    let alice = users.get(crate::users::ALICE).expect("alice");
    for who in [testing::session(&client, &alice), testing::token(&client, &alice)] {
        assert_eq!(get(&client, "/me", &who.expect("a credential")).status(), Status::Ok);
    }
}

#[test]
fn a_session_is_given_to_the_client_that_the_request_names_before() {
    let app = App::with(|figment| figment.merge(("auth.session.protection", "strong")));
    let [browser, _] = both(&app);
    let phone = || Header::new("User-Agent", "a phone");
    let request = app.client.get("/me").header(phone()).remote("192.0.2.7:1234".parse().unwrap());
    assert_eq!(request.act_as(&browser).dispatch().status(), Status::Ok);
    let request = app.client.get("/me").act_as(&browser).header(phone());
    assert_eq!(request.dispatch().status(), Status::Unauthorized, "it moved");
}

#[test]
fn a_token_goes_into_its_cookie_with_its_csrf_value_where_headers_are_off() {
    let app = App::with(|figment| figment.merge(("auth.token.locations", ["cookies"])));
    let [_, program] = both(&app);
    assert_eq!(status(&app, "/me", &program), 200);
    let change = app.client.post("/me").act_as(&program).dispatch();
    assert_eq!(change.status(), Status::Ok);
    let refresh = app.client.post("/refresh").act_as(&program.with_refresh_token()).dispatch();
    assert_eq!(refresh.status(), Status::Ok);
}

#[test]
fn a_token_goes_under_the_header_and_scheme_of_the_application() {
    let app = App::with(|figment| {
        figment.merge(("auth.token.header", "X-Token")).merge(("auth.token.scheme", "JWT"))
    });
    let [_, program] = both(&app);
    let request = app.client.get("/me").act_as(&program);
    let header = request.headers().get_one("X-Token").expect("a header").to_owned();
    assert_eq!(header, format!("JWT {}", program.as_token().expect("a token")));
    assert_eq!(request.dispatch().status(), Status::Ok);
}

#[test]
#[should_panic(expected = "put as_token() where it goes")]
fn a_token_that_the_kit_cannot_put_anywhere_is_said_to_be_so() {
    let app = App::with(|figment| figment.merge(("auth.token.locations", ["query"])));
    let [_, program] = both(&app);
    let uri = format!("/me?jwt={}", program.as_token().expect("a token"));
    assert_eq!(app.client.get(uri).dispatch().status(), Status::Ok);
    let _ = app.client.get("/me").act_as(&program);
}

#[test]
fn debug_output_shows_no_token() {
    let app = App::new();
    for who in both(&app) {
        let shown = format!("{who:?}");
        assert!(shown.contains(who.sign_in().as_str()) && shown.len() < 120, "{shown}");
        assert!(who.as_token().is_none_or(|token| !shown.contains(token)));
    }
}
