//! E-mail addresses, and what is done by mail: confirming an address, and setting another password.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rocket::figment::providers::Serialized;
use rocket::http::Method;
use serde_json::json;

use super::password_links::{assert_ended, assert_invalid, use_link};
use crate::second_factor::set_up;
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

const NEW: &str = "battery staple";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The mails of an application, oldest first within a test that waits for each.
pub(crate) struct Mailbox<'a> {
    app: &'a TestApp,
    seen: BTreeSet<String>,
}

impl<'a> Mailbox<'a> {
    pub(crate) fn of(app: &'a TestApp) -> Self {
        Self { app, seen: BTreeSet::new() }
    }

    /// Waits for the next mail and returns it.
    pub(crate) fn next(&mut self) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let files = fs::read_dir(self.app.mail()).into_iter().flatten().flatten();
            let mut names: Vec<_> =
                files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
            names.retain(|name| name.ends_with(".eml") && !self.seen.contains(name));
            let text = names.first().map(|name| fs::read_to_string(self.app.mail().join(name)));
            match text {
                Some(Ok(text)) if text.ends_with("\n\r\n") || text.contains("\r\n\r\nHello") => {
                    self.seen.extend(names.into_iter().take(1));
                    return text;
                }
                _ => assert!(Instant::now() < until, "no mail came"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until nothing is left to be sent, and returns how many mails came that were not seen.
    pub(crate) fn rest(&self) -> usize {
        let until = Instant::now() + Duration::from_secs(60);
        while self.app.number("SELECT count(*) AS n FROM mails") > 0 {
            assert!(Instant::now() < until, "a mail stays");
            thread::sleep(Duration::from_millis(5));
        }
        fs::read_dir(self.app.mail()).into_iter().flatten().count() - self.seen.len()
    }
}

/// The path of the link in a mail.
pub(crate) fn link_in(mail: &str) -> String {
    let unfolded = mail.replace("=\r\n", "").replace("=3D", "=");
    let start = unfolded.find("?token=").expect("a link");
    let path = unfolded[..start].rfind("/address/").or(unfolded[..start].rfind("/password/"));
    let path = path.or(unfolded[..start].rfind("/register/"));
    let token: String = unfolded[start + 7..].chars().take(43).collect();
    format!("{}?token={token}", &unfolded[path.expect("a path")..start])
}

pub(crate) fn token(path: &str) -> &str {
    path.split_once('=').expect("a token").1
}

/// Gives a sample user a confirmed address.
pub(super) fn confirm(app: &TestApp, mailbox: &mut Mailbox<'_>, username: &str, address: &str) {
    let reply = app.token(username).post_json("/api/me/email", &json!({ "email": address }));
    assert_eq!(reply.status, 202, "{}", reply.body);
    let link = link_in(&mailbox.next());
    let reply = app.anonymous().post_form("/address/confirm", &[("token", token(&link))]);
    assert_eq!((reply.status, reply.location()), (303, "/login"));
}

fn signs_in(app: &TestApp, name: &str, password: &str) -> bool {
    let body = json!({ "username": name, "password": password });
    app.anonymous().post_json("/api/login", &body).status == 200
}

pub(super) fn ask_for_link(actor: &Actor<'_>, address: &str) -> Reply {
    actor.post_json("/api/password/forgot", &json!({ "email": address }))
}

#[test]
fn a_link_that_is_used_in_the_browser_of_another_user_says_so() {
    on_both(|app| {
        let (owner, other) = (app.session("user_01"), app.session("user_02"));
        let mut mailbox = Mailbox::of(&app);
        let asked = owner.post_form("/account/address", &[("email", "ann@example.org")]);
        assert_eq!(asked.status, 303);
        let link = link_in(&mailbox.next());
        let fields = [("token", token(&link)), ("email", "ann@example.org")];
        assert_eq!(other.post_form("/address/confirm", &fields).location(), "/account");
        let said = "In this browser you are signed in to another account.";
        let page = other.get("/account").body;
        assert!(
            page.contains("for the account that the link belongs to") && page.contains(said),
            "{page}"
        );

        assert_eq!(ask_for_link(&app.anonymous(), "ann@example.org").status, 202);
        let link = link_in(&mailbox.next());
        let fields =
            [("token", token(&link)), ("username", "user_01"), ("password", "battery staple")];
        assert_eq!(other.post_form("/password/new", &fields).location(), "/login");
        assert_eq!(other.get("/login").location(), "/dashboard");
        let page = other.get("/dashboard").body;
        assert!(
            page.contains("The password is set, for the account that the link belongs to."),
            "{page}"
        );

        // In a browser of the owner, whose session has ended.
        assert!(mailbox.next().contains("password"), "the notice of the change");
        assert_eq!(ask_for_link(&app.anonymous(), "ann@example.org").status, 202);
        let link = link_in(&mailbox.next());
        let fields =
            [("token", token(&link)), ("username", "user_01"), ("password", "lantern 9 oak")];
        assert_eq!(owner.post_form("/password/new", &fields).location(), "/login");
        assert!(owner.get("/login").body.contains("The password is set. Sign in with it."));
    });
}

#[test]
fn an_address_is_the_users_once_the_link_in_its_mail_was_used() {
    on_both(|app| {
        let (user, mut mailbox) = (app.session("user_01"), Mailbox::of(&app));
        let reply = user.post_form("/account/address", &[("email", " Ann@Example.org ")]);
        assert_eq!((reply.status, reply.location()), (303, "/account/address"));
        let page = user.get("/account/address");
        page.assert_page(200);
        assert!(page.body.contains("A mail with a link is on its way."), "{}", page.body);
        assert!(page.body.contains("<dt>Not confirmed yet</dt><dd>Ann@Example.org</dd>"));
        assert!(!signs_in(&app, "ann@example.org", "1234"), "it is not confirmed");

        let mail = mailbox.next();
        assert!(mail.contains("\r\nTo: Ann@example.org\r\n"), "{mail}");
        assert!(mail.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{mail}");
        assert!(mail.contains("\r\nMIME-Version: 1.0\r\n"), "{mail}");
        assert!(mail.contains("\r\n\r\nHello,\r\n") && !mail.contains("user_01"), "{mail}");
        let link = link_in(&mail);
        // Opening it, as a scanner of mails does, confirms nothing.
        let anyone = app.anonymous();
        let opened = anyone.open_link(&link);
        opened.assert_page(200);
        assert!(opened.body.contains("<strong>Ann@Example.org</strong>"), "{}", opened.body);
        assert!(!signs_in(&app, "ann@example.org", "1234"));

        let fields = [("token", token(&link)), ("email", "Ann@Example.org")];
        let confirmed = anyone.post_form("/address/confirm", &fields);
        assert_eq!((confirmed.status, confirmed.location()), (303, "/login"));
        // Elsewhere nothing is known of the user, and the page says both.
        for page in [anyone.post_form("/address/confirm", &fields), anyone.open_link(&link)] {
            page.assert_page(404);
            let said = "If you have confirmed the address already, there is nothing left to do";
            assert!(page.body.contains(said), "{}", page.body);
        }
        // The same form from a browser that is signed in is told what is so.
        let again = user.post_form("/address/confirm", &fields);
        assert_eq!((again.status, again.location()), (303, "/account"));

        let me = app.token("user_01").get("/api/me").json();
        assert_eq!(me["email"], "Ann@Example.org");
        assert!(user.get("/account").body.contains("<dd>Ann@Example.org"));
        for name in ["ann@example.org", "ANN@EXAMPLE.ORG", " Ann@Example.org"] {
            assert!(signs_in(&app, name, "1234"), "{name}");
        }
        let browser = app.anonymous();
        let fields = [("username", "ann@example.org"), ("password", "1234")];
        assert_eq!(browser.post_form("/login", &fields).status, 303);
        browser.get("/account").assert_page(200);
        let events = app.token("user_01").get("/api/events").body;
        assert!(events.contains("\"address_changed\""), "{events}");
    });
}

#[test]
fn a_visitor_registers_no_address_as_user_name_and_does_not_learn_whether_an_account_has_it() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "Ann@example.org");
        let registered = |name: &str| {
            let body = json!({ "username": name, "password": "correct horse" });
            let reply = app.anonymous().post_json("/api/register", &body);
            reply.assert_problem(422, "invalid_field");
            let fields = [("username", name), ("password", "correct horse")];
            let page = app.anonymous().post_form("/register", &fields);
            page.assert_page(422);
            assert!(page.body.contains("A user name cannot be an e-mail address."));
            reply.without_id().body
        };
        let known = registered("ann@EXAMPLE.org");
        assert_eq!(known, registered("bob@EXAMPLE.org"));
        assert_eq!(app.count("users WHERE username LIKE '%@%'"), 0);
        assert!(signs_in(&app, "ann@example.org", "1234"));
    });
}

