//! What many wrong codes in a row lead to.

use std::fs;

use super::codes::{at_once, three_failures};
use super::*;
use crate::accounts::addresses::Mailbox;
use crate::passkeys::authenticator::Authenticator as Passkey;
use crate::passkeys::{add, options};
use crate::support::app::{on_both, on_both_with};

const WRONG: &str = "This code is not valid, or was used before. Enter another one.";
const BLOCKED: &str = "After too many wrong codes, no code of the authenticator is accepted. Use a \
                       recovery code or a passkey, or ask an administrator.";

/// A user with an authenticator and an address.
fn owner(app: &TestApp) -> Authenticator {
    let phone = set_up(app, "user_01");
    app.sql("UPDATE users SET email = 'a@b.org', email_key = 'a@b.org' WHERE username = 'user_01'");
    phone
}

/// Enters this code so many times; returns what is said of the last one.
fn guess(app: &TestApp, code: &str, times: usize) -> String {
    let ticket = login_token(app, "user_01");
    let mut said = String::new();
    for _ in 0..times {
        let reply = second(app, &ticket, code);
        reply.assert_problem(422, "invalid_field");
        said = text(&reply.json()["fields"], "code");
    }
    said
}

fn login_methods(app: &TestApp) -> Value {
    first_step(app, "user_01")["methods"].clone()
}

fn wrong_codes(app: &TestApp) -> i64 {
    app.number("SELECT wrong_codes AS n FROM authenticators")
}

/// The mails about wrong codes, once none waits to be sent, and the number of rows in the audit log.
fn told(app: &TestApp) -> (Vec<String>, i64) {
    Mailbox::of(app).rest();
    let files = fs::read_dir(app.mail()).into_iter().flatten().flatten();
    let mails = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    let mails = mails.filter(|mail| mail.contains("Subject: Many wrong codes for your account"));
    (mails.collect(), app.count("events WHERE event = 'codes_guessed'"))
}

#[test]
fn the_tenth_wrong_code_in_a_row_is_told_once() {
    on_both(|app| {
        let phone = owner(&app);
        assert_eq!(guess(&app, "000000", 4), WRONG);
        assert_eq!(guess(&app, "no code", 4), WRONG);
        // A code that was used before counts too.
        assert_eq!(guess(&app, &code_of(&phone.secret, &app, -1), 1), WRONG);
        assert_eq!((wrong_codes(&app), told(&app)), (9, (Vec::new(), 0)));
        assert_eq!(guess(&app, "000000", 1), WRONG);
        let (mails, rows) = told(&app);
        assert_eq!((mails.len(), rows), (1, 1));
        assert!(mails[0].contains("\r\nTo: a@b.org\r\n"), "{}", mails[0]);
        assert!(mails[0].contains("/password/forgot"), "{}", mails[0]);
        let row = "events WHERE event = 'codes_guessed' AND outcome = 'failure' AND actor IS NULL \
                   AND actor_account IS NULL AND username = 'user_01' AND detail = '10 in a row'";
        assert_eq!(app.count(row), 1);
        assert_eq!(guess(&app, "000000", 15), WRONG);
        assert_eq!((wrong_codes(&app), told(&app).1), (25, 1));
        // A right code begins the count anew, also at a confirmation.
        let program = program(&app, "user_01", &phone);
        assert_eq!(wrong_codes(&app), 0);
        let confirm = |code: &str| {
            program.post_json("/api/confirm", &json!({ "password": "1234", "code": code })).status
        };
        assert_eq!((confirm("000000"), wrong_codes(&app)), (422, 1));
        assert_eq!((confirm(&phone.next_code(&app)), wrong_codes(&app)), (200, 0));
        guess(&app, "000000", 10);
        let (mails, rows) = told(&app);
        assert_eq!((mails.len(), rows), (2, 2));
    });
}

#[test]
fn after_a_hundred_wrong_codes_none_counts_until_a_recovery_code_or_a_passkey() {
    on_both(|app| {
        let (phone, mut passkey) = (owner(&app), Passkey::new(1));
        let browser = session(&app, "user_01", &phone);
        assert_eq!(add(&browser, &mut passkey, "Laptop").status, 303);
        assert_eq!(guess(&app, "000000", 99), WRONG);
        assert_eq!(guess(&app, "000000", 1), BLOCKED);
        let (mails, rows) = told(&app);
        assert_eq!((mails.len(), rows), (2, 2), "at ten and at a hundred");
        assert_eq!(guess(&app, &phone.next_code(&app), 1), BLOCKED);
        assert_eq!(guess(&app, "000000", 20), BLOCKED);
        assert_eq!((wrong_codes(&app), told(&app).1), (100, 2));
        let page = enter(&after_password(&app, "user_01"), &phone.next_code(&app));
        page.assert_page(422);
        assert!(page.body.contains(BLOCKED), "{}", page.body);
        // A wrong recovery code is none of the authenticator.
        assert_eq!(guess(&app, "AAAA-AAAA-AAAA-AAAA", 1), WRONG);
        assert_eq!(wrong_codes(&app), 100);
        assert_eq!(login_methods(&app), json!(["recovery_code"]));

        let reply = second(&app, &login_token(&app, "user_01"), &phone.recovery_codes[0]);
        assert_eq!((reply.status, wrong_codes(&app)), (200, 0), "{}", reply.body);
        program(&app, "user_01", &phone);
        assert_eq!(login_methods(&app), json!(["totp", "recovery_code"]));

        app.sql("UPDATE authenticators SET wrong_codes = 100");
        assert_eq!(guess(&app, &phone.next_code(&app), 1), BLOCKED);
        let browser = after_password(&app, "user_01");
        let answer = passkey.get(&options(&browser, "/login/second/passkey")).to_string();
        let reply = browser.post_form("/login/second/passkey", &[("passkey", answer.as_str())]);
        assert_eq!((reply.status, wrong_codes(&app)), (303, 0), "{}", reply.body);
        program(&app, "user_01", &phone);
    });
}

#[test]
fn of_twenty_wrong_codes_at_once_each_is_counted() {
    on_both(|app| {
        owner(&app);
        assert_eq!(at_once(&app, "000000"), [422; 20]);
        let (mails, rows) = told(&app);
        assert_eq!((wrong_codes(&app), mails.len(), rows), (20, 1, 1));
        // Without an authenticator nothing is counted or blocked.
        app.sql("DELETE FROM authenticators");
        assert_eq!(guess(&app, "000000", 1), WRONG);
    });
}

#[test]
fn sign_ins_in_a_trusted_browser_buy_no_more_guesses() {
    on_both_with(three_failures, |app| {
        let phone = owner(&app);
        let browser = after_password(&app, "user_01");
        let fields = [("code", phone.next_code(&app)), ("trust", "on".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(browser.post_form("/login/second", &fields).status, 303);
        let guess = || {
            browser.post_form("/reauthenticate", &[("password", "1234"), ("code", "000000")]).status
        };
        for _ in 0..2 {
            assert_eq!(guess(), 422);
            assert_eq!(browser.post("/logout").status, 303);
            let reply =
                browser.post_form("/login", &[("username", "user_01"), ("password", "1234")]);
            assert_eq!(
                (reply.status, reply.location()),
                (303, "/dashboard"),
                "no code is asked for"
            );
        }
        assert_eq!(guess(), 422);
        assert_eq!(guess(), 429);
        assert_eq!(wrong_codes(&app), 3);
    });
}
