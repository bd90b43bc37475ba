//! Signing in by a link or a code in a mail.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::http::Method;
use serde_json::json;
use vestibule_service::accounts::{SIGN_IN_LINK_LIFETIME, SignInLink, queries};

use super::addresses::{Mailbox, confirm};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

const ADDRESS: &str = "ann@example.org";
const ENTER: &str = "/login/link/enter";

const METRICS_TOKEN: &str = "a-token-of-the-tests-of-32-bytes";

fn with_links(figment: Figment) -> Figment {
    figment.merge(("accounts.sign_in_links", true)).merge(("metrics.token", METRICS_TOKEN))
}

/// An application whose `user_01` has an address.
fn with_address(app: &TestApp) -> Mailbox<'_> {
    let mut mailbox = Mailbox::of(app);
    confirm(app, &mut mailbox, "user_01", ADDRESS);
    mailbox
}

/// Asks for a mail in a browser.
fn ask(browser: &Actor<'_>) {
    let asked = browser.post_form("/login/link", &[("email", " ANN@example.org")]);
    assert_eq!((asked.status, asked.location()), (303, ENTER), "{}", asked.body);
}

/// The token and the code of a mail.
fn secrets(mail: &str) -> (String, String) {
    assert!(mail.contains("Subject: Sign in - Vestibule"), "{mail}");
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once("/login/link/enter?token=").expect("a link");
    let code = text.lines().find_map(|line| line.strip_prefix("    ")).expect("a code");
    (rest.chars().take(43).collect(), code.trim().to_owned())
}

fn use_token(browser: &Actor<'_>, token: &str) -> Reply {
    browser.post_form(ENTER, &[("token", token)])
}

fn use_code(browser: &Actor<'_>, code: &str) -> Reply {
    browser.post_form(ENTER, &[("code", code)])
}

fn is_in(browser: &Actor<'_>) -> bool {
    browser.get("/dashboard").status == 200
}

#[test]
fn the_browser_that_asked_signs_in_with_one_click_and_is_not_fresh() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let browser = app.anonymous();
        assert!(browser.get("/login").body.contains("href=\"&#x2F;login&#x2F;link\""));
        browser.get("/login/link").assert_page(200);
        ask(&browser);
        browser.get(ENTER).assert_page(200);
        let (token, _) = secrets(&mailbox.next());
        // Opening it, as a scanner of mails does, does not sign in.
        let page = browser.open_link(&format!("{ENTER}?token={token}"));
        page.assert_page(200);
        assert!(page.body.contains("<strong>user_01</strong>"), "{}", page.body);
        assert!(!is_in(&browser));
        let entered = use_token(&browser, &token);
        assert_eq!((entered.status, is_in(&browser)), (303, true), "{}", entered.body);
        let address = browser.get("/account/address");
        assert!(address.location().starts_with("/reauthenticate"), "{}", address.location());
        assert_eq!(app.count("sign_in_links"), 0);
        let other = app.anonymous();
        use_token(&other, &token).assert_page(404);
        assert!(!is_in(&other));
    });
}

#[test]
fn a_link_signs_in_no_other_browser_and_the_code_is_typed_where_it_was_asked_for() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let (laptop, phone, stranger) = (app.anonymous(), app.anonymous(), app.anonymous());
        ask(&laptop);
        let (token, code) = secrets(&mailbox.next());
        phone.open_link(&format!("{ENTER}?token={token}")).assert_page(404);
        use_token(&phone, &token).assert_page(404);
        use_code(&phone, &code).assert_page(422);
        // Not in one that has asked itself either.
        ask(&stranger);
        drop(mailbox.next());
        stranger.open_link(&format!("{ENTER}?token={token}")).assert_page(404);
        use_token(&stranger, &token).assert_page(404);
        use_code(&stranger, &code).assert_page(422);
        assert!(!is_in(&phone) && !is_in(&stranger));

        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        assert_eq!(use_code(&laptop, &typed).status, 303);
        assert!(is_in(&laptop));
        assert_eq!(app.count("sign_ins WHERE kind = 'browser'"), 1);
        let metrics = app.anonymous().with_token(METRICS_TOKEN).get("/metrics").body;
        // `user_01` has signed in with the password to enter the address.
        for (outcome, count) in [("success", 2), ("invalid_field", 2), ("not_found", 2)] {
            let sample = format!("vestibule_sign_ins_total{{outcome=\"{outcome}\"}} {count}\n");
            assert!(metrics.contains(&sample), "{sample} {metrics}");
        }
    });
}

