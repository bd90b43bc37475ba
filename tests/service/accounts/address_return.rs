//! Taking an address back that someone else has changed, by the link that was sent to it.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::futures::future::join_all;
use rocket::http::ContentType;
use rocket::tokio::runtime::Runtime;
use serde_json::json;

use super::addresses::{Mailbox, ask_for_link, confirm, link_in, token};
use super::concurrent_requests::process;
use super::password_links::signs_in;
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Gives a user another address; the link in the mail to the former one.
fn replace(app: &TestApp, mailbox: &mut Mailbox<'_>, username: &str, address: &str) -> String {
    confirm(app, mailbox, username, address);
    let notice = mailbox.next();
    assert!(notice.contains("Subject: Your address was changed"), "{notice}");
    let link = link_in(&notice);
    assert!(link.starts_with("/address/return?token="), "{link}");
    link
}

fn put_back(actor: &Actor<'_>, link: &str) -> Reply {
    actor.post_form("/address/return", &[("token", token(link))])
}

fn address(app: &TestApp, username: &str) -> i64 {
    app.count(&format!("users WHERE username = '{username}' AND email = 'ann@example.org'"))
}

#[test]
fn the_owner_takes_the_address_back_and_everyone_is_signed_out() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let (thief, program) = (app.session("user_01"), app.token("user_01"));
        let link = replace(&app, &mut mailbox, "user_01", "thief@example.org");
        assert_eq!(ask_for_link(&app.anonymous(), "thief@example.org").status, 202);
        let reset = link_in(&mailbox.next());

        let owner = app.anonymous();
        let opened = owner.open_link(&link);
        opened.assert_page(200);
        for said in ["<strong>ann@example.org</strong>", "<strong>thief@example.org</strong>"] {
            assert!(opened.body.contains(said), "{}", opened.body);
        }
        assert!(opened.body.contains("ends all sign-ins of the account (4)"), "{}", opened.body);
        assert_eq!(thief.get("/account").status, 200, "opening it ends nothing");
        let done = put_back(&owner, &link);
        assert_eq!((done.status, done.location()), (303, "/login"), "{}", done.body);
        let login = owner.get("/login").body;
        assert!(login.contains("The address is yours again"), "{login}");
        assert_eq!(address(&app, "user_01"), 1);
        assert!(thief.get("/account").location().starts_with("/login"));
        program.get("/api/me").assert_problem(401, "token_revoked");
        owner.open_link(&reset).assert_page(404);
        assert!(signs_in(&app, "ann@example.org", "1234"));
        assert!(!signs_in(&app, "thief@example.org", "1234"));
        // The other address is told, and has no link to do the same.
        let notice = mailbox.next();
        assert!(notice.contains("\r\nTo: thief@example.org\r\n"), "{notice}");
        assert!(!notice.contains("?token"), "{notice}");
        put_back(&owner, &link).assert_page(404);
        owner.open_link(&link).assert_page(404);
        let events = app.token("admin").get("/api/admin/events").body;
        assert!(events.contains("\"address_returned\""), "{events}");
        assert!(!events.contains(token(&link)), "{events}");
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn in_a_browser_of_another_account_the_link_says_whose_address_it_is() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let link = replace(&app, &mut mailbox, "user_01", "thief@example.org");
        let browser = app.session("user_02");
        assert_eq!(put_back(&browser, &link).location(), "/login");
        assert_eq!(browser.get("/login").location(), "/dashboard");
        let page = browser.get("/dashboard").body;
        assert!(page.contains("In this browser you are signed in to another account."), "{page}");
        assert_eq!(address(&app, "user_01"), 1);
    });
}

#[test]
fn several_changes_do_not_keep_the_owner_from_the_address() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        app.clock.advance(DAY);
        let first = replace(&app, &mut mailbox, "user_01", "one@example.org");
        app.clock.advance(DAY);
        let second = replace(&app, &mut mailbox, "user_01", "two@example.org");
        app.clock.advance(DAY);
        assert_eq!(app.token("user_01").delete("/api/me/email").status, 204);
        let third = link_in(&mailbox.next());
        // A link of a later address ends none of an earlier one.
        assert_eq!(put_back(&app.anonymous(), &second).status, 303);
        assert_eq!(app.count("users WHERE email = 'one@example.org'"), 1);
        app.anonymous().open_link(&third).assert_page(404);
        assert_eq!(put_back(&app.anonymous(), &first).status, 303);
        assert_eq!(address(&app, "user_01"), 1);
        assert_eq!(app.count("former_addresses"), 0);
    });
}

#[test]
fn a_former_address_is_kept_for_two_days_until_its_mail_is_sent() {
    on_both(|app| {
        app.hold_mails();
        app.sql(
            "UPDATE users SET email = 'ann@example.org', email_key = 'ann@example.org' \
             WHERE username = 'user_01'",
        );
        assert_eq!(app.token("user_01").delete("/api/me/email").status, 204);
        let purge = || {
            let now = app.clock.now().expect("a time");
            vestibule_service::accounts::queries::purge_former_addresses(
                &mut app.connection(),
                now,
                500,
            )
            .expect("a purge")
        };
        app.clock.advance(2 * DAY - Duration::from_micros(1));
        assert_eq!((purge(), app.count("former_addresses")), (0, 1));
        app.clock.advance(Duration::from_micros(1));
        assert_eq!((purge(), app.count("former_addresses")), (1, 0));
    });
}

