//! What a client can do to the other clients through nginx with the delivered file: processes that
//! close connections, respond with 503, hang or are away.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::client::LONG_TIMEOUT;
use super::nginx::Nginx;
use crate::support::process::{Home, ask};

/// A process that responds as the path says, and counts its requests by method and path.
struct Stub {
    address: String,
    seen: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Stub {
    /// `status` is that of every request but those for `/close`, which it closes, and `/hang`.
    fn serve(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let seen = Arc::<Mutex<BTreeMap<String, usize>>>::default();
        let counted = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = counted.clone();
                thread::spawn(move || respond(stream, status, &seen));
            }
        });
        Self { address, seen }
    }

    fn count(&self, request: &str) -> usize {
        self.seen.lock().expect("counts").get(request).copied().unwrap_or_default()
    }
}

fn respond(mut stream: TcpStream, status: u16, seen: &Mutex<BTreeMap<String, usize>>) {
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let request = first.rsplit_once(' ').map_or("", |(request, _)| request).to_owned();
        *seen.lock().expect("counts").entry(request).or_default() += 1;
        if first.contains("/close") {
            return;
        }
        if first.contains("/hang") {
            thread::sleep(Duration::from_secs(60));
        }
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\nstub");
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

struct StopWhenDropped<'s>(&'s AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends requests for `path` until `hostile` has made its own; returns how many were sent, and how
/// many of them were not 200.
fn innocent_failures(at: &str, path: &str, hostile: impl FnOnce() + Send) -> (usize, usize) {
    let (sent, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let reply = ask(at, "GET", path, &[], "");
                sent.fetch_add(1, Ordering::Relaxed);
                if !reply.is_ok_and(|reply| reply.status == 200) {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        // Also if it panics, or the scope would wait for ever.
        let _stop = StopWhenDropped(&stop);
        hostile();
    });
    (sent.into_inner(), failed.into_inner())
}

#[test]
fn no_spelling_of_the_path_of_the_metrics_is_passed_on() {
    let stub = Stub::serve(200);
    let Some(nginx) = Nginx::before(&[stub.address.as_str()]) else { return };
    let status = |path| ask(&nginx.address, "GET", path, &[], "").expect("an answer").status;
    for path in ["/metrics", "/metrics/", "/metrics//", "//metrics/", "/%6detrics/", "/metrics?a"] {
        assert_eq!(status(path), 404, "{path}");
    }
    assert!(stub.seen.lock().expect("counts").is_empty());
    assert_eq!(status("/metric"), 200);
}

#[test]
fn a_client_that_makes_processes_close_connections_takes_none_out_of_service() {
    let stubs = [Stub::serve(200), Stub::serve(200)];
    let addresses = stubs.each_ref().map(|stub| stub.address.as_str());
    let Some(nginx) = Nginx::before(&addresses) else { return };
    let at = nginx.address.as_str();
    let (sent, failed) = innocent_failures(at, "/", || {
        for _ in 0..40 {
            for method in ["GET", "POST"] {
                let reply = ask(at, method, "/close", &[], "").expect("an answer");
                assert_eq!(reply.status, 503);
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    assert!(sent > 40 && failed == 0, "{failed} of {sent} innocent requests failed");
    // A GET is tried at both, a POST at one.
    let count = |request| stubs.iter().map(|stub| stub.count(request)).sum::<usize>();
    assert_eq!((count("GET /close"), count("POST /close")), (80, 40));
}

#[test]
fn a_process_that_responds_with_503_is_passed_over_but_for_what_may_not_be_repeated() {
    let (well, ill) = (Stub::serve(200), Stub::serve(503));
    let Some(nginx) = Nginx::before(&[&well.address, &ill.address, "127.0.0.1:1"]) else { return };
    let at = nginx.address.as_str();
    let ask = |method, path| ask(at, method, path, &[], "").expect("an answer").status;
    for _ in 0..20 {
        assert_eq!(ask("GET", "/"), 200);
    }
    assert!(ill.count("GET /") > 0, "it stays in rotation");
    let statuses: Vec<_> = (0..20).map(|_| ask("POST", "/once")).collect();
    assert!(statuses.contains(&200) && statuses.contains(&503), "{statuses:?}");
    assert_eq!(well.count("POST /once") + ill.count("POST /once"), 20);
}

#[test]
fn a_process_that_hangs_delays_a_request_for_ten_seconds_at_most() {
    let stubs = [Stub::serve(200), Stub::serve(200)];
    let addresses = stubs.each_ref().map(|stub| stub.address.as_str());
    let Some(nginx) = Nginx::before(&addresses) else { return };
    let at = nginx.address.as_str();
    let begun = Instant::now();
    let (sent, failed) = innocent_failures(at, "/", || {
        let reply = ask(at, "POST", "/hang", &[], "").expect("an answer");
        assert_eq!(reply.status, 503);
    });
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert!(sent > 40 && failed == 0, "{failed} of {sent} innocent requests failed");
}

#[test]
fn a_form_that_asks_for_head_disturbs_no_other_client() {
    let home = Home::new();
    let services = [home.serve(LONG_TIMEOUT), home.serve_logging(LONG_TIMEOUT, "second")];
    let addresses = services.each_ref().map(|one| one.address.as_str());
    let Some(nginx) = Nginx::before(&addresses) else { return };
    let at = nginx.address.as_str();
    let (sent, failed) = innocent_failures(at, "/login", || {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        for _ in 0..50 {
            let reply = ask(at, "POST", "/login", &form, "_method=head").expect("an answer");
            assert_eq!(reply.status, 405);
            thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(sent > 20 && failed == 0, "{failed} of {sent} innocent requests failed");
}
