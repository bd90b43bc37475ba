//! Notices by mail: what the owner of an account is told, when, and from where it was done.

use std::time::Duration;

use rocket::http::{ContentType, Header, Method};
use serde_json::json;

use super::addresses::{Mailbox, confirm};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
const NEWER_FIREFOX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const SAFARI: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605.1 Version/18.0 Safari/604.1";
const NEW_DEVICE: &str = "Subject: A sign-in from a new device - Vestibule";

/// Signs `user_01` in through the form, with this browser.
fn sign_in(actor: &Actor<'_>, user_agent: &'static str) -> Reply {
    let request = actor
        .request(Method::Post, "/login")
        .header(ContentType::Form)
        .header(Header::new("User-Agent", user_agent))
        .body("username=user_01&password=1234");
    let reply = actor.send(request);
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply
}

/// Signs `user_01` in over `/api`, with this program.
fn sign_in_program(actor: &Actor<'_>, user_agent: &'static str) {
    let request = actor
        .request(Method::Post, "/api/login")
        .header(ContentType::JSON)
        .header(Header::new("User-Agent", user_agent))
        .body(json!({ "username": "user_01", "password": "1234" }).to_string());
    assert_eq!(actor.send(request).status, 200);
}

/// The words of a mail on one line.
fn words(mail: &str) -> String {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An application whose `user_01` has an address and is known at 192.0.2.1 with Firefox.
fn with_known_device(app: &TestApp) -> Mailbox<'_> {
    let mut mailbox = Mailbox::of(app);
    sign_in(&app.anonymous().from("192.0.2.1"), FIREFOX);
    confirm(app, &mut mailbox, "user_01", "ann@example.org");
    mailbox
}

#[test]
fn a_sign_in_from_a_new_device_is_told_with_time_browser_and_address() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        assert_eq!(mailbox.rest(), 0, "nothing is told before there is an address");
        sign_in(&app.anonymous().from("198.51.100.7"), SAFARI);
        let mail = mailbox.next();
        assert!(
            mail.contains(NEW_DEVICE) && mail.contains("\r\nTo: ann@example.org\r\n"),
            "{mail}"
        );
        let text = words(&mail);
        assert!(text.contains("from Safari on iPhone at 198.51.100.7"), "{text}");
        assert!(text.contains(" UTC, from "), "{text}");
        assert!(text.contains("/password/forgot"), "{text}");
        assert!(text.contains("/account/address"), "{text}");
        // From now on it is known, and so is a newer version of the known browser.
        sign_in(&app.anonymous().from("198.51.100.7"), SAFARI);
        sign_in(&app.anonymous().from("192.0.2.1"), NEWER_FIREFOX);
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn the_first_sign_in_of_an_account_is_no_news() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        let body = json!({ "username": "ann", "password": "correct horse" });
        assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
        app.sql("UPDATE users SET email = 'a@b.org', email_key = 'a@b.org' WHERE username = 'ann'");
        app.session("ann");
        assert_eq!(mailbox.rest(), 0);
        let body = json!({ "username": "ann", "password": "correct horse" });
        assert_eq!(app.anonymous().from("192.0.2.9").post_json("/api/login", &body).status, 200);
        assert!(mailbox.next().contains(NEW_DEVICE));
    });
}

#[test]
fn registering_is_the_first_sign_in_and_the_next_from_another_device_is_told() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        let owner = app.anonymous().from("192.0.2.1");
        let fields = [("username", "ann"), ("password", "correct horse")];
        assert_eq!(owner.post_form("/register", &fields).status, 303);
        assert_eq!(app.count("known_devices"), 1);
        app.sql("UPDATE users SET email = 'a@b.org', email_key = 'a@b.org' WHERE username = 'ann'");
        let intruder = app.anonymous().from("198.51.100.7");
        assert_eq!(intruder.post_form("/login", &fields).status, 303);
        let mail = mailbox.next();
        assert!(mail.contains(NEW_DEVICE) && words(&mail).contains("from 198.51.100.7"), "{mail}");
        let again = app.anonymous().from("192.0.2.1");
        assert_eq!(again.post_form("/login", &fields).status, 303);
        assert_eq!(mailbox.rest(), 0, "the own device is known");
    });
}

#[test]
fn no_session_cookie_keeps_a_notice_back() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        let browser = app.anonymous().from("192.0.2.1");
        sign_in(&browser, FIREFOX);
        // Of a sign-in that is active, and then of one that has ended.
        let thief = browser.at(&app.client).from("203.0.113.4");
        sign_in(&thief, FIREFOX);
        assert!(words(&mailbox.next()).contains("at 203.0.113.4"));
        let thief = thief.from("203.0.113.5");
        let ended = app.token("user_01").post("/api/logout?all=true");
        assert_eq!(ended.status, 204, "{}", ended.body);
        sign_in(&thief, SAFARI);
        assert!(words(&mailbox.next()).contains("Safari on iPhone at 203.0.113.5"));
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn a_program_is_a_device_by_its_name_and_network() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        let at = |address| app.anonymous().from(address);
        sign_in_program(&at("2001:db8:1:2::1"), "curl/8.5.0");
        assert!(words(&mailbox.next()).contains("from curl at 2001:db8:1:2::1"));
        sign_in_program(&at("2001:db8:1:2::77"), "curl/8.6.0");
        assert_eq!(mailbox.rest(), 0, "the same network");
        // No words of the client's are in a mail.
        sign_in_program(&at("2001:db8:1:3::1"), "call-0800-1234/1");
        let text = words(&mailbox.next());
        assert!(text.contains("from 2001:db8:1:3::1") && !text.contains("0800"), "{text}");
    });
}

