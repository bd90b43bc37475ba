//! `vestibule move`: all accounts and sign-ins go on in another database.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::client::{Tokens, api_login, cookie, dashboard, form_login, post_json, send_with_token};
use crate::dump::{dump, fill, number, open, sql};
use crate::support::actor::Reply;
use crate::support::postgres;
use crate::support::process::{Done, Home, Service, finish};

/// The setting that names this database for a service or a command.
fn databases(url: &str) -> (&'static str, String) {
    ("ROCKET_DATABASES", format!("{{main={{url=\"{url}\",timeout=\"20s\"}}}}"))
}

fn serve(home: &Home, url: &str, more: &[(&str, &str)]) -> Service {
    let (name, value) = databases(url);
    let mut environment = vec![(name, value.as_str())];
    environment.extend(more);
    home.serve(&environment)
}

fn run(home: &Home, url: &str, arguments: &[&str]) -> Done {
    let (name, value) = databases(url);
    finish(home.command(arguments).env(name, value), "")
}

#[track_caller]
fn told(home: &Home, url: &str, arguments: &[&str]) -> String {
    let done = run(home, url, arguments);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    done.out
}

fn sqlite(home: &Home, name: &str) -> String {
    format!("sqlite://{}", home.path(name).display())
}

/// A database with our tables and nothing in them.
fn migrated(home: &Home, url: &str) {
    assert!(told(home, url, &["migrate"]).starts_with("applied"));
}

fn command(home: &Home, from: &str, to: &str, more: &[&str]) -> Done {
    let mut arguments = vec!["move", "--from", from, "--to", to];
    arguments.extend(more);
    finish(&mut home.command(&arguments), "")
}

#[track_caller]
fn assert_moved(home: &Home, from: &str, to: &str) -> String {
    let done = command(home, from, to, &[]);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    assert!(done.out.contains("moved and compared, from "), "{done:?}");
    done.out
}

#[track_caller]
fn assert_refused(done: &Done, why: &str) {
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    assert!(done.err.starts_with("vestibule: ") && done.err.contains(why), "{done:?}");
    assert!(!done.err.contains("hunter2"), "{done:?}");
}

/// From SQLite to PostgreSQL and back, each time in a new home; without PostgreSQL between files.
fn both_ways(test: impl Fn(&Home, &str, &str)) {
    let ends = || {
        let home = Home::new();
        let other = || sqlite(&home, "other.db");
        let other = postgres::server().map_or_else(other, |server| server.create_database(None));
        (sqlite(&home, "file.db"), other, home)
    };
    let (file, other, home) = ends();
    test(&home, &file, &other);
    let (file, other, home) = ends();
    test(&home, &other, &file);
}

/// Users with sign-ins, made by the database itself.
fn add_users(home: &Home, url: &str, size: usize) {
    migrated(home, url);
    let numbers = "WITH RECURSIVE numbers(n) AS \
                   (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ";
    let hash =
        "$bcrypt-sha256$v=2,t=2b,r=12$EJEqPmEjiYrwfqyQPRVLl.$Zz1cHyZdyZ8ZyZ8ZyZ8ZyZ8ZyZ8ZyZ8";
    sql(
        url,
        &format!(
            "{numbers}{size}) INSERT INTO users (username, username_key, full_name, role, active, \
             password_hash, created_at) SELECT 'User ' || n, 'user ' || n, 'Ann Lee', 'user', \
             TRUE, '{hash}', 1700000000000000 + n FROM numbers; \
             INSERT INTO sign_ins (id, account, kind, created_at, auth_time, last_seen_at, \
             expires_at, user_agent, address) SELECT 'sign-in-of-a-usual-length-' || id, id, \
             'browser', created_at, created_at, created_at, created_at + 1000000, \
             'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', \
             '192.0.2.7' FROM users;"
        ),
    );
}

fn register(service: &Service, username: &str) {
    let body = json!({ "username": username, "password": "correct horse" });
    let reply = post_json(&service.address, "/api/register", None, &body).expect("an answer");
    assert_eq!(reply.status, 201, "{}", reply.body);
}

fn guess(service: &Service, username: &str) -> Reply {
    let body = json!({ "username": username, "password": "a guess" });
    post_json(&service.address, "/api/login", None, &body).expect("an answer")
}

fn refreshed(service: &Service, tokens: &Tokens) -> Tokens {
    let reply = send_with_token(&service.address, "POST", "/api/refresh", &tokens.refresh);
    Tokens::of(&reply.expect("an answer"))
}

