//! Users change their own full name over the API.

use std::time::Duration;

use rocket::http::{ContentType, Header, Method};
use serde_json::{Value, json};

use crate::support::actor::{Actor, Reply};
use crate::support::app::on_both;

/// A PATCH with this media type.
fn patch(program: &Actor<'_>, media: &'static str, body: &str) -> Reply {
    let request = program.request(Method::Patch, "/api/me");
    program.send(request.header(Header::new("Content-Type", media)).body(body))
}

#[test]
fn a_full_name_is_set_kept_and_removed() {
    on_both(|app| {
        let program = app.token("user_01");
        for media in ["application/json", "application/merge-patch+json"] {
            let set = patch(&program, media, r#"{"full_name":" Ann Other "}"#);
            assert_eq!((set.status, &set.json()["full_name"]), (200, &json!("Ann Other")));
            set.assert_no_cookies();
            assert_eq!(program.get("/api/me").json(), set.json(), "the cache knows it");
            let kept = patch(&program, media, "{}");
            assert_eq!((kept.status, kept.json()), (200, set.json()));
            let removed = patch(&program, media, r#"{"full_name":null}"#);
            assert_eq!((removed.status, &removed.json()["full_name"]), (200, &Value::Null));
        }
        assert_eq!(app.count("events WHERE event = 'full_name_changed'"), 4);
    });
}

#[test]
fn what_was_read_may_be_sent_back_but_not_changed() {
    on_both(|app| {
        let program = app.token("user_01");
        let mut me = program.get("/api/me").json();
        me["full_name"] = json!("Ann");
        let changed = program.patch_json("/api/me", &me);
        assert_eq!((changed.status, changed.json()), (200, me.clone()), "{}", changed.body);
        for (name, value) in [
            ("id", json!(1)),
            ("id", json!(me["id"].to_string())),
            ("username", json!("other")),
            ("role", json!("admin")),
            ("role", Value::Null),
            ("created_at", json!("2020-01-01T00:00:00.000000Z")),
            ("more", json!(1)),
        ] {
            let mut body = me.clone();
            body[name] = value;
            body["full_name"] = json!("Bob");
            let refused = program.patch_json("/api/me", &body);
            refused.assert_problem(422, "invalid_field");
            assert!(refused.body.contains(&format!("\"{name}\"")), "{}", refused.body);
        }
        for name in [json!(1), json!("a\u{7}b"), json!("x".repeat(201))] {
            let refused = program.patch_json("/api/me", &json!({ "full_name": name }));
            refused.assert_problem(422, "invalid_field");
        }
        assert_eq!(program.get("/api/me").json(), me);
    });
}

#[test]
fn a_body_of_another_media_type_or_encoding_is_refused() {
    on_both(|app| {
        let program = app.token("user_01");
        for media in
            ["text/plain", "application/json-patch+json", "application/x-www-form-urlencoded"]
        {
            let refused = patch(&program, media, r#"{"full_name":"Ann"}"#);
            refused.assert_problem(415, "unsupported_media_type");
        }
        for coding in ["gzip", "br", "identity, gzip"] {
            let request = program.request(Method::Patch, "/api/me").header(ContentType::JSON);
            let request = request.header(Header::new("Content-Encoding", coding));
            let refused = program.send(request.body(r#"{"full_name":"Ann"}"#));
            refused.assert_problem(415, "unsupported_media_type");
        }
        // A merge patch is for PATCH alone.
        let request = program.request(Method::Post, "/api/confirm");
        let media = Header::new("Content-Type", "application/merge-patch+json");
        let refused = program.send(request.header(media).body(r#"{"password":"1234"}"#));
        refused.assert_problem(415, "unsupported_media_type");
        assert_eq!(app.count("users WHERE full_name IS NOT NULL"), 0);
    });
}

#[test]
fn of_many_changes_of_an_account_in_an_hour_the_sixty_first_is_refused() {
    on_both(|app| {
        let program = app.token("user_01");
        let rename = |name: &str| program.patch_json("/api/me", &json!({ "full_name": name }));
        for number in 0..59 {
            assert_eq!(rename(&format!("Ann {number}")).status, 200);
        }
        let off = json!({ "device_notices": false });
        assert_eq!(program.patch_json("/api/me", &off).status, 200);
        let refused = rename("Ann 59");
        refused.assert_problem(429, "too_many_attempts");
        assert_eq!(refused.header("retry-after"), Some("3601"));
        let on = json!({ "device_notices": true });
        program.patch_json("/api/me", &on).assert_problem(429, "too_many_attempts");
        let page = app.session("user_01");
        page.post_form("/account/name", &[("full_name", "Ann 59")]).assert_page(429);
        let fields = [("new_devices", "on")];
        page.post_form("/account/address/notices", &fields).assert_page(429);
        // The same value is no change, and the language leaves no row.
        let same = json!({ "full_name": "Ann 58", "device_notices": false, "language": "de" });
        assert_eq!(program.patch_json("/api/me", &same).status, 200);
        assert_eq!(app.count("events WHERE event = 'full_name_changed'"), 59);
        assert_eq!(app.count("events WHERE event = 'notices_changed'"), 1);
        let other = app.token("user_02");
        assert_eq!(other.patch_json("/api/me", &json!({ "full_name": "Ben" })).status, 200);
        app.clock.advance(Duration::from_secs(3601));
        let later = app.token("user_01");
        assert_eq!(later.patch_json("/api/me", &json!({ "full_name": "Ann" })).status, 200);
    });
}

#[test]
fn neither_a_session_nor_a_key_changes_a_name() {
    on_both(|app| {
        let name = json!({ "full_name": "Ann" });
        app.session("user_01")
            .patch_json("/api/me", &name)
            .assert_problem(401, "credentials_missing");
        let owner = app.token("user_01");
        let key = owner.post_json("/api/keys", &json!({ "label": "a", "scopes": ["sign-ins"] }));
        let key = owner.with_token(key.json()["key"].as_str().expect("a key"));
        key.patch_json("/api/me", &name).assert_problem(403, "insufficient_scope");
    });
}
