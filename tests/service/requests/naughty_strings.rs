//! The Big List of Naughty Strings, through every field that takes text: each is taken whole or
//! refused with a reason, on both databases alike.

use std::thread;
use std::time::Duration;

use naughty_strings::BLNS;
use serde_json::{Value, json};

use crate::support::actor::{Actor, Reply, encoded};
use crate::support::app::{On, TestApp};
use crate::support::postgres;

const GOOD: &str = "correct horse";

/// The outcome of each request: the field, the string, the status and the code or location.
type Log = Vec<(&'static str, &'static str, u16, String)>;

struct Run<'a> {
    visitor: Actor<'a>,
    person: Actor<'a>,
    program: Actor<'a>,
    admin: Actor<'a>,
    /// The administrator in a browser.
    boss: Actor<'a>,
    log: Log,
}

impl Run<'_> {
    /// Records a response, which must not be a 5xx.
    fn note(&mut self, field: &'static str, text: &'static str, reply: &Reply) {
        let status = reply.status;
        assert!((200..500).contains(&status), "{field} {text:?}: {status} {}", reply.body);
        let is_problem = reply.header("content-type") == Some("application/problem+json");
        let what = if is_problem { reply.code() } else { reply.location().to_owned() };
        let stays = what.starts_with('/') && !what.starts_with("//");
        assert!(is_problem || what.is_empty() || stays, "{field} {text:?}: to {what}");
        self.log.push((field, text, status, what));
    }

    fn register(&mut self, at: usize, text: &'static str) {
        let visitor = self.visitor.fresh();
        let asked = json!({ "username": text, "password": GOOD });
        self.note("register username, JSON", text, &visitor.post_json("/api/register", &asked));
        let reply = visitor.post_form("/register", &[("username", text), ("password", GOOD)]);
        self.note("register username, form", text, &reply);

        let name = format!("full{at}");
        let asked = json!({ "username": name, "full_name": text, "password": GOOD });
        let reply = visitor.post_json("/api/register", &asked);
        self.note("register full_name, JSON", text, &reply);
        if reply.status == 201 {
            let kept = reply.json()["full_name"].as_str().unwrap_or_default().to_owned();
            assert_eq!(kept, text.trim(), "kept whole");
        }
        let name = format!("form{at}");
        let fields = [("username", name.as_str()), ("full_name", text), ("password", GOOD)];
        self.note("register full_name, form", text, &visitor.post_form("/register", &fields));

        let name = format!("pass{at}");
        let asked = json!({ "username": name, "password": text });
        let reply = visitor.post_json("/api/register", &asked);
        self.note("register password, JSON", text, &reply);
        if reply.status == 201 {
            let fields = [("username", name.as_str()), ("password", text)];
            let entered = self.visitor.fresh().post_form("/login", &fields);
            assert_eq!(entered.status, 303, "{text:?} is the password, whole");
        }
        let name = format!("word{at}");
        let fields = [("username", name.as_str()), ("password", text)];
        self.note("register password, form", text, &visitor.post_form("/register", &fields));
    }

    fn sign_in(&mut self, text: &'static str) {
        let visitor = self.visitor.fresh();
        let asked = json!({ "username": text, "password": text });
        self.note("login, JSON", text, &visitor.post_json("/api/login", &asked));
        let fields = [("username", text), ("password", text), ("next", text), ("remember", text)];
        self.note("login, form", text, &visitor.post_form("/login", &fields));
        let fields = [("username", "user_02"), ("password", "5678"), ("next", text)];
        self.note("login next", text, &visitor.post_form("/login", &fields));
        let encoded = encoded(text);
        let form = self.visitor.get(&format!("/login?next={encoded}"));
        self.note("login next, query", text, &form);
        let form = self.person.get(&format!("/reauthenticate?next={encoded}"));
        self.note("reauthenticate next, query", text, &form);
        let fields = [("password", text), ("next", text)];
        self.note("reauthenticate", text, &self.person.post_form("/reauthenticate", &fields));
        let fields = [("token", text), ("username", text), ("password", GOOD)];
        self.note("setup", text, &visitor.post_form("/setup", &fields));
        let form = self.visitor.get(&format!("/setup?token={encoded}"));
        self.note("setup token, query", text, &form);
        let form = self.visitor.get("/setup");
        self.note("setup token, cookie", text, &form);
    }

    fn account(&mut self, text: &'static str) {
        for (current, new) in [(text, GOOD), ("wrong", text), (text, text)] {
            let fields = [("current_password", current), ("new_password", new)];
            let reply = self.person.post_form("/account/password", &fields);
            self.note("password, form", text, &reply);
            let asked = json!({ "current_password": current, "new_password": new });
            let reply = self.program.post_json("/api/password", &asked);
            self.note("password, JSON", text, &reply);
        }
    }

    fn keys(&mut self, text: &'static str) {
        let asked = json!({ "label": "x", "scopes": [text] });
        self.note("key scopes", text, &self.program.post_json("/api/keys", &asked));
        let asked = json!({ "label": "x", "scopes": [], "expires_in": text });
        self.note("key expires_in", text, &self.program.post_json("/api/keys", &asked));
        self.end_keys();
        let asked = json!({ "label": text, "scopes": [] });
        let reply = self.program.post_json("/api/keys", &asked);
        self.note("key label, JSON", text, &reply);
        let fields = [("label", text), ("expires_in", "604800")];
        let by_form = self.person.post_form("/account/keys", &fields);
        self.note("key label, form", text, &by_form);
        let labels = self.end_keys();
        match (reply.status, by_form.status) {
            (201, 303) => assert_eq!(labels, [text.trim(), text.trim()], "kept whole"),
            (422, 422) => assert!(labels.is_empty(), "{text:?}: {labels:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
        let encoded = encoded(text);
        if !encoded.is_empty() {
            let reply = self.program.delete(&format!("/api/keys/{encoded}"));
            self.note("keys, id", text, &reply);
            let reply = self.person.post(&format!("/account/keys/{encoded}/end"));
            self.note("keys, id of a page", text, &reply);
        }
    }

    /// Ends what keys there are, for an account makes no more at once; their labels.
    fn end_keys(&self) -> Vec<String> {
        let kept = self.program.get("/api/keys").json();
        let end = |key: &Value| {
            let path = format!("/api/keys/{}", key["id"].as_str().expect("an id"));
            assert_eq!(self.program.delete(&path).status, 204);
            key["label"].as_str().expect("a label").to_owned()
        };
        kept.as_array().expect("a list").iter().map(end).collect()
    }

    fn administer(&mut self, id: i64, text: &'static str) {
        let path = format!("/api/users/{id}");
        let reply = self.admin.patch_json(&path, &json!({ "full_name": text }));
        self.note("change full_name", text, &reply);
        if reply.status == 200 {
            let kept = reply.json()["full_name"].as_str().unwrap_or_default().to_owned();
            assert_eq!(kept, text.trim(), "kept whole");
        }
        self.note("change role", text, &self.admin.patch_json(&path, &json!({ "role": text })));
        let encoded = encoded(text);
        for name in ["q", "page", "role"] {
            let reply = self.admin.get(&format!("/api/users?{name}={encoded}"));
            self.note("users, query", text, &reply);
            let reply = self.boss.get(&format!("/admin/users?{name}={encoded}"));
            self.note("admin users, query", text, &reply);
        }
        if !encoded.is_empty() {
            let reply = self.admin.delete(&format!("/api/users/{encoded}"));
            self.note("users, id", text, &reply);
            let reply = self.program.delete(&format!("/api/sign-ins/{encoded}"));
            self.note("sign-ins, id", text, &reply);
        }
    }
}

/// Sends every string through every field.
fn run(on: On) -> Log {
    let app = TestApp::new(on, &|figment| figment);
    let mut run = Run {
        visitor: app.anonymous(),
        person: app.session("user_01"),
        program: app.token("user_01"),
        admin: app.token("admin"),
        boss: app.session("admin"),
        log: Vec::new(),
    };
    let id = app.id("user_02");
    for (at, text) in BLNS.iter().copied().enumerate() {
        run.register(at, text);
        run.sign_in(text);
        run.account(text);
        if at % 14 == 0 {
            // An account may create 60 keys in an hour, here up to 4 of each string, with a recently
            // verified password.
            app.clock.advance(Duration::from_secs(3601));
            (run.person, run.program) = (app.session("user_01"), app.token("user_01"));
            (run.boss, run.admin) = (app.session("admin"), app.token("admin"));
        }
        run.keys(text);
        run.administer(id, text);
    }
    assert_eq!(run.person.get("/dashboard").status, 200, "nobody else's request hurt a session");
    assert_eq!(run.program.get("/api/me").status, 200);
    run.log
}

#[test]
fn naughty_strings_are_taken_whole_or_refused_and_alike_on_both_databases() {
    assert_eq!(BLNS.len(), 515, "all of the list");
    let (sqlite, postgres) = thread::scope(|scope| {
        let sqlite = scope.spawn(|| run(On::Sqlite));
        let postgres = postgres::server().map(|_| scope.spawn(|| run(On::Postgres)));
        let postgres = postgres.map(|run| run.join().expect("no panic"));
        (sqlite.join().expect("no panic"), postgres)
    });
    let count = |status: u16| sqlite.iter().filter(|(.., found, _)| *found == status).count();
    println!("{} requests; {} made somebody", sqlite.len(), count(201));
    assert!(count(201) > 500 && count(422) > 500, "both happen");
    let of = |label: &str, status: u16| {
        sqlite.iter().filter(|(field, _, found, _)| (*field, *found) == (label, status)).count()
    };
    for (label, made) in [("key label, JSON", 201), ("key label, form", 303)] {
        assert!(of(label, made) > 400 && of(label, 422) > 10, "labels come to the database");
    }
    if let Some(postgres) = postgres {
        assert_eq!(postgres.len(), sqlite.len());
        for (on_postgres, on_sqlite) in postgres.iter().zip(&sqlite) {
            assert_eq!(on_postgres, on_sqlite);
        }
    }
}