/// What exists before a move and must exist after it.
struct Expected {
    session: String,
    tokens: Tokens,
    /// Of an account that was deactivated.
    off: Tokens,
    /// The highest id that was ever given to an account.
    highest: i64,
    /// The end of the audit log, once the service has stopped.
    head: String,
}

/// Signs people in, switches one off, deletes the newest, guesses too often, and stops.
fn live(home: &Home, url: &str, round: &str) -> Expected {
    let service = serve(home, url, &[]);
    let at = &service.address;
    let session = cookie(&form_login(at, "user_01").expect("an answer"));
    let tokens = Tokens::of(&api_login(at, "user_02").expect("an answer"));
    let tokens = refreshed(&service, &tokens);

    let (switched_off, newest) = (format!("off{round}"), format!("newest{round}"));
    register(&service, &switched_off);
    register(&service, &newest);
    let off = Tokens::of(&api_login(at, &switched_off).expect("an answer"));
    told(home, url, &["user", "disable", &switched_off]);
    let highest = number(url, "(SELECT max(id) FROM users)");
    told(home, url, &["user", "delete", &newest, "--yes"]);
    for _ in 0..3 {
        guess(&service, "admin").assert_problem(401, "bad_credentials");
    }
    service.stop();
    let verified = told(home, url, &["audit", "verify"]);
    let head = verified.trim_end().rsplit(' ').next().expect("the end").to_owned();
    Expected { session, tokens, off, highest, head }
}

/// Fails unless everything from before goes on on this database.
fn assert_goes_on(home: &Home, url: &str, before: &Expected, round: &str) {
    told(home, url, &["audit", "verify", "--expect", &before.head]);
    let service = serve(home, url, &[]);
    let at = &service.address;
    assert_eq!(dashboard(at, &before.session).expect("an answer").status, 200);
    let me = send_with_token(at, "GET", "/api/me", &before.tokens.access).expect("an answer");
    assert_eq!((me.status, &me.json()["username"]), (200, &json!("user_02")));
    refreshed(&service, &before.tokens);
    for path in ["/api/me", "/api/refresh"] {
        let (method, token) = match path {
            "/api/me" => ("GET", &before.off.access),
            _ => ("POST", &before.off.refresh),
        };
        let refused = send_with_token(at, method, path, token).expect("an answer");
        assert_eq!(refused.status, 401, "{path}: {}", refused.body);
    }
    let off = api_login(at, &format!("off{round}")).expect("an answer");
    assert_ne!(off.status, 200, "{}", off.body);

    // Three guesses were counted over there, and two more are let through.
    for _ in 0..2 {
        guess(&service, "admin").assert_problem(401, "bad_credentials");
    }
    guess(&service, "admin").assert_problem(429, "too_many_attempts");

    register(&service, &format!("next{round}"));
    let next = number(url, &format!("(SELECT id FROM users WHERE username = 'next{round}')"));
    assert!(next > before.highest, "{next} was given before, up to {}", before.highest);
    service.stop();
    told(home, url, &["audit", "verify", "--expect", &before.head]);
}

#[test]
fn everybody_stays_signed_in_from_sqlite_to_postgresql_and_back() {
    let Some(server) = postgres::server() else { return };
    let home = Home::new();
    home.configure("[default.auth.throttle]\nfailures = 5\n");
    let (there, postgres, back) =
        (sqlite(&home, "there.db"), server.create_database(None), sqlite(&home, "back.db"));
    let key = "'a-key', 'ab', 'user_01''s key', 'read:items write:items', 'key'";
    let before = live(&home, &there, "1");
    sql(
        &there,
        &format!(
            "INSERT INTO sign_ins (id, secret_hash, label, scopes, kind, account, created_at, \
             auth_time, last_seen_at, expires_at, remembered, generation, rotated_at) \
             SELECT {key}, id, 1, 2, 3, 4, TRUE, 5, 6 FROM users WHERE username = 'user_01'"
        ),
    );
    let source = dump(&there);
    assert_moved(&home, &there, &postgres);
    assert_eq!(dump(&postgres), source);
    assert_eq!(dump(&there), source, "the source is as it was");
    assert_goes_on(&home, &postgres, &before, "1");

    sql(&postgres, "DELETE FROM throttle");
    let before = live(&home, &postgres, "2");
    let source = dump(&postgres);
    let keys = source["sign_ins"].iter().filter(|row| row.contains("id=a-key|")).count();
    assert_eq!(keys, 1, "{source:?}");
    assert_moved(&home, &postgres, &back);
    assert_eq!(dump(&back), source);
    assert_eq!(dump(&postgres), source, "the source is as it was");
    assert_goes_on(&home, &back, &before, "2");
}

