//! Refresh tokens in the JSON body.

use serde_json::json;

use crate::support::app::{App, Pair, Reply};
use crate::support::forged_tokens::{claims, with_claim};
use crate::support::token_locations::{Jar, with};
use crate::support::users::ALICE;

fn app() -> App {
    with(&["json"]).launch()
}

fn refresh(app: &App, token: &str) -> Reply {
    app.post("/places/refresh-body").json(&json!({ "refresh_token": token }).to_string()).send()
}

fn opens(app: &App, pair: &Pair) -> Reply {
    app.post("/places/body").json(&json!({ "access_token": pair.access }).to_string()).send()
}

#[test]
fn a_refresh_token_in_the_body_gives_the_next_pair() {
    let app = app();
    let first = app.tokens(ALICE);
    app.advance(60);
    let second = refresh(&app, &first.refresh).pair();
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(claims(&second.access)["sid"], claims(&first.access)["sid"]);
    assert_eq!(opens(&app, &second).body, "1 in json with ");
    assert_eq!(app.recorded.take(), ["signed_in", "rotated"]);
}

#[test]
fn within_the_grace_the_same_successor_comes_again() {
    let app = app();
    let first = app.tokens(ALICE);
    let second = refresh(&app, &first.refresh).pair();
    assert_eq!(refresh(&app, &first.refresh).pair().refresh, second.refresh);
}

#[test]
fn a_stolen_token_presented_in_the_body_ends_the_sign_in() {
    let app = app();
    let first = app.tokens(ALICE);
    let second = refresh(&app, &first.refresh).pair();
    app.advance(301);
    let reply = refresh(&app, &first.refresh);
    assert_eq!((reply.status, reply.code().as_str()), (401, "token_revoked"));
    assert_eq!(opens(&app, &second).code(), "token_revoked");
    assert_eq!(refresh(&app, &second.refresh).code(), "token_revoked");
    assert_eq!(app.store.len(), 0);
    assert!(app.recorded.take().contains(&"theft"));
}

#[test]
fn only_a_good_refresh_token_will_do() {
    let app = app();
    let pair = app.tokens(ALICE);
    let over = with_claim(&pair.refresh, "exp", Some(json!(app.now())));
    for (token, code) in [
        (pair.access.as_str(), "wrong_token_type"),
        ("a.b.c", "token_invalid"),
        (over.as_str(), "token_expired"),
        ("", "credentials_missing"),
    ] {
        let reply = refresh(&app, token);
        assert_eq!((reply.status, reply.code().as_str()), (401, code), "{token}");
    }
    let text = json!({ "access_token": pair.refresh }).to_string();
    let reply = app.post("/places/refresh-body").json(&text).send();
    assert_eq!(reply.code(), "credentials_missing");
    assert_eq!(refresh(&app, &pair.refresh).status, 200);
}

#[test]
fn after_signing_out_the_token_in_the_body_is_revoked() {
    let app = with(&["json", "header"]).launch();
    let pair = app.tokens(ALICE);
    app.post("/api/logout").bearer(&pair.access).send();
    assert_eq!(refresh(&app, &pair.refresh).code(), "token_revoked");
}

