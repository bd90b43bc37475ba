//! Clients that speak HTTP over the network, to any process.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::actor::Reply;
use crate::support::app::password;
use crate::support::process::ask;

/// Within this time the service has responded, whatever fails: three seconds by its settings, and more on
/// a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Within this time it has recovered.
pub(crate) const RECOVERY: Duration = Duration::from_secs(10);

/// For tests that are not about outages: a busy machine is
/// no reason for a 503.
pub(crate) const LONG_TIMEOUT: &[(&str, &str)] =
    &[("ROCKET_DATABASES", "{main={timeout=\"20s\"}}")];

/// The tokens of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let text = |name: &str| reply.json()[name].as_str().expect("a token").to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

pub(crate) fn post_json(
    at: &str,
    path: &str,
    token: Option<&str>,
    body: &serde_json::Value,
) -> io::Result<Reply> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.as_deref().map(|value| ("Authorization", value)));
    ask(at, "POST", path, &headers, &body.to_string())
}

/// A request with a bearer token and no body.
pub(crate) fn send_with_token(
    at: &str,
    method: &str,
    path: &str,
    token: &str,
) -> io::Result<Reply> {
    ask(at, method, path, &[("Authorization", &format!("Bearer {token}"))], "")
}

pub(crate) fn api_login(at: &str, username: &str) -> io::Result<Reply> {
    let body = json!({ "username": username, "password": password(username) });
    post_json(at, "/api/login", None, &body)
}

/// Signs in through the form.
pub(crate) fn form_login(at: &str, username: &str) -> io::Result<Reply> {
    let body = format!("username={username}&password={}", password(username).replace(' ', "+"));
    ask(at, "POST", "/login", &[("Content-Type", "application/x-www-form-urlencoded")], &body)
}

/// The `Cookie` field that a browser sends after this response.
pub(crate) fn cookie(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.body);
    let pairs = reply.cookies().into_iter().filter_map(|cookie| cookie.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

/// Requests the dashboard with this cookie.
pub(crate) fn dashboard(at: &str, cookie: &str) -> io::Result<Reply> {
    ask(at, "GET", "/dashboard", &[("Cookie", cookie)], "")
}

pub(crate) fn health(at: &str) -> io::Result<Reply> {
    ask(at, "GET", "/health", &[], "")
}

/// Runs a request and fails if it takes too long.
#[track_caller]
pub(crate) fn in_time(asked: impl FnOnce() -> io::Result<Reply>) -> Reply {
    let begun = Instant::now();
    let reply = asked().expect("an answer");
    let took = begun.elapsed();
    assert!(took < TIMEOUT, "answered {} after {took:?}", reply.status);
    reply
}

/// Fails unless the service says in time that it is unavailable, and when to ask again.
#[track_caller]
pub(crate) fn assert_down(asked: impl FnOnce() -> io::Result<Reply>) {
    let reply = in_time(asked);
    reply.assert_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    reply.assert_no_cookies();
}

/// Repeats a request where a busy machine was too slow for the short time limits here, and
/// nothing is tested yet.
#[track_caller]
pub(crate) fn beforehand(mut asked: impl FnMut() -> io::Result<Reply>) -> Reply {
    let begun = Instant::now();
    loop {
        let reply = asked().expect("an answer");
        if reply.status != 503 || begun.elapsed() > 10 * TIMEOUT {
            return reply;
        }
    }
}

/// Repeats a request until its status is this, no longer than [`RECOVERY`].
#[track_caller]
pub(crate) fn recovers(what: &str, status: u16, mut asked: impl FnMut() -> io::Result<Reply>) {
    let begun = Instant::now();
    let mut last = String::new();
    while begun.elapsed() < RECOVERY {
        match asked() {
            Ok(reply) if reply.status == status => return,
            other => last = format!("{other:?}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what}: not {status} within {RECOVERY:?}: {last}");
}