#[test]
fn where_accounts_have_no_address_a_user_name_may_look_like_one() {
    on_both_with(
        |figment| figment.merge(("accounts.email", "off")),
        |app| {
            let body = json!({ "username": "ann@example.org", "password": "correct horse" });
            assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
            assert!(signs_in(&app, "ann@example.org", "correct horse"));
        },
    );
}

#[test]
fn an_administrator_gives_no_confirmed_address_away_as_a_user_name() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "Ann@example.org");
        let admin = app.token("admin");
        let add = |name: &str| {
            let body = json!({ "username": name, "password": "correct horse" });
            admin.post_json("/api/users", &body)
        };
        add("ann@EXAMPLE.org").assert_problem(409, "username_taken");
        assert!(signs_in(&app, "ann@example.org", "1234"));
        // Nor does another account get an address that is a name: answered as for one that is taken.
        assert_eq!(add("bob@example.org").status, 201);
        let body = json!({ "email": "Bob@Example.org" });
        assert_eq!(app.token("user_02").post_json("/api/me/email", &body).status, 202);
        let link = link_in(&mailbox.next());
        let refused = app.anonymous().post_form("/address/confirm", &[("token", token(&link))]);
        refused.assert_page(422);
        assert!(refused.body.contains("Another account has this address."), "{}", refused.body);
        assert!(signs_in(&app, "bob@example.org", "correct horse"));
        // The account of that name may have it.
        confirm(&app, &mut mailbox, "bob@example.org", "bob@example.org");
        assert!(signs_in(&app, "bob@example.org", "correct horse"));
    });
}

