//! Deleting the own account, and changing the own name on the page.

use std::time::Duration;

use rocket::http::{ContentType, Header, Method};
use serde_json::{Value, json};

use super::addresses::{Mailbox, confirm, link_in};
use super::password_links::signs_in;
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn delete(actor: &Actor<'_>, body: &Value) -> Reply {
    actor.json(Method::Delete, "/api/me", body)
}

fn deleted_events(app: &TestApp, username: &str) -> i64 {
    app.count(&format!("events WHERE event = 'deleted' AND actor = '{username}'"))
}

#[test]
fn a_user_deletes_the_own_account_on_its_page() {
    on_both(|app| {
        let (user, program) = (app.session("user_01"), app.token("user_01"));
        let body = json!({ "label": "Printer", "scopes": [] });
        assert_eq!(program.post_json("/api/keys", &body).status, 201);
        let account = user.get("/account");
        assert!(account.body.contains("href=\"/account/delete\""), "{}", account.body);
        let asked = user.get("/account/delete");
        asked.assert_page(200);
        assert!(asked.body.contains("2 sign-ins, 1 access key"), "{}", asked.body);
        for wrong in ["", "user_02", "user_01x"] {
            let refused = user.post_form("/account/delete", &[("username", wrong)]);
            refused.assert_page(422);
            assert!(refused.body.contains("This is not your user name."), "{}", refused.body);
        }
        user.post_form("/account/delete", &[]).assert_page(422);
        assert_eq!(app.count("users WHERE username = 'user_01'"), 1);

        let done = user.post_form("/account/delete", &[("username", " USER_01 ")]);
        assert_eq!((done.status, done.location()), (303, "/"), "{}", done.body);
        let home = user.get("/");
        assert!(home.body.contains("Your account is deleted."), "{}", home.body);
        assert!(user.get("/dashboard").location().starts_with("/login"));
        program.get("/api/me").assert_problem(401, "token_revoked");
        assert_eq!(app.count("users WHERE username = 'user_01'"), 0);
        assert_eq!(app.count("sign_ins"), 0, "keys too");
        assert_eq!(deleted_events(&app, "user_01"), 1);
        assert!(!signs_in(&app, "user_01", "1234"));
    });
}

#[test]
fn a_form_that_is_sent_twice_says_both_times_that_the_account_is_deleted() {
    on_both(|app| {
        let user = app.session("user_01");
        let (again, other) = (user.at(&app.client), user.at(&app.client));
        for user in [&user, &again] {
            let done = user.post_form("/account/delete", &[("username", "user_01")]);
            assert_eq!((done.status, done.location()), (303, "/"), "{}", done.body);
            let home = user.get("/");
            assert!(home.body.contains("Your account is deleted."), "{}", home.body);
            assert!(!user.jar.borrow().contains_key("session"));
        }
        assert_eq!(deleted_events(&app, "user_01"), 1);
        let login = "/login?next=%2Faccount%2Fdelete";
        let to_sign_in = |user: &Actor<'_>, typed: &str| {
            let reply = user.post_form("/account/delete", &[("username", typed)]);
            assert_eq!((reply.status, reply.location()), (303, login), "{}", reply.body);
        };
        to_sign_in(&other, "user_02");
        to_sign_in(&app.anonymous(), "user_01");
        // Not a deletion by someone else, nor one that was not asked for.
        let user = app.session("user_02");
        let signed_out = user.at(&app.client);
        assert_eq!(user.post("/logout").status, 303);
        to_sign_in(&signed_out, "user_02");
        let user = app.session("user_02");
        let path = format!("/api/users/{}", app.id("user_02"));
        assert_eq!(app.token("admin").delete(&path).status, 204);
        to_sign_in(&user, "user_02");
    });
}

#[test]
fn a_user_deletes_the_own_account_over_the_api_and_everything_goes_with_it() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let user = app.token("user_01");
        let asked = json!({ "email": "ann2@example.org" });
        assert_eq!(user.post_json("/api/me/email", &asked).status, 202);
        let address = link_in(&mailbox.next());
        let asked = json!({ "email": "ann@example.org" });
        assert_eq!(app.anonymous().post_json("/api/password/forgot", &asked).status, 202);
        let password = link_in(&mailbox.next());
        for wrong in [json!({}), json!({ "username": "user_02" }), json!({ "username": 1 })] {
            delete(&user, &wrong).assert_problem(422, "invalid_field");
        }
        user.delete("/api/me").assert_problem(415, "unsupported_media_type");
        assert_eq!(user.get("/api/me").status, 200);

        let done = delete(&user, &json!({ "username": "User_01" }));
        assert_eq!((done.status, done.body.as_str()), (204, ""));
        done.assert_no_cookies();
        user.get("/api/me").assert_problem(401, "token_revoked");
        delete(&user, &json!({ "username": "user_01" })).assert_problem(401, "token_revoked");
        for table in ["sign_ins", "password_links", "pending_addresses", "mails"] {
            assert_eq!(app.count(table), 0, "{table}");
        }
        let again = json!({ "username": "user_01", "password": "correct horse" });
        assert_eq!(app.anonymous().post_json("/api/register", &again).status, 201);
        app.anonymous().open_link(&address).assert_page(404);
        app.anonymous().open_link(&password).assert_page(404);
        assert_eq!(app.count("users WHERE username = 'user_01' AND email IS NULL"), 1);
    });
}

