//! What an administrator does beside the running service.

use std::collections::BTreeSet;

use rocket::figment::providers::Serialized;

use crate::support::app::on_both_with;
use crate::support::process::{AT_ONCE, Done, Home, at_home, finish};

#[track_caller]
fn assert_done(done: &Done, out: &str) {
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains(out), "{done:?}");
    assert_eq!(done.err, "");
}

#[track_caller]
fn assert_failed(done: &Done, why: &str) {
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    assert!(done.err.starts_with("vestibule: ") && done.err.contains(why), "{done:?}");
    assert_eq!(done.out, "");
    assert!(!done.err.contains("hunter2"), "{done:?}");
}

fn add(home: &Home, name: &str, password: &str, more: &[&str]) -> Done {
    let mut arguments = vec!["user", "add", name, "--password-stdin"];
    arguments.extend(more);
    home.run(&arguments, password)
}

#[test]
fn a_user_that_was_added_signs_in() {
    at_home(|home| {
        assert_done(
            &add(&home, "Ann", "correct horse\n", &["--role", "admin"]),
            "added Ann (id 1, admin)",
        );
        assert_done(
            &add(&home, "bob", "correct horse", &["--full-name", "Bob"]),
            "added bob (id 2, user)",
        );
        let service = home.serve(&[]);
        let token = service.api_login("ann", "correct horse").expect("added");
        assert_eq!(service.get("/api/users", &[("Authorization", &token)]).json()["total"], 2);
        let cookie = service.form_login("bob", "correct horse").expect("added");
        assert!(service.get("/dashboard", &[("Cookie", &cookie)]).body.contains("Hello, Bob."));
    });
}

#[test]
fn a_user_that_is_added_while_the_service_runs_signs_in() {
    at_home(|home| {
        let service = home.serve(&[]);
        assert_done(&add(&home, "ann", "correct horse", &[]), "added ann");
        assert!(service.api_login("ann", "correct horse").is_ok());
    });
}

#[test]
fn a_user_that_cannot_be_is_not_added() {
    at_home(|home| {
        assert_done(&add(&home, "ann", "correct horse", &[]), "added ann");
        assert_failed(&add(&home, "bob", "hunter2", &[]), "password: A password has at least 8");
        assert_failed(&add(&home, "bob", "", &[]), "password: A password has at least 8");
        assert_failed(
            &add(&home, "hunter2-hunter2", "hunter2-hunter2", &[]),
            "must not be the user name",
        );
        assert_failed(
            &add(&home, "bob", "password12345678", &[]),
            "A few unrelated words make a good one.",
        );
        assert_failed(
            &add(&home, "bob", "bobby-tables", &["--full-name", "Bobby Tables"]),
            "must not be the full name",
        );
        for taken in ["ann", "ANN", "ａｎｎ"] {
            assert_failed(&add(&home, taken, "correct horse", &[]), "This user name is taken.");
        }
        for bad in ["", "two words", "an\u{200b}n"] {
            assert_failed(&add(&home, bad, "correct horse", &[]), "username: ");
        }
        let odd = add(&home, "bob", "correct horse", &["--role", "root"]);
        assert_eq!(odd.code, Some(2), "{odd:?}");
        assert!(odd.err.contains("user, admin"), "{odd:?}");
        assert_eq!(home.run(&["user", "list"], "").out.lines().count(), 2);
    });
}

#[test]
fn a_password_from_standard_input_is_one_line() {
    at_home(|home| {
        let stdin = "\u{feff}correct horse\r\n";
        assert_done(&add(&home, "ann", stdin, &[]), "added ann");
        for more in ["correct horse\ncorrect horse\n", "correct horse\n\n", "hunter2\rhunter2\n"] {
            assert_failed(&add(&home, "bob", more, &[]), "must be one line");
        }
        assert_eq!(home.run(&["user", "list"], "").out.lines().count(), 2);
        let service = home.serve(&[]);
        service.api_login("ann", "correct horse").expect("without mark and line break");
    });
}

#[test]
fn without_a_terminal_the_password_must_come_from_standard_input() {
    let home = Home::new();
    let done = home.run(&["user", "add", "ann"], "correct horse\n");
    assert_failed(&done, "use --password-stdin");
}

#[test]
fn the_list_shows_number_state_role_and_name() {
    at_home(|home| {
        add(&home, "ann", "correct horse", &["--role", "admin"]);
        add(&home, "bob", "correct horse", &[]);
        home.run(&["user", "disable", "bob"], "");
        let list = home.run(&["user", "list"], "");
        assert_done(&list, "");
        let rows: Vec<Vec<_>> =
            list.out.lines().map(|line| line.split_whitespace().collect()).collect();
        let header = ["ID", "STATE", "ROLE", "NAME"];
        let (ann, bob) = (["1", "active", "admin", "ann"], ["2", "disabled", "user", "bob"]);
        assert_eq!(rows, [header, ann, bob]);
        assert_columns(&list.out, &["STATE", "ROLE", "NAME"]);
        let none = home.run(&["user", "list", "--search", "zoe"], "");
        assert_eq!((none.out.as_str(), none.err.as_str()), ("", "no user matches\n"));
    });
}