#[test]
fn an_address_that_another_account_has_is_not_given_twice() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        let asked = |name| {
            let body = json!({ "email": "ann@example.org" });
            assert_eq!(app.token(name).post_json("/api/me/email", &body).status, 202);
        };
        asked("user_01");
        let first = link_in(&mailbox.next());
        asked("admin");
        let second = link_in(&mailbox.next());
        let confirm =
            |link: &str| app.anonymous().post_form("/address/confirm", &[("token", token(link))]);
        assert_eq!(confirm(&second).status, 303);
        let refused = confirm(&first);
        refused.assert_page(422);
        assert!(refused.body.contains("Another account has this address."), "{}", refused.body);
        assert!(!refused.body.contains("check what you entered"), "{}", refused.body);
        assert_eq!(app.token("admin").get("/api/me").json()["email"], "ann@example.org");
        assert!(app.token("user_01").get("/api/me").json()["email"].is_null());
    });
}

#[test]
fn the_former_address_gets_a_notice_and_its_links_end() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "old@example.org");
        assert_eq!(ask_for_link(&app.anonymous(), "old@example.org").status, 202);
        let reset = link_in(&mailbox.next());
        app.anonymous().open_link(&reset).assert_page(200);

        let user = app.token("user_01");
        let body = json!({ "email": "new@example.org" });
        assert_eq!(user.post_json("/api/me/email", &body).status, 202);
        let link = link_in(&mailbox.next());
        let fields = [("token", token(&link))];
        assert_eq!(app.anonymous().post_form("/address/confirm", &fields).status, 303);
        let notice = mailbox.next();
        assert!(notice.contains("\r\nTo: old@example.org\r\n"), "{notice}");
        assert!(notice.contains("Subject: Your address was changed - Vestibule"), "{notice}");
        app.anonymous().open_link(&reset).assert_page(404);
        assert!(!signs_in(&app, "old@example.org", "1234"));
        assert!(signs_in(&app, "new@example.org", "1234"));

        assert_eq!(user.delete("/api/me/email").status, 204);
        assert!(mailbox.next().contains("\r\nTo: new@example.org\r\n"));
        assert!(!signs_in(&app, "new@example.org", "1234"));
        assert!(user.get("/api/me").json()["email"].is_null());
        assert_eq!(user.delete("/api/me/email").status, 204, "a second time too");
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn a_forgotten_password_is_set_by_the_link_in_a_mail() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let signed_in = app.session("user_01");
        let visitor = app.anonymous().from("192.0.2.7");
        visitor.get("/password/forgot").assert_page(200);
        assert!(visitor.get("/login").body.contains("href=\"/password/forgot\""));
        let asked = visitor.post_form("/password/forgot", &[("email", "ANN@example.org")]);
        asked.assert_page(200);
        assert!(asked.body.contains("If an account has this address"), "{}", asked.body);
        let link = link_in(&mailbox.next());
        assert!(link.starts_with("/password/new?token="), "{link}");
        let made = "events WHERE event = 'link_made' AND address = '192.0.2.7'";
        assert_eq!(app.count(made), 1, "the log says which client has asked");
        visitor.open_link(&link).assert_page(200);
        assert_eq!(signed_in.get("/account").status, 200, "asking ends nothing");
        let fields = [("token", token(&link)), ("password", NEW)];
        let set = visitor.post_form("/password/new", &fields);
        assert_eq!((set.status, set.location()), (303, "/login"));
        assert_eq!(signed_in.get("/account").status, 303, "all sign-ins have ended");
        assert!(signs_in(&app, "user_01", NEW) && !signs_in(&app, "user_01", "1234"));
        let notice = mailbox.next();
        assert!(notice.contains("Subject: Your password was changed - Vestibule"), "{notice}");
        assert!(notice.contains("\r\nTo: ann@example.org\r\n"), "{notice}");
        assert_ended(&app, &link);
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn a_form_whose_link_a_newer_mail_replaced_leads_to_the_page_that_sends_another() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let visitor = app.anonymous();
        assert_eq!(ask_for_link(&visitor, "ann@example.org").status, 202);
        let older = link_in(&mailbox.next());
        visitor.open_link(&older).assert_page(200);
        assert_eq!(ask_for_link(&visitor, "ann@example.org").status, 202);
        let newer = link_in(&mailbox.next());
        assert_invalid(&use_link(&visitor, &older, NEW));
        assert_eq!(use_link(&visitor, &newer, NEW).status, 303);
    });
}

