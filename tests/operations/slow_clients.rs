//! Slow clients at nginx with the delivered file: each is cut off within fifteen seconds, Vestibule
//! sees none of them, and all other clients are served. An address that a client claims for itself
//! is dropped by nginx, and so is a host that is not the one of the request line.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{LONG_TIMEOUT, cookie, dashboard};
use super::nginx::Nginx;
use crate::support::actor::Reply;
use crate::support::process::{Home, Service, ask};

/// Within this time a slow client is cut off: ten seconds by the settings of nginx, and more on a busy
/// machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How many of each kind there are at once. All have one address here, and one address may have a
/// hundred requests in work.
const CLIENTS: usize = 30;

fn behind_nginx(home: &Home) -> Option<(Service, Nginx)> {
    home.configure("[default.accounts]\ntrusted_proxy = [\"127.0.0.1\"]\n");
    let service = home.serve(LONG_TIMEOUT);
    let nginx = Nginx::before(&[&service.address])?;
    Some((service, nginx))
}

/// Opens many connections, sends the beginning on each, goes on by one byte of `trickle` each
/// `pause`, and returns after how long the last one was closed by the server.
fn cut_off_after(at: &str, begin: &str, trickle: u8, pause: Duration) -> Duration {
    let begun = Instant::now();
    let mut open: Vec<TcpStream> = (0..CLIENTS)
        .map(|_| {
            let mut stream = TcpStream::connect(at).expect("nginx listens");
            stream.set_nonblocking(true).expect("a mode can be set");
            stream.write_all(begin.as_bytes()).expect("a few bytes");
            stream
        })
        .collect();
    let mut next = begun + pause;
    while !open.is_empty() && begun.elapsed() < LIMIT {
        let due = Instant::now() >= next;
        if due {
            next += pause;
        }
        open.retain_mut(|stream| {
            if due && stream.write(&[trickle]).is_err() {
                return false;
            }
            let mut some = [0; 1024];
            match stream.read(&mut some) {
                Ok(0) => false,
                Ok(_) => true,
                Err(cause) => cause.kind() == std::io::ErrorKind::WouldBlock,
            }
        });
        thread::sleep(Duration::from_millis(50));
    }
    assert!(open.is_empty(), "{} of {CLIENTS} are still connected", open.len());
    begun.elapsed()
}

#[test]
fn slow_clients_are_cut_off_and_no_other_client_notices() {
    let home = Home::new();
    let Some((_service, nginx)) = behind_nginx(&home) else { return };
    let at = nginx.address.as_str();
    let second = Duration::from_secs(1);
    let never = Duration::from_secs(3600);
    let post = format!(
        "POST /login HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 60000\r\n\r\nusername="
    );
    let kept = format!("GET /login HTTP/1.1\r\nHost: {at}\r\n\r\n");
    let head = format!("GET / HTTP/1.1\r\nHost: {at}\r\nX-a: ");
    thread::scope(|scope| {
        let slow = [
            ("silence", String::new(), never),
            ("half a head", head.clone(), never),
            ("a head byte by byte", head, second),
            ("half a body", post.clone(), never),
            ("a body with long pauses", post, Duration::from_secs(6)),
            ("kept after an answer", kept, never),
        ]
        .map(|(what, begin, pause)| {
            (what, scope.spawn(move || cut_off_after(at, &begin, b'a', pause)))
        });
        // Other clients, meanwhile.
        let begun = Instant::now();
        let mut slowest = Duration::ZERO;
        while begun.elapsed() < Duration::from_secs(5) {
            let asked = Instant::now();
            let reply = ask(at, "GET", "/login", &[], "").expect("an answer");
            assert_eq!(reply.status, 200);
            slowest = slowest.max(asked.elapsed());
            thread::sleep(Duration::from_millis(20));
        }
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        for (what, client) in slow {
            let after = client.join().unwrap_or_else(|_| panic!("{what}"));
            println!("{what}: cut off after {after:?}");
        }
    });
}

/// Asks for far more than the system keeps for a connection, and reads nothing of it.
#[test]
fn who_does_not_take_the_answer_is_cut_off() {
    let home = Home::new();
    let Some((_service, nginx)) = behind_nginx(&home) else { return };
    let at = nginx.address.as_str();
    let page = format!("GET /static/style.css HTTP/1.1\r\nHost: {at}\r\n\r\n");
    let streams: Vec<_> = (0..10)
        .map(|_| {
            let mut stream = TcpStream::connect(at).expect("nginx listens");
            stream.set_nonblocking(true).expect("a mode can be set");
            // As many requests as it takes; nginx stops reading when it cannot write.
            for _ in 0..2_000 {
                if stream.write_all(page.as_bytes()).is_err() {
                    break;
                }
            }
            stream
        })
        .collect();
    let begun = Instant::now();
    while nginx.clients() < streams.len() {
        assert!(begun.elapsed() < LIMIT, "nginx takes {} connections", nginx.clients());
    }
    let begun = Instant::now();
    while nginx.clients() > 0 {
        assert!(begun.elapsed() < LIMIT, "nginx keeps {} connections", nginx.clients());
        thread::sleep(Duration::from_millis(100));
    }
    println!("an answer that is not taken: cut off after {:?}", begun.elapsed());
    streams.into_iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
}

