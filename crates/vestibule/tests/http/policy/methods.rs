//! The method that a form asks for with `_method`, and what Rocket cannot parse, over TCP: every
//! request gets a response.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::{Build, Rocket, catchers};
use vestibule::guards::Authentication;
use vestibule::{Auth, Clock};

use crate::support::app::{SECRET, Setup, rocket};
use crate::support::cookie_setters::SET_COOKIES;
use crate::support::counting_store::CountingStore;
use crate::support::users::{ALICE, User, Users};

/// Serves until the test ends; returns the address.
fn serve(application: impl FnOnce(Figment) -> Rocket<Build>) -> String {
    let figment = Setup::new().figment.merge(("port", 0)).merge(("shutdown.ctrlc", false));
    let (sender, receiver) = mpsc::channel();
    let application = application(figment).attach(AdHoc::on_liftoff("port", move |rocket| {
        let port = rocket.config().port;
        Box::pin(async move { sender.send(port).expect("the test waits") })
    }));
    thread::spawn(|| drop(rocket::execute(application.launch())));
    let port = receiver.recv_timeout(Duration::from_secs(20)).expect("a launch");
    format!("127.0.0.1:{port}")
}

/// Head and body of a response; fails if the connection closes without one.
fn ask(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{error} after {request}"));
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {text:?}"));
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.expect("a length").parse().expect("a number");
    let is_head = request.starts_with("HEAD ");
    assert_eq!(body.len(), if is_head { 0 } else { length }, "{request}: {head}");
    (head.to_owned(), body.to_owned())
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

fn form(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// An application that has nothing but the fairing: no store, no catchers.
fn only_the_fairing(figment: Figment) -> Rocket<Build> {
    let users = Users::new();
    rocket(figment, Auth::fairing().stateless(), users)
}

#[test]
fn a_form_that_asks_for_any_method_is_answered() {
    let address = serve(only_the_fairing);
    for method in
        ["head", "HEAD", "HeAd", "get", "options", "trace", "connect", "patch", "foo", "delete", ""]
    {
        for path in ["/public", "/login/1", "/current", "/nowhere"] {
            for rest in ["", "&a=b", "&a=é"] {
                let (head, body) =
                    ask(&address, &form("POST", path, "", &format!("_method={method}{rest}")));
                let case = format!("{method}{rest} {path}: {head}");
                let status = status(&head);
                assert!(status < 500 && !body.is_empty(), "{case}");
                if method.eq_ignore_ascii_case("head") {
                    assert_eq!(status, if path == "/nowhere" { 404 } else { 405 }, "{case}");
                    assert_eq!(head.contains("allow: "), status == 405, "{case}");
                }
            }
        }
    }
}

#[test]
fn a_head_with_such_a_form_reaches_no_handler() {
    let address = serve(only_the_fairing);
    let (head, _) = ask(&address, &form("HEAD", "/login/1", "", "_method=head"));
    assert_eq!((status(&head), head.contains("set-cookie")), (405, false), "{head}");
    // Without a body it is a HEAD as every other.
    let (head, _) = ask(&address, &form("HEAD", "/public", "", ""));
    assert_eq!(status(&head), 200, "{head}");
}

#[test]
fn no_cookie_leaves_on_a_token_request_whatever_method_its_form_asks_for() {
    let address = serve(only_the_fairing);
    let (_, pair) = ask(&address, &form("POST", "/api/login/1", "", ""));
    let pair: serde_json::Value = serde_json::from_str(&pair).expect("a pair");
    let good = pair["access"].as_str().or(pair["access_token"].as_str()).expect("a token");
    for token in [good, "bad"] {
        let headers = format!(
            "Authorization: Bearer {token}\r\n{SET_COOKIES}: 1\r\nCookie: session=garbled\r\n"
        );
        for method in ["HEAD", "head", "get", "options", "patch", "foo"] {
            for path in ["/public", "/login/1", "/current", "/session", "/nowhere"] {
                let body = format!("_method={method}");
                let (head, _) = ask(&address, &form("POST", path, &headers, &body));
                assert!(
                    !head.to_ascii_lowercase().contains("set-cookie"),
                    "{method} {path}: {head}"
                );
            }
        }
    }
}

#[rocket::catch(default)]
async fn greet(request: &rocket::Request<'_>) -> String {
    match Authentication::<User>::of(request).await {
        Ok(Some(user)) => format!("hello {}", user.account().id),
        Ok(None) => "hello nobody".to_owned(),
        Err(error) => format!("hello {}", error.kind().code()),
    }
}

#[test]
fn no_account_is_looked_up_for_what_rocket_cannot_parse() {
    let (store, users) = (CountingStore::default(), Users::new());
    let (stored, known_users) = (store.clone(), users.clone());
    let address = serve(|figment| {
        let auth = Auth::fairing().clock(Clock::system()).store(store);
        rocket(figment, auth, users).register("/", catchers![greet])
    });
    let (head, _) = ask(&address, &form("POST", &format!("/login/{ALICE}"), "", ""));
    let session = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let session = session.and_then(|cookie| cookie.split(';').next()).expect("a session");
    let cookie = format!("Cookie: {session}\r\n");
    let known = ask(&address, &form("GET", "/nowhere", &cookie, ""));
    assert_eq!(known.1, format!("hello {ALICE}"));
    let before = (stored.gets(), known_users.calls());
    for (method, path) in [("FOO", "/current"), ("PURGE", "/"), ("GET", "localhost")] {
        let (head, body) = ask(&address, &form(method, path, &cookie, ""));
        assert_eq!((status(&head), body.as_str()), (400, "hello nobody"), "{method} {path}");
        assert!(!head.contains("set-cookie"), "{head}");
        let bearer = format!("Authorization: Bearer {SECRET}\r\n{cookie}");
        let (_, body) = ask(&address, &form(method, path, &bearer, ""));
        assert_eq!(body, "hello credentials_missing", "{method} {path}");
    }
    assert_eq!((stored.gets(), known_users.calls()), before);
}