#[test]
fn asking_for_a_link_gets_the_same_answer_whether_an_account_has_the_address() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        // Not confirmed, and of a deactivated account.
        confirm(&app, &mut mailbox, "user_02", "off@example.org");
        let id = app.id("user_02");
        let off = json!({ "active": false });
        let reply = app.token("admin").patch_json(&format!("/api/users/{id}"), &off);
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(mailbox.next().contains("Subject: Your account was deactivated"));
        let answer = |address: &str| {
            let api = ask_for_link(&app.anonymous(), address).without_id();
            let form = app.anonymous().post_form("/password/forgot", &[("email", address)]);
            assert_eq!((api.status, form.status), (202, 200), "{address}");
            (api.body, form.cookies().len(), form.without_id().body)
        };
        let known = answer("ann@example.org");
        assert_eq!(answer("nobody@example.org"), known);
        assert_eq!(answer("off@example.org"), known);
        let mail = mailbox.next();
        assert!(mail.contains("To: ann@example.org"), "{mail}");
        let unseen = mailbox.rest();
        // The second request of the form may have replaced the mail of the first.
        assert!(unseen <= 1, "{unseen}");
    });
}

#[test]
fn more_than_five_links_an_hour_are_not_sent_to_one_address() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        confirm(&app, &mut mailbox, "user_02", "bob@example.org");
        let ask = |address: &str| {
            assert_eq!(ask_for_link(&app.anonymous(), address).status, 202, "{address}");
        };
        for _ in 0..5 {
            ask("ann@example.org");
            link_in(&mailbox.next());
        }
        ask("ANN@example.org");
        assert_eq!(mailbox.rest(), 0);
        ask("bob@example.org");
        assert!(mailbox.next().contains("\r\nTo: bob@example.org\r\n"));
        app.clock.advance(HOUR + Duration::from_secs(1));
        ask("ann@example.org");
        assert!(mailbox.next().contains("\r\nTo: ann@example.org\r\n"));
    });
}

