//! Access keys: created by people, presented by programs, and ended like any sign-in.

mod command;
mod page;
mod races;
mod rules;
mod scopes;
mod sent_twice;

use serde_json::{Value, json};

use crate::support::actor::{Actor, Reply};

const DAY: u64 = 24 * 60 * 60;

/// A created key, and a client that has only this key.
struct KeyClient<'a> {
    id: String,
    key: String,
    program: Actor<'a>,
}

/// Creates a key over the API with a fresh token.
#[track_caller]
fn make<'a>(owner: &Actor<'a>, scopes: &[&str]) -> KeyClient<'a> {
    let reply = owner.post_json("/api/keys", &json!({ "label": "a label", "scopes": scopes }));
    assert_eq!(reply.status, 201, "{}", reply.body);
    let text = |name: &str| reply.json()[name].as_str().expect("a text").to_owned();
    let (id, key) = (text("id"), text("key"));
    let program = owner.fresh().with_token(&key);
    KeyClient { id, key, program }
}

/// The page that shows a key after its form was sent.
#[track_caller]
fn page_of_new_key(person: &Actor<'_>, fields: &[(&str, &str)]) -> Reply {
    let made = person.post_form("/account/keys", fields);
    assert_eq!((made.status, made.location()), (303, "/account/keys"), "{}", made.body);
    let page = person.get("/account/keys");
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// The key in a text; fails unless there is exactly one.
#[track_caller]
fn key_in(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut words = text.split(|c| !fits(c)).filter(|word| word.starts_with("vst_"));
    let key = words.next().unwrap_or_else(|| panic!("no key in {text}")).to_owned();
    assert_eq!(words.next(), None, "one key, once");
    assert_eq!(key.len(), 70);
    key
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The names of the invalid fields.
#[track_caller]
fn invalid_fields(reply: &Reply) -> Vec<String> {
    reply.assert_problem(422, "invalid_field");
    names(&reply.json()["fields"]).into_iter().map(str::to_owned).collect()
}
