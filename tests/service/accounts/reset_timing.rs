//! The time of the response to a forgotten password does not tell whether an account has the address.

use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::json;
use vestibule_service::db::schema::mails;
use vestibule_service::db::{Address, AnyConnection, connect};

use crate::support::process::{Home, Service, at_home};

/// A user with a confirmed address for each sample, by SQL alone: an address gets five mails an hour.
fn add_users(home: &Home, count: usize) {
    for first in (0..count).step_by(100) {
        let rows: Vec<String> = (first..count.min(first + 100))
            .map(|n| {
                format!("('known{n}', 'known{n}', 'user', TRUE, '!', 0, '{0}', '{0}')", known(n))
            })
            .collect();
        home.sql(&format!(
            "INSERT INTO users (username, username_key, role, active, password_hash, created_at, \
             email, email_key) VALUES {}",
            rows.join(", ")
        ));
    }
}

fn known(number: usize) -> String {
    format!("known{number}@example.org")
}

fn unknown(number: usize) -> String {
    format!("other{number}@example.org")
}

/// Asks for a link, each time from another client, and returns how long the response took.
fn ask(service: &Service, is_form: bool, address: &str, client: usize) -> Duration {
    let (path, content_type, status) = if is_form {
        ("/password/forgot", "application/x-www-form-urlencoded", 303)
    } else {
        ("/api/password/forgot", "application/json", 202)
    };
    let body = if is_form {
        format!("email={}", address.replace('@', "%40"))
    } else {
        json!({ "email": address }).to_string()
    };
    let client = format!("10.{}.{}.1", client / 250, client % 250);
    let headers = [("Content-Type", content_type), ("X-Real-IP", client.as_str())];
    let begun = Instant::now();
    let reply = service.send("POST", path, &headers, &body);
    let took = begun.elapsed();
    assert_eq!(reply.status, status, "{}", reply.body);
    took
}

/// The outbox of the service, over a connection of the test's.
struct Outbox(AnyConnection);

impl Outbox {
    fn of(home: &Home) -> Self {
        let file = format!("sqlite://{}", home.path("state/vestibule.sqlite3").display());
        let address = Address::parse(home.url().unwrap_or(&file)).expect("a good URL");
        Self(connect(&address, Duration::from_secs(20), false).expect("a connection"))
    }

    fn wait_until_empty(&mut self) {
        let begun = Instant::now();
        while mails::table.count().get_result::<i64>(&mut self.0).expect("a number") > 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "a mail stays");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Returns by how much the medians differ, as a share of the shorter one, of so many interleaved
/// samples of each; of the form, and of the API.
fn differences(home: &Home, samples: usize) -> [f64; 2] {
    home.configure("[default.accounts]\ntrusted_proxy = [\"127.0.0.1\"]\n");
    let service = home.serve(&[]);
    add_users(home, samples);
    let mut outbox = Outbox::of(home);
    let mut client = 0;
    let found = [true, false].map(|is_form| {
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..samples {
            // Each comes first as often as second.
            for second in [false, true] {
                let is_known = second == (number % 2 == 0);
                let address = if is_known { known(number) } else { unknown(number) };
                // So that the mail of one sample does not slow the next one down.
                outbox.wait_until_empty();
                client += 1;
                times[usize::from(is_known)].push(ask(&service, is_form, &address, client));
            }
        }
        let [without, with] = times.map(|mut times| median(&mut times).as_secs_f64());
        let difference = (with - without).abs() / with.min(without);
        println!(
            "{}, {}: known {:.3} ms, unknown {:.3} ms, they differ by {:.1} %",
            home.url().map_or("SQLite", |_| "PostgreSQL"),
            if is_form { "form" } else { "API" },
            with * 1e3,
            without * 1e3,
            difference * 100.0,
        );
        difference
    });
    service.stop();
    found
}

#[test]
fn known_and_unknown_addresses_take_about_as_long() {
    at_home(|home| {
        let found = differences(&home, 40);
        assert!(found.iter().all(|difference| *difference < 0.5), "{found:?}");
    });
}

/// `cargo test --release --test service -- --ignored --nocapture medians`, on a machine that does
/// nothing else.
#[test]
#[ignore = "measures time, which a busy machine does not allow"]
fn the_medians_of_200_known_and_unknown_addresses_differ_by_less_than_5_per_cent() {
    at_home(|home| {
        let found = differences(&home, 200);
        assert!(found.iter().all(|difference| *difference < 0.05), "{found:?}");
    });
}
