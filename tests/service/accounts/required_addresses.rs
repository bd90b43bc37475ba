//! `accounts.email`: no addresses at all, or one that everyone who registers must confirm, without
//! telling whether another account has it.

use std::time::{Duration, Instant};

use rocket::figment::providers::Serialized;
use rocket::figment::{Figment, Profile};
use rocket::futures::future::join_all;
use rocket::http::ContentType;
use rocket::tokio::runtime::Runtime;
use serde_json::{Value, json};

use super::addresses::{Mailbox, confirm, link_in, token};
use super::concurrent_requests::process;
use super::password_links::signs_in;
use crate::support::actor::Reply;
use crate::support::app::{TestApp, figment, on_both_with};

const NEW: &str = "battery staple";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn email(policy: &'static str) -> impl Fn(Figment) -> Figment {
    move |figment| figment.merge(Serialized::default("accounts.email", policy))
}

fn body(username: &str, email: &str) -> Value {
    json!({ "username": username, "password": NEW, "email": email })
}

fn api(app: &TestApp, username: &str, email: &str) -> Reply {
    app.anonymous().post_json("/api/register", &body(username, email))
}

fn form(app: &TestApp, username: &str, email: &str) -> Reply {
    let fields = [("username", username), ("email", email), ("password", NEW)];
    app.anonymous().post_form("/register", &fields)
}

/// All of a response but its id and time.
fn whole(reply: Reply) -> (u16, Vec<(String, String)>, String) {
    let mut reply = reply.without_id();
    reply.headers.retain(|(name, _)| name != "date");
    (reply.status, reply.headers, reply.body)
}