#[test]
fn the_page_that_was_asked_for_opens_after_the_link_or_the_code() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let next = "/account/sign-ins?page=1&x=%2F";
        type Form = fn(&Actor<'_>, (String, String)) -> Reply;
        let forms: [Form; 2] = [
            |browser, (token, _)| use_token(browser, &token),
            |browser, (_, code)| use_code(browser, &code),
        ];
        for form in forms {
            let browser = app.anonymous();
            let login =
                browser.get("/login?next=%2Faccount%2Fsign-ins%3Fpage%3D1%26x%3D%252F").body;
            let login = login.replace("&#x2F;", "/").replace("&amp;", "&");
            let link = login.split("href=\"/login/link").nth(1).expect("a link");
            let link = link.split('"').next().expect("an address");
            let page = browser.get(&format!("/login/link{link}")).body;
            assert!(page.contains("name=\"next\""), "{page}");
            let fields = [("email", ADDRESS), ("next", next)];
            assert_eq!(browser.post_form("/login/link", &fields).location(), ENTER);
            assert_eq!(form(&browser, secrets(&mailbox.next())).location(), next);
        }
        let stranger = app.anonymous();
        let fields = [("email", ADDRESS), ("next", "//other.example")];
        assert_eq!(stranger.post_form("/login/link", &fields).location(), ENTER);
        assert_eq!(use_token(&stranger, &secrets(&mailbox.next()).0).location(), "/dashboard");
    });
}

/// The same browser with the session of another.
fn with_session<'a>(browser: &Actor<'a>, session: &Actor<'_>) -> Actor<'a> {
    let other = browser.fresh();
    let mut jar = browser.jar.borrow().clone();
    jar.insert("session".to_owned(), session.jar.borrow()["session"].clone());
    other.jar.replace(jar);
    other
}

#[test]
fn a_form_that_is_sent_twice_leads_on_if_its_browser_is_signed_in_by_then() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        type Form = fn(&Actor<'_>, &(String, String)) -> Reply;
        let forms: [Form; 2] = [
            |browser, (token, _)| use_token(browser, token),
            |browser, (_, code)| use_code(browser, code),
        ];
        for (form, refused) in forms.into_iter().zip([404, 422]) {
            let browser = app.anonymous();
            ask(&browser);
            let secrets = secrets(&mailbox.next());
            let second = browser.at(&app.client);
            let first = form(&browser, &secrets);
            assert_eq!((first.status, first.location()), (303, "/dashboard"), "{}", first.body);
            // With the cookies from before the first response, and without.
            for again in [&with_session(&second, &browser), &browser] {
                let reply = form(again, &secrets);
                assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{}", reply.body);
                assert!(is_in(again));
            }
            // Sent before the first was answered: no session, and none is begun.
            let reply = form(&second, &secrets);
            reply.assert_page(refused);
            assert!(
                reply.body.contains("If you have just used it here, you are"),
                "{}",
                reply.body
            );
            assert!(!is_in(&second));
            let stranger = with_session(&second, &app.session("user_02"));
            form(&stranger, &secrets).assert_page(refused);
            app.clock.advance(Duration::from_secs(15 * 60));
            form(&with_session(&second, &browser), &secrets).assert_page(refused);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'browser'"), 4);
    });
}

#[test]
fn the_audit_log_tells_a_sign_in_by_link_or_code_from_one_by_password() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let used = "events WHERE event = 'sign_in_link_used'";
        let by_password = app.session("user_01");
        assert_eq!(app.count(used), 0);
        for number in 1..=2 {
            let browser = app.anonymous();
            ask(&browser);
            let (token, code) = secrets(&mailbox.next());
            use_code(&browser, "AAAA-AAAA").assert_page(422);
            let reply =
                if number == 1 { use_token(&browser, &token) } else { use_code(&browser, &code) };
            assert_eq!(reply.status, 303, "{}", reply.body);
            assert_eq!(app.count(&format!("{used} AND actor = 'user_01'")), number);
        }
        let page = by_password.get("/account/events").body;
        assert_eq!(page.matches("Link or code to sign in used").count(), 2, "{page}");
        let page = app.session("admin").get("/admin/events").body;
        assert_eq!(page.matches("Link or code to sign in used").count(), 2, "{page}");
        let events = app.token("admin").get("/api/admin/events").json();
        let rows = events["events"].as_array().expect("events");
        // Sign-ins are written from a queue, so the one by the first link may follow the second link.
        let of_link = rows.iter().find(|row| row["event"] == "sign_in_link_used");
        let request = &of_link.expect("the use of the code")["request_id"];
        let of_request = rows.iter().filter(|row| row["request_id"] == *request);
        let of_request: Vec<_> = of_request.map(|row| &row["event"]).collect();
        assert_eq!(of_request, ["signed_in", "sign_in_link_used"], "newest first");
    });
}

