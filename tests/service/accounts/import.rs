//! Users from elsewhere, with the hashes of their passwords.

use std::fs;
use std::time::Instant;

use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};

use crate::support::process::{Done, Home, at_home};

const HEADER: &str = "username,hash,role\n";

fn plain(password: &str, version: &str) -> String {
    let hash = bcrypt::hash(password, 4).expect("hashes");
    hash.replacen("$2b$", version, 1)
}

/// As passlib makes it; with commas, and so in quotes.
fn sha256(password: &str, cost: u32) -> String {
    let mut config = PasswordConfig::default();
    config.cost = cost;
    let hasher = Hasher::new(&config).expect("a hasher");
    format!("\"{}\"", hasher.hash_blocking(&Password::from(password)).expect("hashes"))
}

fn import(home: &Home, text: impl AsRef<[u8]>, more: &[&str]) -> Done {
    let file = home.path("users.csv");
    fs::write(&file, text).expect("a new file");
    let mut arguments = vec!["user", "import", file.to_str().expect("a path")];
    arguments.extend(more);
    home.run(&arguments, "")
}

#[track_caller]
fn assert_imported(done: &Done, said: &str) {
    assert_eq!((done.code, done.out.as_str()), (Some(0), said), "{done:?}");
    assert_eq!(done.err, "", "nothing is shown where nobody looks");
}

/// Fails unless these lines were named with these reasons, and nothing was imported.
#[track_caller]
fn assert_refused(done: &Done, lines: &[(u64, &str)]) {
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
    let mut said = done.err.lines();
    for (line, why) in lines {
        let next = said.next().unwrap_or_default();
        let rest = next.strip_prefix(&format!("vestibule: line {line}: "));
        assert!(rest.is_some_and(|rest| rest.contains(why)), "line {line}, {why}: {done:?}");
    }
    let end = format!("vestibule: nothing was imported; bad lines: {}", lines.len());
    assert_eq!((said.next(), said.next()), (Some(end.as_str()), None), "{done:?}");
    assert!(!done.err.contains("$2") && !done.err.contains("hunter2"), "{done:?}");
}

fn users(home: &Home) -> usize {
    home.run(&["user", "list"], "").out.lines().skip(1).count()
}

#[test]
fn imported_users_sign_in_with_the_passwords_they_had() {
    at_home(|home| {
        let text = [
            HEADER.to_owned(),
            format!("Ann,{},admin\n", plain("swordfish", "$2b$")),
            format!("bob,{},user\n", plain("correct horse", "$2a$")),
            format!("cat,{},user\n", plain("1234", "$2y$")),
            format!("dan,{},user\n", sha256("battery staple", 4)),
        ];
        let done = import(&home, text.concat(), &[]);
        assert_imported(&done, "imported 4 users, 1 of them administrators\n");
        let exported = home.run(&["audit", "export"], "").out;
        assert!(
            exported.contains("\"imported\"") && exported.contains("4 users, 1 of them"),
            "{exported}"
        );

        let service = home.serve(&[]);
        let people = [
            ("ann", "swordfish"),
            ("bob", "correct horse"),
            ("cat", "1234"),
            ("dan", "battery staple"),
        ];
        for (name, password) in people {
            // The second time it is the upgraded hash.
            for _ in 0..2 {
                let token = service.api_login(name, password).expect(name);
                let me = service.get("/api/me", &[("Authorization", &token)]).json();
                assert_eq!(me["role"], if name == "ann" { "admin" } else { "user" }, "{name}");
            }
            service
                .api_login(name, "wrong")
                .expect_err(name)
                .assert_problem(401, "bad_credentials");
            service.form_login(name, password).expect(name);
        }
    });
}

