//! Setting a password by a link: over the API, and what the page says before.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use serde_json::{Value, json};

use super::password_links::{path_in, signs_in};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

const NEW: &str = "battery staple";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The secret of a link that the administrator makes.
pub(super) fn link(app: &TestApp, username: &str) -> String {
    let id = app.id(username);
    let reply = app.token("admin").post(&format!("/api/users/{id}/reset-link"));
    assert_eq!(reply.status, 201, "{}", reply.body);
    path_in(&reply.body).split_once('=').expect("a secret").1.to_owned()
}

pub(super) fn reset(actor: &Actor<'_>, token: &str, password: &str) -> Reply {
    actor.post_json("/api/password/reset", &json!({ "token": token, "new_password": password }))
}

fn make_key(owner: &Actor<'_>, label: &str) -> String {
    let body = json!({ "label": label, "scopes": [] });
    let made = owner.post_json("/api/keys", &body).json();
    made["key"].as_str().expect("a key").to_owned()
}

#[test]
fn a_program_sets_the_password_by_a_link_once_and_is_not_signed_in() {
    on_both(|app| {
        let (browser, owner) = (app.session("user_01"), app.token("user_01"));
        let key = owner.with_token(&make_key(&owner, "a label"));
        let token = link(&app, "user_01");
        let visitor = app.anonymous();
        let done = reset(&visitor, &token, NEW);
        assert_eq!((done.status, done.body.as_str()), (204, ""));
        done.assert_no_cookies();
        for ended in [&owner, &key] {
            ended.get("/api/me").assert_problem(401, "token_revoked");
        }
        assert!(browser.get("/dashboard").location().starts_with("/login"));
        assert!(signs_in(&app, "user_01", NEW) && !signs_in(&app, "user_01", "1234"));
        let again = reset(&visitor, &token, "correct horse");
        again.assert_problem(404, "not_found");
        again.assert_no_cookies();
        assert!(again.body.contains("This link is not valid."), "{}", again.body);
        assert!(signs_in(&app, "user_01", NEW));
        let events = app.token("admin").get("/api/admin/events").body;
        assert!(events.contains("\"link_used\""), "{events}");
        assert!(!events.contains(&token), "{events}");
    });
}

#[test]
fn a_reset_names_every_bad_field_and_uses_nothing_up() {
    on_both(|app| {
        let (token, visitor) = (link(&app, "user_01"), app.anonymous());
        let send = |body: Value| {
            let reply = visitor.post_json("/api/password/reset", &body);
            reply.assert_problem(422, "invalid_field");
            let fields = reply.json()["fields"].as_object().expect("fields").clone();
            fields.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(send(json!({})), ["new_password", "token"]);
        assert_eq!(send(json!({ "token": token, "new_password": "short" })), ["new_password"]);
        assert_eq!(send(json!({ "token": token, "new_password": "user_01 " })), ["new_password"]);
        let guessed = json!({ "token": token, "new_password": "password12345678" });
        assert_eq!(send(guessed), ["new_password"]);
        let more = json!({ "token": token, "new_password": NEW, "username": "admin" });
        assert_eq!(send(more), ["username"]);
        assert!(signs_in(&app, "user_01", "1234"));
        app.clock.advance(HOUR - Duration::from_micros(1));
        assert_eq!(reset(&visitor, &token, NEW).status, 204);
        let late = link(&app, "user_02");
        app.clock.advance(HOUR);
        reset(&visitor, &late, NEW).assert_problem(404, "not_found");
    });
}

#[test]
fn the_credentials_beside_a_link_are_not_looked_at() {
    on_both(|app| {
        let (browser, program) = (app.session("user_02"), app.token("user_02"));
        let token = link(&app, "user_01");
        for actor in [&browser, &program, &program.with_token("garbage")] {
            let refused = reset(actor, "nothing", NEW);
            refused.assert_problem(404, "not_found");
            refused.assert_no_cookies();
        }
        assert_eq!(reset(&program, &token, NEW).status, 204);
        assert_eq!(program.get("/api/me").status, 200, "it is another account's");
        assert_eq!(browser.get("/dashboard").status, 200);
    });
}

#[test]
fn a_client_with_many_links_that_are_not_valid_waits_and_a_valid_one_still_works() {
    let two = |figment: Figment| figment.merge(Serialized::default("auth.throttle.failures", 2));
    on_both_with(two, |app| {
        let token = link(&app, "user_01");
        let guesser = app.anonymous().from("192.0.2.7");
        let mut tries = 0;
        let refused = loop {
            let reply = reset(&guesser, "nothing", NEW);
            if reply.status == 429 {
                break reply;
            }
            reply.assert_problem(404, "not_found");
            tries += 1;
            assert!(tries < 100, "it is never refused");
        };
        assert_eq!(tries, 20);
        refused.assert_problem(429, "too_many_attempts");
        assert!(refused.header("retry-after").is_some());
        let form = [("token", "nothing"), ("password", NEW)];
        guesser.post_form("/password/new", &form).assert_page(429);
        reset(&app.anonymous().from("192.0.2.8"), "nothing", NEW).assert_problem(404, "not_found");
        assert_eq!(reset(&guesser, &token, NEW).status, 204, "no guess finds a link");
    });
}

#[test]
fn where_there_are_no_pages_no_link_is_taken() {
    let tokens = |figment: Figment| figment.merge(("auth.mode", "token"));
    on_both_with(tokens, |app| {
        reset(&app.anonymous(), "nothing", NEW).assert_problem(404, "not_found");
        let document = app.anonymous().get("/api/openapi.json").json();
        assert!(document["paths"]["/api/password/reset"].is_null());
    });
}

#[test]
fn the_page_says_before_how_many_sign_ins_and_which_keys_end() {
    on_both(|app| {
        let path = |token: &str| format!("/password/new?token={token}");
        let quiet = app.anonymous().open_link(&path(&link(&app, "user_01")));
        quiet.assert_page(200);
        assert!(!quiet.body.contains("A new password ends"), "{}", quiet.body);

        let (_browser, owner) = (app.session("user_01"), app.token("user_01"));
        let token = link(&app, "user_01");
        let page = app.anonymous().open_link(&path(&token));
        assert!(
            page.body.contains("A new password ends 2 sign-ins of this account."),
            "{}",
            page.body
        );
        make_key(&owner, "Backup <of> Ann");
        make_key(&owner, "Printer");
        make_key(&app.token("user_02"), "of another account");
        let page = app.anonymous().open_link(&path(&token));
        page.assert_page(200);
        let said = "A new password ends 2 sign-ins of this account and these access keys:";
        assert!(page.body.contains(said), "{}", page.body);
        for key in ["<li>Backup &lt;of&gt; Ann</li>", "<li>Printer</li>"] {
            assert!(page.body.contains(key), "{key}: {}", page.body);
        }
        assert!(!page.body.contains("of another account"), "{}", page.body);
        // Also above a form that was refused; not to a client without the link.
        let fields = [("token", token.as_str()), ("password", "short")];
        let again = app.anonymous().post_form("/password/new", &fields);
        assert!(again.status == 422 && again.body.contains(said), "{}", again.body);
        assert!(!app.anonymous().get("/password/new").body.contains("Printer"));
        // What has expired does not end.
        app.clock.advance(HOUR);
        let page = app.anonymous().open_link(&path(&link(&app, "user_01")));
        assert!(page.body.contains("<li>Printer</li>"), "{}", page.body);
    });
}