#[test]
fn five_wrong_codes_end_a_link_and_so_does_its_time() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let browser = app.anonymous();
        ask(&browser);
        let (_, code) = secrets(&mailbox.next());
        for _ in 0..5 {
            let wrong = use_code(&browser, "AAAA-AAAA");
            wrong.assert_page(422);
            assert!(wrong.body.contains("This code is not valid."), "{}", wrong.body);
        }
        use_code(&browser, &code).assert_page(422);
        ask(&browser);
        let (token, code) = secrets(&mailbox.next());
        app.clock.advance(Duration::from_secs(15 * 60));
        use_code(&browser, &code).assert_page(422);
        use_token(&browser, &token).assert_page(404);
        assert!(!is_in(&browser));
    });
}

#[test]
fn a_new_password_and_the_end_of_the_account_end_its_links() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let path = format!("/api/users/{}", app.id("user_01"));
        let changes: [&dyn Fn(); 3] = [
            &|| {
                let change =
                    json!({ "current_password": "1234", "new_password": "battery staple" });
                assert_eq!(app.token("user_01").post_json("/api/password", &change).status, 204);
            },
            &|| {
                let change = |active| json!({ "active": active });
                let admin = app.token("admin");
                assert_eq!(admin.patch_json(&path, &change(false)).status, 200);
                assert_eq!(admin.patch_json(&path, &change(true)).status, 200);
            },
            &|| assert_eq!(app.token("admin").delete(&path).status, 204),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let browser = app.anonymous();
            ask(&browser);
            let (token, _) = secrets(&mailbox.next());
            change();
            use_token(&browser, &token).assert_page(404);
            assert_eq!(app.count("sign_in_links"), 0);
            // The notice of the change; a deleted account gets none.
            if number < 2 {
                drop(mailbox.next());
            }
        }
        assert_eq!(mailbox.rest(), 0);
    });
}

#[test]
fn what_changes_while_a_link_signs_in_leaves_no_sign_in() {
    let opened = "WHERE CAST(id AS TEXT) = NEW.account";
    let used = "WHERE username = 'user_01' AND NEW.event = 'sign_in_link_used'";
    for (table, change, status, location) in [
        ("events", format!("active = FALSE {used}"), 404, ""),
        ("sign_ins", format!("password_hash = 'x' {opened}"), 404, ""),
        ("sign_ins", format!("second_factors = 1 {opened}"), 303, "/login/second"),
    ] {
        on_both_with(with_links, |app| {
            let mut mailbox = with_address(&app);
            let browser = app.anonymous();
            ask(&browser);
            let (token, _) = secrets(&mailbox.next());
            app.sql("DELETE FROM sign_ins");
            app.meanwhile(&format!("INSERT ON {table}"), &format!("UPDATE users SET {change}"));
            let reply = use_token(&browser, &token);
            assert_eq!((reply.status, reply.location()), (status, location), "{change}");
            assert!(!is_in(&browser), "{change}");
            assert_eq!(app.count("sign_ins"), 0, "{change}");
        });
    }
}

#[test]
fn the_answer_is_the_same_for_an_unknown_address_and_an_inactive_account_gets_no_mail() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let answer = |address: &str| {
            let reply = app.anonymous().post_form("/login/link", &[("email", address)]);
            (reply.status, reply.location().to_owned(), reply.cookies().len(), reply.body.clone())
        };
        let known = answer(ADDRESS);
        assert_eq!(answer("nobody@example.org"), known);
        secrets(&mailbox.next());
        let path = format!("/api/users/{}", app.id("user_01"));
        let reply = app.token("admin").patch_json(&path, &json!({ "active": false }));
        assert_eq!(reply.status, 200);
        drop(mailbox.next());
        assert_eq!(answer(ADDRESS), known);
        for _ in 0..10 {
            assert_eq!(answer(ADDRESS), known, "nor is told how often it was asked for");
        }
        assert_eq!(mailbox.rest(), 0);
        app.anonymous().post_form("/login/link", &[("email", "ann")]).assert_page(422);
    });
}

