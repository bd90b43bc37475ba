//! Passwords in the file of `auth.password.breached`: refused as new ones, told when they sign in.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use vestibule::password::BreachedPasswords;

use super::addresses::{Mailbox, confirm};
use super::first_administrator;
use super::password_reset::{link, reset};
use crate::support::actor::Reply;
use crate::support::app::{TestApp, on_both_with};

/// SHA-1 of `1234`, the password of `user_01`, and of `correct horse battery`.
const LIST: &str = "7110EDA4D09E062AA5E4A390B0A572AC0D2C0220:1256907\n\
                    98DECC62ECE399A22ED30D490EF333BE7FDE7385:3\n";
const BREACHED: &str = "correct horse battery";
const REFUSED: &str = "This password is in a list of stolen passwords";

fn build(directory: &Path) -> PathBuf {
    let (list, output) = (directory.join("list"), directory.join("breached"));
    fs::write(&list, LIST).expect("a list");
    assert_eq!(BreachedPasswords::build(&[list], &output), Ok(2));
    output
}

fn with_list(test: impl Fn(TestApp, &Path)) {
    let directory = tempfile::tempdir().expect("a directory");
    let output = build(directory.path());
    on_both_with(
        |figment| figment.merge(("auth.password.breached", output.display().to_string())),
        |app| {
            test(app, &output);
            build(directory.path());
        },
    );
}

#[track_caller]
fn assert_refused(reply: &Reply, field: &str) {
    reply.assert_problem(422, "invalid_field");
    let said = reply.json()["fields"][field].to_string();
    assert!(said.contains(REFUSED), "{}", reply.body);
}

#[test]
fn no_new_password_may_be_in_the_list_wherever_it_is_set() {
    with_list(|app, _| {
        let registered = json!({ "username": "ann", "password": BREACHED });
        let visitor = app.anonymous();
        assert_refused(&visitor.post_json("/api/register", &registered), "password");
        let fields = [("username", "ann"), ("password", BREACHED), ("password_again", BREACHED)];
        let page = visitor.post_form("/register", &fields);
        page.assert_page(422);
        assert!(page.body.contains(REFUSED), "{}", page.body);
        let change = json!({ "current_password": "1234", "new_password": BREACHED });
        assert_refused(&app.token("user_01").post_json("/api/password", &change), "new_password");
        let token = link(&app, "user_01");
        assert_refused(&reset(&visitor, &token, BREACHED), "new_password");
        assert_eq!(reset(&visitor, &token, "battery staple").status, 204);
        let other = json!({ "username": "ann", "password": "correct horse staple" });
        assert_eq!(visitor.post_json("/api/register", &other).status, 201);
        let token = first_administrator::link(&app);
        let page = first_administrator::post(&visitor, &token, "root", BREACHED);
        page.assert_page(422);
        assert!(page.body.contains(REFUSED), "{}", page.body);
    });
}

#[test]
fn a_sign_in_with_a_breached_password_is_told_once_in_thirty_days() {
    with_list(|app, _| {
        let mut mailbox = Mailbox::of(&app);
        let events = || app.count("events WHERE event = 'breached_password'");
        // The confirmation begins with a sign-in, before there is an address.
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        assert_eq!((events(), mailbox.rest()), (1, 0));
        app.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
        app.token("user_01");
        let mail = mailbox.next();
        assert!(mail.contains("Subject: Your password is in a list of stolen passwords"), "{mail}");
        assert!(!mail.contains("1234"), "{mail}");
        app.session("user_01");
        app.token("user_01");
        assert_eq!((events(), mailbox.rest()), (2, 0));
        app.session("user_02");
        assert_eq!(events(), 2, "its password is in no list");
        let shown = app.session("user_01").get("/account/events").body;
        assert!(shown.contains("Signed in with a breached password"), "{shown}");
    });
}

#[test]
fn without_its_file_nobody_is_kept_from_signing_in_and_no_new_password_is_set() {
    with_list(|app, file| {
        fs::remove_file(file).expect("the file");
        app.session("user_01");
        let registered = json!({ "username": "ann", "password": "correct horse staple" });
        let refused = app.anonymous().post_json("/api/register", &registered);
        refused.assert_problem(503, "unavailable");
        assert!(!refused.body.contains("breached"), "{}", refused.body);
        build(file.parent().expect("a directory"));
        assert_eq!(app.anonymous().post_json("/api/register", &registered).status, 201);
    });
}
