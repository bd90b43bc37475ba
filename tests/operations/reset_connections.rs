//! Requests of connections that the client reset before the service accepted them: the address of the client
//! is unknown, and nothing is done.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rocket::tokio::io::AsyncWriteExt;
use rocket::tokio::net::TcpStream;
use rocket::tokio::runtime::Builder;
use serde_json::json;

use super::client::{LONG_TIMEOUT, post_json};
use crate::support::process::{Home, Service};

/// How long the service may take.
const LIMIT: Duration = Duration::from_secs(30);

fn wait(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LIMIT, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a request and resets its connection, while the service is frozen and cannot accept it.
fn send_and_reset(service: &Service, request: &str) {
    let stat = format!("/proc/{}/stat", service.id());
    let is_frozen = || fs::read_to_string(&stat).expect("a process").contains(") T ");
    service.signal("STOP");
    wait("the service is not frozen", is_frozen);
    let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
    runtime.block_on(async {
        let mut stream = TcpStream::connect(&service.address).await.expect("the kernel accepts");
        stream.write_all(request.as_bytes()).await.expect("there is room");
        stream.set_zero_linger().expect("an option of every socket");
    });
    service.signal("CONT");
}

#[test]
fn a_request_of_a_reset_connection_makes_no_account_and_ends_no_session() {
    let home = Home::new();
    home.configure(
        "[default.accounts]\ntrusted_proxy = [\"203.0.113.1\"]\n\
         [default.auth.session]\nprotection = \"strong\"\n",
    );
    let service = home.serve(LONG_TIMEOUT);
    let cookie = service.form_login("user_01", "1234").expect("a right password");
    let is_signed_in = || service.get("/whoami", &[("Cookie", &cookie)]).status == 200;
    assert!(is_signed_in());

    let account = json!({ "username": "carol", "password": "correct horse battery" });
    let body = account.to_string();
    // The header would be that of a proxy.
    let registration = format!(
        "POST /api/register HTTP/1.1\r\nHost: x\r\nX-Real-IP: 192.0.2.7\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    );
    let visit = format!("GET /whoami HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
    for (count, request) in [registration, visit].iter().enumerate() {
        send_and_reset(&service, request);
        let log = || fs::read_to_string(home.path("log")).expect("a log");
        wait("the request is not in the log", || {
            log().matches("/health/connection-reset 404").count() > count
        });
    }
    assert!(is_signed_in());
    let made = post_json(&service.address, "/api/register", None, &account).expect("a response");
    assert_eq!(made.status, 201, "{}", made.body);
    service.stop();
    let told = home.log();
    let said = |event: &str| told.iter().any(|line| line["event"] == event);
    assert!(said("signed_in") && !said("protected"), "{told:?}");
    assert!(!told.iter().any(|line| line["address"] == "192.0.2.7"), "{told:?}");
}