#[test]
fn the_link_for_the_first_administrator_works_on_the_other_side() {
    let release = [("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{password={cost=10}}")];
    both_ways(|home, from, to| {
        let service = serve(home, from, &release);
        let (_, rest) = service.banner.split_once("/setup?token=").expect("a link");
        let cookie = format!("vestibule_link={}", rest.lines().next().unwrap_or_default());
        service.stop();
        assert_moved(home, from, to);
        let service = serve(home, to, &release);
        assert_eq!(service.get("/setup", &[("Cookie", &cookie)]).status, 200);
    });
}

#[test]
fn every_column_of_every_table_of_the_database_itself_arrives() {
    let home = Home::new();
    let first = sqlite(&home, "first.db");
    migrated(&home, &first);
    fill(&first);
    let all = dump(&first);
    assert!(all.len() >= 6 && all.values().all(|rows| !rows.is_empty()), "{all:?}");
    let mut ends = vec![sqlite(&home, "second.db")];
    if let Some(server) = postgres::server() {
        let sorted = server.create_database(None);
        // Where a language has its own order, the checksums must not depend on it.
        migrated(&home, &sorted);
        let known = "(SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu')";
        if number(&sorted, known) > 0 {
            for (table, key) in
                [("throttle", "bucket"), ("setup_links", "token_hash"), ("sign_ins", "id")]
            {
                let change = format!(
                    "ALTER TABLE {table} ALTER COLUMN {key} TYPE text COLLATE \"en-x-icu\""
                );
                sql(&sorted, &change);
            }
        }
        ends.extend([sorted, server.create_database(None), sqlite(&home, "last.db")]);
    }
    let mut from = first;
    let mut said = None;
    for to in ends {
        let out = assert_moved(&home, &from, &to);
        assert_eq!(dump(&to), all, "{to}");
        let table = out.split("moved").next().expect("a table").to_owned();
        assert_eq!(said.get_or_insert(table.clone()), &table, "the same rows, the same checksums");
        from = to;
    }
    let table = said.expect("a table");
    for (name, rows) in &all {
        let line = table.lines().find(|line| line.split(' ').next() == Some(name));
        let words: Vec<_> = line.expect(name).split_whitespace().collect();
        assert_eq!(words[1], rows.len().to_string(), "{table}");
        assert_eq!(words[2].len(), 16, "{table}");
    }
}

#[test]
fn an_id_is_given_once_also_where_no_account_is_left() {
    both_ways(|home, from, to| {
        migrated(home, from);
        let add = |url: &str| {
            let (name, value) = databases(url);
            let mut add = home.command(&["user", "add", "ann", "--password-stdin"]);
            finish(add.env(name, value), "correct horse").out
        };
        assert_eq!(add(from), "added ann (id 1, user)\n");
        told(home, from, &["user", "delete", "ann", "--yes"]);
        assert_eq!(add(from), "added ann (id 2, user)\n");
        told(home, from, &["user", "delete", "ann", "--yes"]);
        // From one to the next without accounts that would show the last id.
        let between = sqlite(home, "between.db");
        assert_moved(home, from, &between);
        assert_moved(home, &between, to);
        assert_eq!(add(to), "added ann (id 3, user)\n");
    });
}

#[test]
fn an_id_of_the_target_s_own_past_is_not_given_again_either() {
    both_ways(|home, from, to| {
        migrated(home, from);
        migrated(home, to);
        let add = |url: &str, name: &str| {
            let (variable, value) = databases(url);
            let mut add = home.command(&["user", "add", name, "--password-stdin"]);
            finish(add.env(variable, value), "correct horse").out
        };
        assert_eq!(add(from, "ann"), "added ann (id 1, user)\n");
        for id in 1..=3 {
            assert_eq!(add(to, "bob"), format!("added bob (id {id}, user)\n"));
            told(home, to, &["user", "delete", "bob", "--yes"]);
        }
        sql(to, "DELETE FROM events; UPDATE event_chain SET head = 0, hash = ''");
        assert_moved(home, from, to);
        assert_eq!(add(to, "cat"), "added cat (id 4, user)\n");
    });
}

