//! A primary that freezes, and a standby that takes its place: the service leaves the connections
//! that hang, and everybody is signed in as before.

use std::thread;
use std::time::{Duration, Instant};

use super::client::{
    Tokens, api_login, assert_down, beforehand, cookie, dashboard, form_login, health, in_time,
    send_with_token,
};
use crate::support::actor::Reply;
use crate::support::postgres;
use crate::support::process::{AT_ONCE, Home, MANY, Service};

/// Within this time of the promotion all processes are well.
const WELL: Duration = Duration::from_secs(10);

/// Repeats a request until it succeeds.
#[track_caller]
fn becomes_well(promoted: Instant, what: &str, mut asked: impl FnMut() -> std::io::Result<Reply>) {
    loop {
        let reply = in_time(&mut asked);
        if reply.status == 200 {
            return;
        }
        reply.assert_no_cookies();
        assert_eq!(reply.status, 503, "{what}: {}", reply.body);
        assert!(promoted.elapsed() < WELL, "{what} after {:?}", promoted.elapsed());
    }
}

#[test]
fn a_frozen_primary_is_left_for_the_standby_that_was_promoted() {
    let Some(primary) = postgres::private() else { return };
    let name = primary.create_database(None).rsplit('/').next().expect("a name").to_owned();
    let standby = primary.standby();
    // What is acknowledged is on both.
    let commit = format!("ALTER DATABASE \"{name}\" SET synchronous_commit = remote_apply");
    let standbys = "ALTER SYSTEM SET synchronous_standby_names = '*'";
    primary.execute("postgres", &format!("{commit};\n{standbys};\nSELECT pg_reload_conf();"));
    let hosts = [&primary, &standby].map(|server| {
        let url = server.url("");
        url.trim_start_matches("postgres://vestibule@").trim_end_matches('/').to_owned()
    });
    let url =
        format!("postgres://vestibule@{}/{name}?target_session_attrs=read-write", hosts.join(","));
    let home = Home::at(&url);
    let settings = [AT_ONCE, MANY, ("ROCKET_DATABASES", "{main={pool_size=2}}")];
    let services: Vec<Service> = (0..3).map(|_| home.serve(&settings)).collect();
    let at: Vec<&str> = services.iter().map(|service| service.address.as_str()).collect();
    let person = cookie(&beforehand(|| form_login(at[0], "user_01")));
    let program = Tokens::of(&beforehand(|| api_login(at[0], "user_02")));
    let on_all = |asked: &(dyn Fn(&str) + Sync)| {
        thread::scope(|scope| {
            for at in at.iter().cycle().take(60) {
                scope.spawn(|| asked(at));
            }
        });
    };
    // All connections of each process are open.
    on_all(&|at| becomes_well(Instant::now(), "before", || dashboard(at, &person)));
    primary.freeze(true);
    on_all(&|at| assert_down(|| api_login(at, "user_01")));
    standby.execute("postgres", "SELECT pg_promote()");
    let promoted = Instant::now();
    thread::scope(|scope| {
        for at in &at {
            scope.spawn(|| {
                becomes_well(promoted, "health", || health(at));
                becomes_well(promoted, "signing in", || api_login(at, "user_01"));
                becomes_well(promoted, "session", || dashboard(at, &person));
                becomes_well(promoted, "token", || {
                    send_with_token(at, "GET", "/api/me", &program.access)
                });
                println!("well {:?} after the promotion", promoted.elapsed());
            });
        }
    });
    becomes_well(promoted, "refresh", || {
        send_with_token(at[1], "POST", "/api/refresh", &program.refresh)
    });
    primary.freeze(false);
    becomes_well(Instant::now(), "after", || health(at[2]));
}
