//! A PostgreSQL server that restarts, freezes, hangs up, is full or only reads: 503 in time with
//! `Retry-After`, nothing is lost, and the service recovers by itself within two seconds.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use vestibule_service::db::{Address, Db, DbConfig, DbError, connect};

use super::client::{
    RECOVERY, TIMEOUT, Tokens, api_login, assert_down, beforehand, cookie, dashboard, form_login,
    health, in_time, recovers, send_with_token,
};
use crate::support::postgres::{self, Server};
use crate::support::process::{AT_ONCE, Home, MANY, Service};

/// What is acknowledged is kept when the server is stopped immediately.
const SAFE: &str = "-c synchronous_commit=on";

/// The program with its usual settings on a server of its own.
struct Outage {
    server: Server,
    service: Service,
    database: String,
    person: String,
    program: Tokens,
    _home: Home,
}

impl Outage {
    /// One person and one program are signed in. `None` without PostgreSQL.
    fn new(options: &str) -> Option<Self> {
        let server = postgres::private()?;
        if !options.is_empty() {
            server.stop();
            server.start_with(options);
        }
        let url = server.create_database(None);
        let database = url.rsplit('/').next().expect("a name").to_owned();
        let home = Home::at(&url);
        let service = home.serve(&[AT_ONCE, MANY]);
        let at = &service.address;
        let person = cookie(&beforehand(|| form_login(at, "user_01")));
        let program = Tokens::of(&beforehand(|| api_login(at, "user_02")));
        Some(Self { server, service, database, person, program, _home: home })
    }

    fn at(&self) -> &str {
        &self.service.address
    }

    fn me(&self) -> std::io::Result<crate::support::actor::Reply> {
        send_with_token(self.at(), "GET", "/api/me", &self.program.access)
    }

    #[track_caller]
    fn find_all_down(&self) {
        assert_down(|| health(self.at()));
        assert_down(|| self.me());
        assert_down(|| api_login(self.at(), "user_01"));
        assert_down(|| send_with_token(self.at(), "POST", "/api/refresh", &self.program.refresh));
        let page = in_time(|| dashboard(self.at(), &self.person));
        page.assert_page(503);
        page.assert_no_cookies();
    }

    /// The service recovers soon, and all are signed in as before.
    #[track_caller]
    fn find_all_well(&self) {
        recovers("health", 200, || health(self.at()));
        recovers("token", 200, || self.me());
        recovers("session", 200, || dashboard(self.at(), &self.person));
        recovers("signing in", 200, || api_login(self.at(), "user_01"));
        let next = send_with_token(self.at(), "POST", "/api/refresh", &self.program.refresh);
        assert_eq!(next.expect("an answer").status, 200);
    }
}

#[test]
fn a_restart_of_the_server_is_503_and_loses_nothing() {
    let Some(outage) = Outage::new(SAFE) else { return };
    let (stop, unwell) = (AtomicBool::new(false), AtomicUsize::new(0));
    let signed_in = AtomicUsize::new(0);
    let kept = thread::scope(|scope| {
        let busy: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut acknowledged = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let reply = in_time(|| api_login(outage.at(), "user_01"));
                        match reply.status {
                            200 => {
                                acknowledged.push(Tokens::of(&reply));
                                signed_in.fetch_add(1, Ordering::Relaxed);
                            }
                            _ => reply.assert_problem(503, "unavailable"),
                        }
                        let reply = in_time(|| outage.me());
                        if reply.status != 200 {
                            reply.assert_problem(503, "unavailable");
                            unwell.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        for immediately in [false, true] {
            signed_in.store(0, Ordering::Relaxed);
            let begun = Instant::now();
            while signed_in.load(Ordering::Relaxed) < 10 {
                assert!(begun.elapsed() < RECOVERY, "immediately: {immediately}");
                thread::sleep(Duration::from_millis(5));
            }
            if immediately {
                outage.server.stop_immediately()
            } else {
                outage.server.stop()
            }
            outage.find_all_down();
            outage.server.start_with(SAFE);
            let begun = Instant::now();
            // Until nothing is refused for a while.
            loop {
                unwell.store(0, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(300));
                if unwell.load(Ordering::Relaxed) == 0 {
                    break;
                }
                assert!(begun.elapsed() < RECOVERY, "immediately: {immediately}");
            }
        }
        stop.store(true, Ordering::Relaxed);
        let all = busy.into_iter().flat_map(|one| one.join().expect("no panic"));
        all.collect::<Vec<_>>()
    });
    for tokens in &kept {
        let reply =
            send_with_token(outage.at(), "GET", "/api/me", &tokens.access).expect("an answer");
        assert_eq!(reply.status, 200, "an acknowledged sign-in was lost: {}", reply.body);
    }
    outage.find_all_well();
}

#[test]
fn a_frozen_server_delays_no_other_request() {
    let Some(outage) = Outage::new("") else { return };
    outage.server.freeze(true);
    outage.find_all_down();
    // More at once than there are connections: none waits for another.
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert_down(|| outage.me()));
        }
    });
    outage.find_all_down();
    outage.server.freeze(false);
    outage.find_all_well();
}