#[test]
fn a_target_with_a_row_is_refused_by_the_name_of_the_table() {
    both_ways(|home, from, to| {
        migrated(home, from);
        migrated(home, to);
        let links = "INSERT INTO setup_links (token_hash, expires_at) VALUES ('x', 1)";
        for (row, said) in [
            ("UPDATE event_chain SET head = 1", "rows in event_chain (1);"),
            (links, "rows in event_chain (1), setup_links (1);"),
        ] {
            sql(to, row);
            let before = dump(to);
            for more in [&[][..], &["--dry-run"]] {
                assert_refused(&command(home, from, to, more), said);
                assert_eq!(dump(to), before);
            }
        }
        // What the migration itself writes does not count.
        sql(to, "UPDATE event_chain SET head = 0; DELETE FROM setup_links");
        assert_moved(home, from, to);
    });
}

/// A file with our tables.
fn sqlite_with_tables(home: &Home) -> String {
    let url = sqlite(home, "tables.db");
    migrated(home, &url);
    url
}

#[test]
fn a_target_in_a_directory_that_does_not_exist_is_refused_also_by_a_dry_run() {
    let home = Home::new();
    let from = sqlite_with_tables(&home);
    let to = sqlite(&home, "missing/target.db");
    let tried = command(&home, &from, &to, &["--dry-run"]);
    assert_refused(&tried, "No such file or directory");
    assert_eq!(tried.err, command(&home, &from, &to, &[]).err);
    assert!(!home.path("missing").exists());
}

#[test]
fn a_dry_run_says_what_there_is_and_changes_nothing() {
    both_ways(|home, from, to| {
        add_users(home, from, 1_500);
        let source = dump(from);
        let done = command(home, from, to, &["--dry-run"]);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
        assert!(done.out.starts_with("table "), "{done:?}");
        assert!(done.out.contains("so it was only read"), "{done:?}");
        match to.strip_prefix("sqlite://") {
            Some(file) => assert!(!fs::exists(file).expect("a folder"), "no file is made"),
            None => assert_eq!(dump(to), BTreeMap::new(), "no table is made"),
        }

        migrated(home, to);
        let target = dump(to);
        let tried = command(home, from, to, &["--dry-run"]);
        assert_eq!((tried.code, tried.err.as_str()), (Some(0), ""), "{tried:?}");
        assert!(tried.out.contains("written, compared and taken back"), "{tried:?}");
        let table = |out: &str| out.split("nothing").next().expect("a table").to_owned();
        assert_eq!(table(&tried.out), table(&done.out));
        assert_eq!(dump(to), target);
        assert_eq!(dump(from), source);

        let moved = assert_moved(home, from, to);
        assert!(moved.starts_with(&table(&tried.out)), "{moved}");
        let user = ["user", "add", "ann", "--password-stdin"];
        let (name, value) = databases(to);
        let added = finish(home.command(&user).env(name, value), "correct horse");
        assert_eq!(added.out, "added ann (id 1501, user)\n", "{added:?}");
    });
}

#[test]
fn a_move_that_is_killed_leaves_no_row_and_can_be_run_again() {
    both_ways(|home, from, to| {
        add_users(home, from, 20_000);
        let source = dump(from);
        let begun = Instant::now();
        assert_moved(home, from, &sqlite(home, "measured.db"));
        let whole = begun.elapsed();
        let (mut killed, rounds) = (0, 8);
        for round in 0..rounds {
            let arguments = ["move", "--from", from, "--to", to];
            let mut child = home.command(&arguments).spawn().expect("the program can be run");
            let somewhere = (RandomState::new().hash_one(round) % 1000) as f64 / 1000.0;
            // Each round in a part of its own.
            let point = whole.mul_f64((f64::from(round) + somewhere) / f64::from(rounds));
            // This is about the waiting itself.
            thread::sleep(point);
            child.kill().expect("our own child");
            let status = child.wait().expect("our own child");
            let there = dump(to);
            // The signal may also come after the commit and before the program's end: then all
            // of it is there, never a part.
            if status.success() || there == source {
                assert!(there == source, "it was done before the signal came");
                break;
            }
            killed += 1;
            for (table, rows) in there {
                let empty = table == "event_chain" && rows[0].contains("head=0|hash=");
                assert!(rows.is_empty() || empty, "{table} has {} rows", rows.len());
            }
        }
        assert!(killed > 0, "{killed} of {rounds} were killed in {whole:?}");
        if number(to, "(SELECT count(*) FROM users)") == 0 {
            assert_moved(home, from, to);
        }
        assert!(dump(to) == source, "all is there");
        assert!(dump(from) == source, "the source is as it was");
    });
}

