//! A SQLite file that another process locks, that cannot grow, or that may only be read: 503 in
//! time for writes, nothing is lost, and the service recovers by itself within two
//! seconds.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use diesel::connection::SimpleConnection;
use serde_json::json;
use vestibule_service::db::{Address, AnyConnection, connect};

use super::client::{
    TIMEOUT, Tokens, api_login, assert_down, beforehand, cookie, dashboard, form_login, health,
    in_time, post_json, recovers, send_with_token,
};
use super::doctor::{assert_said, doctor};
use crate::support::actor::Reply;
use crate::support::process::{Home, Service, copy_program, finish};

/// The program with its usual settings.
struct Outage {
    service: Service,
    person: String,
    program: Tokens,
    home: Home,
}

impl Outage {
    /// One person and one program are signed in.
    fn new(home: Home, service: Service) -> Self {
        let at = &service.address;
        let person = cookie(&beforehand(|| form_login(at, "user_01")));
        let program = Tokens::of(&beforehand(|| api_login(at, "user_02")));
        Self { service, person, program, home }
    }

    fn at(&self) -> &str {
        &self.service.address
    }

    /// Reads go on, and writes are 503.
    #[track_caller]
    fn find_only_reading(&self) {
        assert_down(|| api_login(self.at(), "user_01"));
        assert_down(|| send_with_token(self.at(), "POST", "/api/refresh", &self.program.refresh));
        assert_down(|| send_with_token(self.at(), "POST", "/api/logout", &self.program.access));
        let page = in_time(|| form_login(self.at(), "user_01"));
        page.assert_page(503);
        page.assert_no_cookies();
        self.find_reading();
    }

    #[track_caller]
    fn find_reading(&self) {
        let me = in_time(|| send_with_token(self.at(), "GET", "/api/me", &self.program.access));
        assert_eq!(me.status, 200, "{}", me.body);
        assert_eq!(in_time(|| dashboard(self.at(), &self.person)).status, 200);
        assert_eq!(in_time(|| health(self.at())).status, 200);
    }

    /// The service recovers soon, and all are signed in as before.
    #[track_caller]
    fn find_all_well(&self) {
        recovers("signing in", 200, || api_login(self.at(), "user_01"));
        let next = send_with_token(self.at(), "POST", "/api/refresh", &self.program.refresh);
        assert_eq!(next.expect("an answer").status, 200);
        self.find_reading();
        assert!(self.writable());
    }

    fn writable(&self) -> bool {
        let reply = in_time(|| health(self.at()));
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["writable"].as_bool().expect("a boolean")
    }

    fn connection(&self) -> AnyConnection {
        let url = format!("sqlite://{}", self.home.path("state/vestibule.sqlite3").display());
        let address = Address::parse(&url).expect("a good URL");
        connect(&address, TIMEOUT, false).expect("the service's own file")
    }
}

#[test]
fn a_file_locked_by_another_process_can_still_be_read() {
    let home = Home::new();
    let service = home.serve(&[]);
    let outage = Outage::new(home, service);
    assert!(outage.writable());
    let mut other = outage.connection();
    other.batch_execute("BEGIN IMMEDIATE").expect("nobody else writes");
    assert!(!outage.writable());
    outage.find_only_reading();
    other.batch_execute("ROLLBACK").expect("a transaction was open");
    outage.find_all_well();
}

/// Registers names until the status is not 201, and returns that response.
fn fill(outage: &Outage, names: &mut Vec<String>) -> Reply {
    for _ in 0..2_000 {
        let name = format!("name-{}", names.len());
        let body = json!({
            "username": name,
            "password": "correct horse",
            "full_name": "x".repeat(100),
        });
        let begun = Instant::now();
        let reply = post_json(outage.at(), "/api/register", None, &body).expect("an answer");
        if reply.status != 201 {
            // Before the disk is full, a busy machine may take longer.
            assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
            return reply;
        }
        names.push(name);
    }
    panic!("the disk is not full after {} names", names.len());
}

/// While the file cannot grow, and after it can again.
fn find_full_and_then_well(outage: &Outage, make_room: impl FnOnce()) {
    let mut names = Vec::new();
    let refused = fill(outage, &mut names);
    refused.assert_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), Some("1"));
    outage.find_reading();
    make_room();
    outage.find_all_well();
    // All that was acknowledged is there, and what was not can be had now.
    for name in &names {
        let reply = api_login(outage.at(), name).expect("an answer");
        assert_eq!(reply.status, 200, "{name}: {}", reply.body);
    }
    let refused = format!("name-{}", names.len());
    let body = json!({ "username": refused, "password": "correct horse" });
    let reply = post_json(outage.at(), "/api/register", None, &body).expect("an answer");
    assert_eq!(reply.status, 201, "nothing of it was kept: {}", reply.body);
}

