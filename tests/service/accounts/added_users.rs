//! Users that an administrator adds, with a password or with an invitation, and the sign-ins of
//! users that an administrator ends one by one.

use std::time::{Duration, Instant};

use rocket::figment::Figment;
use serde_json::json;

use super::password_links::{assert_ended, assert_invalid, path_in, signs_in, use_link};
use crate::support::actor::Actor;
use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::at_home;

const NEW: &str = "battery staple";
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Adds a user on the page.
fn fields<'f>(username: &'f str, role: &'f str, password: &'f str) -> [(&'f str, &'f str); 4] {
    [("username", username), ("full_name", "Ann Lee"), ("role", role), ("password", password)]
}

#[test]
fn an_administrator_invites_a_user_on_the_page() {
    on_both(|app| {
        let admin = app.session("admin");
        assert!(admin.get("/admin/users").body.contains("href=\"/admin/users/new\""));
        admin.get("/admin/users/new").assert_page(200);
        let made = admin.post_form("/admin/users/new", &fields("Ann", "user", ""));
        made.assert_page(200);
        let path = path_in(&made.body);
        let page = admin.get(&format!("/admin/users/{}", app.id("Ann")));
        assert!(page.body.contains("Link to set a password"), "{}", page.body);
        assert_eq!(app.count("users WHERE username = 'Ann' AND full_name = 'Ann Lee'"), 1);
        for password in ["", "ann", NEW] {
            assert!(!signs_in(&app, "ann", password), "there is no password yet");
        }
        let visitor = app.anonymous();
        let form = visitor.open_link(&path);
        assert!(form.body.contains("Choose the password of <strong>Ann</strong>."));
        assert_eq!(use_link(&visitor, &path, "Lee Ann").status, 422);
        assert_eq!(use_link(&visitor, &path, NEW).status, 303);
        assert!(signs_in(&app, "ann", NEW));
        assert_ended(&app, &path);
        let events = app.token("admin").get("/api/admin/events").json()["events"].to_string();
        for event in ["added", "link_made", "link_used", "password_changed"] {
            assert_eq!(events.matches(&format!("\"event\":\"{event}\"")).count(), 1, "{events}");
        }
    });
}

#[test]
fn a_user_that_was_added_with_a_password_signs_in_and_gets_no_link() {
    on_both(|app| {
        let admin = app.session("admin");
        let added = admin.post_form("/admin/users/new", &fields("ann", "admin", NEW));
        let page = format!("/admin/users/{}", app.id("ann"));
        assert_eq!((added.status, added.location()), (303, page.as_str()), "{}", added.body);
        let page = admin.get(&page).body;
        assert!(page.contains("ann is added.") && !page.contains("Link to set a password"));
        assert!(signs_in(&app, "ann", NEW));
        assert_eq!(app.count("users WHERE username = 'ann' AND role = 'admin'"), 1);
        assert_eq!(app.count("password_links"), 0);
    });
}

#[test]
fn a_form_that_is_sent_again_by_the_same_administrator_responds_as_before() {
    on_both(|app| {
        let admin = app.session("admin");
        let first = path_in(&admin.post_form("/admin/users/new", &fields("ann", "user", "")).body);
        let again = admin.post_form("/admin/users/new", &fields("ann", "user", ""));
        again.assert_page(200);
        let second = path_in(&again.body);
        assert_ended(&app, &first);
        // Not with other fields.
        assert_eq!(admin.post_form("/admin/users/new", &fields("ann", "admin", "")).status, 409);
        assert_eq!(admin.post_form("/admin/users/new", &fields("ann", "user", NEW)).status, 409);
        app.sql("UPDATE users SET role = 'admin' WHERE username = 'user_01'");
        let other = app.session("user_01");
        assert_eq!(other.post_form("/admin/users/new", &fields("ann", "user", "")).status, 409);
        assert_eq!(use_link(&app.anonymous(), &second, NEW).status, 303);
        let late = admin.post_form("/admin/users/new", &fields("ann", "user", ""));
        assert_eq!(late.status, 409, "the invitation was used");

        for _ in 0..2 {
            let added = admin.post_form("/admin/users/new", &fields("ben", "user", NEW));
            let page = format!("/admin/users/{}", app.id("ben"));
            assert_eq!((added.status, added.location()), (303, page.as_str()), "{}", added.body);
        }
        let other = fields("ben", "user", "another staple");
        assert_eq!(admin.post_form("/admin/users/new", &other).status, 409);
        app.clock.advance(Duration::from_secs(60));
        assert_eq!(admin.post_form("/admin/users/new", &fields("ben", "user", NEW)).status, 409);
        assert_eq!(app.count("events WHERE event = 'added'"), 2);
    });
}