#[test]
fn what_is_written_meanwhile_is_moved_whole_or_not_at_all() {
    both_ways(|home, from, to| {
        add_users(home, from, 5_000);
        let over = AtomicBool::new(false);
        let written = thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut connection = open(from);
                let mut number = 5_000;
                while !over.load(Ordering::Relaxed) && number < 100_000 {
                    number += 1;
                    let both = format!(
                        "BEGIN; INSERT INTO users (username, username_key, role, active, \
                         password_hash, created_at) VALUES ('{number}', '{number}', 'user', TRUE, \
                         '', 1); INSERT INTO sign_ins (id, account, kind, created_at, auth_time, \
                         last_seen_at, expires_at) SELECT '{number}', id, 'browser', 1, 1, 1, 1 \
                         FROM users WHERE username = '{number}'; COMMIT"
                    );
                    connection.batch_execute(&both).expect("it may write");
                }
                number
            });
            let moved = command(home, from, to, &[]);
            over.store(true, Ordering::Relaxed);
            assert_eq!((moved.code, moved.err.as_str()), (Some(0), ""), "{moved:?}");
            writer.join().expect("no panic")
        });
        let (users, sign_ins) = (
            number(to, "(SELECT count(*) FROM users)"),
            number(to, "(SELECT count(*) FROM sign_ins)"),
        );
        assert_eq!(users, sign_ins, "each was written with its sign-in");
        assert!((5_000..=written).contains(&users), "{users} of {written}");
    });
}

#[test]
fn a_target_that_changes_what_is_written_keeps_nothing() {
    both_ways(|home, from, to| {
        add_users(home, from, 50);
        migrated(home, to);
        let (makes, drops) = if to.starts_with("sqlite") {
            (
                "CREATE TRIGGER odd AFTER INSERT ON users WHEN new.id = 7 BEGIN \
                 UPDATE users SET role = 'admin' WHERE id = 7; END;",
                "DROP TRIGGER odd",
            )
        } else {
            (
                "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF NEW.id = 7 THEN NEW.role := 'admin'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER odd BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION odd();",
                "DROP TRIGGER odd ON users",
            )
        };
        let empty = dump(to);
        sql(to, makes);
        assert_refused(&command(home, from, to, &[]), "table users is not in the target what");
        assert_eq!(dump(to), empty);
        sql(to, drops);
        assert_moved(home, from, to);
    });
}

#[test]
fn source_and_target_must_be_two_databases() {
    let home = Home::new();
    let file = sqlite_with_tables(&home);
    let linked = sqlite(&home, "linked.db");
    std::os::unix::fs::symlink(home.path("tables.db"), home.path("linked.db")).expect("a link");
    for to in [&file, &linked] {
        assert_refused(&command(&home, &file, to, &[]), "are the same database");
    }
    if let Some(server) = postgres::server() {
        let url = server.create_database(None);
        migrated(&home, &url);
        let separator = if url.contains('?') { '&' } else { '?' };
        let other = format!("{url}{separator}application_name=another");
        assert_refused(&command(&home, &url, &other, &[]), "are the same database");
    }
}