#[test]
fn columns_come_in_any_order_and_a_full_name_may_be_among_them() {
    at_home(|home| {
        let hash = plain("swordfish", "$2b$");
        let text = format!(
            "\u{feff}full_name, role ,username,hash\r\n\"Lee, Ann\",user,ann,{hash}\r\n\r\n,admin,bob,{hash}\r\n"
        );
        let done = import(&home, text, &[]);
        assert_imported(&done, "imported 2 users, 1 of them administrators\n");
        let service = home.serve(&[]);
        let token = service.api_login("ann", "swordfish").expect("imported");
        let me = service.get("/api/me", &[("Authorization", &token)]).json();
        assert_eq!(me["full_name"], "Lee, Ann");
        let token = service.api_login("bob", "swordfish").expect("imported");
        let me = service.get("/api/me", &[("Authorization", &token)]).json();
        assert!(me["full_name"].is_null());
    });
}

#[test]
fn every_bad_line_is_named_with_its_reason_and_no_account_is_imported() {
    at_home(|home| {
        let good = plain("swordfish", "$2b$");
        let text = [
            "username,hash,role,full_name\n".to_owned(),
            format!("ann,{good},user,Ann\n"),
            format!("two words,{good},user,\n"),
            format!("ＡＮＮ,{good},user,\n"),
            "bob,hunter2,user,\n".to_owned(),
            format!("cat,{},user,\n", &good[..59]),
            format!("dan,{},user,\n", good.replacen("$04$", "$31$", 1)),
            format!("eve,{},user,\n", good.replacen("$04$", "$05$", 1)),
            format!("fay,{},user,\n", sha256("swordfish", 4).replace('"', "")),
            format!("gil,{good},root,\n"),
            format!("hal,{good},,\n"),
            format!("ivy,{good},user,{}\n", "x".repeat(201)),
            "\n".to_owned(),
            format!("jim,{good},user\n"),
            format!(",{good},user,\n"),
        ];
        let done = import(&home, text.concat(), &[]);
        assert_refused(
            &done,
            &[
                (3, "username: A user name may have letters"),
                (4, "username: this name is in line 2 already"),
                (5, "hash: this is no hash of bcrypt"),
                (6, "hash: this is no hash of bcrypt"),
                (7, "hash: this is no hash of bcrypt"),
                (8, "hash: its cost is 5, above auth.password.cost, which is 4"),
                (9, "there are 6 fields and not 4; a hash with commas stands in double quotes"),
                (10, "role: a role is user or admin"),
                (11, "role: a role is user or admin"),
                (12, "full_name: A full name has at most 200 characters."),
                (14, "there are 3 fields and not 4"),
                (15, "username: Choose a user name."),
            ],
        );
        assert_eq!(users(&home), 0);
    });
}

#[test]
fn a_name_that_is_taken_is_named_and_no_account_is_imported() {
    at_home(|home| {
        let hash = plain("swordfish", "$2b$");
        let done = home.run(&["user", "add", "Ann", "--password-stdin"], "correct horse");
        assert_eq!(done.code, Some(0), "{done:?}");
        let text = format!("{HEADER}bob,{hash},user\nANN,{hash},user\ncat,{hash},user\n");
        for more in [&[][..], &["--dry-run"]] {
            let done = import(&home, &text, more);
            assert_refused(&done, &[(3, "username: this name is taken")]);
            assert_eq!(users(&home), 1);
        }
    });
}

#[test]
fn a_name_that_is_the_address_of_an_account_is_taken() {
    at_home(|home| {
        let hash = plain("swordfish", "$2b$");
        let done = home.run(&["user", "add", "Ann", "--password-stdin"], "correct horse");
        assert_eq!(done.code, Some(0), "{done:?}");
        home.sql(
            "UPDATE users SET email = 'Ann@bücher.example', \
             email_key = 'ann@xn--bcher-kva.example'",
        );
        let found = home.run(&["user", "list", "--search", "ann@xn"], "");
        assert!(found.out.contains("Ann <Ann@bücher.example>"), "{found:?}");
        let text = format!("{HEADER}ann@xn--bcher-kva.example,{hash},user\n");
        let taken = import(&home, &text, &[]);
        assert_refused(&taken, &[(2, "username: this name is taken")]);
        for has in ["now has", "already had"] {
            let done = home.run(&["user", "remove-address", "ann"], "");
            assert_eq!(done.out, format!("Ann {has} no e-mail address\n"), "{done:?}");
            let done = home.run(&["user", "reset-second-factor", "ann"], "");
            assert_eq!(done.out, "Ann already had no second factor\n", "{done:?}");
        }
        assert_eq!(import(&home, &text, &[]).code, Some(0));
    });
}