#[test]
fn a_link_ends_with_its_time_and_with_its_account() {
    let short = |figment: Figment| {
        figment.merge(Serialized::default("accounts.address_return_lifetime", "2 days"))
    };
    on_both_with(short, |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let link = replace(&app, &mut mailbox, "user_01", "new@example.org");
        assert_eq!(
            app.count(&format!("former_addresses WHERE token_hash = '{}'", token(&link))),
            0
        );
        app.clock.advance(2 * DAY - Duration::from_micros(1));
        app.anonymous().open_link(&link).assert_page(200);
        app.clock.advance(Duration::from_micros(1));
        app.anonymous().open_link(&link).assert_page(404);
        put_back(&app.anonymous(), &link).assert_page(404);
        let now = app.clock.now().expect("a time");
        let purge = |connection: &mut _| {
            vestibule_service::accounts::queries::purge_former_addresses(connection, now, 500)
        };
        assert_eq!(purge(&mut app.connection()).expect("a purge"), 1);

        let link = replace(&app, &mut mailbox, "user_01", "newer@example.org");
        let id = app.id("user_01");
        let admin = app.token("admin");
        let off = json!({ "active": false });
        assert_eq!(admin.patch_json(&format!("/api/users/{id}"), &off).status, 200);
        put_back(&app.anonymous(), &link).assert_page(404);
        assert_eq!(admin.delete(&format!("/api/users/{id}")).status, 204);
        let again = json!({ "username": "user_01", "password": "correct horse" });
        assert_eq!(app.anonymous().post_json("/api/register", &again).status, 201);
        put_back(&app.anonymous(), &link).assert_page(404);
        assert_eq!(app.count("former_addresses"), 0);
    });
    on_both(|app| {
        let key = "accounts.address_return_lifetime";
        let figment = app.figment().merge(Serialized::default(key, "59s"));
        let errors = vestibule_service::app::build(figment, &app.clock).expect_err("refused");
        let said = errors.iter().map(ToString::to_string).collect::<String>();
        assert!(said.contains(key) && said.contains("\"1m\" to \"30 days\""), "{said}");
    });
}

#[test]
fn an_address_that_another_account_has_by_now_is_not_taken_from_it() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let link = replace(&app, &mut mailbox, "user_01", "new@example.org");
        confirm(&app, &mut mailbox, "user_02", "ann@example.org");
        let session = app.session("user_01");
        let refused = put_back(&app.anonymous(), &link);
        refused.assert_page(422);
        assert!(refused.body.contains("Another account has this address."), "{}", refused.body);
        assert_eq!(address(&app, "user_02"), 1);
        assert_eq!(session.get("/account").status, 200, "nothing has ended");
        let program = app.token("user_02");
        assert_eq!(program.delete("/api/me/email").status, 204);
        assert_eq!(put_back(&app.anonymous(), &link).status, 303, "it uses nothing up");
        assert_eq!(address(&app, "user_01"), 1);
    });
}

#[test]
fn of_twenty_forms_with_one_link_at_once_one_puts_the_address_back() {
    on_both_with(
        |figment: Figment| figment.merge(("databases.main.timeout", "1m")),
        |app| {
            let mut mailbox = Mailbox::of(&app);
            confirm(&app, &mut mailbox, "user_01", "ann@example.org");
            let link = replace(&app, &mut mailbox, "user_01", "new@example.org");
            let runtime = Runtime::new().expect("a runtime");
            let statuses = runtime.block_on(async {
                let processes = [process(&app).await, process(&app).await];
                let send = |at: usize| {
                    let form = processes[at % 2].post("/address/return").header(ContentType::Form);
                    let form = form.body(format!("token={}", token(&link)));
                    async move { form.dispatch().await.status().code }
                };
                join_all((0..20).map(send)).await
            });
            let won = statuses.iter().filter(|status| **status == 303).count();
            assert_eq!(won, 1, "{statuses:?}");
            assert!(statuses.iter().all(|status| [303, 404].contains(status)), "{statuses:?}");
            assert_eq!(app.count("events WHERE event = 'address_returned'"), 1);
            assert_eq!(address(&app, "user_01"), 1);
        },
    );
}

#[test]
fn what_an_administrator_has_removed_is_not_put_back() {
    on_both(|app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", "ann@example.org");
        let path = format!("/api/users/{}", app.id("user_01"));
        let removed = app.token("admin").patch_json(&path, &json!({ "email": null }));
        assert_eq!(removed.status, 200, "{}", removed.body);
        let notice = mailbox.next();
        assert!(notice.contains("Subject: Your address was changed"), "{notice}");
        assert!(!notice.contains("?token"), "{notice}");
        assert_eq!(app.count("former_addresses"), 0);
    });
}