#[test]
fn the_last_administrator_stays() {
    on_both(|app| {
        let (page, program) = (app.session("admin"), app.token("admin"));
        let body = json!({ "username": "admin" });
        delete(&program, &body).assert_problem(409, "last_administrator");
        let refused = page.post_form("/account/delete", &[("username", "admin")]);
        refused.assert_page(409);
        assert!(refused.body.contains("name=\"username\""), "{}", refused.body);
        assert_eq!(page.get("/dashboard").status, 200);
        assert_eq!(deleted_events(&app, "admin"), 0);
        app.sql("UPDATE users SET role = 'admin' WHERE username = 'user_01'");
        assert_eq!(delete(&program, &body).status, 204);
        assert_eq!(app.count("users WHERE role = 'admin'"), 1);
    });
}

#[test]
fn an_account_is_deleted_with_a_fresh_sign_in_alone() {
    on_both(|app| {
        let (page, mut program) = (app.session("user_01"), app.token("user_01"));
        let body = json!({ "label": "Printer", "scopes": ["sign-ins"] });
        let key = program.post_json("/api/keys", &body).json()["key"].as_str().map(str::to_owned);
        let key = program.with_token(&key.expect("a key"));
        let body = json!({ "username": "user_01" });
        delete(&key, &body).assert_problem(401, "fresh_login_required");
        let foreign = page.request(Method::Post, "/account/delete").header(ContentType::Form);
        let foreign = foreign.header(Header::new("Sec-Fetch-Site", "cross-site"));
        assert_eq!(page.send(foreign.body("username=user_01")).status, 403);
        app.clock.advance(HOUR);
        for reply in [
            page.get("/account/delete"),
            page.post_form("/account/delete", &[("username", "user_01")]),
        ] {
            assert!(reply.location().starts_with("/reauthenticate?next="), "{}", reply.location());
        }
        assert_eq!(program.refresh().status, 200);
        delete(&program, &body).assert_problem(401, "fresh_login_required");
        delete(&app.anonymous(), &body).assert_problem(401, "credentials_missing");
        delete(&app.session("user_01"), &body).assert_problem(401, "credentials_missing");
        let to_login = app.anonymous().post_form("/account/delete", &[("username", "user_01")]);
        assert!(to_login.location().starts_with("/login"), "{}", to_login.location());
        assert_eq!(app.count("users WHERE username = 'user_01'"), 1);
    });
}

#[test]
fn a_user_changes_the_own_full_name_on_the_page() {
    on_both(|app| {
        let user = app.session("user_01");
        // Not fresh, as with the API.
        app.clock.advance(HOUR);
        let save = |name: &str| {
            user.post_form("/account/name", &[("username", "user_01"), ("full_name", name)])
        };
        let saved = save(" Ann Lee ");
        assert_eq!((saved.status, saved.location()), (303, "/account"), "{}", saved.body);
        let page = user.get("/account").body;
        assert!(page.contains("Your name is saved."), "{page}");
        assert!(page.contains("<dd>Ann Lee</dd>") && page.contains("value=\"Ann Lee\""), "{page}");
        let refused = save("Ann\u{202e}eeL");
        refused.assert_page(422);
        assert!(refused.body.contains("<title>Error: Account"), "{}", refused.body);
        assert!(!refused.body.contains("The password was not changed."), "{}", refused.body);
        let other = user.post_form("/account/name", &[("username", "admin"), ("full_name", "x")]);
        other.assert_page(422);
        assert!(other.body.contains("You are signed in as user_01 now."), "{}", other.body);
        assert_eq!(app.count("users WHERE full_name = 'Ann Lee'"), 1);
        assert_eq!(save("").status, 303);
        assert_eq!(app.count("users WHERE full_name IS NULL AND username = 'user_01'"), 1);
        let events = "events WHERE event = 'full_name_changed' AND actor = 'user_01'";
        assert_eq!(app.count(events), 2);
    });
}
