//! Backups, and what must not come back to life with them.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use diesel::prelude::*;
use serde_json::Value;
use vestibule::Clock;
use vestibule_service::db::{Address, AnyConnection, connect};

use crate::support::process::{Done, Home, Service, at_home, finish};

const BACKUP: &str = "nightly.sqlite3";

/// Tables of what a backup must not bring back, beside the sign-ins, and a row for each.
const TABLES: [&str; 9] = [
    "recovery_codes",
    "trusted_browsers",
    "password_links",
    "sign_in_links",
    "setup_links",
    "pending_addresses",
    "former_addresses",
    "registrations",
    "mails",
];
const ROWS: &str = "
    INSERT INTO authenticators (account, secret, sealed_by, last_step, created_at) VALUES (1, 'x', 'x', 1, 0);
    INSERT INTO recovery_codes (account, code_hash) VALUES (1, 'x');
    INSERT INTO trusted_browsers (secret_hash, account, created_at, expires_at) VALUES ('x', 1, 0, 0);
    INSERT INTO password_links (account, token_hash, expires_at) VALUES (1, 'x', 0);
    INSERT INTO sign_in_links (browser_hash, token_hash, code_hash, attempts, expires_at)
        VALUES ('x', 'x', 'x', 0, 0);
    INSERT INTO setup_links (token_hash, expires_at) VALUES ('x', 0);
    INSERT INTO pending_addresses (account, email, expires_at) VALUES (1, 'x@example.org', 0);
    INSERT INTO former_addresses (account, email, changed_at, expires_at) VALUES (1, 'x@example.org', 0, 0);
    INSERT INTO mails (id, recipient, kind, created_at, attempts) VALUES ('x', 'x@example.org', 'key_made', 0, 0);
    INSERT INTO registrations (username_key, username, password_hash, email, mail, expires_at)
        VALUES ('x', 'x', 'x', 'x@example.org', 'x', 0);
";

/// The system calls that change the names in a directory.
const NAMES: &str = "?rename,?renameat,?renameat2,?link,?linkat,?unlink,?unlinkat";

const REPLACE: [&str; 3] = ["restore", BACKUP, "--replace"];

fn open(home: &Home) -> AnyConnection {
    let file = format!("sqlite://{}", home.path("state/vestibule.sqlite3").display());
    let address = Address::parse(home.url().unwrap_or(&file)).expect("a good URL");
    connect(&address, Duration::from_secs(5), false).expect("a database")
}

/// How many rows a table holds that fit a condition.
fn count(home: &Home, table_and_condition: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let query = format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table_and_condition}");
    diesel::sql_query(query).get_result::<Count>(&mut open(home)).expect("a number").n
}