#[test]
fn a_user_that_cannot_be_added_shows_the_form_again() {
    on_both(|app| {
        let admin = app.session("admin");
        for (username, password, status, said) in [
            ("two words", "", 422, "A user name may have letters"),
            ("", "", 422, "user name"),
            ("USER_01", "", 409, "This user name is taken."),
            ("USER_01", NEW, 409, "This user name is taken."),
            ("ann", "short", 422, "at least 8 characters"),
            ("ann", "Lee Ann Lee", 422, "must not be the full name"),
        ] {
            let again = admin.post_form("/admin/users/new", &fields(username, "admin", password));
            again.assert_page(status);
            assert!(again.body.contains(said), "{username}, {password}: {}", again.body);
            assert!(again.body.contains("<title>Error: Add a user"), "{}", again.body);
            assert!(again.body.contains("value=\"admin\" selected"), "{}", again.body);
            assert!(password.is_empty() || !again.body.contains(&format!("\"{password}\"")));
        }
        assert_eq!(admin.post_form("/admin/users/new", &fields("ann", "root", "")).status, 422);
        assert_eq!(app.count("users"), 3);
        assert_eq!(app.count("password_links"), 0);
    });
}

#[test]
fn the_api_adds_a_user_with_a_password_or_with_a_link() {
    on_both(|app| {
        let admin = app.token("admin");
        let body = json!({ "username": "ann", "full_name": "Ann Lee", "password": NEW });
        let added = admin.post_json("/api/users", &body);
        assert_eq!(added.status, 201, "{}", added.body);
        added.assert_no_cookies();
        let keys: Vec<_> = added.json().as_object().expect("an object").keys().cloned().collect();
        assert_eq!(keys, ["active", "created_at", "full_name", "id", "role", "username"]);
        assert!(signs_in(&app, "ann", NEW));

        let body = json!({ "username": "ben", "role": "admin" });
        let added = admin.post_json("/api/users", &body);
        assert_eq!(added.status, 201, "{}", added.body);
        let until = app.clock.now().expect("a time") + WEEK;
        assert_eq!(added.json()["expires_at"], vestibule_service::db::rfc3339(until).as_str());
        assert_eq!(
            (&added.json()["id"], &added.json()["role"]),
            (&json!(app.id("ben")), &json!("admin"))
        );
        let path = path_in(added.json()["link"].as_str().expect("a link"));
        app.clock.advance(WEEK - Duration::from_micros(1));
        assert_eq!(app.anonymous().open_link(&path).status, 200);
        app.clock.advance(Duration::from_micros(1));
        assert_ended(&app, &path);
        let id = app.id("ben");
        let another = app.token("admin").post(&format!("/api/users/{id}/reset-link"));
        assert_eq!(use_link(&app.anonymous(), &path_in(&another.body), NEW).status, 303);
        assert!(signs_in(&app, "ben", NEW));

        let admin = app.token("admin");
        for (body, field) in [
            (json!({}), "username"),
            (json!({ "username": "cat", "role": "root" }), "role"),
            (json!({ "username": "cat", "password": "short" }), "password"),
            (json!({ "username": "cat", "password": 7 }), "password"),
            (json!({ "username": "cat", "active": true }), "active"),
        ] {
            let refused = admin.post_json("/api/users", &body);
            refused.assert_problem(422, "invalid_field");
            assert!(refused.json()["fields"][field].is_string(), "{}", refused.body);
        }
        admin
            .post_json("/api/users", &json!({ "username": "ANN" }))
            .assert_problem(409, "username_taken");
    });
}

