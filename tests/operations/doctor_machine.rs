//! What `vestibule doctor` finds around the service: directories, space, the port, and processes with
//! other secrets.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use super::client::LONG_TIMEOUT;
use super::doctor::{allow, assert_not_said, assert_said, doctor};
use crate::support::process::{Home, at_home, finish};

#[test]
fn a_state_directory_that_cannot_be_used_is_named() {
    let home = Home::new();
    home.serve(LONG_TIMEOUT).stop();
    let mut nobody = home.command_of_nobody(&["doctor"]);
    allow(&home.path("state"), 0);
    let done = finish(&mut nobody, "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_said(&done, "FAIL", "state", &["state", "ermission denied", "VESTIBULE_STATE"]);
    allow(&home.path("state"), 0o700);

    let home = Home::new();
    let mut nobody = home.command_of_nobody(&["doctor"]);
    allow(&home.path(""), 0o500);
    let done = finish(&mut nobody, "");
    assert_said(&done, "FAIL", "state", &["ermission denied"]);
    assert!(!done.out.contains(" / "), "of no other directory: {done:?}");
    allow(&home.path(""), 0o700);
    let mut nobody = home.command_of_nobody(&["doctor"]);
    let done = finish(&mut nobody, "");
    assert_said(&done, "ok", "state", &["the first start makes it"]);
    assert_not_said(&done, "FAIL", "database");
}

#[test]
fn a_database_file_that_cannot_be_written_is_named() {
    let home = Home::new();
    finish(&mut home.command_of_nobody(&["migrate"]), "");
    let shared = "state/vestibule.sqlite3-shm";
    fs::write(home.path(shared), "").expect("a new file");
    for (path, mode) in [(shared, 0o400), ("state/vestibule.sqlite3", 0o400), ("state", 0o500)] {
        allow(&home.path(path), mode);
        let done = finish(&mut home.command_of_nobody(&["doctor"]), "");
        assert_said(&done, "FAIL", "database", &[path, "ermission denied"]);
        allow(&home.path(path), 0o700);
    }
}

#[test]
fn a_disk_that_is_nearly_full_is_named_and_a_full_one_fails() {
    for (size, mark) in [("2m", "warn"), ("512k", "FAIL")] {
        assert_space_is_named(size, mark);
    }
}

/// What the doctor says of a disk of this size.
#[track_caller]
fn assert_space_is_named(size: &str, mark: &str) {
    let home = Home::new();
    fs::create_dir(home.path("state")).expect("a new directory");
    let mut command = Command::new("unshare");
    let script = format!("mount -t tmpfs -o size={size},mode=0700 none state && exec \"$@\"");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
    let plain = home.command(&["doctor"]);
    command.arg(plain.get_program()).args(plain.get_args());
    command.current_dir(home.path("")).env("VESTIBULE_STATE", home.path("state"));
    let output = command.output().expect("util-linux is installed");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if out.is_empty() {
        // Not `eprintln!`, which the test harness swallows when the test passes.
        drop(writeln!(std::io::stderr(), "skipped: a full disk (no mount here: {err})"));
        return;
    }
    for subject in ["state", "database"] {
        let begin = format!("{mark}  {subject:<14} ");
        let said =
            out.lines().any(|line| line.starts_with(&begin) && line.contains("MiB are free"));
        assert!(said, "{subject}: {out}");
    }
}

#[test]
fn a_port_that_another_program_has_is_named() {
    let home = Home::new();
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = other.local_addr().expect("bound").port().to_string();
    let answering = thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("the doctor");
        let _ = stream.read(&mut [0; 1024]);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").expect("the doctor reads");
        drop(stream);
        other
    });
    let done = doctor(&home, &[("ROCKET_PORT", &port)]);
    assert_said(&done, "FAIL", "service", &["cannot listen", &port, "in use"]);
    drop(answering.join().expect("one answer"));
    assert_said(&doctor(&home, &[("ROCKET_PORT", &port)]), "ok", "service", &["not running"]);
}

/// Another machine on the same database.
fn neighbour(home: &Home) -> Home {
    let file = format!("sqlite://{}", home.path("state/vestibule.sqlite3").display());
    Home::at(home.url().unwrap_or(&file))
}

fn warnings(home: &Home) -> Vec<String> {
    let lines = home.log().into_iter().map(|line| line.to_string());
    lines.filter(|line| line.contains("a process with another")).collect()
}