fn refusal(app: &TestApp, change: impl Fn(Figment) -> Figment) -> String {
    let errors = vestibule_service::app::build(change(app.figment()), &app.clock);
    let errors = errors.expect_err("refused");
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn an_account_is_made_once_its_address_is_confirmed() {
    on_both_with(email("required"), |app| {
        let (visitor, mut mailbox) = (app.anonymous(), Mailbox::of(&app));
        let page = visitor.get("/register");
        page.assert_page(200);
        assert!(page.body.contains("name=\"email\""), "{}", page.body);
        let fields = [
            ("username", "Ann"),
            ("full_name", "Ann Lee"),
            ("email", "Ann@example.org"),
            ("password", NEW),
        ];
        let sent = visitor.post_form("/register", &fields);
        sent.assert_page(200);
        assert!(sent.body.contains("A mail with a link is on its way."), "{}", sent.body);
        assert!(!signs_in(&app, "Ann", NEW), "it is not confirmed");
        assert_eq!(app.count("users WHERE username = 'Ann'"), 0);

        let mail = mailbox.next();
        assert!(mail.contains("Subject: Confirm your registration - Vestibule"), "{mail}");
        let link = link_in(&mail);
        assert!(link.starts_with("/register/confirm?token="), "{link}");
        assert_eq!(app.count(&format!("registrations WHERE token_hash = '{}'", token(&link))), 0);
        let opened = visitor.open_link(&link);
        opened.assert_page(200);
        assert!(opened.body.contains("<strong>Ann@example.org</strong>"), "{}", opened.body);
        assert!(!signs_in(&app, "Ann", NEW), "opening it makes nothing");
        let done = visitor.post_form("/register/confirm", &[("token", token(&link))]);
        assert_eq!((done.status, done.location()), (303, "/login"), "{}", done.body);
        assert!(visitor.get("/login").body.contains("Your account is ready."));
        assert!(visitor.get("/dashboard").location().starts_with("/login"), "it opens no session");
        assert!(signs_in(&app, "ann", NEW) && signs_in(&app, "ann@EXAMPLE.org", NEW));
        let row =
            "users WHERE full_name = 'Ann Lee' AND email = 'Ann@example.org' AND role = 'user'";
        assert_eq!(app.count(row), 1);
        let again = visitor.post_form("/register/confirm", &[("token", token(&link))]);
        for page in [again, visitor.open_link(&link)] {
            page.assert_page(404);
            let said =
                "If you have confirmed your registration already, your account is ready: sign in.";
            assert!(page.body.contains(said), "{}", page.body);
            assert!(page.body.contains("<a class=\"button\" href=\"/login\">"), "{}", page.body);
        }
        assert_eq!(app.count("registrations"), 0);

        let sent = api(&app, "ben", "ben@example.org");
        assert_eq!((sent.status, sent.body.as_str()), (202, ""));
        sent.assert_no_cookies();
        let link = link_in(&mailbox.next());
        let fields = [("token", token(&link))];
        let elsewhere = app.session("user_02");
        assert_eq!(elsewhere.post_form("/register/confirm", &fields).status, 303);
        assert!(signs_in(&app, "ben", NEW));
        let page = elsewhere.get("/dashboard").body;
        assert!(page.contains("In this browser you are signed in to another account."), "{page}");
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn the_response_does_not_tell_whether_an_account_has_the_address() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let fresh = (whole(api(&app, "name_1", "new@example.org")), mailbox.next());
        let taken = (whole(api(&app, "name_2", "ANN@example.org")), mailbox.next());
        assert_eq!(fresh.0, taken.0);
        assert!(fresh.1.contains("/register/confirm"), "{}", fresh.1);
        let unfolded = taken.1.replace("=\r\n", "");
        assert!(unfolded.contains("Subject: You have an account already"), "{unfolded}");
        assert!(unfolded.contains("Hello user_01,"), "{unfolded}");
        assert!(unfolded.contains("/password/forgot") && !unfolded.contains("token"), "{unfolded}");
        let fresh = (whole(form(&app, "name_3", "newer@example.org")), mailbox.next());
        let taken = (whole(form(&app, "name_4", "ann@example.org")), mailbox.next());
        assert_eq!(fresh.0, taken.0);
        // Nor does a second registration with the same name, or one in the form of the address.
        for name in ["name_1", "name_2", "NAME_3", "name_4", "USER_02"] {
            let reply = api(&app, name, "other@example.org");
            reply.assert_problem(409, "username_taken");
        }
        for name in ["ann@example.org", "nobody@example.org"] {
            let reply = api(&app, name, "other@example.org");
            reply.assert_problem(422, "invalid_field");
            assert!(reply.body.contains("cannot be an e-mail address"), "{}", reply.body);
        }
        assert_eq!(mailbox.rest(), 0);
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn a_registration_takes_as_long_for_an_address_that_an_account_has() {
    let dear = |figment: Figment| email("required")(figment).merge(("auth.password.cost", 9));
    on_both_with(dear, |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let time = |name: String, address: &str| {
            let begun = Instant::now();
            assert_eq!(api(&app, &name, address).status, 202);
            begun.elapsed()
        };
        // Alternately, and the best counts, because other tests keep the machine busy. Each address
        // gets five mails.
        let (mut fresh, mut taken) = (Duration::MAX, Duration::MAX);
        for round in 1..=40 {
            fresh = fresh.min(time(format!("a{round}"), "new@example.org"));
            taken = taken.min(time(format!("b{round}"), "ann@example.org"));
            if round >= 5 && fresh < taken * 3 / 2 && taken < fresh * 3 / 2 {
                return;
            }
        }
        panic!("{fresh:?} against {taken:?}");
    });
}

#[test]
fn an_address_that_is_the_name_of_an_account_makes_no_other_account() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        let added = json!({ "username": "bob@example.org", "password": NEW });
        assert_eq!(app.token("admin").post_json("/api/users", &added).status, 201);
        let free = whole(api(&app, "ann", "ann@example.org"));
        drop(mailbox.next());
        assert_eq!(whole(api(&app, "ben", "Bob@example.org")), free);
        let link = link_in(&mailbox.next());
        let refused = app.anonymous().post_form("/register/confirm", &[("token", token(&link))]);
        refused.assert_page(422);
        assert!(refused.body.contains("Another account has this address."), "{}", refused.body);
        assert_eq!(app.count("users WHERE username = 'ben'"), 0);
        assert!(signs_in(&app, "bob@example.org", NEW));
    });
}

