//! Keys that are created while their account is signed out, gets a new password or is deleted.

use std::time::Duration;

use rocket::futures::future::join_all;
use rocket::http::{ContentType, Header, Method};
use rocket::local::asynchronous::Client;
use rocket::tokio::runtime::Runtime;
use serde_json::{Value, json};

use crate::accounts::concurrent_requests::process;
use crate::support::app::{TestApp, on_both};

const ROUNDS: usize = 20;
/// How many keys are requested at once.
const WISHES: usize = 6;

/// What one of the concurrent requests does.
struct Operation {
    method: Method,
    path: String,
    token: String,
    body: Value,
}

impl Operation {
    fn new(method: Method, path: &str, token: &str, body: Value) -> Self {
        Self { method, path: path.to_owned(), token: token.to_owned(), body }
    }

    async fn run(&self, client: &Client) -> (u16, String) {
        let bearer = Header::new("Authorization", format!("Bearer {}", self.token));
        let request = client.req(self.method, &self.path).header(bearer).header(ContentType::JSON);
        let reply = request.body(self.body.to_string()).dispatch().await;
        (reply.status().code, reply.into_string().await.unwrap_or_default())
    }
}

/// A token of an account with this password.
fn token(app: &TestApp, username: &str, password: &str) -> String {
    let body = json!({ "username": username, "password": password });
    let reply = app.anonymous().post_json("/api/login", &body);
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["access_token"].as_str().expect("a token").to_owned()
}

fn register(app: &TestApp, username: &str) {
    let body = json!({ "username": username, "password": "correct horse" });
    assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
}

/// Runs one change concurrently with requests for keys of one token, at another position among
/// them in each round. The created keys open nothing afterwards, and no request gets a 5xx.
fn race(app: &TestApp, errand: impl Fn(usize) -> (String, Operation)) {
    let runtime = Runtime::new().expect("a runtime");
    let processes = runtime.block_on(async { [process(app).await, process(app).await] });
    let (mut made, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        // An account makes 60 in an hour.
        app.clock.advance(Duration::from_secs(3601));
        let (maker, errand) = errand(round);
        let wish = || {
            let body = json!({ "label": "a label", "scopes": [] });
            Operation::new(Method::Post, "/api/keys", &maker, body)
        };
        let mut errands: Vec<Operation> = (0..WISHES).map(|_| wish()).collect();
        let place = round % (WISHES + 1);
        errands.insert(place, errand);
        let replies = runtime.block_on(join_all(
            errands.iter().enumerate().map(|(at, one)| one.run(&processes[at % processes.len()])),
        ));
        for (at, (status, body)) in replies.iter().enumerate() {
            match *status {
                201 => made += 1,
                401 | 403 if at != place => refused += 1,
                status => assert!((status, at) == (204, place), "round {round}: {status} {body}"),
            }
        }
        for (_, body) in replies.iter().filter(|(status, _)| *status == 201) {
            let body: Value = serde_json::from_str(body).expect("JSON");
            let key = body["key"].as_str().expect("a key");
            let reply = app.anonymous().with_token(key).get("/api/me");
            assert_eq!(reply.status, 401, "round {round}: {}", reply.body);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 0, "round {round}");
    }
    println!("{made} keys were made before it, {refused} refused after it");
}

#[test]
fn signing_out_everywhere_leaves_no_key_that_was_being_created() {
    on_both(|app| {
        race(&app, |_| {
            let token = token(&app, "user_01", "1234");
            let out = Operation::new(Method::Post, "/api/logout?all=true", &token, json!({}));
            (token, out)
        });
    });
}

#[test]
fn a_new_password_leaves_no_key_that_another_sign_in_was_making() {
    on_both(|app| {
        register(&app, "ann");
        let passwords = ["correct horse", "battery staple"];
        race(&app, |round| {
            let (old, new) = (passwords[round % 2], passwords[(round + 1) % 2]);
            let (maker, changer) = (token(&app, "ann", old), token(&app, "ann", old));
            let body = json!({ "current_password": old, "new_password": new });
            (maker, Operation::new(Method::Post, "/api/password", &changer, body))
        });
    });
}

#[test]
fn an_administrator_who_signs_a_user_out_leaves_no_key_that_was_being_created() {
    on_both(|app| {
        race(&app, |_| {
            let path = format!("/api/users/{}/sign-ins", app.id("user_01"));
            let maker = token(&app, "user_01", "1234");
            let admin = token(&app, "admin", "admin123");
            (maker, Operation::new(Method::Delete, &path, &admin, json!({})))
        });
    });
}

#[test]
fn an_account_deleted_while_creating_keys_blocks_no_other() {
    on_both(|app| {
        race(&app, |round| {
            let name = format!("ann{round}");
            register(&app, &name);
            let path = format!("/api/users/{}", app.id(&name));
            let maker = token(&app, &name, "correct horse");
            let admin = token(&app, "admin", "admin123");
            (maker, Operation::new(Method::Delete, &path, &admin, json!({})))
        });
    });
}