#[test]
fn an_address_that_accounts_enter_gets_five_mails_an_hour_which_the_response_does_not_tell() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        let ask = |name: &str, address: &str| {
            let reply = app.token(name).post_json("/api/me/email", &json!({ "email": address }));
            assert_eq!((reply.status, reply.body.as_str()), (202, ""), "{name}");
        };
        ask("user_01", "stranger@example.org");
        let link = link_in(&mailbox.next());
        for _ in 0..4 {
            ask("user_02", "Stranger@example.org");
            assert!(mailbox.next().contains("\r\nTo: Stranger@example.org\r\n"));
        }
        ask("admin", "stranger@example.org");
        ask("user_01", "stranger@example.org");
        assert_eq!(mailbox.rest(), 0);
        app.anonymous().open_link(&link).assert_page(200);
        // The same for an address that an account has.
        app.clock.advance(HOUR + Duration::from_secs(1));
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        for _ in 0..4 {
            ask("user_02", "ann@example.org");
            assert!(mailbox.next().contains("\r\nTo: ann@example.org\r\n"));
        }
        ask("admin", "ann@example.org");
        assert_eq!(mailbox.rest(), 0);
        ask("admin", "stranger@example.org");
        assert!(mailbox.next().contains("\r\nTo: stranger@example.org\r\n"));
    });
}

#[test]
fn accounts_of_one_network_ask_for_fifty_confirmations_an_hour() {
    on_both(|app| {
        for person in 0..11 {
            let body =
                json!({ "username": format!("person{person}"), "password": "correct horse" });
            assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
        }
        let ask = |person: usize, client: &str, number: usize| {
            let program = app.token(&format!("person{person}")).from(client);
            let body = json!({ "email": format!("ann{number}@example.org") });
            program.post_json("/api/me/email", &body)
        };
        for number in 0..50 {
            assert_eq!(ask(number / 5, "192.0.2.1", number).status, 202);
        }
        ask(10, "192.0.2.1", 50).assert_problem(429, "too_many_attempts");
        assert_eq!(ask(10, "198.51.100.1", 50).status, 202);
    });
}

#[test]
fn clients_of_one_network_ask_for_fifty_links_an_hour() {
    on_both(|app| {
        let ask = |client: &str, number: usize| {
            let visitor = app.anonymous().from(client);
            ask_for_link(&visitor, &format!("ann{number}@example.org"))
        };
        for number in 0..50 {
            assert_eq!(ask("192.0.2.1", number).status, 202);
        }
        ask("192.0.2.1", 50).assert_problem(429, "too_many_attempts");
        assert_eq!(ask("198.51.100.1", 50).status, 202);
    });
}