#[test]
fn a_stop_does_not_wait_for_a_frozen_server() {
    let Some(outage) = Outage::new("") else { return };
    outage.server.freeze(true);
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| assert_down(|| outage.me()));
        }
    });
    let Outage { server, service, .. } = outage;
    let begun = Instant::now();
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0));
    assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
    server.freeze(false);
}

#[test]
fn connections_that_are_terminated_are_replaced() {
    let Some(outage) = Outage::new("") else { return };
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE application_name = 'vestibule'";
    let (mut well, mut unwell, mut terminated) = (0, 0, 0);
    for _ in 0..20 {
        for _ in 0..10 {
            let reply = in_time(|| outage.me());
            match reply.status {
                200 => well += 1,
                _ => {
                    reply.assert_problem(503, "unavailable");
                    unwell += 1;
                }
            }
        }
        let ended = outage.server.execute(&outage.database, terminate);
        terminated += ended.parse::<usize>().expect("a number");
    }
    assert!(terminated >= 20, "{terminated} connections were terminated");
    // A connection is tested before a request gets it.
    assert!(unwell <= well / 100, "{unwell} of {}", well + unwell);
    outage.find_all_well();
}

#[test]
fn a_server_without_a_free_connection_is_503_until_it_has_one() {
    let Some(outage) = Outage::new("-c max_connections=8") else { return };
    let address = Address::parse(&outage.server.url(&outage.database)).expect("a good URL");
    let mut all = Vec::new();
    for _ in 0..10 {
        // The service's own are gone first; it may be quicker to connect again.
        drop(std::mem::take(&mut all));
        outage.server.stop();
        outage.server.start_with("-c max_connections=8");
        all.extend((0..8).map_while(|_| connect(&address, TIMEOUT, false).ok()));
        if health(outage.at()).is_ok_and(|reply| reply.status == 503) {
            break;
        }
    }
    assert!(all.len() >= 5, "{}", all.len());
    outage.find_all_down();
    drop(all);
    outage.find_all_well();
}

#[test]
fn a_server_that_only_reads_is_said_in_the_health_and_keeps_everybody_signed_in() {
    let Some(outage) = Outage::new("") else { return };
    let writable = || {
        let reply = in_time(|| health(outage.at()));
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["writable"].as_bool().expect("a boolean")
    };
    let set = |value: &str| {
        let sql = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
        outage.server.execute("postgres", &format!("{sql};\nSELECT pg_reload_conf();"));
    };
    assert!(writable());
    set("on");
    let begun = Instant::now();
    while writable() {
        assert!(begun.elapsed() < TIMEOUT, "the server does not read its settings");
    }
    assert_down(|| api_login(outage.at(), "user_01"));
    assert_down(|| send_with_token(outage.at(), "POST", "/api/refresh", &outage.program.refresh));
    assert_eq!(in_time(|| outage.me()).status, 200);
    assert_eq!(in_time(|| dashboard(outage.at(), &outage.person)).status, 200);
    let back = "SET default_transaction_read_only = off;\nALTER SYSTEM RESET \
                default_transaction_read_only;\nSELECT pg_reload_conf();";
    outage.server.execute("postgres", back);
    outage.find_all_well();
    assert!(writable());
}

#[rocket::async_test]
async fn a_connection_to_a_server_that_only_reads_is_replaced_after_a_write_failed() {
    let Some(server) = postgres::private() else { return };
    let address = Address::Postgres(server.create_database(None));
    let db = Db::new(&DbConfig { address, pool_size: 1, timeout: Duration::from_secs(5) });
    let run = |sql: &'static str| {
        db.run(move |connection| connection.batch_execute(sql).map_err(DbError::from))
    };
    run("CREATE TABLE notes (text TEXT)").await.expect("a new table");
    // As behind a pooler that keeps the connection to a primary that became a standby.
    run("SET default_transaction_read_only = on").await.expect("it is allowed");
    run("SELECT text FROM notes").await.expect("it still reads");
    let write = "INSERT INTO notes VALUES ('kept')";
    let error = run(write).await.expect_err("it does not write").to_string();
    assert!(error.contains("read-only transaction"), "{error}");
    run(write).await.expect("the next connection writes");
}