#[test]
fn every_bad_field_is_named_and_the_form_keeps_the_address() {
    on_both_with(email("required"), |app| {
        let reply = app.anonymous().post_json("/api/register", &json!({ "username": "x y" }));
        reply.assert_problem(422, "invalid_field");
        for field in ["email", "password"] {
            assert!(!reply.json()["fields"][field].is_null(), "{field}: {}", reply.body);
        }
        let bad = json!({ "username": "", "password": "short", "email": "ann" });
        let reply = app.anonymous().post_json("/api/register", &bad);
        let fields = reply.json()["fields"].as_object().expect("fields").clone();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["email", "password", "username"]);
        let page = form(&app, "ann", "ann@");
        page.assert_page(422);
        assert!(page.body.contains("Enter an address such as"), "{}", page.body);
        assert!(page.body.contains("value=\"ann@\""), "{}", page.body);
        form(&app, "admin", "ann@example.org").assert_page(409);
        assert_eq!(app.count("registrations") + app.count("mails"), 0);
    });
}

#[test]
fn a_form_that_was_sent_twice_leads_to_the_same_page_and_another_password_does_not() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        for _ in 0..2 {
            let sent = form(&app, "ann", "ann@example.org");
            assert!(sent.body.contains("A mail with a link is on its way."), "{}", sent.body);
        }
        let other =
            [("username", "ann"), ("email", "ann@example.org"), ("password", "correct horse")];
        app.anonymous().post_form("/register", &other).assert_page(409);
        form(&app, "ann", "ben@example.org").assert_page(409);
        let link = link_in(&mailbox.next());
        assert_eq!(mailbox.rest(), 0, "one mail");
        let fields = [("token", token(&link))];
        assert_eq!(app.anonymous().post_form("/register/confirm", &fields).status, 303);
        assert!(signs_in(&app, "ann", NEW) && !signs_in(&app, "ann", "correct horse"));
        let again = form(&app, "ann", "ann@example.org");
        assert_eq!((again.status, again.location()), (303, "/dashboard"), "{}", again.body);
        app.anonymous().post_form("/register", &other).assert_page(409);
    });
}

#[test]
fn a_registration_whose_mail_is_lost_is_sent_again_with_its_password() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let visitor = app.anonymous();
        let fields = [("username", "ben"), ("email", "ben@example.org"), ("password", NEW)];
        let sent = visitor.post_form("/register", &fields);
        assert!(sent.body.contains("If none comes, register again"), "{}", sent.body);
        let lost = link_in(&mailbox.next());
        assert_eq!(api(&app, "cat", "ANN@example.org").status, 202);
        drop(mailbox.next());
        app.clock.advance(Duration::from_secs(59));
        assert_eq!(
            whole(api(&app, "ben", "ben@example.org")),
            whole(api(&app, "cat", "ann@example.org"))
        );
        assert_eq!(mailbox.rest(), 0, "it was sent just now");

        app.clock.advance(Duration::from_secs(1));
        let body =
            json!({ "username": "ben", "password": "a wrong one", "email": "ben@example.org" });
        app.anonymous().post_json("/api/register", &body).assert_problem(409, "username_taken");
        api(&app, "ben", "other@example.org").assert_problem(409, "username_taken");
        assert_eq!(mailbox.rest(), 0);
        let fresh = (whole(api(&app, "BEN", "Ben@example.org")), mailbox.next());
        let taken = (whole(api(&app, "cat", "ann@example.org")), mailbox.next());
        assert_eq!(fresh.0, taken.0, "nor does the second tell that an account has the address");
        assert!(taken.1.contains("Subject: You have an account already"), "{}", taken.1);
        app.anonymous().open_link(&lost).assert_page(404);
        let link = link_in(&fresh.1);
        // Five in an hour, with the two that were sent.
        for sent in [1, 2, 3, 3, 3] {
            app.clock.advance(Duration::from_secs(60));
            let again = form(&app, "ben", "ben@example.org").body;
            assert!(again.contains("A mail with a link is on its way."), "{again}");
            assert_eq!(mailbox.rest(), sent);
        }
        app.anonymous().open_link(&link).assert_page(404);
    });
}