#[test]
fn only_an_administrator_adds_users_and_no_key_adds_an_administrator() {
    on_both(|app| {
        let body = json!({ "username": "ann" });
        app.token("user_01").post_json("/api/users", &body).assert_problem(403, "forbidden");
        app.anonymous().post_json("/api/users", &body).assert_problem(401, "credentials_missing");
        let user = app.session("user_01");
        user.get("/admin/users/new").assert_page(403);
        user.post_form("/admin/users/new", &fields("ann", "user", "")).assert_page(403);
        let visitor = app.anonymous();
        for reply in [
            visitor.get("/admin/users/new"),
            visitor.post_form("/admin/users/new", &fields("ann", "user", "")),
        ] {
            assert!(reply.location().starts_with("/login?next="), "{}", reply.body);
        }
        let admin = app.token("admin");
        let asked = json!({ "label": "a label", "scopes": ["users:write"] });
        let key = admin.post_json("/api/keys", &asked).json()["key"].as_str().map(str::to_owned);
        let key = admin.with_token(&key.expect("a key"));
        let administrator = json!({ "username": "ann", "role": "admin" });
        key.post_json("/api/users", &administrator).assert_problem(401, "fresh_login_required");
        assert_eq!(app.count("users"), 3);
        assert_eq!(key.post_json("/api/users", &body).status, 201);
    });
}

#[test]
fn without_pages_a_new_user_needs_a_password() {
    on_both_with(
        |figment: Figment| figment.merge(("auth.mode", "token")),
        |app| {
            let admin = app.token("admin");
            let refused = admin.post_json("/api/users", &json!({ "username": "ann" }));
            refused.assert_problem(422, "invalid_field");
            assert!(refused.json()["fields"]["password"].is_string(), "{}", refused.body);
            let body = json!({ "username": "ann", "password": NEW });
            assert_eq!(admin.post_json("/api/users", &body).status, 201);
        },
    );
}

#[test]
fn a_user_with_an_invitation_is_refused_as_with_a_wrong_password() {
    on_both_with(
        |figment: Figment| figment.merge(("auth.password.cost", 9)),
        |app| {
            let added = app.token("admin").post_json("/api/users", &json!({ "username": "ann" }));
            assert_eq!(added.status, 201, "{}", added.body);
            let refused = |username: &str| {
                let body = json!({ "username": username, "password": "wrong password" });
                let since = Instant::now();
                let reply = app.anonymous().post_json("/api/login", &body);
                (since.elapsed(), reply.without_id())
            };
            // Compares the fastest of each, because other tests slow the machine. A response without
            // hashing takes a tenth of the time.
            let (mut invited, mut other) = (Duration::MAX, Duration::MAX);
            for round in 1..=40 {
                let (a, b) = (refused("ann"), refused("user_01"));
                a.1.assert_problem(401, "bad_credentials");
                assert_eq!((a.1.body, a.1.headers), (b.1.body, b.1.headers));
                (invited, other) = (invited.min(a.0), other.min(b.0));
                if round >= 5 && invited * 2 > other {
                    return;
                }
            }
            panic!("{invited:?} against {other:?}");
        },
    );
}

#[test]
fn the_command_line_invites() {
    at_home(|home| {
        let service = home.serve(&[]);
        let done = home.run(&["user", "add", "ann", "--invite", "--role", "admin"], "");
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.out.starts_with("added ann (id 4, admin)\nhttp://127.0.0.1:"), "{done:?}");
        let path = path_in(&done.out);
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let body = format!("token={}&password=battery+staple", &path[path.len() - 43..]);
        assert_eq!(service.send("POST", "/password/new", &form, &body).status, 303);
        assert!(service.api_login("ann", NEW).is_ok());
        let both = home.run(&["user", "add", "ben", "--invite", "--password-stdin"], NEW);
        assert_eq!(both.code, Some(2), "{both:?}");
    });
}

/// The id of the sign-in of a token.
fn sid(actor: &Actor<'_>) -> String {
    actor.get("/api/claims").json()["sid"].as_str().expect("a sign-in").to_owned()
}

