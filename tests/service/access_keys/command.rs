//! Keys on the command line.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use super::key_in;
use crate::audit::command;
use crate::support::app::on_both;
use crate::support::process::{at_home, finish};

#[test]
fn a_key_is_made_listed_and_ended_on_the_command_line() {
    at_home(|home| {
        let service = home.serve(&[]);
        let add = |more: &[&str]| {
            let command = ["key", "add", "user_01", "--label", "from the shell"];
            home.run(&[&command[..], more].concat(), "")
        };
        let done = add(&["--scope", "sign-ins", "--expires", "30 days"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        let key = key_in(&done.out);
        assert_eq!(done.out, format!("{key}\n"), "the key alone on standard output");
        assert!(done.err.contains("user_01") && !done.err.contains("vst_"), "{}", done.err);
        let bearer = format!("Bearer {key}");
        let ask = |path: &str| service.get(path, &[("Authorization", &bearer)]);
        assert_eq!(ask("/api/me").json()["username"], "user_01");
        assert_eq!(ask("/api/keys").status, 200);

        let list = home.run(&["key", "list", "user_01"], "");
        assert_eq!((list.code, list.err.as_str()), (Some(0), ""));
        let row = list.out.lines().nth(1).expect("a row under the header");
        assert!(row.starts_with(&key[4..26]) && !list.out.contains("vst_"), "{}", list.out);
        assert!(list.out.contains("sign-ins") && list.out.contains("from the shell"));

        for (more, why) in [
            (&["--scope", "users:read"][..], "Without the role of an administrator"),
            (&["--scope", "account"], "A key may have these scopes: sign-ins."),
            (&["--scope", "sign-ins", "--scope", "sign-ins"], "Name each scope once."),
            (&["--expires", "2 years"], "A key lives from"),
            (&["--expires", "0s"], "A key lives from"),
            (&["--expires", "0"], "A key lives from"),
            (&["--expires", "soon"], "a duration such as"),
        ] {
            let done = add(more);
            assert!(done.code != Some(0) && done.out.is_empty(), "{more:?}: {done:?}");
            assert!(done.err.contains(why), "{more:?}: {}", done.err);
        }
        let nobody = home.run(&["key", "add", "nobody", "--label", "x"], "");
        assert_eq!(nobody.code, Some(1), "{nobody:?}");
        let admin = ["key", "add", "admin", "--label", "x", "--scope", "users:read"];
        assert_eq!(home.run(&admin, "").code, Some(0));

        let access = service.api_login("user_01", "1234").expect("a token");
        let claims = service.get("/api/claims", &[("Authorization", &access)]).json();
        let sid = claims["sid"].as_str().expect("an id");
        for unknown in [sid, "AAAAAAAAAAAAAAAAAAAAAA", "nonsense"] {
            let done = home.run(&["key", "end", unknown], "");
            assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
            assert!(done.err.contains("there is no key of this id"), "{}", done.err);
        }
        let done = home.run(&["key", "end", &key[4..26]], "");
        assert_eq!((done.code, done.out.as_str()), (Some(0), "ended 1\n"), "{done:?}");
        std::thread::sleep(Duration::from_millis(1100));
        ask("/api/me").assert_problem(401, "token_revoked");
        assert_eq!(service.get("/api/me", &[("Authorization", &access)]).status, 200);
        service.stop();

        let text = std::fs::read_to_string(home.path("log")).expect("a log");
        assert!(!text.contains(&key[27..]), "no log line holds a key");
        home.configure("[default.auth]\nmode = \"session\"\n");
        let done = add(&[]);
        assert!(done.code == Some(1) && done.err.contains("nothing takes"), "{done:?}");
    });
}

#[test]
fn the_command_line_takes_the_labels_that_the_page_takes() {
    at_home(|home| {
        let add = |label: &str| home.run(&["key", "add", "user_01", "--label", label], "");
        home.serve(&[]).stop();
        let long = "x".repeat(101);
        for (label, why) in [
            ("", "label: A label is 1 to 100 characters"),
            ("  ", "label: A label is 1 to 100 characters"),
            (&long, "label: A label is 1 to 100 characters"),
            ("a\nb", "label: A label is 1 to 100 characters"),
            ("invoice \u{202e}fdp", "label: A label must not contain invisible"),
            ("a\u{200b}b", "label: A label must not contain invisible"),
        ] {
            let done = add(label);
            assert!(done.code == Some(1) && done.out.is_empty(), "{label:?}: {done:?}");
            assert!(done.err.contains(why), "{label:?}: {}", done.err);
        }
        let without = home.run(&["key", "add", "user_01"], "");
        assert!(without.code == Some(2) && without.err.contains("--label"), "{without:?}");
        let list = || home.run(&["key", "list", "user_01"], "").out;
        assert_eq!(list(), "");
        assert_eq!(add(" nightly ").code, Some(0));
        assert!(list().ends_with("  nightly\n"), "{}", list());
    });
}

#[test]
fn a_life_on_the_command_line_reads_like_the_setting() {
    on_both(|app| {
        for (life, seconds) in [("90", 90), ("90s", 90), ("2h 30m", 9000), ("30 days", 2_592_000)] {
            let add = ["key", "add", "user_01", "--label", "x", "--expires", life];
            let done = command(&app, &add, "");
            assert_eq!(done.code, Some(0), "{life}: {done:?}");
            let lives = "SELECT (expires_at - created_at) / 1000000 AS n FROM sign_ins \
                         WHERE kind = 'key' ORDER BY created_at DESC LIMIT 1";
            assert_eq!(app.number(lives), seconds, "{life}");
        }
    });
}

#[test]
fn a_key_that_could_not_be_printed_has_ended() {
    at_home(|home| {
        home.serve(&[]).stop();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let full = File::options().write(true).open("/dev/full").expect("Linux has one");
        for nowhere in [Stdio::from(full), Stdio::from(writer)] {
            let mut add = home.command(&["key", "add", "user_01", "--label", "x"]);
            let done = finish(add.stdout(nowhere), "");
            assert_eq!(done.code, Some(1), "{done:?}");
            assert!(done.err.contains("could not be printed and has ended"), "{}", done.err);
        }
        assert_eq!(home.run(&["key", "list", "user_01"], "").out, "");
        let log = home.run(&["audit", "export"], "").out;
        assert_eq!(log.matches("\"key_made\"").count(), 2, "{log}");
        assert_eq!(log.matches("\"key_ended\"").count(), 2, "{log}");
    });
}

#[test]
fn where_nothing_takes_a_key_the_command_line_makes_none() {
    at_home(|home| {
        for toml in [
            "[default.auth]\nmode = \"session\"\n",
            "[default.auth.token]\nlocations = [\"query\"]\n",
        ] {
            home.configure(toml);
            home.serve(&[]).stop();
            let done = home.run(&["key", "add", "user_01", "--label", "x"], "");
            assert!(done.code == Some(1) && done.out.is_empty(), "{toml}: {done:?}");
            assert!(done.err.contains("nothing takes an access key"), "{toml}: {}", done.err);
        }
    });
}