#[test]
fn an_account_asks_for_five_mails_an_hour() {
    on_both(|app| {
        let user = app.token("user_01");
        for number in 0..5 {
            let body = json!({ "email": format!("ann{number}@example.org") });
            assert_eq!(user.post_json("/api/me/email", &body).status, 202);
        }
        let body = json!({ "email": "ann6@example.org" });
        user.post_json("/api/me/email", &body).assert_problem(429, "too_many_attempts");
        let browser = app.session("user_01");
        let page = browser.post_form("/account/address", &[("email", "ann7@example.org")]);
        page.assert_page(429);
        assert!(page.body.contains("ann7@example.org"), "the form keeps what was typed");
    });
}

#[test]
fn what_is_no_address_is_named_and_kept_in_the_form() {
    on_both(|app| {
        let (browser, token) = (app.session("user_01"), app.token("user_01"));
        for text in ["", "ann", "ann@", "a b@example.org", "ann@example.org\r\nBcc: x@example.org"]
        {
            let body = json!({ "email": text });
            token.post_json("/api/me/email", &body).assert_problem(422, "invalid_field");
            ask_for_link(&app.anonymous(), text).assert_problem(422, "invalid_field");
            let page = browser.post_form("/account/address", &[("email", text)]);
            page.assert_page(422);
            assert!(page.body.contains("Enter an address such as"), "{}", page.body);
            let page = app.anonymous().post_form("/password/forgot", &[("email", text)]);
            page.assert_page(422);
        }
        assert_eq!(app.number("SELECT count(*) AS n FROM mails"), 0);
    });
}

#[test]
fn an_address_is_changed_with_a_fresh_sign_in_alone() {
    on_both(|app| {
        let (browser, mut token) = (app.session("user_01"), app.token("user_01"));
        app.clock.advance(HOUR);
        let reply = browser.post_form("/account/address", &[("email", "ann@example.org")]);
        assert_eq!(reply.status, 303);
        assert!(reply.location().starts_with("/reauthenticate"), "{}", reply.location());
        assert_eq!(token.refresh().status, 200);
        let body = json!({ "email": "ann@example.org" });
        token.post_json("/api/me/email", &body).assert_problem(401, "fresh_login_required");
        token.delete("/api/me/email").assert_problem(401, "fresh_login_required");
        let change = json!({ "email": "ann@example.org" });
        token.json(Method::Patch, "/api/me", &change).assert_problem(422, "invalid_field");
        assert_eq!(app.number("SELECT count(*) AS n FROM mails"), 0);
    });
}

#[test]
fn guesses_by_name_and_by_address_are_counted_for_one_account() {
    let change = |figment: rocket::figment::Figment| {
        figment.merge(Serialized::default("auth.throttle.failures", 4))
    };
    on_both_with(change, |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        // From a client that has never signed in to the account.
        let guess = |name: &str| {
            let body = json!({ "username": name, "password": "wrong" });
            app.anonymous().from("192.0.2.1").post_json("/api/login", &body)
        };
        for name in ["user_01", "ann@example.org", "USER_01", "Ann@Example.org"] {
            guess(name).assert_problem(401, "bad_credentials");
        }
        guess("user_01").assert_problem(429, "too_many_attempts");
        guess("ann@example.org").assert_problem(429, "too_many_attempts");
    });
}

