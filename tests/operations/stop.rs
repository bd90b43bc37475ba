//! SIGTERM: no new connection is accepted, open requests are finished, and the program ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::client::{LONG_TIMEOUT, TIMEOUT};
use crate::support::actor::Reply;
use crate::support::process::{Home, Service, read_reply};

/// One hash at a time, none so long that the last waits for five seconds on a busy machine.
const SLOW: &str = "{password={cost=8,hashers=1}}";

/// Long enough for a handshake, and shorter than the program waits after the last request.
const MOMENT: Duration = Duration::from_millis(100);

/// A connection on which this much of a request was sent.
fn sent(service: &Service, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&service.address).expect("the service listens");
    stream.write_all(request.as_bytes()).expect("the service reads");
    stream
}

fn rest(mut stream: TcpStream, number: usize, begun: Instant) -> Reply {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    read_reply(answer).unwrap_or_else(|| {
        let after = begun.elapsed();
        panic!(
            "number {number}, {after:?} after the signal: no whole answer but {text:?}, {read:?}"
        )
    })
}

const LOGIN: &str = r#"{"username":"user_01","password":"1234"}"#;

/// A connection whose sign-in the service has begun to read: it asks for the body.
fn begun_login(service: &Service) -> TcpStream {
    let mut stream = sent(
        service,
        &format!(
            "POST /api/login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            service.address,
            LOGIN.len()
        ),
    );
    let mut answer = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut answer).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&answer));
    stream
}

#[test]
fn requests_in_flight_are_finished_and_no_others_are_accepted() {
    let home = Home::new();
    // Long enough for four hashes on a busy machine.
    let patient = ("ROCKET_SHUTDOWN", "{grace=20}");
    let service = home.serve(&[LONG_TIMEOUT[0], ("ROCKET_AUTH", SLOW), patient]);
    let mut waiting: Vec<_> = (0..4).map(|_| begun_login(&service)).collect();
    for stream in &mut waiting {
        stream.write_all(LOGIN.as_bytes()).expect("the service reads");
    }
    let mut slow = begun_login(&service);
    service.signal("TERM");
    let begun = Instant::now();
    let address = service.address.parse().expect("an address");
    // A handshake that meets the end of the listener is repeated by the kernel after a second only.
    while TcpStream::connect_timeout(&address, MOMENT).is_ok() {
        assert!(begun.elapsed() < TIMEOUT, "the service still listens");
    }
    // An upload goes on after the signal.
    slow.write_all(LOGIN.as_bytes()).expect("the service reads");
    for (number, stream) in waiting.into_iter().chain([slow]).enumerate() {
        let reply = rest(stream, number, begun);
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(reply.json()["access_token"].is_string());
    }
    assert_eq!(service.wait(), Some(0));
}

#[test]
fn a_connection_that_is_only_kept_does_not_keep_the_program() {
    let home = Home::new();
    // Longer than the test allows.
    let service = home.serve(&[LONG_TIMEOUT[0], ("ROCKET_SHUTDOWN", "{grace=100}")]);
    let request = format!("GET /login HTTP/1.1\r\nHost: {}\r\n\r\n", service.address);
    let mut kept = sent(&service, &request);
    let mut some = [0; 16];
    kept.read_exact(&mut some).expect("an answer");
    let begun = Instant::now();
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0));
    assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
}
