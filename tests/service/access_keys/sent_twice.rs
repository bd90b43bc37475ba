//! `Idempotency-Key` on `POST /api/keys`: a request that is sent twice makes one key.

use rocket::http::{ContentType, Header, Method};
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::on_both;

/// Asks for a key with these values of the header.
fn ask(owner: &Actor<'_>, label: &str, keys: &[&str]) -> Reply {
    let mut request = owner.request(Method::Post, "/api/keys").header(ContentType::JSON);
    for key in keys {
        request.add_header(Header::new("Idempotency-Key", (*key).to_owned()));
    }
    owner.send(request.body(json!({ "label": label, "scopes": [] }).to_string()))
}

#[test]
fn a_request_with_the_same_idempotency_key_makes_one_key_and_names_it() {
    on_both(|app| {
        let owner = app.token("user_01");
        let made = ask(&owner, "backup", &["8e03978e-40d5"]);
        assert_eq!(made.status, 201, "{}", made.body);
        let (id, text) = (made.json()["id"].clone(), made.json()["key"].clone());
        let (id, text) = (id.as_str().expect("an id"), text.as_str().expect("a key"));
        for again in [&owner, &app.token("user_01")] {
            let reply = ask(again, "backup", &["8e03978e-40d5"]);
            reply.assert_problem(409, "already_made");
            assert!(reply.body.contains(id) && !reply.body.contains(text), "{}", reply.body);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 1);
        assert_eq!(app.count("events WHERE event = 'key_made'"), 1);
        assert_eq!(app.anonymous().with_token(text).get("/api/me").status, 200);

        // Another request, another user, and the same once its key has ended.
        assert_eq!(ask(&owner, "backup", &["another"]).status, 201);
        assert_eq!(ask(&app.token("user_02"), "backup", &["8e03978e-40d5"]).status, 201);
        assert_eq!(owner.delete(&format!("/api/keys/{id}")).status, 204);
        let anew = ask(&owner, "backup", &["8e03978e-40d5"]);
        assert_eq!(anew.status, 201, "{}", anew.body);
        let new_text = anew.json()["key"].as_str().expect("a key").to_owned();
        assert_eq!(app.anonymous().with_token(&new_text).get("/api/me").status, 200);
        let ended = app.anonymous().with_token(text).get("/api/me");
        assert_eq!(ended.status, 401, "the text of the ended key opens nothing");
    });
}

#[test]
fn a_repeated_request_uses_up_none_of_the_keys_of_an_hour() {
    on_both(|app| {
        let owner = app.token("user_01");
        for at in 0..59 {
            assert_eq!(ask(&owner, "backup", &[&format!("key-{at}")]).status, 201);
        }
        for _ in 0..2 {
            ask(&owner, "backup", &["key-0"]).assert_problem(409, "already_made");
        }
        assert_eq!(ask(&owner, "backup", &["the-last-one"]).status, 201);
        ask(&owner, "backup", &["one-more"]).assert_problem(429, "too_many_attempts");
        ask(&owner, "backup", &["key-0"]).assert_problem(409, "already_made");
    });
}

#[test]
fn without_the_header_each_request_makes_a_key() {
    on_both(|app| {
        let owner = app.token("user_01");
        for _ in 0..2 {
            assert_eq!(ask(&owner, "backup", &[]).status, 201);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 2);
    });
}

#[test]
fn an_idempotency_key_that_cannot_be_read_is_refused() {
    on_both(|app| {
        let owner = app.token("user_01");
        let long = "x".repeat(256);
        for keys in [&[""][..], &["a b"], &["\u{fc}"], &[&long], &["a", "b"]] {
            let reply = ask(&owner, "backup", keys);
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["Idempotency-Key"].is_string(), "{}", reply.body);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 0);
        assert_eq!(ask(&owner, "backup", &[&long[1..]]).status, 201);
    });
}