#[test]
fn a_link_ends_with_its_account_and_with_time() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let ask = || assert_eq!(ask_for_link(&app.anonymous(), "ann@example.org").status, 202);
        ask();
        let late = link_in(&mailbox.next());
        app.clock.advance(Duration::from_secs(30 * 60 + 1));
        app.anonymous().open_link(&late).assert_page(404);
        ask();
        let link = link_in(&mailbox.next());
        app.anonymous().open_link(&link).assert_page(200);
        let body = json!({ "email": "bob@example.org" });
        assert_eq!(app.token("user_01").post_json("/api/me/email", &body).status, 202);
        let address = link_in(&mailbox.next());
        let id = app.id("user_01");
        assert_eq!(app.token("admin").delete(&format!("/api/users/{id}")).status, 204);
        let again = json!({ "username": "user_01", "password": "correct horse" });
        assert_eq!(app.anonymous().post_json("/api/register", &again).status, 201);
        app.anonymous().open_link(&link).assert_page(404);
        app.anonymous().open_link(&address).assert_page(404);
        ask();
        assert_eq!(mailbox.rest(), 0, "the new account does not have the address");
    });
}

/// An intruder has asked for an address of their own.
#[test]
fn a_pending_address_ends_with_the_password_and_with_sign_ins() {
    let by_owner = |app: &TestApp, _: i64| {
        let body = json!({ "current_password": "1234", "new_password": NEW });
        assert_eq!(app.token("user_01").post_json("/api/password", &body).status, 204);
    };
    let by_ending = |app: &TestApp, id: i64| {
        let path = format!("/api/users/{id}/sign-ins");
        assert_eq!(app.token("admin").delete(&path).status, 204);
    };
    let by_switching_off = |app: &TestApp, id: i64| {
        let admin = app.token("admin");
        for active in [false, true] {
            let change = json!({ "active": active });
            let reply = admin.json(Method::Patch, &format!("/api/users/{id}"), &change);
            assert_eq!(reply.status, 200);
        }
    };
    let others_by_api = |app: &TestApp, _: i64| {
        assert_eq!(app.token("user_01").delete("/api/sign-ins").status, 204);
    };
    let all_by_api = |app: &TestApp, _: i64| {
        assert_eq!(app.token("user_01").post("/api/logout?all=true").status, 204);
    };
    let all_at_sign_out = |app: &TestApp, _: i64| {
        assert_eq!(app.session("user_01").post("/logout?all=true").status, 303);
    };
    let others_on_page = |app: &TestApp, _: i64| {
        assert_eq!(app.session("user_01").post("/account/sign-ins/end-others").status, 303);
    };
    let all_on_page = |app: &TestApp, _: i64| {
        assert_eq!(app.session("user_01").post("/account/sign-ins/end-all").status, 303);
    };
    let that_one = |app: &TestApp, _: i64| {
        let owner = app.token("user_01");
        let found = owner.get("/api/sign-ins").json();
        let others = found["sign_ins"].as_array().expect("a list").iter();
        let mut others = others.filter(|one| one["current"] == false);
        let id = others.next().and_then(|one| one["id"].as_str()).expect("the intruder's");
        assert_eq!(owner.delete(&format!("/api/sign-ins/{id}")).status, 204);
    };
    let that_one_by_administrator = |app: &TestApp, id: i64| {
        let (admin, path) = (app.token("admin"), format!("/api/users/{id}/sign-ins"));
        let found = admin.get(&path).json();
        let one = found["sign_ins"][0]["id"].as_str().expect("the intruder's").to_owned();
        assert_eq!(admin.delete(&format!("{path}/{one}")).status, 204);
    };
    let second_factor = |app: &TestApp, _: i64| drop(set_up(app, "user_01"));
    type Remedy = fn(&TestApp, i64);
    let remedies: [(&str, Remedy); 11] = [
        ("a password of the owner", by_owner),
        ("the end of all sign-ins", by_ending),
        ("off and on again", by_switching_off),
        ("DELETE /api/sign-ins", others_by_api),
        ("POST /api/logout?all=true", all_by_api),
        ("POST /logout?all=true", all_at_sign_out),
        ("/account/sign-ins/end-others", others_on_page),
        ("/account/sign-ins/end-all", all_on_page),
        ("the end of that sign-in", that_one),
        ("the end of that sign-in by an administrator", that_one_by_administrator),
        ("a second factor", second_factor),
    ];
    for (remedy, apply) in remedies {
        on_both(|app| {
            let mut mailbox = Mailbox::of(&app);
            let body = json!({ "email": "intruder@example.org" });
            assert_eq!(app.token("user_01").post_json("/api/me/email", &body).status, 202);
            let link = link_in(&mailbox.next());
            let intruder = app.anonymous();
            intruder.open_link(&link).assert_page(200);
            apply(&app, app.id("user_01"));
            let fields = [("token", token(&link))];
            let confirmed = intruder.post_form("/address/confirm", &fields);
            assert_eq!(confirmed.status, 404, "{remedy}");
            let found = app.number("SELECT count(*) AS n FROM users WHERE email IS NOT NULL");
            assert_eq!(found, 0, "{remedy}");
        });
    }
}

