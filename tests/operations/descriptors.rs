//! A process that has no file descriptors left says so once, and goes on when some are free again.

use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::client::LONG_TIMEOUT;
use super::nginx::find_program;
use crate::support::process::Home;

const TARGET: &str = "vestibule::connections";

/// How long the line may take.
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn when_no_file_descriptors_are_left_one_line_says_so() {
    let Some(prlimit) = find_program("prlimit", "util-linux") else { return };
    let home = Home::new();
    let service = home.serve(LONG_TIMEOUT);
    let limited =
        Command::new(prlimit).args(["--pid", &service.id().to_string(), "--nofile=40:40"]).status();
    assert!(limited.expect("a program").success());
    let connect = |_| TcpStream::connect(&service.address).expect("the kernel accepts");
    let held: Vec<_> = (0..60).map(connect).collect();
    let log = home.path("log");
    let begun = Instant::now();
    while !fs::read_to_string(&log).expect("a log").contains(TARGET) {
        assert!(begun.elapsed() < LIMIT, "nothing is said");
        thread::sleep(Duration::from_millis(20));
    }
    drop(held);
    // Answered once Rocket has tried again and met the error no more.
    assert_eq!(service.get("/health/live", &[]).status, 200);
    service.stop();
    let mut said = home.log();
    said.retain(|line| line["target"] == TARGET);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["level"], "error");
    let message = said[0]["message"].as_str().expect("a text");
    assert!(message.contains("no file descriptors are left"), "{message}");
}
