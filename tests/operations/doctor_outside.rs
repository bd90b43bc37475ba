//! `vestibule doctor --url`: a running service as its clients reach it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::client::LONG_TIMEOUT;
use super::doctor::{assert_not_said, assert_said};
use super::nginx::Nginx;
use crate::support::process::{Done, Home, at_home, finish};

const RELEASE: [(&str, &str); 2] =
    [("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{password={cost=10}}")];

/// What the doctor says of a URL, from a directory without a service.
fn doctor(url: &str, variables: &[(&str, &str)]) -> Done {
    let home = Home::new();
    let mut command = home.command(&["doctor", "--url", url]);
    let done = finish(command.envs(variables.iter().copied()), "");
    assert!(!home.path("state").exists(), "nothing is made");
    let failed = done.out.lines().any(|line| line.starts_with("FAIL"));
    assert_eq!(done.code, Some(i32::from(failed)), "{done:?}");
    done
}

/// A service in front of which something does everything wrong; returns its URL.
fn bad_service() -> String {
    responder("200 OK", r#"{"status":"ok","database":"sqlite","writable":true}"#)
}

/// Responds to all requests in one way, with foreign headers; returns its URL.
fn responder(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request).to_lowercase();
            let origin = request.lines().find_map(|line| line.strip_prefix("origin: "));
            let response = format!(
                "HTTP/1.1 {status}\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nSet-Cookie: balancer=1\r\n\
                 Access-Control-Allow-Origin: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n\
                 {body}",
                origin.unwrap_or("null"),
                body.len()
            );
            drop(stream.write_all(response.as_bytes()));
        }
    });
    url
}

#[test]
fn a_service_in_release_behind_tls_is_well_in_every_point() {
    at_home(|home| {
        let service = home.serve(&[LONG_TIMEOUT, &RELEASE].concat());
        let Some(nginx) = Nginx::with_tls(&[&service.address]) else { return };
        let url = format!("https://{}/", nginx.address);
        let certificate = nginx.certificate();
        let roots = certificate.to_str().expect("a path in UTF-8");
        let done = doctor(&url, &[("SSL_CERT_FILE", roots)]);
        let all = [
            "service",
            "tls",
            "clock",
            "cookies",
            "cache",
            "profile",
            "cors",
            "keys",
            "metrics",
            "slow clients",
        ];
        for what in all {
            assert_said(&done, "ok", what, &[]);
        }
        assert_eq!(done.out.lines().count(), all.len(), "{done:?}");
        let strange = doctor(&url, &[]);
        assert_said(&strange, "FAIL", "service", &["no response", "ertificate"]);
    });
}

#[test]
fn a_service_in_the_debug_profile_without_tls_is_named() {
    at_home(|home| {
        home.configure(
            "[default.auth.token]\nalgorithm = \"EdDSA\"\nissuer = \"https://a.example\"\n",
        );
        let service = home.serve(LONG_TIMEOUT);
        let done = doctor(&format!("http://{}", service.address), &[]);
        assert_said(&done, "FAIL", "profile", &["debug profile"]);
        assert_said(&done, "warn", "tls", &["passwords and tokens"]);
        assert_said(&done, "ok", "keys", &["1 published"]);
        assert_not_said(&done, "warn", "headers");
    });
}

#[test]
fn what_is_wrong_in_front_of_the_service_is_named() {
    let done = doctor(&bad_service(), &[]);
    assert_said(&done, "FAIL", "token", &["200 to an invalid token"]);
    assert_said(&done, "FAIL", "cookies", &["sets one"]);
    assert_said(&done, "FAIL", "cache", &["no-store"]);
    assert_said(&done, "FAIL", "cors", &["every origin"]);
    assert_said(&done, "FAIL", "keys", &["cannot verify"]);
    assert_said(&done, "FAIL", "metrics", &["open to all"]);
    assert_said(&done, "warn", "clock", &["synchronise"]);
    for name in ["content-security-policy", "x-frame-options", "referrer-policy"] {
        assert_said(&done, "warn", "headers", &[name]);
    }
}

#[test]
fn a_service_that_is_not_ready_is_told_from_another_program() {
    let not_ready = r#"{"title":"Unavailable","status":503,"code":"unavailable","detail":""}"#;
    let done = doctor(&responder("503 Service Unavailable", not_ready), &[]);
    assert_said(&done, "FAIL", "service", &["is not ready", "database"]);
    let done = doctor(&responder("503 Service Unavailable", "<h1>503</h1>"), &[]);
    assert_said(&done, "FAIL", "service", &["503", "not as Vestibule"]);
}

#[test]
fn a_url_at_which_nothing_responds_is_one_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let free = listener.local_addr().expect("an address");
    drop(listener);
    for url in [format!("http://{free}"), "id.example".to_owned()] {
        let done = doctor(&url, &[]);
        assert_eq!(done.out.lines().count(), 1, "{done:?}");
    }
}