#[test]
fn a_request_for_many_ranges_gets_the_whole_once() {
    let home = Home::new();
    let Some((_service, nginx)) = behind_nginx(&home) else { return };
    let ranges: Vec<_> = (1..200).map(|end| format!("5-{end}")).collect();
    let range = format!("bytes=0-,{}", ranges.join(","));
    let headers = [("Range", range.as_str())];
    let path = "/static/style.css";
    let reply = ask(&nginx.address, "GET", path, &headers, "").expect("an answer");
    let whole = ask(&nginx.address, "GET", path, &[], "").expect("an answer");
    assert_eq!((reply.status, reply.body.len()), (200, whole.body.len()));
}

#[test]
fn a_client_cannot_claim_to_be_another() {
    let home = Home::new();
    let Some((service, nginx)) = behind_nginx(&home) else { return };
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let body = "username=user_01&password=1234";
    let sign_in = |at: &str, headers: &[(&str, &str)]| {
        let headers: Vec<_> = headers.iter().copied().chain([form]).collect();
        cookie(&ask(at, "POST", "/login", &headers, body).expect("an answer"))
    };
    let page = |at: &str, cookie: &str| dashboard(at, cookie).expect("an answer").body;
    let claim = [
        ("X-Real-IP", "6.6.6.6"),
        ("x-real-ip", "6.6.6.6"),
        ("X_Real_IP", "6.6.6.6"),
        ("X-Forwarded-For", "6.6.6.6"),
        ("Forwarded", "for=6.6.6.6"),
        ("X-Request-Id", "mine"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    let through = sign_in(&nginx.address, &claim);
    let shown = page(&nginx.address, &through);
    assert!(shown.contains("127.0.0.1") && !shown.contains("6.6.6.6"), "{shown}");
    let reply = ask(&nginx.address, "GET", "/login", &claim, "").expect("an answer");
    let id = reply.header("x-request-id").expect("an id");
    assert!(id.len() == 32 && !id.starts_with("4bf92f35"), "{id}");
    // The service would believe the same header from the proxy, so nginx must drop it.
    let direct = sign_in(&service.address, &claim[..1]);
    assert!(page(&service.address, &direct).contains("6.6.6.6"));
}

#[test]
fn the_host_of_the_request_line_counts_before_the_field_and_the_port_is_kept() {
    let home = Home::new();
    let Some((_service, nginx)) = behind_nginx(&home) else { return };
    let at = nginx.address.as_str();
    let origin = format!("http://{at}");
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin.as_str())];
    let body = "username=user_01&password=1234";
    // The field `Host` is that of the origin each time.
    let status = |path: &str| ask(at, "POST", path, &headers, body).expect("an answer").status;
    assert_eq!(status("/login"), 303);
    assert_eq!(status(&format!("http://{at}/login")), 303);
    assert_eq!(status("http://other.example/login"), 403);
}

#[test]
fn programs_get_the_failures_of_nginx_as_problems_and_people_as_pages() {
    let home = Home::new();
    let Some((service, nginx)) = behind_nginx(&home) else { return };
    let big = "a".repeat(100_000);
    for (path, code) in [("/api/login", Some("too_large")), ("/login", None)] {
        let reply = ask(&nginx.address, "POST", path, &[], &big).expect("an answer");
        assert_eq!(reply.status, 413, "{}", reply.body);
        assert_failure(&reply, code);
    }
    service.stop();
    for path in ["/api/me", "/whoami", "/health/live", "/.well-known/jwks.json"] {
        let reply = ask(&nginx.address, "GET", path, &[], "").expect("an answer");
        assert_eq!(reply.status, 503, "{path} {}", reply.body);
        assert_failure(&reply, Some("unavailable"));
        assert!(reply.header("retry-after").is_some(), "{path}");
    }
    for path in ["/login", "/apiary"] {
        let reply = ask(&nginx.address, "GET", path, &[], "").expect("an answer");
        assert_eq!(reply.status, 503, "{path} {}", reply.body);
        assert_failure(&reply, None);
    }
}

/// A problem with this code, or a page; either only over HTTPS from then on.
fn assert_failure(reply: &Reply, code: Option<&str>) {
    let kind = reply.header("content-type").expect("a type");
    match code {
        Some(code) => {
            assert_eq!((kind, reply.code().as_str()), ("application/problem+json", code));
            assert_eq!(reply.json()["status"], reply.status);
        }
        None => assert!(kind.starts_with("text/html"), "{kind}"),
    }
    assert!(reply.header("strict-transport-security").is_some(), "{}", reply.body);
}