#[test]
fn a_registration_that_is_not_confirmed_keeps_its_name_for_a_day() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        assert_eq!(api(&app, "ann", "ann@example.org").status, 202);
        let link = link_in(&mailbox.next());
        app.clock.advance(DAY - Duration::from_micros(1));
        api(&app, "ann", "ben@example.org").assert_problem(409, "username_taken");
        app.anonymous().open_link(&link).assert_page(200);
        app.clock.advance(Duration::from_micros(1));
        app.anonymous().open_link(&link).assert_page(404);
        let fields = [("token", token(&link))];
        app.anonymous().post_form("/register/confirm", &fields).assert_page(404);
        assert_eq!(api(&app, "ann", "ben@example.org").status, 202);
        let newer = link_in(&mailbox.next());
        assert_eq!(api(&app, "cat", "cat@example.org").status, 202);
        mailbox.next();
        // An administrator may give the name to someone else.
        let added = json!({ "username": "ann", "password": NEW });
        assert_eq!(app.token("admin").post_json("/api/users", &added).status, 201);
        let refused = app.anonymous().post_form("/register/confirm", &[("token", token(&newer))]);
        refused.assert_page(409);
        app.clock.advance(DAY);
        let (now, mut connection) = (app.clock.now().expect("a time"), app.connection());
        let mut purge = |limit| {
            vestibule_service::accounts::queries::purge_registrations(&mut connection, now, limit)
                .expect("a purge")
        };
        assert_eq!([purge(1), purge(500), purge(500)], [1, 1, 0], "in batches");
    });
}

#[test]
fn a_registration_keeps_its_name_while_its_second_mail_waits() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        assert_eq!(api(&app, "ann", "ann@example.org").status, 202);
        drop(mailbox.next());
        assert_eq!(mailbox.rest(), 0);
        app.hold_mails();
        let almost_a_day = DAY - Duration::from_micros(1);
        app.clock.advance(almost_a_day);
        assert_eq!(api(&app, "ann", "ann@example.org").status, 202);
        assert_eq!(app.count("mails"), 1);
        app.clock.advance(almost_a_day);
        api(&app, "ann", "ben@example.org").assert_problem(409, "username_taken");
        app.clock.advance(Duration::from_micros(1));
        assert_eq!(api(&app, "ann", "ben@example.org").status, 202);
    });
}

#[test]
fn an_address_gets_five_mails_an_hour_which_the_response_does_not_tell() {
    on_both_with(email("required"), |app| {
        let mailbox = Mailbox::of(&app);
        let first = whole(api(&app, "ann0", "ann@example.org"));
        for number in 1..8 {
            assert_eq!(whole(api(&app, &format!("ann{number}"), "ANN@example.org")), first);
        }
        assert_eq!(mailbox.rest(), 5);
    });
}

#[test]
fn mails_to_an_address_count_for_registrations_and_accounts_together() {
    on_both_with(email("required"), |app| {
        let mailbox = Mailbox::of(&app);
        for number in 0..3 {
            assert_eq!(api(&app, &format!("ann{number}"), "ann@example.org").status, 202);
        }
        for name in ["user_01", "user_02", "admin"] {
            let body = json!({ "email": "ann@example.org" });
            assert_eq!(app.token(name).post_json("/api/me/email", &body).status, 202);
        }
        assert_eq!(mailbox.rest(), 5);
        let first = whole(api(&app, "ann3", "other@example.org"));
        assert_eq!(whole(api(&app, "ann4", "ann@example.org")), first);
        assert_eq!(mailbox.rest(), 6);
    });
}