/// Fails unless each of these columns begins at one place in all lines, after two spaces.
#[track_caller]
fn assert_columns(table: &str, columns: &[&str]) {
    let lines: Vec<Vec<char>> = table.lines().map(|line| line.chars().collect()).collect();
    let header: String = lines.first().expect("a header").iter().collect();
    for column in columns {
        let at = header.find(column).expect(column);
        for line in &lines {
            assert!(line[at - 2..at].iter().all(|c| *c == ' ') && line[at] != ' ', "{table}");
        }
    }
}

#[test]
fn sign_ins_keys_and_routes_are_tables_whose_times_have_no_fractions() {
    at_home(|home| {
        home.serve(&[]).form_login("user_01", "1234").expect("a sample user");
        for scopes in [&[][..], &["--scope", "sign-ins"]] {
            let key = ["key", "add", "user_01", "--label", "nightly"];
            assert_eq!(home.run(&[&key, scopes].concat(), "").code, Some(0));
        }
        let list = |arguments: &[&str]| home.run(arguments, "").out;
        let sign_ins = list(&["sign-in", "list", "user_01"]);
        assert_eq!(sign_ins.lines().count(), 4, "{sign_ins}");
        assert_columns(&sign_ins, &["KIND", "LAST USE", "ADDRESS", "PROGRAM"]);
        let keys = list(&["key", "list", "user_01"]);
        assert_eq!(keys.lines().count(), 3, "{keys}");
        assert_columns(&keys, &["EXPIRES", "LAST USE", "SCOPES", "LABEL"]);
        assert_columns(&list(&["routes"]), &["PATH", "GUARDS"]);
        for table in [sign_ins, keys] {
            let times = table.split_whitespace().filter(|word| word.ends_with('Z'));
            let times: Vec<_> = times.filter(|word| word.contains(':')).collect();
            assert!(times.iter().all(|time| time.len() == 20), "{table}");
            assert!(!times.is_empty(), "{table}");
        }
        for (arguments, why) in [
            (["sign-in", "list", "user_02"], "no active sign-in\n"),
            (["key", "list", "user_02"], "no active key\n"),
        ] {
            let none = home.run(&arguments, "");
            assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (Some(0), "", why));
        }
    });
}

#[test]
fn roles_change_but_the_last_administrator_stays() {
    at_home(|home| {
        add(&home, "ann", "correct horse", &["--role", "admin"]);
        add(&home, "bob", "correct horse", &[]);
        assert_failed(
            &home.run(&["user", "set-role", "ann", "user"], ""),
            "administrator must remain",
        );
        assert_failed(&home.run(&["user", "disable", "ann"], ""), "administrator must remain");
        assert_done(
            &home.run(&["user", "set-role", "BOB", "admin"], ""),
            "bob is now an active administrator",
        );
        assert_done(
            &home.run(&["user", "set-role", "ann", "user"], ""),
            "ann is now an active user",
        );
        assert_failed(&home.run(&["user", "set-role", "eve", "user"], ""), "no user of this name");
        let rows = home.run(&["user", "list"], "").out;
        assert!(rows.contains("user   ann") && rows.contains("admin  bob"), "{rows}");
        let again = home.run(&["user", "set-role", "bob", "admin"], "");
        assert_done(&again, "bob is already an active administrator");
    });
}

#[test]
fn a_new_password_ends_every_sign_in_of_the_running_service() {
    at_home(|home| {
        let service = home.serve(&[AT_ONCE]);
        let token = service.api_login("user_01", "1234").expect("a sample user");
        let cookie = service.form_login("user_01", "1234").expect("a sample user");
        let other = service.api_login("user_02", "5678").expect("a sample user");
        let set = |password: &str| {
            home.run(&["user", "set-password", "user_01", "--password-stdin"], password)
        };
        assert_failed(&set("hunter2"), "at least 8");
        assert_failed(&set("iloveyou"), "Many people use this password");
        assert_failed(&set("user_01user_01"), "must not be the user name");
        assert_eq!(service.get("/api/me", &[("Authorization", &token)]).status, 200);

        assert_done(&set("correct horse\n"), "its sign-ins have ended");
        let dead = service.get("/api/me", &[("Authorization", &token)]);
        dead.assert_problem(401, "token_revoked");
        assert_eq!(service.get("/dashboard", &[("Cookie", &cookie)]).status, 303);
        assert_eq!(service.get("/api/me", &[("Authorization", &other)]).status, 200);
        assert!(service.api_login("user_01", "1234").is_err());
        assert!(service.api_login("user_01", "correct horse").is_ok());
    });
}

