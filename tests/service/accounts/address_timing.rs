//! The time of the response to a forgotten password, a registration and a link to sign in does not tell
//! whether an account has the address.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::json;
use vestibule_service::db::schema::mails;
use vestibule_service::db::{Address, AnyConnection, connect};

use crate::support::actor::encoded;
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

/// A request that says the same whether an account has the address.
struct Question {
    path: &'static str,
    status: u16,
    /// Whether an account is asked for, whose name must be another one each time.
    registers: bool,
}

const QUESTIONS: [Question; 5] = [
    Question { path: "/password/forgot", status: 200, registers: false },
    Question { path: "/api/password/forgot", status: 202, registers: false },
    Question { path: "/register", status: 200, registers: true },
    Question { path: "/api/register", status: 202, registers: true },
    Question { path: "/login/link", status: 303, registers: false },
];

impl Question {
    /// Asks, each time from another client, and returns how long the response took.
    fn ask(&self, service: &Service, address: &str, client: usize) -> Duration {
        let mut fields = vec![("email", address.to_owned())];
        if self.registers {
            fields.push(("username", format!("visitor{client}")));
            fields.push(("password", "battery staple".to_owned()));
        }
        let (content_type, body) = if self.path.starts_with("/api/") {
            ("application/json", json!(fields.into_iter().collect::<BTreeMap<_, _>>()).to_string())
        } else {
            let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
            ("application/x-www-form-urlencoded", pairs.collect::<Vec<_>>().join("&"))
        };
        let client = format!("10.{}.{}.1", client / 250, client % 250);
        let headers = [("Content-Type", content_type), ("X-Real-IP", client.as_str())];
        let begun = Instant::now();
        let reply = service.send("POST", self.path, &headers, &body);
        let took = begun.elapsed();
        assert_eq!(reply.status, self.status, "{}: {}", self.path, reply.body);
        took
    }
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

/// A service, and how many addresses and clients were used up.
struct Measurement<'h> {
    home: &'h Home,
    service: Service,
    outbox: Outbox,
    addresses: usize,
    clients: usize,
}

impl<'h> Measurement<'h> {
    /// Starts the service, with so many known addresses.
    fn start(home: &'h Home, addresses: usize) -> Self {
        home.configure(&format!(
            "[default.accounts]\ntrusted_proxy = [\"127.0.0.1\"]\nemail = \"required\"\n\
             sign_in_links = true\n[default.mail]\nurl = \"file://{}\"\n",
            home.path("mail").display()
        ));
        let service = home.serve(&[]);
        add_users(home, addresses);
        Self { home, service, outbox: Outbox::of(home), addresses: 0, clients: 0 }
    }

    /// Returns by how much the medians differ, as a share of the shorter one, of so many interleaved
    /// samples of each.
    fn difference(&mut self, question: &Question, samples: usize) -> f64 {
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..samples {
            // Each comes first as often as second.
            for second in [false, true] {
                let is_known = second == (number % 2 == 0);
                let number = self.addresses + number;
                let address = if is_known { known(number) } else { unknown(number) };
                // So that the mail of one sample does not slow the next one down.
                self.outbox.wait_until_empty();
                self.clients += 1;
                times[usize::from(is_known)].push(question.ask(
                    &self.service,
                    &address,
                    self.clients,
                ));
            }
        }
        self.addresses += samples;
        let [without, with] = times.map(|mut times| median(&mut times).as_secs_f64());
        let difference = (with - without).abs() / with.min(without);
        println!(
            "{}, {}: known {:.3} ms, unknown {:.3} ms, they differ by {:.1} %",
            self.home.url().map_or("SQLite", |_| "PostgreSQL"),
            question.path,
            with * 1e3,
            without * 1e3,
            difference * 100.0,
        );
        difference
    }
}

/// A busy machine makes any median differ once, and a response that tells makes it differ each time.
#[test]
fn known_and_unknown_addresses_take_about_as_long() {
    const ROUNDS: usize = 4;
    const SAMPLES: usize = 20;
    at_home(|home| {
        let mut measured = Measurement::start(&home, QUESTIONS.len() * ROUNDS * SAMPLES);
        for question in &QUESTIONS {
            let mut rounds = (0..ROUNDS).map(|_| measured.difference(question, SAMPLES));
            assert!(rounds.any(|difference| difference < 0.5), "{}", question.path);
        }
        measured.service.stop();
    });
}

/// `cargo test --release --test service -- --ignored --nocapture medians`, on a machine that does
/// nothing else.
#[test]
#[ignore = "measures time, which a busy machine does not allow"]
fn the_medians_of_200_known_and_unknown_addresses_differ_by_less_than_5_per_cent() {
    at_home(|home| {
        let mut measured = Measurement::start(&home, QUESTIONS.len() * 200);
        let found = QUESTIONS.iter().map(|question| measured.difference(question, 200));
        let found: Vec<f64> = found.collect();
        measured.service.stop();
        assert!(found.iter().all(|difference| *difference < 0.05), "{found:?}");
    });
}