#[test]
fn a_whole_pair_may_be_sent_as_it_was_given_out() {
    let app = app();
    let pair = app.post("/api/login/1").send();
    let reply = app.post("/places/refresh-body").json(&pair.body).send();
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[test]
fn the_other_fields_are_the_handlers_and_no_token_is_among_them() {
    let app = app();
    let pair = app.tokens(ALICE);
    let text = json!({
        "access_token": pair.access, "refresh_token": pair.refresh, "text": "open sesame",
    });
    let reply = app.post("/places/refresh-body-fields").json(&text.to_string()).send();
    assert_eq!(reply.body, "text TokenBody { rest: 1 fields, .. } open sesame");
    let text = json!({ "refresh_token": pair.refresh });
    let reply = app.post("/places/refresh-body-fields").json(&text.to_string()).send();
    assert_eq!((reply.status, reply.code().as_str()), (422, "invalid_field"));
}

#[test]
fn the_key_can_be_renamed() {
    let app = with(&["json"]).set("auth.token.json.refresh", "Foo").launch();
    let pair = app.tokens(ALICE);
    let other = refresh(&app, &pair.refresh);
    assert_eq!((other.status, other.code().as_str()), (422, "invalid_field"), "{}", other.body);
    assert!(other.body.contains("Foo"), "{}", other.body);
    let text = json!({ "Foo": pair.refresh }).to_string();
    assert_eq!(app.post("/places/refresh-body").json(&text).send().status, 200);
}

#[test]
fn bodies_of_any_shape_are_a_clear_refusal() {
    let app = app();
    for (text, status, code) in [
        ("[]", 400, "malformed_body"),
        ("\"x\"", 400, "malformed_body"),
        (r#"{"refresh_token":"a","refresh_token":"b"}"#, 400, "malformed_body"),
        (r#"{"refresh_token":1}"#, 401, "token_invalid"),
        ("{}", 401, "credentials_missing"),
        ("", 401, "credentials_missing"),
    ] {
        let reply = app.post("/places/refresh-body").json(text).send();
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{text}");
    }
    let form = app.post("/places/refresh-body").form("refresh_token=x").send();
    assert_eq!((form.status, form.code().as_str()), (415, "unsupported_media_type"));
}

#[test]
fn a_refresh_token_elsewhere_will_do_where_the_body_has_none() {
    let app = with(&["json", "header", "cookies"]).launch();
    let pair = app.tokens(ALICE);
    assert_eq!(app.post("/places/refresh-body").bearer(&pair.refresh).send().status, 200);
    let jar = Jar::signed_in(&app, ALICE);
    let call = || app.post("/places/refresh-body").jar(&jar);
    assert_eq!(call().send().code(), "csrf_missing");
    assert_eq!(call().csrf(jar.get("csrf_access_token")).send().code(), "csrf_mismatch");
    assert_eq!(call().csrf(jar.get("csrf_refresh_token")).send().status, 200);
}

#[test]
fn a_refresh_token_in_the_body_and_a_token_elsewhere_are_ambiguous() {
    let app = with(&["json", "header", "cookies"]).launch();
    let pair = app.tokens(ALICE);
    let jar = Jar::signed_in(&app, ALICE);
    let text = json!({ "refresh_token": pair.refresh }).to_string();
    for call in [
        app.post("/places/refresh-body").bearer(&pair.access),
        app.post("/places/refresh-body").jar(&jar),
        app.post("/places/refresh-body").jar(&jar.clone().without("refresh_token_cookie")),
    ] {
        assert_eq!(call.json(&text).send().code(), "ambiguous_credentials");
    }
    assert_eq!(refresh(&app, &pair.refresh).status, 200);
}

#[test]
fn no_cookie_leaves_where_tokens_do_not_travel_in_cookies() {
    let app = app();
    let pair = app.tokens(ALICE);
    let text = json!({ "refresh_token": pair.refresh }).to_string();
    let call = app.post("/places/refresh-body").json(&text).cookie("session=garbled");
    let reply = call.header(crate::support::cookie_setters::SET_COOKIES, "1").send();
    assert_eq!((reply.status, reply.cookies()), (200, vec![]));
    // Setting the pair in cookies is an error of the application then, and is reported.
    let text = json!({ "refresh_token": reply.pair().refresh }).to_string();
    let reply = app.post("/places/refresh-body-and-cookies").json(&text).send();
    assert_eq!((reply.status, reply.cookies()), (500, vec![]));
}

#[test]
fn where_tokens_travel_in_cookies_only_those_four_leave() {
    let app = with(&["json", "cookies"]).launch();
    let pair = app.tokens(ALICE);
    let text = json!({ "refresh_token": pair.refresh }).to_string();
    let call = app.post("/places/refresh-body-and-cookies").json(&text);
    let reply = call.header(crate::support::cookie_setters::SET_COOKIES, "1").send();
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(
        crate::support::token_locations::names(&reply),
        crate::support::token_locations::NAMES
    );
}

#[test]
fn without_a_store_a_refresh_token_in_the_body_can_be_used_again() {
    let app = with(&["json"]).stateless().launch();
    let pair = app.tokens(ALICE);
    for round in 0..3 {
        assert_eq!(refresh(&app, &pair.refresh).status, 200, "{round}");
    }
}