#[test]
fn five_mails_an_hour_go_to_an_address() {
    on_both_with(with_links, |app| {
        let mailbox = with_address(&app);
        for _ in 0..8 {
            ask(&app.anonymous());
        }
        assert_eq!(mailbox.rest(), 5);
    });
}

#[test]
fn neither_a_token_nor_another_site_uses_it_and_by_default_it_is_not_there() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let browser = app.anonymous();
        ask(&browser);
        let (token, _) = secrets(&mailbox.next());
        let program = app.token("user_02");
        let fields = [("email", ADDRESS)];
        let asked = program.post_form("/login/link", &fields);
        assert_eq!(asked.status, 400, "{}", asked.body);
        asked.assert_no_cookies();
        let entered = program.post_form(ENTER, &[("token", token.as_str())]);
        assert_eq!(entered.status, 400, "{}", entered.body);
        entered.assert_no_cookies();
        let foreign = browser
            .request(Method::Post, ENTER)
            .header(rocket::http::ContentType::Form)
            .header(rocket::http::Header::new("Sec-Fetch-Site", "cross-site"))
            .body(format!("token={token}"));
        assert_eq!(browser.send(foreign).status, 403);
        assert!(!is_in(&browser));
    });
    on_both(|app| {
        app.anonymous().get("/login/link").assert_page(404);
        assert!(!app.anonymous().get("/login").body.contains("/login/link"));
    });
}

#[test]
fn an_address_that_no_account_has_gets_a_row_that_signs_nobody_in() {
    on_both_with(with_links, |app| {
        let mailbox = Mailbox::of(&app);
        let browser = app.anonymous();
        ask(&browser);
        assert_eq!(mailbox.rest(), 0);
        assert_eq!(app.count("sign_in_links WHERE account IS NULL"), 1);
        for _ in 0..5 {
            use_code(&browser, "AAAA-AAAA").assert_page(422);
        }
        // Ended as one of an account: a wrong code has cost the same until here.
        assert_eq!(app.count("sign_in_links"), 0);
        assert!(!is_in(&browser));
    });
}

#[test]
fn asking_again_forgets_an_older_link_and_without_cookies_the_form_says_why() {
    on_both_with(with_links, |app| {
        let mut mailbox = with_address(&app);
        let browser = app.anonymous();
        browser.open_link(&format!("{ENTER}?token=older")).assert_page(404);
        ask(&browser);
        let page = browser.get(ENTER);
        page.assert_page(200);
        assert!(page.body.contains("name=\"code\""), "{}", page.body);
        let (_, code) = secrets(&mailbox.next());
        assert_eq!(use_code(&browser, &code).status, 303);
        let page = app.anonymous().get(ENTER);
        page.assert_page(200);
        assert!(page.body.contains("did not keep this site"), "{}", page.body);
        assert!(page.body.contains("action=\"/login/link\""), "{}", page.body);
        let page = app.anonymous().get("/password/new");
        page.assert_page(404);
        assert!(page.body.contains("your browser did not keep this site"), "{}", page.body);
    });
}

#[test]
fn a_link_is_stored_for_the_active_account_that_still_has_its_address() {
    on_both(|app| {
        for (name, address) in [("user_01", ADDRESS), ("user_02", "ben@example.org")] {
            app.sql(&format!(
                "UPDATE users SET email = '{address}', email_key = '{address}' \
                 WHERE username = '{name}'"
            ));
        }
        let (id, now) = (app.id("user_01"), app.clock.now().expect("a time"));
        let store = |address: &str, browser: &str| {
            let link = SignInLink::generate(now, SIGN_IN_LINK_LIFETIME).expect("a link");
            let owner = Some((id, address));
            queries::store_sign_in_link(&mut app.connection(), owner, browser, &link)
                .expect("an answer")
        };
        assert!(store(ADDRESS, "first"));
        assert!(!store("ben@example.org", "second"), "another account has it by now");
        assert!(!store("cleo@example.org", "third"), "no account has it any more");
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        assert!(!store(ADDRESS, "fourth"), "the account was deactivated");
        assert_eq!(app.count("sign_in_links"), 1);
    });
}