/// How many sign-ins the database has, and how often it was restored.
#[track_caller]
fn sign_ins_and_restores(home: &Home) -> (i64, i64) {
    assert_eq!(count(home, "pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    (count(home, "sign_ins"), count(home, "events WHERE event = 'backup_restored'"))
}

/// Whether programs can be traced here; says so if a test is skipped for it.
fn can_trace() -> bool {
    let tried = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let can = tried.is_ok_and(|done| done.status.success());
    if !can {
        drop(writeln!(io::stderr(), "skipped: a killed restore (strace cannot be run)"));
    }
    can
}

/// Runs a command, and kills it at the n-th of these system calls if it makes as many.
fn killed(home: &Home, arguments: &[&str], calls: &str, number: usize) -> Done {
    let program = home.command(arguments);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
    strace.args(["-e", &format!("inject={calls}:error=EIO:signal=KILL:when={number}")]);
    strace.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.current_dir(home.path(""));
    strace.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(&mut strace, "")
}

fn backup(home: &Home) -> Done {
    home.run(&["backup", BACKUP], "")
}

fn me(service: &Service, token: &str) -> u16 {
    service.get("/api/me", &[("Authorization", token)]).status
}

#[track_caller]
fn assert_refused(done: &Done, says: &str) {
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
    assert!(done.err.contains(says), "{says:?} is not in {}", done.err);
}

#[test]
fn a_restored_backup_has_its_accounts_and_none_of_its_sign_ins() {
    let home = Home::new();
    let first = home.serve(&[]);
    let (active, ended) = (first.api_login("user_01", "1234"), first.api_login("user_02", "5678"));
    let (active, ended) = (active.expect("a token"), ended.expect("a token"));
    let done = backup(&home);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("secrets.toml"), "{done:?}");
    let mode = fs::metadata(home.path(BACKUP)).expect("a file").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_refused(&backup(&home), "exists already");

    let out = first.send("POST", "/api/logout", &[("Authorization", &ended)], "");
    assert_eq!(out.status, 204);
    home.sql("DELETE FROM users WHERE username = 'user_02'");
    assert_refused(&home.run(&["restore", BACKUP], ""), "add --replace");
    let running = home.run(&["restore", BACKUP, "--replace"], "");
    assert_refused(&running, "stop the service first");
    assert_eq!(me(&first, &active), 200, "nothing has changed");
    first.stop();

    let done = home.run(&["restore", BACKUP, "--replace"], "");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    assert!(done.out.contains("2 sign-ins and access keys ended"), "{done:?}");
    assert!(home.path("state/vestibule.sqlite3.before-restore-1").exists());
    assert!(!home.path("state/vestibule.sqlite3.restoring").exists());
    let second = home.serve(&[]);
    assert_eq!((me(&second, &active), me(&second, &ended)), (401, 401));
    assert!(second.api_login("user_02", "5678").is_ok(), "the account is there again");
    let admin = second.api_login("admin", "admin123").expect("a token");
    let events = second.get("/api/admin/events", &[("Authorization", &admin)]).json();
    let names: Vec<_> = events["events"].as_array().expect("rows").iter().map(name).collect();
    assert!(names.contains(&Some("backup_restored")), "{names:?}");
    second.stop();
    let verified = home.run(&["audit", "verify"], "");
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

fn name(event: &Value) -> Option<&str> {
    event["event"].as_str()
}

#[test]
fn a_restore_keeps_the_sign_ins_if_it_is_told_to() {
    let home = Home::new();
    let first = home.serve(&[]);
    let token = first.api_login("user_01", "1234").expect("a token");
    first.stop();
    assert_eq!(backup(&home).code, Some(0));
    let done = home.run(&["restore", BACKUP, "--replace", "--keep-sign-ins"], "");
    assert!(done.out.contains("are kept"), "{done:?}");
    assert_eq!(me(&home.serve(&[]), &token), 200);
}

#[test]
fn what_is_no_whole_backup_of_a_known_schema_replaces_nothing() {
    let home = Home::new();
    let token = {
        let service = home.serve(&[]);
        let token = service.api_login("user_01", "1234").expect("a token");
        service.stop();
        token
    };
    fs::write(home.path("text"), "no database").expect("written");
    assert_refused(&home.run(&["restore", "text", "--replace"], ""), "nothing was restored");
    assert_refused(&home.run(&["restore", "none"], ""), "none does not exist");
    fs::write(home.path("empty"), "").expect("written");
    assert_refused(&home.run(&["restore", "empty", "--replace"], ""), "has no accounts");
    assert_eq!(backup(&home).code, Some(0));
    let whole = fs::read(home.path(BACKUP)).expect("a file");
    fs::write(home.path("half"), &whole[..whole.len() / 2]).expect("written");
    assert_refused(&home.run(&["restore", "half", "--replace"], ""), "nothing was restored");

    // Of a newer program.
    home.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')");
    fs::remove_file(home.path(BACKUP)).expect("removed");
    assert_eq!(backup(&home).code, Some(0));
    home.sql("DELETE FROM __diesel_schema_migrations WHERE version = '29991231000000'");
    let newer = home.run(&["restore", BACKUP, "--replace"], "");
    assert_refused(&newer, "29991231000000");
    assert_eq!(me(&home.serve(&[]), &token), 200);
}

#[test]
fn what_came_to_an_end_since_the_backup_is_not_in_a_restored_database() {
    at_home(|home| {
        let first = home.serve(&[]);
        let token = first.api_login("user_01", "1234").expect("a token");
        first.stop();
        if home.url().is_some() {
            assert_refused(&backup(&home), "pg_dump");
            fs::write(home.path("x"), "").expect("written");
            assert_refused(&home.run(&["restore", "x", "--replace"], ""), "pg_restore");
        }
        home.sql(ROWS);
        assert!(TABLES.iter().all(|table| count(&home, table) == 1));
        let restore = if home.url().is_some() {
            assert_refused(&home.run(&["restore"], ""), "add --yes");
            &["restore", "--yes"][..]
        } else {
            for arguments in [&["restore"][..], &["restore", "--yes"]] {
                assert_refused(&home.run(arguments, ""), "name the file");
            }
            assert_eq!(backup(&home).code, Some(0));
            &["restore", BACKUP, "--replace"][..]
        };
        assert_eq!(count(&home, "sign_ins"), 1, "nothing has changed");
        let now = Clock::system().now().expect("a time").unix_timestamp() / 30;
        let done = home.run(restore, "");
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
        assert!(done.out.contains("1 sign-ins and access keys ended"), "{done:?}");
        for table in TABLES {
            assert_eq!(count(&home, table), 0, "{table}");
        }
        // Used codes stay used: those up to the one after the present one, which is accepted already.
        let next = Clock::system().now().expect("a time").unix_timestamp() / 30 + 1;
        let used = format!("authenticators WHERE last_step > {now} AND last_step <= {next}");
        assert_eq!(count(&home, &used), 1);
        assert_eq!(me(&home.serve(&[]), &token), 401);
    });
}

#[test]
fn a_backup_with_a_broken_audit_log_is_restored_and_said_to_be_broken() {
    let home = Home::new();
    home.serve(&[]).stop();
    for name in ["ann", "ben"] {
        let add = ["user", "add", name, "--password-stdin"];
        assert_eq!(home.run(&add, "correct horse").code, Some(0));
    }
    home.sql("UPDATE events SET username = 'eve' WHERE username = 'ann'");
    assert_eq!(backup(&home).code, Some(0));
    let done = home.run(&["restore", BACKUP, "--replace"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.err.starts_with("warning: the audit log of the backup is broken: row "));
    assert_eq!(count(&home, "users WHERE username = 'ben'"), 1);
}

#[test]
fn a_link_to_the_database_stays_a_link() {
    let home = Home::new();
    assert_eq!(home.run(&["migrate"], "").code, Some(0));
    let (link, file) = (home.path("state/vestibule.sqlite3"), home.path("disk/accounts.sqlite3"));
    fs::create_dir(home.path("disk")).expect("a new directory");
    fs::rename(&link, &file).expect("our own file");
    symlink(&file, &link).expect("a link");
    assert_eq!(backup(&home).code, Some(0));
    let done = home.run(&["restore", BACKUP, "--replace"], "");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(fs::read_link(&link).expect("still a link"), file);
    assert!(home.path("disk/accounts.sqlite3.before-restore-1").exists());
    let events = count(&home, "events WHERE event = 'backup_restored'");
    assert_eq!(events, 1, "the link leads to the restored one");

    fs::remove_file(&file).expect("our own file");
    assert_refused(&home.run(&["restore", BACKUP], ""), "nothing was restored: the link ");
    assert!(link.is_symlink(), "a link to a disk that is away stays too");
}

#[test]
fn what_root_restores_belongs_to_the_user_of_the_service() {
    if fs::metadata("/proc/self").expect("a process").uid() != 0 {
        // Not `eprintln!`, which the test harness swallows when the test passes.
        drop(writeln!(io::stderr(), "skipped: a restore by root (the tests run as another user)"));
        return;
    }
    let home = Home::new();
    let migrate = || finish(&mut home.command_of_nobody(&["migrate"]), "").code;
    assert_eq!(migrate(), Some(0));
    let file = home.path("state/vestibule.sqlite3");
    let owner = fs::metadata(&file).expect("a file").uid();
    assert_ne!(owner, 0);
    let of = |path: &Path| {
        let found = fs::metadata(path).expect("a file");
        (found.uid(), found.mode() & 0o7777)
    };
    fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("root may");
    assert_eq!(backup(&home).code, Some(0));
    let done = home.run(&["restore", BACKUP, "--replace"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(of(&file), (owner, 0o640));
    assert_eq!(of(&home.path("state/vestibule.sqlite3.before-restore-1")), (owner, 0o640));

    fs::remove_file(&file).expect("root may");
    assert_eq!(home.run(&["restore", BACKUP], "").code, Some(0));
    assert_eq!(of(&file), (owner, 0o600), "as the directory");
    assert_eq!(migrate(), Some(0), "the service can use it");
}

#[test]
fn a_killed_restore_leaves_a_database_and_can_be_run_again() {
    if !can_trace() {
        return;
    }
    let home = Home::new();
    let service = home.serve(&[]);
    assert_eq!(backup(&home).code, Some(0));
    assert!(service.api_login("user_01", "1234").is_ok());
    // Killed, so that its log is left: SQLite must never apply that to the backup.
    drop(service);
    let [file, log, shared, journal] = ["", "-wal", "-shm", "-journal"]
        .map(|suffix| home.path(&format!("state/vestibule.sqlite3{suffix}")));
    let written = [&file, &log].map(|path| fs::read(path).expect("left by the service"));
    assert!(!written[1].is_empty());
    for (former, is_whole) in [(&written[0][..], true), (&b"no database"[..], false)] {
        for number in 1.. {
            assert!(number < 100, "it never ends by itself");
            fs::write(&file, former).expect("our own file");
            fs::write(&log, &written[1]).expect("our own file");
            for path in [&shared, &journal] {
                drop(fs::remove_file(path));
            }
            let done = killed(&home, &REPLACE, NAMES, number);
            assert!(file.exists(), "call {number}: {done:?}");
            if is_whole {
                let found = sign_ins_and_restores(&home);
                assert!([(1, 0), (0, 1)].contains(&found), "call {number}: {found:?}");
            }
            if done.code.is_none() {
                let again = home.run(&REPLACE, "");
                assert_eq!(again.code, Some(0), "after call {number}: {again:?}");
            }
            assert_eq!(sign_ins_and_restores(&home), (0, 1), "call {number}: {done:?}");
            if done.code.is_some() {
                assert_eq!(done.code, Some(0), "{done:?}");
                assert!(number > 4, "it was killed at no call: {number}");
                break;
            }
        }
    }
}

#[test]
fn after_a_restore_that_was_killed_where_no_database_was_no_empty_one_is_made() {
    if !can_trace() {
        return;
    }
    let home = Home::new();
    home.serve(&[]).stop();
    assert_eq!(backup(&home).code, Some(0));
    let file = home.path("state/vestibule.sqlite3");
    fs::remove_file(&file).expect("our own file");
    let done = killed(&home, &["restore", BACKUP], "?rename,?renameat,?renameat2", 1);
    assert_eq!(done.code, None, "{done:?}");
    for arguments in [&["serve"][..], &["migrate"], &["user", "add", "ann", "--password-stdin"]] {
        let done = home.run(arguments, "correct horse");
        assert_refused(&done, "run `vestibule restore` again");
        assert!(!file.exists(), "{arguments:?}");
    }
    let doctor = home.run(&["doctor"], "");
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    assert!(doctor.out.contains("FAIL  database "), "{doctor:?}");
    assert_eq!(home.run(&["restore", BACKUP], "").code, Some(0));
    assert_eq!(sign_ins_and_restores(&home), (0, 1));
}

#[test]
fn a_database_that_cannot_be_read_is_kept_and_replaced() {
    let home = Home::new();
    let first = home.serve(&[]);
    let token = first.api_login("user_01", "1234").expect("a token");
    first.stop();
    assert_eq!(backup(&home).code, Some(0));
    let file = home.path("state/vestibule.sqlite3");
    fs::write(home.path("text"), "no database").expect("written");
    // By a process of its own: closing the file would release what this one has locked.
    let spoil = || {
        let copied = Command::new("cp").arg(home.path("text")).arg(&file).status();
        assert!(copied.expect("cp can be run").success());
    };
    let other = open(&home);
    spoil();
    assert_refused(&home.run(&REPLACE, ""), "stop the service first");
    drop(other);
    spoil();
    assert_refused(&home.run(&["restore", BACKUP], ""), "add --replace");
    let done = home.run(&REPLACE, "");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    assert!(done.out.contains("1 sign-ins and access keys ended"), "{done:?}");
    let aside = home.path("state/vestibule.sqlite3.before-restore-1");
    assert_eq!(fs::read(aside).expect("kept"), b"no database");
    assert_eq!(sign_ins_and_restores(&home), (0, 1));
    assert_eq!(me(&home.serve(&[]), &token), 401);
}
