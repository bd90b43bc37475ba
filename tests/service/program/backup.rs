//! Backups, and what must not come back to life with them.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use serde_json::Value;
use vestibule::Clock;
use vestibule_service::db::{Address, connect};

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

/// How many rows a table holds that fit a condition.
fn count(home: &Home, table_and_condition: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let file = format!("sqlite://{}", home.path("state/vestibule.sqlite3").display());
    let address = Address::parse(home.url().unwrap_or(&file)).expect("a good URL");
    let mut connection = connect(&address, Duration::from_secs(5), false).expect("a database");
    let query = format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table_and_condition}");
    diesel::sql_query(query).get_result::<Count>(&mut connection).expect("a number").n
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
    assert!(!home.path("state/vestibule.restoring").exists());
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