#[test]
fn an_administrator_ends_one_sign_in_of_a_user_on_the_page() {
    on_both(|app| {
        let (kept, ended) = (app.token("user_01"), app.token("user_01"));
        let browser = app.session("user_01");
        let admin = app.session("admin");
        let user = format!("/admin/users/{}", app.id("user_01"));
        let shown = admin.get(&user).body.replace("&#x2F;", "/");
        assert!(shown.contains(&format!("<a href=\"{user}/sign-ins\">In 3 places</a>")), "{shown}");
        let list = admin.get(&format!("{user}/sign-ins"));
        list.assert_page(200);
        let end = format!("{user}/sign-ins/{}/end", sid(&ended));
        assert!(list.body.replace("&#x2F;", "/").contains(&end), "{}", list.body);
        for _ in 0..2 {
            let reply = admin.post(&end);
            assert_eq!(
                (reply.status, reply.location()),
                (303, format!("{user}/sign-ins").as_str())
            );
            assert!(admin.get(reply.location()).body.contains("That sign-in has ended."));
        }
        ended.get("/api/me").assert_problem(401, "token_revoked");
        assert_eq!((kept.get("/api/me").status, browser.get("/dashboard").status), (200, 200));
        assert_eq!(app.count("events WHERE event = 'ended' AND actor = 'admin'"), 1);
        // Not by the page of another user, and not an id that is none.
        let other = format!("/admin/users/{}/sign-ins/{}/end", app.id("user_02"), sid(&kept));
        assert_eq!(admin.post(&other).status, 303);
        assert_eq!(kept.get("/api/me").status, 200);
        admin.post(&format!("{user}/sign-ins/x/end")).assert_page(404);

        let own = format!("/admin/users/{}/sign-ins", app.id("admin"));
        let own = admin.get(&own).body;
        assert!(own.contains("this one") && !own.contains("/end\""), "{own}");
        app.clock.advance(Duration::from_secs(30 * 60));
        let stale = admin.get(&format!("{user}/sign-ins")).body;
        assert!(
            stale.contains("Confirm your password to end a sign-in.") && !stale.contains("/end\"")
        );
        assert!(admin.post(&end).location().starts_with("/reauthenticate?next="));
    });
}

#[test]
fn an_administrator_lists_and_ends_the_sign_ins_of_a_user_over_the_api() {
    on_both(|app| {
        let (kept, ended, admin) = (app.token("user_01"), app.token("user_01"), app.token("admin"));
        let path = format!("/api/users/{}/sign-ins", app.id("user_01"));
        let list = admin.get(&path);
        assert_eq!((list.status, &list.json()["total"]), (200, &json!(2)), "{}", list.body);
        assert!(list.body.contains(&sid(&ended)) && !list.body.contains(&sid(&admin)));
        let end = format!("{path}/{}", sid(&ended));
        let other = format!("/api/users/{}/sign-ins/{}", app.id("user_02"), sid(&ended));
        admin.delete(&other).assert_problem(404, "not_found");
        for actor in [&kept, &app.token("user_02")] {
            actor.delete(&end).assert_problem(403, "forbidden");
            actor.get(&path).assert_problem(403, "forbidden");
        }
        app.anonymous().delete(&end).assert_problem(401, "credentials_missing");
        let done = admin.delete(&end);
        assert_eq!(done.status, 204, "{}", done.body);
        done.assert_no_cookies();
        admin.delete(&end).assert_problem(404, "not_found");
        ended.get("/api/me").assert_problem(401, "token_revoked");
        assert_eq!(kept.get("/api/me").status, 200);
        let absent = admin.get("/api/users/999/sign-ins");
        absent.assert_problem(404, "not_found");
    });
}

#[test]
fn an_invitation_of_a_deleted_user_opens_nothing() {
    on_both(|app: TestApp| {
        let admin = app.token("admin");
        let added = admin.post_json("/api/users", &json!({ "username": "ann" }));
        let path = path_in(&added.body);
        assert_eq!(admin.delete(&format!("/api/users/{}", app.id("ann"))).status, 204);
        assert_invalid(&app.anonymous().open_link(&path));
    });
}
