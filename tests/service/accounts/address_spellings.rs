//! One mailbox has many spellings: they sign in to one account, and are counted alike.

use std::time::Duration;

use rocket::figment::Figment;
use serde_json::json;
use vestibule::config::PasswordConfig;
use vestibule::password::Hasher;
use vestibule_service::accounts::Import;
use vestibule_service::accounts::audit::Actor;

use super::addresses::{Mailbox, confirm, link_in, token};
use crate::support::app::{TestApp, on_both, on_both_with};

const FAILURES: usize = 3;
const PASSWORD: &str = "correct horse";

fn signs_in(app: &TestApp, name: &str, password: &str) -> bool {
    let body = json!({ "username": name, "password": password });
    app.anonymous().post_json("/api/login", &body).status == 200
}

fn add(app: &TestApp, name: &str) -> u16 {
    let body = json!({ "username": name, "password": PASSWORD });
    app.token("admin").post_json("/api/users", &body).status
}

/// Spellings of one address at `corp.example`.
fn at_corp(local: &str, wide: &str) -> Vec<String> {
    vec![
        format!("{local}@corp.example"),
        format!("{}@CORP.example", local.to_uppercase()),
        format!("{local}@corp\u{3002}example"),
        format!("{local}\u{ff20}corp.example"),
        format!("{wide}@corp.example"),
    ]
}

/// Spellings of one address at `bücher.example`.
fn at_books(local: &str) -> Vec<String> {
    vec![
        format!("{local}@bücher.example"),
        format!("{local}@xn--bcher-kva.example"),
        format!("{}@BÜCHER.example", local.to_uppercase()),
        format!("{local}@bücher\u{3002}example"),
        format!("{local}\u{ff20}bücher.example"),
    ]
}

/// Fills the counter by each spelling in turn; then the others are refused too.
#[track_caller]
fn assert_counted_together(app: &TestApp, spellings: &[String]) {
    let stranger = || app.anonymous().from("203.0.113.9");
    for first in spellings {
        for _ in 0..FAILURES {
            let body = json!({ "username": first, "password": "wrong" });
            assert_eq!(stranger().post_json("/api/login", &body).status, 401, "{first}");
        }
        for other in spellings {
            let fields = [("username", other.as_str()), ("password", "wrong")];
            let status = stranger().post_form("/login", &fields).status;
            assert_eq!(status, 429, "{other} after {first}");
        }
        app.clock.advance(Duration::from_secs(5 * 60));
    }
}

#[test]
fn guesses_by_every_spelling_count_together_whether_or_not_an_account_has_the_address() {
    let limit = |figment: Figment| figment.merge(("auth.throttle.failures", FAILURES));
    on_both_with(limit, |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@bücher.example");
        confirm(&app, &mut mailbox, "user_02", "ben@corp.example");
        for name in ["liz@bücher.example", "kim@xn--bcher-kva.example", "bob@corp.example"] {
            assert_eq!(add(&app, name), 201, "{name}");
        }
        for (local, wide) in [("ben", "ｂｅｎ"), ("bob", "ｂｏｂ"), ("eve", "ｅｖｅ")] {
            assert_counted_together(&app, &at_corp(local, wide));
        }
        for local in ["ann", "liz", "kim", "eve"] {
            assert_counted_together(&app, &at_books(local));
        }
    });
}

#[test]
fn an_address_signs_in_by_every_spelling() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@bücher.example");
        confirm(&app, &mut mailbox, "user_02", "ben@corp.example");
        for name in at_books("ann") {
            assert!(signs_in(&app, &name, "1234"), "{name}");
        }
        for name in at_corp("ben", "ｂｅｎ") {
            assert!(signs_in(&app, &name, "5678"), "{name}");
        }
    });
}

#[test]
fn an_address_that_is_a_user_name_in_another_spelling_goes_to_no_other_account() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        for (name, address) in [
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("bob@xn--bcher-kva.example", "bob@bücher.example"),
        ] {
            assert_eq!(add(&app, name), 201);
            let body = json!({ "email": address });
            assert_eq!(app.token("user_02").post_json("/api/me/email", &body).status, 202);
            let link = link_in(&mailbox.next());
            let refused = app.anonymous().post_form("/address/confirm", &[("token", token(&link))]);
            refused.assert_page(422);
            assert!(refused.body.contains("Another account has this address."), "{}", refused.body);
            for spelling in [name, address] {
                assert!(signs_in(&app, spelling, PASSWORD), "{spelling}");
                assert!(!signs_in(&app, spelling, "5678"), "{spelling}");
            }
            // The account of that name may have it.
            confirm(&app, &mut mailbox, name, address);
            assert!(signs_in(&app, address, PASSWORD));
            assert_eq!(add(&app, address), 409);
        }
    });
}

#[test]
fn an_import_takes_all_spellings_of_an_address_for_one_name() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@bücher.example");
        assert_eq!(add(&app, "bob@xn--bcher-kva.example"), 201);
        let hasher = Hasher::new(&PasswordConfig::default()).expect("a hasher");
        let now = app.clock.now().expect("a time");
        let actor = Actor::command_line(now);
        let read = |names: &[&str]| {
            let hash = format!("$2b$10$abcdefghijklmnopqrstuu{}", "A".repeat(31));
            let lines = names.iter().map(|name| format!("{name},{hash},user\n"));
            let file = lines.fold("username,hash,role\n".to_owned(), |file, line| file + &line);
            Import::read(file.as_bytes(), &hasher, now, |_| ())
        };
        assert!(read(&["hal@bücher.example", "hal@xn--bcher-kva.example"]).is_err());
        let is_imported = |name: &str| {
            let write =
                |import: Import| import.write(&mut app.connection(), &actor, false, |_| ()).is_ok();
            read(&[name]).is_ok_and(write)
        };
        for local in ["ann", "bob"] {
            for name in at_books(local) {
                assert!(!is_imported(&name), "{name}");
            }
        }
        assert!(is_imported("hal@xn--bcher-kva.example"));
    });
}