#[test]
fn a_source_that_cannot_be_moved_is_refused_and_left_as_it_is() {
    both_ways(|home, from, to| {
        assert_refused(
            &command(home, from, to, &[]),
            if from.starts_with("sqlite") {
                "the source is not there"
            } else {
                "the source holds no tables of Vestibule"
            },
        );
        migrated(home, from);
        let newer = "99991231000000";
        sql(from, &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{newer}')"));
        assert_refused(&command(home, from, to, &[]), "of a newer version");
        sql(from, &format!("DELETE FROM __diesel_schema_migrations WHERE version = '{newer}'"));

        let down = include_str!("../../migrations/sqlite/2026-11-22-000200_set_up/down.sql");
        sql(from, down);
        let version = "DELETE FROM __diesel_schema_migrations WHERE version LIKE '%000200'";
        sql(from, version);
        let older = dump(from);
        let refused = command(home, from, to, &[]);
        assert_refused(&refused, "`vestibule audit verify`");
        assert_eq!(dump(from), older, "no table is made in the source");
        told(home, from, &["audit", "verify"]);
        assert_moved(home, from, to);
    });
}

#[test]
fn a_target_of_a_newer_program_is_refused() {
    both_ways(|home, from, to| {
        migrated(home, from);
        migrated(home, to);
        sql(to, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')");
        assert_refused(&command(home, from, to, &[]), "the tables of the target are those of");
    });
}

#[test]
fn a_sign_in_without_its_account_is_named() {
    let home = Home::new();
    let from = sqlite_with_tables(&home);
    sql(
        &from,
        "PRAGMA foreign_keys = OFF; INSERT INTO sign_ins (id, account, kind, created_at, \
         auth_time, last_seen_at, expires_at) VALUES ('lost', 7, 'browser', 1, 1, 1, 1)",
    );
    let to = sqlite(&home, "b.db");
    assert_refused(&command(&home, &from, &to, &[]), "row \"lost\": its account 7 is not in users");
}

#[test]
fn a_text_that_postgresql_cannot_hold_is_named() {
    let Some(server) = postgres::server() else { return };
    let home = Home::new();
    let from = sqlite_with_tables(&home);
    sql(
        &from,
        "INSERT INTO users (id, username, username_key, full_name, role, active, password_hash, \
         created_at) VALUES (1, 'ann', 'ann', NULL, 'user', TRUE, '', 1), \
         (7, 'bob', 'bob', 'hunter2' || char(0), 'user', TRUE, '', 1)",
    );
    let to = server.create_database(None);
    migrated(&home, &to);
    for more in [&["--dry-run"][..], &[]] {
        let refused = command(&home, &from, &to, more);
        assert_refused(&refused, "table users, row \"7\": there is a NUL in full_name");
        assert_eq!(number(&to, "(SELECT count(*) FROM users)"), 0);
    }
    let file = sqlite(&home, "b.db");
    assert_moved(&home, &from, &file);
    assert_eq!(
        number(&file, "(SELECT length(CAST(full_name AS BLOB)) FROM users WHERE id = 7)"),
        8
    );
}

#[test]
fn what_is_no_address_is_refused_without_repeating_it() {
    let home = Home::new();
    let good = sqlite_with_tables(&home);
    for (bad, why) in [
        ("mysql://u:hunter2@localhost/x", "must begin with sqlite:// or postgres://"),
        ("hunter2", "must begin with sqlite:// or postgres://"),
        ("sqlite://", "must name a file"),
        ("postgres://u:hunter 2@localhost/x", "is not written as a URL"),
        ("postgres://u:hunter2@db.example/x?sslmode=prefer", "names another host"),
    ] {
        assert_refused(&command(&home, bad, &good, &[]), &format!("--from {why}"));
        assert_refused(&command(&home, &good, bad, &[]), &format!("--to {why}"));
    }
    let unreachable = "postgres://u:hunter2@127.0.0.1:1/x";
    assert_refused(&command(&home, &good, unreachable, &[]), "no connection to the database");
    let nowhere = sqlite(&home, "no/such/folder.db");
    assert_refused(&command(&home, &good, &nowhere, &[]), "cannot write");
}

/// `VESTIBULE_MOVE_USERS=100000` measures; without it a small number is moved.
#[test]
fn many_are_moved_there_and_back() {
    let Some(server) = postgres::server() else { return };
    let asked = std::env::var("VESTIBULE_MOVE_USERS").ok();
    let size = asked.and_then(|size| size.parse().ok()).unwrap_or(2_500);
    let home = Home::new();
    let from = sqlite(&home, "from.db");
    add_users(&home, &from, size);
    let ends = [
        sqlite(&home, "copy.db"),
        server.create_database(None),
        server.create_database(None),
        sqlite(&home, "back.db"),
    ];
    let kind = |url: &str| url.split(':').next().unwrap_or_default().to_owned();
    let mut source = from.clone();
    for to in ends {
        let begun = Instant::now();
        let moved = home.command(&["move", "--from", &source, "--to", &to]).output();
        let took = begun.elapsed();
        println!("{size} users and sign-ins, {} to {}: {took:?}", kind(&source), kind(&to));
        assert!(moved.expect("the program can be run").status.success());
        source = to;
    }
    assert!(dump(&source) == dump(&from), "all came back");
}