#[test]
fn a_file_that_may_not_grow_can_still_be_read_and_grows_again_later() {
    let home = Home::new();
    // Its file, and the log beside it, may have half a megabyte. The system would end a program
    // that writes more, unless it handles the signal.
    let service = Service::start(through_shell(
        &home,
        "ulimit -S -f 1024; exec \"$@\"", // blocks of 512 bytes
    ));
    let outage = Outage::new(home, service);
    find_full_and_then_well(&outage, || {
        let id = outage.service.id().to_string();
        let raised = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status();
        assert!(raised.expect("util-linux is installed").success());
    });
}

#[test]
fn on_a_full_disk_reading_goes_on_and_all_is_well_when_there_is_room() {
    if !can_mount() {
        // Not `eprintln!`, which the test harness swallows when the test passes.
        drop(writeln!(io::stderr(), "skipped: a full disk (no file system can be mounted here)"));
        return;
    }
    let home = Home::new();
    fs::create_dir(home.path("state")).expect("a new directory");
    // A disk that only the program and its children see.
    let script = "mount -t tmpfs -o size=2m,mode=0700 none state && \
                  head -c 1000000 /dev/zero > state/ballast && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    let service = Service::start(through(&home, command));
    let seen = format!("/proc/{}/root{}", service.id(), home.path("state").display());
    let outage = Outage::new(home, service);
    find_full_and_then_well(&outage, || {
        fs::remove_file(format!("{seen}/ballast")).expect("the program's disk can be reached");
    });
}

/// Whether this user may mount something in a name space of its own.
fn can_mount() -> bool {
    let mut tried = Command::new("unshare");
    tried.args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);
    tried.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The program, run by a shell that prepares something first and then becomes it.
fn through_shell(home: &Home, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]);
    through(home, command)
}

/// The program as the last argument of another command, with the environment of its home.
fn through(home: &Home, mut command: Command) -> Command {
    let program = home.command(&[]);
    command.arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(home.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn while_the_file_is_away_no_command_puts_an_empty_one_in_its_place() {
    let home = Home::new();
    let service = home.serve(&[]);
    let outage = Outage::new(home, service);
    assert_eq!(outage.home.run(&["backup", "nightly"], "").code, Some(0));
    let [file, aside] =
        ["state/vestibule.sqlite3", "aside.sqlite3"].map(|name| outage.home.path(name));
    fs::rename(&file, &aside).expect("the file can be moved");
    for (arguments, why) in [
        (&["user", "list"][..], "there is no database at"),
        (&["purge"], "there is no database at"),
        (&["audit", "verify"], "there is no database at"),
        (&["user", "add", "ann", "--password-stdin"], "put the file back"),
        (&["migrate"], "put the file back"),
        (&["restore", "nightly"], "put the file back"),
        (&["serve"], "put the file back"),
    ] {
        let done = outage.home.run(arguments, "correct horse");
        assert_eq!(done.code, Some(1), "{arguments:?}: {done:?}");
        assert!(done.err.contains(why), "{arguments:?}: {done:?}");
        assert!(!file.exists(), "{arguments:?}");
    }
    assert_said(&doctor(&outage.home, &[]), "FAIL", "database", &["put the file back"]);
    assert_down(|| api_login(outage.at(), "user_01"));
    assert!(!file.exists(), "nor does the service");
    fs::rename(&aside, &file).expect("the file can be moved back");
    outage.find_all_well();
}

#[test]
fn a_restore_for_which_there_is_no_room_leaves_nothing_behind() {
    let home = Home::new();
    assert_eq!(home.run(&["migrate"], "").code, Some(0));
    assert_eq!(home.run(&["backup", "nightly"], "").code, Some(0));
    // Blocks of 512 bytes: fewer than the backup has.
    let mut command = through_shell(&home, "trap '' XFSZ; ulimit -S -f 64; exec \"$@\"");
    command.args(["restore", "nightly", "--replace"]).stdin(Stdio::piped());
    let done = finish(&mut command, "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("nothing was restored"), "{done:?}");
    let entries = fs::read_dir(home.path("state")).expect("a directory");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("a file").file_name()).collect();
    names.sort();
    assert_eq!(names, ["secrets.toml", "vestibule.sqlite3"]);
}

#[test]
fn a_file_that_may_only_be_read_is_said_at_the_start() {
    let home = Home::new();
    home.serve(&[]).stop();
    let file = home.path("state/vestibule.sqlite3");
    let mut command = home.command(&[]);
    if fs::metadata(&file).expect("it exists").uid() == 0 {
        // Root may write anywhere, so the program runs as `nobody`, from a copy it can read.
        let program = home.path("vestibule");
        copy_program(&program);
        let all = ["state", "state/secrets.toml", "state/vestibule.sqlite3"].map(|n| home.path(n));
        for path in &all {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).expect("we are root");
        }
        fs::set_permissions(home.path(""), Permissions::from_mode(0o755)).expect("our own");
        command = through_shell(&home, &format!("shift; exec {}", program.display()));
        command.stdin(Stdio::piped()).uid(65534).gid(65534);
    }
    fs::set_permissions(&file, Permissions::from_mode(0o400)).expect("our own");
    let done = finish(&mut command, "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("databases.main.url"), "{done:?}");
    assert!(done.err.contains("Permission denied"), "{done:?}");
}
