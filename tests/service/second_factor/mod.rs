//! Second factors: codes of an authenticator, recovery codes, and what needs them.

mod codes;
mod model;
pub(crate) mod pages;
mod programs;
mod rules;
mod sent_twice;
mod wrong_codes;

use std::time::Duration;

use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, password};

/// How long a code is shown.
const STEP: Duration = Duration::from_secs(30);

/// For how long a request with a code may be sent a second time.
const COPY_WINDOW: Duration = Duration::from_secs(10);

/// An authenticator of a user, as an app holds it.
pub(crate) struct Authenticator {
    secret: String,
    recovery_codes: Vec<String>,
}

impl Authenticator {
    /// The code that it shows now.
    fn code(&self, app: &TestApp) -> String {
        code_of(&self.secret, app, 0)
    }

    /// The code that has not been shown yet: the clock moves on to it.
    fn next_code(&self, app: &TestApp) -> String {
        app.clock.advance(STEP);
        self.code(app)
    }
}

/// The code of a secret in so many steps from now.
fn code_of(secret: &str, app: &TestApp, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).expect("base32");
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    let now = app.clock.now().expect("a time").unix_timestamp() + 30 * steps;
    totp.generate(u64::try_from(now).expect("a time after 1970")).to_string()
}

/// Sets up an authenticator over the API, and signs out.
pub(crate) fn set_up(app: &TestApp, username: &str) -> Authenticator {
    let program = app.token(username);
    let begun = program.post("/api/me/second-factor");
    assert_eq!(begun.status, 200, "{}", begun.body);
    let secret = text(&begun.json(), "secret");
    let body = json!({
        "set_up_token": text(&begun.json(), "set_up_token"), "code": code_of(&secret, app, 0),
    });
    let done = program.post_json("/api/me/second-factor/confirm", &body);
    assert_eq!(done.status, 201, "{}", done.body);
    let codes = done.json()["recovery_codes"].as_array().cloned().unwrap_or_default();
    let recovery_codes = codes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    assert_eq!(program.post("/api/logout").status, 204);
    // The code that set it up is used up.
    app.clock.advance(STEP);
    Authenticator { secret, recovery_codes }
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
}

/// A browser after the first step.
fn after_password<'a>(app: &'a TestApp, username: &str) -> Actor<'a> {
    let browser = app.anonymous();
    let fields = [("username", username), ("password", password(username))];
    let reply = browser.post_form("/login", &fields);
    assert_eq!((reply.status, reply.location()), (303, "/login/second"), "{}", reply.body);
    browser
}

fn enter(browser: &Actor<'_>, code: &str) -> Reply {
    browser.post_form("/login/second", &[("code", code)])
}

/// A browser that has signed in with both factors.
fn session<'a>(app: &'a TestApp, username: &str, phone: &Authenticator) -> Actor<'a> {
    let browser = after_password(app, username);
    let reply = enter(&browser, &phone.next_code(app));
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert!(is_in(&browser));
    browser
}

/// The 401 of a right password, which asks for the second factor.
fn first_step(app: &TestApp, username: &str) -> Value {
    let body = json!({ "username": username, "password": password(username) });
    let reply = app.anonymous().post_json("/api/login", &body);
    reply.assert_problem(401, "second_factor_required");
    reply.json()
}

/// The ticket of a program after the first step.
fn login_token(app: &TestApp, username: &str) -> String {
    text(&first_step(app, username), "login_token")
}

fn second(app: &TestApp, ticket: &str, code: &str) -> Reply {
    let body = json!({ "login_token": ticket, "code": code });
    app.anonymous().post_json("/api/login/second", &body)
}

/// A program that has signed in with both factors.
fn program<'a>(app: &'a TestApp, username: &str, phone: &Authenticator) -> Actor<'a> {
    let reply = second(app, &login_token(app, username), &phone.next_code(app));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let mut actor = app.anonymous();
    actor.token = Some(text(&reply.json(), "access_token"));
    actor.refresh_token = Some(text(&reply.json(), "refresh_token"));
    actor
}

fn is_in(browser: &Actor<'_>) -> bool {
    browser.get("/dashboard").status == 200
}

/// The names of the events of a user, newest first.
fn events(app: &TestApp) -> Vec<String> {
    let admin = app.token("admin");
    let found = admin.get("/api/admin/events").json();
    let events = found["events"].as_array().cloned().unwrap_or_default();
    events.iter().map(|event| text(event, "event")).collect()
}