#[test]
fn a_dry_run_checks_everything_and_writes_nothing() {
    at_home(|home| {
        let text = format!("{HEADER}bob,{},user\n", plain("swordfish", "$2b$"));
        for _ in 0..2 {
            let done = import(&home, &text, &["--dry-run"]);
            let said = "nothing was written; the file has 1 users, 0 of them administrators\n";
            assert_imported(&done, said);
        }
        assert_eq!(users(&home), 0);
        assert_imported(&import(&home, &text, &[]), "imported 1 users, 0 of them administrators\n");
        assert_eq!(users(&home), 1);
    });
}

#[test]
fn a_file_that_is_no_list_of_users_is_refused() {
    let home = Home::new();
    let hash = plain("swordfish", "$2b$");
    for header in ["", "username,hash\n", "username,hash,role,hash\n", "name,hash,role\n", "\0\n"] {
        let done = import(&home, format!("{header}ann,{hash},user\n"), &[]);
        assert_refused(&done, &[(1, "the first line names the columns: username, hash, role")]);
    }
    let done = import(&home, [HEADER.as_bytes(), b"\xff\xfe,x,user\n"].concat(), &[]);
    assert_refused(&done, &[(2, "username: this is not UTF-8")]);
    let done = home.run(&["user", "import", "nothing.csv"], "");
    assert_eq!(done.code, Some(1));
    assert!(done.err.starts_with("vestibule: cannot read nothing.csv: "), "{done:?}");
    let done = import(&home, HEADER, &[]);
    assert_imported(&done, "imported 0 users, 0 of them administrators\n");
}

#[test]
fn of_many_bad_lines_the_first_are_named_and_the_others_counted() {
    let home = Home::new();
    let text: String = (0..50).map(|number| format!("user{number},hunter2,user\n")).collect();
    let done = import(&home, format!("{HEADER}{text}"), &[]);
    let lines: Vec<&str> = done.err.lines().collect();
    assert_eq!(lines.len(), 22, "{done:?}");
    assert!(lines[19].starts_with("vestibule: line 21: "), "{done:?}");
    assert_eq!(lines[20], "vestibule: and 30 more");
    assert!(lines[21].ends_with("bad lines: 50") && !done.err.contains("hunter2"), "{done:?}");
}

#[test]
fn a_long_file_is_imported_whole_or_not_at_all() {
    let lines: usize = std::env::var("VESTIBULE_IMPORT_LINES")
        .ok()
        .and_then(|lines| lines.parse().ok())
        .unwrap_or(2_000);
    at_home(|home| {
        let hash = plain("swordfish", "$2b$");
        let row = |number: usize| format!("user{number},{hash},user\n");
        let text: String = (0..lines).map(row).collect();
        let some: String = [0, lines / 2, lines - 1].into_iter().map(row).collect();
        let some = format!("{HEADER}{some}");
        let done = import(&home, format!("{HEADER}{text}user7,{hash},user\n"), &[]);
        assert_refused(&done, &[(lines as u64 + 2, "this name is in line 9 already")]);
        assert_eq!(import(&home, &some, &["--dry-run"]).code, Some(0), "nobody is there");

        let begun = Instant::now();
        let done = import(&home, format!("{HEADER}{text}"), &[]);
        println!("{lines} lines in {:?}", begun.elapsed());
        assert_imported(&done, &format!("imported {lines} users, 0 of them administrators\n"));
        let taken = "username: this name is taken";
        let again = import(&home, &some, &["--dry-run"]);
        assert_refused(&again, &[(2, taken), (3, taken), (4, taken)]);
    });
}
