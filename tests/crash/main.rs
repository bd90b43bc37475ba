//! What was acknowledged stays so: the program is killed in the middle of rotations, log-outs and
//! password changes, started again, and asked; and the audit log is whole after each kill.
//!
//! `VESTIBULE_KILLS` says how often it is killed on each database; the default is three times.
//! `VESTIBULE_REGISTRATIONS` says how many registrations, `VESTIBULE_RESETS` how many changes by a
//! mailed link are acknowledged meanwhile. The figures go to standard output: `cargo test --release --test crash -- --nocapture`.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "only the databases are needed here")]
mod support;

mod journal;
mod mail_links;
mod mailbox;
mod registrations;
mod server;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use journal::{Account, Done, Random};
use server::Server;
use support::postgres;
use vestibule_service::accounts::audit::{self, Entry, Verified};
use vestibule_service::db::{Address, connect};

/// How many clients run at once, each with an account of its own.
const CLIENTS: usize = 6;

fn kills() -> usize {
    let kills = std::env::var("VESTIBULE_KILLS").ok();
    kills.map_or(3, |kills| kills.parse().expect("a number of kills"))
}

#[test]
fn nothing_acknowledged_comes_undone_when_the_program_is_killed_on_sqlite() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}/test.sqlite3", directory.path().display());
    run("SQLite", &url);
}

#[test]
fn nothing_acknowledged_comes_undone_when_the_program_is_killed_on_postgresql() {
    if let Some(server) = postgres::server() {
        run("PostgreSQL", &server.create_database(None));
    }
}

fn run(name: &str, url: &str) {
    let mut random = Random::new();
    println!("{name}: seed {random:?}");
    let mut server = Server::start(url);
    let mut accounts: Vec<Account> =
        (0..CLIENTS).map(|number| Account::new(&server, url, number, random.fork())).collect();
    let mut starts = Vec::new();
    for kill in 0..kills() {
        let stop = AtomicBool::new(false);
        let at = server.at();
        thread::scope(|scope| {
            for account in &mut accounts {
                let stop = &stop;
                scope.spawn(
                    move || {
                        while !stop.load(Ordering::Relaxed) && account.act(at).is_ok() {}
                    },
                );
            }
            thread::sleep(Duration::from_millis(50 + random.below(350)));
            server.kill();
            stop.store(true, Ordering::Relaxed);
        });
        server = server.again();
        starts.push(server.first_answer());
        for account in &mut accounts {
            account.check(server.at()).unwrap_or_else(|lost| panic!("after kill {kill}: {lost}"));
        }
        check_audit_log(url);
    }
    for account in &mut accounts {
        account.check_last(server.at()).unwrap_or_else(|lost| panic!("at the end: {lost}"));
    }
    let log = server.stop();
    for account in &accounts {
        for secret in account.secrets() {
            assert!(!log.contains(secret), "a secret in the log");
        }
    }
    let done: Done = accounts.iter().map(Account::done).sum();
    let rows = check_audit_log(url);
    let changes = rows.iter().filter(|row| row.event == "password_changed").count();
    assert!(changes >= done.password_changes, "a change without its row in the audit log");
    starts.sort_unstable();
    println!(
        "{name}: {} kills, {done}, 0 lost; first answer after a start: median {:?}, slowest {:?}",
        kills(),
        starts[starts.len() / 2],
        starts[starts.len() - 1],
    );
    assert!(done.all() > kills(), "the accounts were busy");
}

/// Verifies the audit log; returns its rows.
fn check_audit_log(url: &str) -> Vec<Entry> {
    let address = Address::parse(url).expect("the test's own URL");
    let mut connection = connect(&address, Duration::from_secs(5), false).expect("a connection");
    let verified = audit::verify(&mut connection, None).expect("an answer");
    assert!(matches!(verified, Verified::Whole { .. }), "{verified:?}");
    let mut rows: Vec<Entry> = Vec::new();
    loop {
        let last = rows.last().map_or(0, |row| row.id);
        let more = audit::events_after(&mut connection, last).expect("rows");
        if more.is_empty() {
            return rows;
        }
        rows.extend(more);
    }
}