#[test]
fn a_disabled_user_is_out_at_once_and_what_it_had_stays_dead() {
    at_home(|home| {
        let service = home.serve(&[AT_ONCE]);
        let token = service.api_login("user_01", "1234").expect("a sample user");
        let cookie = service.form_login("user_01", "1234").expect("a sample user");
        let assert_dead = || {
            let dead = service.get("/api/me", &[("Authorization", &token)]);
            dead.assert_problem(401, "token_revoked");
            assert_eq!(service.get("/dashboard", &[("Cookie", &cookie)]).status, 303);
        };
        assert_done(
            &home.run(&["user", "disable", "user_01"], ""),
            "user_01 is now a disabled user",
        );
        assert_dead();
        let refused = service.api_login("user_01", "1234").expect_err("disabled");
        refused.assert_problem(403, "account_inactive");
        service.form_login("user_01", "1234").expect_err("disabled").assert_page(403);
        let key = home.run(&["key", "add", "user_01", "--label", "nightly"], "");
        assert_failed(&key, "account is not active");

        assert_done(&home.run(&["user", "enable", "user_01"], ""), "user_01 is now an active user");
        assert_dead();
        assert!(service.api_login("user_01", "1234").is_ok());
    });
}

#[test]
fn every_mounted_route_is_listed_with_its_guard() {
    for mode in ["both", "session", "token"] {
        for registration in [true, false] {
            let home = Home::new();
            home.configure(&format!(
                "[default.auth]\nmode = \"{mode}\"\n[default.accounts]\nregistration = {registration}\n"
            ));
            let done = home.run(&["routes"], "");
            assert_done(&done, "/health");
            let mut listed = BTreeSet::new();
            for line in done.out.lines().skip(1) {
                let mut words = line.split_whitespace();
                let route = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                assert!(words.next().is_some(), "a guard is named: {line}");
                assert!(listed.insert((route.0.to_owned(), route.1.to_owned())), "twice: {line}");
            }
            let guards = |path: &str| {
                let rest = done.out.lines().find_map(|line| line.split_once(path));
                rest.map(|(_, guards)| guards.trim())
            };
            assert_eq!(guards(" /health "), Some("anyone"), "{}", done.out);
            assert_eq!(guards(" /whoami "), Some("CurrentUser"), "{}", done.out);
            let settings = move |figment: rocket::figment::Figment| {
                figment
                    .merge(Serialized::default("auth.mode", mode))
                    .merge(Serialized::default("accounts.registration", registration))
            };
            on_both_with(settings, |app| {
                let routes = app.client.rocket().routes();
                let mounted: BTreeSet<_> = routes
                    .map(|route| (route.method.to_string(), route.uri.path().to_owned()))
                    .collect();
                assert_eq!(listed, mounted, "{mode}");
            });
        }
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    at_home(|home| {
        add(&home, "ann", "correct horse", &["--role", "admin"]);
        home.serve(&[]).form_login("ann", "correct horse").expect("added");
        for arguments in [
            &["user", "list"][..],
            &["sign-in", "list", "ann"],
            &["routes"],
            &["user", "set-role", "ann", "admin"],
            &["user", "set-password", "ann", "--password-stdin"],
            &["sign-in", "end", "--all-of", "ann"],
            &["purge"],
            &["secrets", "rotate"],
            &["secrets", "forget"],
        ] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let done = finish(home.command(arguments).stdout(writer), "correct horse");
            assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{arguments:?}");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_a_failure() {
    at_home(|home| {
        add(&home, "ann", "correct horse", &["--role", "admin"]);
        for arguments in [&["user", "list"][..], &["audit", "export"], &["routes"], &["purge"]] {
            let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
            let done = finish(home.command(arguments).stdout(full), "");
            assert_failed(&done, "standard output cannot be written");
        }
    });
}

#[test]
fn without_a_database_a_command_fails_and_creates_nothing() {
    let home = Home::new();
    let file = home.path("state/vestibule.sqlite3");
    for arguments in [
        &["user", "list"][..],
        &["user", "disable", "ann"],
        &["user", "set-password", "ann", "--password-stdin"],
        &["sign-in", "list", "ann"],
        &["key", "list", "ann"],
        &["mail", "queue"],
        &["audit", "verify"],
        &["audit", "export"],
        &["audit", "prune", "--older-than", "1 day"],
        &["purge"],
        &["backup", "copy"],
    ] {
        let done = home.run(arguments, "correct horse");
        assert_failed(&done, &format!("there is no database at {}", file.display()));
        assert!(!home.path("state").exists(), "{arguments:?}");
    }
    assert_done(&add(&home, "ann", "correct horse", &[]), "added ann (id 1, user)");
    assert_done(&home.run(&["user", "list"], ""), "ann");
}

#[test]
fn an_unknown_command_is_said_with_the_known_ones() {
    let home = Home::new();
    for arguments in [&["nonsense"][..], &["user", "nonsense"], &["user"], &["user", "add"]] {
        let done = home.run(arguments, "");
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.err.contains("Usage: vestibule"), "{done:?}");
    }
    for (arguments, meant) in [(&["usr"][..], "'user'"), (&["user", "lst"], "'list'")] {
        let done = home.run(arguments, "");
        assert!(done.err.contains("similar") && done.err.contains(meant), "{done:?}");
    }
}

#[test]
fn every_shell_completes_all_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = home.run(&["completions", shell], "");
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{shell}");
        for command in ["user", "set-password", "migrate", "doctor"] {
            assert!(done.out.contains(command), "{shell}: {command}");
        }
    }
    assert!(!home.path("state").exists(), "nothing is made");
}