#[test]
fn processes_with_different_secrets_are_warned_of_at_the_start_and_by_the_doctor() {
    at_home(|home| {
        home.serve(LONG_TIMEOUT).stop();
        assert_eq!(warnings(&home), [""; 0]);
        assert_not_said(&doctor(&home, &[]), "warn", "processes");

        let other = neighbour(&home);
        other.serve(LONG_TIMEOUT).stop();
        let warned = warnings(&other);
        assert_eq!(warned.len(), 2, "{warned:?}");
        assert!(warned[0].contains("secret_key") && warned[1].contains("auth.token.secret"));
        for here in [&home, &other] {
            let done = doctor(here, &[]);
            assert_said(&done, "warn", "processes", &["another secret_key"]);
            assert_said(&done, "warn", "processes", &["another auth.token.secret"]);
        }

        let secrets = "state/secrets.toml";
        fs::copy(home.path(secrets), other.path(secrets)).expect("our own files");
        home.sql("UPDATE secrets_in_use SET seen_at = seen_at - 1600000000");
        for here in [&home, &other] {
            here.serve(LONG_TIMEOUT).stop();
            assert_eq!(warnings(here), [""; 0], "the same secrets");
            assert_not_said(&doctor(here, &[]), "warn", "processes");
        }
    });
}

#[test]
fn a_process_that_runs_with_replaced_secrets_is_warned_of_by_the_doctor() {
    at_home(|home| {
        home.serve(LONG_TIMEOUT).stop();
        home.sql("CREATE TABLE kept AS SELECT * FROM secrets_in_use");
        // As the process records that was not restarted.
        let record = "INSERT INTO secrets_in_use SELECT fingerprint, setting, \
                      (SELECT max(seen_at) FROM secrets_in_use) FROM kept";
        assert_eq!(home.run(&["secrets", "rotate"], "").code, Some(0));
        home.serve(LONG_TIMEOUT).stop();
        assert_said(&doctor(&home, &[]), "ok", "processes", &["none has other secrets"]);
        assert_not_said(&doctor(&home, &[]), "warn", "configuration");
        home.sql(record);
        for secret in ["a replaced secret_key", "a replaced auth.token.secret"] {
            assert_said(&doctor(&home, &[]), "warn", "processes", &[secret, "restart"]);
        }
        home.serve(LONG_TIMEOUT).stop();
        assert_not_said(&doctor(&home, &[]), "warn", "processes");
        home.sql("DROP TABLE kept");
    });
}

#[test]
fn a_rotation_of_the_secrets_is_no_difference_but_a_process_that_missed_it_is() {
    at_home(|home| {
        home.serve(LONG_TIMEOUT).stop();
        let late = neighbour(&home);
        let secrets = "state/secrets.toml";
        late.serve(LONG_TIMEOUT).stop();
        fs::copy(home.path(secrets), late.path(secrets)).expect("our own files");
        home.sql("UPDATE secrets_in_use SET seen_at = seen_at - 1600000000");
        for step in ["rotate", "forget"] {
            let done = home.run(&["secrets", step], "");
            assert_eq!(done.code, Some(0), "{done:?}");
            assert_not_said(&doctor(&home, &[]), "warn", "processes");
            home.serve(LONG_TIMEOUT).stop();
            assert_eq!(warnings(&home), [""; 0], "{step}");
        }
        late.serve(LONG_TIMEOUT).stop();
        assert_eq!(warnings(&late).len(), 2);
        assert_said(&doctor(&home, &[]), "warn", "processes", &["another secret_key"]);
    });
}

#[test]
fn authenticators_of_another_secret_key_are_warned_of_with_what_helps() {
    at_home(|home| {
        home.serve(LONG_TIMEOUT).stop();
        assert_not_said(&doctor(&home, &[]), "warn", "authenticators");
        home.sql(
            "INSERT INTO authenticators (account, secret, sealed_by, last_step, created_at) \
             SELECT id, 'x', 'x', 1, 0 FROM users WHERE username = 'user_01'",
        );
        let helps =
            ["under another secret_key: 1;", "auth.session.previous_secret_keys for one start"];
        assert_said(&doctor(&home, &[]), "warn", "authenticators", &helps);
        home.serve(LONG_TIMEOUT).stop();
        let log: String = home.log().iter().map(ToString::to_string).collect();
        assert!(helps.iter().all(|part| log.contains(part)), "{log}");
    });
}