#[test]
fn an_administrator_finds_a_user_by_the_address_and_removes_it() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "Ann@Example.org");
        let (admin, id) = (app.token("admin"), app.id("user_01"));
        let path = format!("/api/users/{id}");
        let found = admin.get("/api/users?q=ann@example").json();
        assert_eq!(found["total"], 1);
        assert_eq!(found["users"][0]["email"], "Ann@Example.org");
        assert!(
            app.session("admin").get(&format!("/admin/users/{id}")).body.contains("Ann@Example")
        );
        let other = json!({ "email": "intruder@example.org" });
        admin.json(Method::Patch, &path, &other).assert_problem(422, "invalid_field");
        for _ in 0..2 {
            let changed = admin.json(Method::Patch, &path, &json!({ "email": null }));
            assert_eq!((changed.status, &changed.json()["email"]), (200, &json!(null)));
        }
        let notice = mailbox.next();
        assert!(notice.contains("\r\nTo: Ann@example.org\r\n"), "{notice}");
        assert_eq!(mailbox.rest(), 0, "the second time nothing has changed");
        assert!(!signs_in(&app, "ann@example.org", "1234"));
        assert_eq!(admin.get("/api/users?q=ann@example").json()["total"], 0);
    });
}

#[test]
fn an_administrator_removes_an_address_on_the_page_of_its_user() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        let user = format!("/admin/users/{}", app.id("user_01"));
        let remove = format!("{user}/remove-address");
        let admin = app.session("admin");
        let link = "/remove-address\"";
        assert!(!admin.get(&user).body.contains(link), "there is none");
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        assert!(admin.get(&user).body.contains(link));
        let asked = admin.get(&remove);
        asked.assert_page(200);
        assert!(asked.body.contains("Remove the e-mail address: user_01"), "{}", asked.body);
        app.session("user_02").post(&remove).assert_page(403);
        assert_eq!(app.count("users WHERE email IS NOT NULL"), 1, "nothing is removed yet");
        // The second copy of a form finds no address.
        for _ in 0..2 {
            let removed = admin.post(&remove);
            assert_eq!((removed.status, removed.location()), (303, user.as_str()));
            let page = admin.get(&user).body;
            assert!(page.contains("The e-mail address of user_01 is removed."), "{page}");
            assert!(!page.contains("ann@example.org") && !page.contains(link), "{page}");
        }
        assert!(mailbox.next().contains("\r\nTo: ann@example.org\r\n"));
        assert_eq!(mailbox.rest(), 0);
        assert!(!signs_in(&app, "ann@example.org", "1234"));
        let events = "events WHERE event = 'address_changed' AND actor = 'admin'";
        assert_eq!(app.count(events), 1);
        admin.post("/admin/users/999/remove-address").assert_page(404);
        app.clock.advance(HOUR);
        for reply in [admin.get(&remove), admin.post(&remove)] {
            assert!(reply.location().starts_with("/reauthenticate"), "{}", reply.location());
        }
    });
}
