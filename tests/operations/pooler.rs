//! PgBouncer between the service and PostgreSQL: sessions can be pooled, transactions cannot, and
//! the start and the doctor say so.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::{
    TIMEOUT, Tokens, api_login, beforehand, health, in_time, recovers, send_with_token,
};
use super::nginx::find_program;
use crate::support::postgres::{self, Server, percent_encode, unprivileged};
use crate::support::process::{AT_ONCE, Home, MANY};

/// PgBouncer while it runs; killed when dropped.
struct Bouncer {
    child: Child,
    directory: TempDir,
}

impl Bouncer {
    /// In front of this server; `None` where there is no PgBouncer.
    fn before(server: &Server, pool_mode: &str) -> Option<Self> {
        let program = find_program("pgbouncer", "pgbouncer")?;
        let directory = tempfile::tempdir_in("/tmp").expect("a temporary directory");
        let here = directory.path();
        let conf = format!(
            "[databases]\n* = host={} user=vestibule\n[pgbouncer]\nauth_type = any\n\
             listen_addr =\nlisten_port = 6432\nunix_socket_dir = {}\n%include {}\n",
            server.own_directory().display(),
            here.display(),
            here.join("mode").display(),
        );
        fs::write(here.join("conf"), conf).expect("a new file");
        write_mode(here, pool_mode);
        let mut command = Command::new(program);
        // It refuses to run as root.
        if fs::metadata(here).expect("our own").uid() == 0 {
            let (uid, gid) = unprivileged();
            chown(here, Some(uid), Some(gid)).expect("root may");
            command.uid(uid).gid(gid);
        }
        command.arg(here.join("conf")).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut bouncer = Self { child: command.spawn().expect("it can be run"), directory };
        let begun = Instant::now();
        while !bouncer.directory.path().join(".s.PGSQL.6432").exists() {
            let ended = bouncer.child.try_wait().expect("our own child");
            assert!(ended.is_none() && begun.elapsed() < Duration::from_secs(10), "{ended:?}");
            thread::sleep(Duration::from_millis(5));
        }
        Some(bouncer)
    }

    /// Changes the pool mode, also of open connections.
    fn switch(&self, pool_mode: &str) {
        write_mode(self.directory.path(), pool_mode);
        let sent = Command::new("kill").args(["-s", "HUP", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill can be run").success());
    }

    fn url(&self, database: &str) -> String {
        let host = percent_encode(self.directory.path());
        format!("postgres://vestibule@{host}:6432/{database}")
    }
}

fn write_mode(directory: &Path, pool_mode: &str) {
    fs::write(directory.join("mode"), format!("pool_mode = {pool_mode}\n")).expect("our own");
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        // A destructor cannot report an error.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A database with the schema behind PgBouncer, and the service's home.
fn behind_a_pooler(pool_mode: &str) -> Option<(Server, Bouncer, Home)> {
    let server = postgres::private()?;
    let direct = server.create_database(None);
    let bouncer = Bouncer::before(&server, pool_mode)?;
    let name = Path::new(&direct).file_name().and_then(|name| name.to_str()).expect("a name");
    let home = Home::at(&bouncer.url(name));
    Some((server, bouncer, home))
}

#[test]
fn a_pooler_of_sessions_is_as_good_as_none() {
    let Some((_server, _bouncer, home)) = behind_a_pooler("session") else { return };
    let services = [home.serve(&[]), home.serve(&[])];
    let program = Tokens::of(&beforehand(|| api_login(&services[0].address, "user_01")));
    for service in &services {
        assert_eq!(health(&service.address).expect("an answer").status, 200);
        let me = send_with_token(&service.address, "GET", "/api/me", &program.access);
        assert_eq!(me.expect("an answer").status, 200);
    }
    let doctor = home.run(&["doctor"], "");
    assert!(!doctor.out.contains("pooler"), "{doctor:?}");
}

#[test]
fn a_pooler_of_transactions_is_refused_at_the_start_and_named_by_the_doctor() {
    let Some((_server, _bouncer, home)) = behind_a_pooler("transaction") else { return };
    for command in ["serve", "doctor"] {
        let done = home.run(&[command], "");
        assert_eq!(done.code, Some(1), "{done:?}");
        let said = done.out + &done.err;
        assert!(said.contains("pool_mode = session"), "{said}");
    }
}

#[test]
fn a_pooler_that_is_switched_to_transactions_is_noticed_and_refused_until_it_is_switched_back() {
    let Some((_server, bouncer, home)) = behind_a_pooler("session") else { return };
    let service = home.serve(&[AT_ONCE, MANY]);
    let at = &service.address;
    let program = Tokens::of(&beforehand(|| api_login(at, "user_01")));
    bouncer.switch("transaction");
    let begun = Instant::now();
    let noticed = || {
        let log = fs::read_to_string(home.path("log")).expect("the service was started");
        log.contains("pool_mode = session")
    };
    while !noticed() {
        assert!(begun.elapsed() < 6 * TIMEOUT, "it is not noticed");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // One that gets the same connection of the server all the time notices nothing.
                    let reply = in_time(|| api_login(at, "user_01"));
                    assert!([200, 503].contains(&reply.status), "{}: {}", reply.status, reply.body);
                });
            }
        });
    }
    bouncer.switch("session");
    recovers("signing in", 200, || api_login(at, "user_01"));
    recovers("refresh", 200, || send_with_token(at, "POST", "/api/refresh", &program.refresh));
}