#[test]
fn a_wrong_password_and_an_inactive_account_are_not_told() {
    on_both(|app| {
        let mailbox = with_known_device(&app);
        let body = json!({ "username": "user_01", "password": "wrong" });
        let refused = app.anonymous().from("192.0.2.9").post_json("/api/login", &body);
        refused.assert_problem(401, "bad_credentials");
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn a_user_switches_off_notices_of_new_devices_alone() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        let (person, mut program) = (app.session("user_01"), app.token("user_01"));
        assert!(person.get("/account/address").body.contains("value=\"on\" checked"));
        let reply = person.post_form("/account/address/notices", &[]);
        assert_eq!((reply.status, reply.location()), (303, "/account/address"));
        let page = person.get("/account/address").body;
        assert!(page.contains("You get no mail when you sign in from a new device."), "{page}");
        assert!(!page.contains("value=\"on\" checked"), "{page}");
        assert_eq!(program.get("/api/me").json()["device_notices"], false);
        sign_in(&app.anonymous().from("198.51.100.1"), SAFARI);
        assert_eq!(mailbox.rest(), 0);
        let change = json!({ "current_password": "1234", "new_password": "battery staple" });
        assert_eq!(program.post_json("/api/password", &change).status, 204);
        assert!(mailbox.next().contains("Subject: Your password was changed"));

        let on = json!({ "device_notices": true });
        app.clock.advance(Duration::from_secs(60 * 60));
        assert_eq!(program.refresh().status, 200);
        program.patch_json("/api/me", &on).assert_problem(401, "fresh_login_required");
        let same = json!({ "device_notices": false, "full_name": "Ann" });
        assert_eq!(program.patch_json("/api/me", &same).status, 200, "no change needs no password");
        let wrong = json!({ "device_notices": "yes" });
        program.patch_json("/api/me", &wrong).assert_problem(422, "invalid_field");
        let confirmed = program.post_json("/api/confirm", &json!({ "password": "battery staple" }));
        let fresh = program.with_token(confirmed.json()["access_token"].as_str().expect("one"));
        assert_eq!(fresh.patch_json("/api/me", &on).json()["device_notices"], true);
        let events = fresh.get("/api/events").body;
        assert_eq!(events.matches("notices_changed").count(), 2, "{events}");
    });
}

#[test]
fn a_new_key_is_told_and_says_where_it_was_made() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        let program = app.token("user_01").from("192.0.2.1");
        let request = program
            .request(Method::Post, "/api/keys")
            .header(ContentType::JSON)
            .header(Header::new("User-Agent", FIREFOX))
            .body(json!({ "label": "nightly", "scopes": [] }).to_string());
        assert_eq!(program.send(request).status, 201);
        let mail = mailbox.next();
        assert!(mail.contains("Subject: An access key was made - Vestibule"), "{mail}");
        let text = words(&mail);
        assert!(text.contains("from Firefox on Linux at 192.0.2.1"), "{text}");
        assert!(text.contains("/account/keys"), "{text}");
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn a_deactivated_account_is_told_so_once_and_not_from_where() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        let admin = app.token("admin").from("192.0.2.200");
        let path = format!("/api/users/{}", app.id("user_01"));
        for _ in 0..2 {
            assert_eq!(admin.patch_json(&path, &json!({ "active": false })).status, 200);
        }
        let mail = mailbox.next();
        assert!(mail.contains("Subject: Your account was deactivated - Vestibule"), "{mail}");
        assert!(!mail.contains("192.0.2.200"), "the address of an administrator: {mail}");
        assert_eq!(mailbox.rest(), 0);
        assert_eq!(admin.patch_json(&path, &json!({ "active": true })).status, 200);
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn an_account_keeps_the_devices_that_it_used_last() {
    on_both(|app| {
        let mut mailbox = with_known_device(&app);
        let id = app.id("user_01");
        for number in 0..99 {
            app.sql(&format!("INSERT INTO known_devices VALUES ({id}, 'old{number}', {number})"));
        }
        sign_in(&app.anonymous().from("198.51.100.1"), SAFARI);
        assert!(mailbox.next().contains(NEW_DEVICE));
        assert_eq!(app.count(&format!("known_devices WHERE account = {id}")), 100);
        assert_eq!(app.count("known_devices WHERE device IN ('old0', 'old1')"), 0);
        sign_in(&app.anonymous().from("192.0.2.1"), FIREFOX);
        assert_eq!(mailbox.rest(), 0, "that one was used later");
        let admin = app.token("admin");
        assert_eq!(admin.delete(&format!("/api/users/{id}")).status, 204);
        assert_eq!(app.count(&format!("known_devices WHERE account = {id}")), 0);
    });
}

#[test]
fn the_use_of_a_device_is_written_once_a_day() {
    on_both(|app| {
        let day = Duration::from_secs(24 * 60 * 60);
        let use_it = || {
            sign_in(&app.anonymous().from("192.0.2.1"), FIREFOX);
            app.number("SELECT seen_at AS n FROM known_devices")
        };
        let first = use_it();
        app.clock.advance(day - Duration::from_micros(1));
        assert_eq!(use_it(), first);
        app.clock.advance(Duration::from_micros(1));
        assert_eq!(use_it(), first + 24 * 60 * 60 * 1_000_000);
    });
}