#[test]
fn of_twenty_forms_with_one_link_at_once_one_makes_the_account() {
    let patient =
        |figment: Figment| email("required")(figment).merge(("databases.main.timeout", "1m"));
    on_both_with(patient, |app| {
        let mut mailbox = Mailbox::of(&app);
        let links = ["ann", "ben"].map(|name| {
            assert_eq!(api(&app, name, "ann@example.org").status, 202);
            link_in(&mailbox.next())
        });
        let runtime = Runtime::new().expect("a runtime");
        let statuses = runtime.block_on(async {
            let processes = [process(&app).await, process(&app).await];
            let send = |at: usize| {
                let form = processes[at % 2].post("/register/confirm").header(ContentType::Form);
                let form = form.body(format!("token={}", token(&links[at / 2 % 2])));
                async move { form.dispatch().await.status().code }
            };
            join_all((0..20).map(send)).await
        });
        let won = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(won, 1, "{statuses:?}");
        // Of the other link: another account has the address now.
        assert!(statuses.iter().all(|status| [303, 404, 422].contains(status)), "{statuses:?}");
        assert_eq!(app.count("users WHERE email = 'ann@example.org'"), 1);
        assert_eq!(app.count("users"), 4);
    });
}

#[test]
fn a_required_address_is_replaced_but_not_removed() {
    on_both_with(email("required"), |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let (program, browser) = (app.token("user_01"), app.session("user_01"));
        program.delete("/api/me/email").assert_problem(403, "forbidden");
        browser.post("/account/address/remove").assert_page(403);
        assert!(!browser.get("/account/address").body.contains("Remove the address"));
        confirm(&app, &mut mailbox, "user_01", "new@example.org");
        assert_eq!(program.get("/api/me").json()["email"], "new@example.org");
    });
}

#[test]
fn where_addresses_are_off_nothing_of_them_is_offered() {
    on_both_with(email("off"), |app| {
        app.sql(
            "UPDATE users SET email = 'ann@example.org', email_key = 'ann@example.org' \
             WHERE username = 'user_01'",
        );
        let (browser, program) = (app.session("user_01"), app.token("user_01"));
        for path in ["/account/address", "/password/forgot", "/address/confirm", "/address/return"]
        {
            browser.get(path).assert_page(404);
        }
        browser.post_form("/register/confirm", &[("token", "x")]).assert_page(404);
        let address = json!({ "email": "ann@example.org" });
        program.post_json("/api/me/email", &address).assert_problem(404, "not_found");
        let forgot = app.anonymous().post_json("/api/password/forgot", &address);
        forgot.assert_problem(404, "not_found");
        for path in ["/", "/account", "/dashboard"] {
            let page = browser.get(path).body;
            assert!(!page.contains("mail") && !page.contains("example.org"), "{path}: {page}");
        }
        for path in ["/login", "/register"] {
            let page = app.anonymous().get(path).body;
            assert!(!page.contains("mail") && !page.contains("Forgotten"), "{path}: {page}");
        }
        assert!(!signs_in(&app, "ann@example.org", "1234") && signs_in(&app, "user_01", "1234"));
        api(&app, "ann", "ann@example.org").assert_problem(422, "invalid_field");
        let reply = app
            .anonymous()
            .post_json("/api/register", &json!({ "username": "ann", "password": NEW }));
        assert_eq!(reply.status, 201, "{}", reply.body);
        let document = app.anonymous().get("/api/openapi.json").json();
        assert!(document["paths"]["/api/password/forgot"].is_null());
        assert!(!document["paths"]["/api/password/reset"].is_null(), "administrators make links");
    });
}

#[test]
fn required_addresses_without_mail_or_pages_are_refused_at_the_start() {
    on_both_with(email("optional"), |app| {
        for profile in ["debug", "release"] {
            // Without `mail.url`, which the application of the tests has.
            let bare = |_| {
                let figment = figment("sqlite://nothing.sqlite3").merge(("auth.password.cost", 10));
                email("required")(figment).select(Profile::const_new(profile))
            };
            let said = refusal(&app, bare);
            assert!(said.contains("accounts.email") && said.contains("set mail.url"), "{said}");
        }
        let tokens = |figment: Figment| email("required")(figment).merge(("auth.mode", "token"));
        let said = refusal(&app, tokens);
        assert!(said.contains("accounts.email") && said.contains("without pages"), "{said}");
        let said = refusal(&app, email("sometimes"));
        assert!(said.contains("accounts.email"), "{said}");
    });
}
