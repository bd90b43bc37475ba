//! Second factors in a browser.

use std::time::Duration;

use super::*;
use crate::support::app::{on_both, on_both_with};

/// What stands between two marks of a page.
pub(crate) fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split_once(after).map_or(rest, |(found, _)| found)
}

#[test]
fn an_authenticator_is_set_up_by_a_qr_code_and_its_first_code() {
    on_both(|app| {
        let (browser, other, key) =
            (app.session("user_01"), app.session("user_01"), app.token("user_01"));
        let page = browser.get("/account/second-factor");
        page.assert_page(200);
        assert!(
            page.body.contains("href=\"&#x2F;account&#x2F;second-factor&#x2F;set-up\""),
            "{}",
            page.body
        );
        let page = browser.get("/account/second-factor/set-up");
        page.assert_page(200);
        assert!(page.body.contains("<svg") && !page.body.contains("<script"), "{}", page.body);
        assert!(!page.body.contains("<?xml"), "{}", page.body);
        let secret = between(&page.body, "<code class=\"secret\">", "</code>").to_owned();
        let set_up_token = between(&page.body, "name=\"set_up_token\" value=\"", "\"").to_owned();
        let uri = between(&page.body, "href=\"otpauth:", "\"");
        assert!(uri.contains("user_01") && uri.contains(&secret.replace(' ', "")), "{uri}");
        let send = |code: &str| {
            let fields = [("set_up_token", set_up_token.as_str()), ("code", code)];
            browser.post_form("/account/second-factor/set-up", &fields)
        };

        let wrong = send("000000");
        wrong.assert_page(422);
        assert!(wrong.body.contains(&secret), "the same secret: {}", wrong.body);
        assert_eq!(app.count("authenticators"), 0);
        let done = send(&code_of(&secret, &app, 0));
        assert_eq!((done.status, done.location()), (303, "/account/second-factor"));
        // Shown once.
        let page = browser.get("/account/second-factor").body;
        let codes = between(&page, "<ul class=\"codes\">", "</ul>");
        assert_eq!(codes.matches("<li>").count(), 10, "{codes}");
        assert!(page.contains("download=\"recovery-codes.txt\" href=\"data:text"), "{page}");
        assert!(!browser.get("/account/second-factor").body.contains("class=\"codes\""));
        // A second copy of the form makes no other.
        assert_eq!(send(&code_of(&secret, &app, 0)).location(), "/account/second-factor");
        assert_eq!(app.count("authenticators"), 1);

        assert!(is_in(&browser) && !is_in(&other), "the others are signed out");
        assert_eq!(key.get("/api/me").status, 401);
        // This session has proven the second factor.
        assert_eq!(browser.get("/account/second-factor/remove").status, 200);
        assert!(events(&app).contains(&"second_factor_added".to_owned()));
        browser.wait_for_audit_log();
        let ended = "events WHERE event = 'ended' AND detail LIKE '2 sign-ins%'";
        assert_eq!(app.count(ended), 1, "one of a browser, one of a program");
    });
}

#[test]
fn a_right_password_alone_starts_no_session() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = app.anonymous();
        let fields = [
            ("username", "user_01"),
            ("password", "1234"),
            ("next", "/account/sign-ins"),
            ("remember", "on"),
        ];
        let reply = browser.post_form("/login", &fields);
        assert_eq!(
            (reply.status, reply.location()),
            (303, "/login/second?next=%2Faccount%2Fsign-ins")
        );
        let cookies = reply.cookies();
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        let ticket = cookies.first().copied().unwrap_or_default();
        assert!(ticket.starts_with("vestibule_ticket=") && ticket.contains("HttpOnly"), "{ticket}");
        assert!(
            ticket.contains("Path=/login/second") && ticket.contains("SameSite=Lax"),
            "{ticket}"
        );
        assert!(!is_in(&browser));
        assert_eq!(app.count("sign_ins"), 0);

        let page = browser.get("/login/second?next=%2Faccount%2Fsign-ins");
        page.assert_page(200);
        assert!(page.body.contains("<strong>user_01</strong>"), "{}", page.body);
        enter(&browser, "123456").assert_page(422);
        enter(&browser, "").assert_page(422);
        assert_eq!(app.count("sign_ins"), 0);
        let fields = [("code", &*phone.code(&app)), ("next", "/account/sign-ins")];
        let reply = browser.post_form("/login/second", &fields);
        assert_eq!((reply.status, reply.location()), (303, "/account/sign-ins"), "{}", reply.body);
        assert!(is_in(&browser) && browser.jar.borrow().contains_key("remember_token"));
        assert!(!browser.jar.borrow().contains_key("vestibule_ticket"));
        // The form that was sent twice leads on too.
        let reply = browser.post_form("/login/second", &fields);
        assert_eq!((reply.status, reply.location()), (303, "/account/sign-ins"), "{}", reply.body);
    });
}

#[test]
fn a_ticket_is_valid_for_five_minutes_and_until_the_password_changes() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = after_password(&app, "user_01");
        app.clock.advance(Duration::from_secs(5 * 60));
        let reply = enter(&browser, &phone.code(&app));
        assert_eq!((reply.status, reply.location()), (303, "/login"), "{}", reply.body);
        assert!(browser.get("/login").body.contains("this step is not valid any more"));

        let browser = after_password(&app, "user_01");
        let owner = session(&app, "user_01", &phone);
        let fields = [("current_password", "1234"), ("new_password", "battery staple")];
        assert_eq!(owner.post_form("/account/password", &fields).status, 303);
        assert!(is_in(&owner));
        assert_eq!(enter(&browser, &phone.next_code(&app)).location(), "/login");
        assert!(!is_in(&browser));
        // Without the first step there is no second; only after a first is it the browser's fault.
        let stranger = app.anonymous();
        let code = phone.next_code(&app);
        for reply in [stranger.get("/login/second"), enter(&stranger, &code)] {
            assert!(reply.location().starts_with("/login?"), "{}", reply.location());
            let form = stranger.get(reply.location());
            form.assert_page(200);
            let said =
                "Sign in from the start; if you have just done so, your browser did not keep";
            assert!(form.body.contains(said), "{}", form.body);
        }
    });
}

#[test]
fn a_copy_of_the_cookie_of_recovery_codes_shows_them_for_five_minutes() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = session(&app, "user_01", &phone);
        assert_eq!(browser.post("/account/second-factor/recovery-codes").status, 303);
        let copy = browser.jar.borrow()["recovery_codes"].clone();
        let shows = || {
            browser.jar.borrow_mut().insert("recovery_codes".to_owned(), copy.clone());
            browser.get("/account/second-factor").body.contains("<ul class=\"codes\">")
        };
        app.clock.advance(Duration::from_secs(5 * 60 - 1));
        assert!(shows());
        app.clock.advance(Duration::from_secs(1));
        assert!(!shows());
    });
}

#[test]
fn confirming_the_password_takes_a_code_too() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = session(&app, "user_01", &phone);
        app.clock.advance(Duration::from_secs(60 * 60));
        assert!(browser.get("/account/keys").body.contains("/reauthenticate"));
        let page = browser.get("/reauthenticate?next=/account/delete");
        assert!(page.body.contains("name=\"code\""), "{}", page.body);
        let confirm = |code: &str| {
            let fields = [("password", "1234"), ("code", code), ("next", "/account/delete")];
            browser.post_form("/reauthenticate", &fields)
        };
        confirm("").assert_page(422);
        confirm("123456").assert_page(422);
        assert!(browser.get("/account/delete").location().starts_with("/reauthenticate"));
        assert_eq!(confirm(&phone.code(&app)).location(), "/account/delete");
        assert_eq!(browser.get("/account/delete").status, 200);
    });
}

/// A browser that `user_01` trusts and has signed out of.
fn trusted_browser<'a>(app: &'a TestApp, phone: &Authenticator) -> Actor<'a> {
    let browser = after_password(app, "user_01");
    let fields = [("code", &*phone.next_code(app)), ("trust", "on")];
    assert_eq!(browser.post_form("/login/second", &fields).status, 303);
    assert_eq!(browser.post("/logout").status, 303);
    browser
}

/// Where the right password leads.
fn sign_in(browser: &Actor<'_>, username: &str) -> String {
    let fields = [("username", username), ("password", password(username))];
    browser.post_form("/login", &fields).location().to_owned()
}

#[test]
fn without_a_second_factor_there_is_nothing_to_remove() {
    on_both(|app| {
        let (browser, program, other) =
            (app.session("user_01"), app.token("user_01"), app.session("user_01"));
        let page = "/account/second-factor";
        assert_eq!(browser.get("/account/second-factor/remove").location(), page);
        for form in ["remove", "recovery-codes"] {
            let reply = browser.post(&format!("{page}/{form}"));
            assert_eq!((reply.status, reply.location()), (303, page), "{form}");
            let shown = browser.get(page);
            assert!(shown.body.contains("You have no second factor."), "{}", shown.body);
        }
        let path = "/api/me/second-factor";
        assert_eq!(program.delete(path).status, 204);
        program.post(&format!("{path}/recovery-codes")).assert_problem(404, "not_found");
        program.delete(&format!("{path}/passkeys/none")).assert_problem(404, "not_found");
        assert!(is_in(&other), "nothing was removed, so nothing ended");
        assert_eq!(app.count("events WHERE event LIKE 'second_factor%'"), 0);
    });
}

#[test]
fn in_a_trusted_browser_the_password_alone_signs_in_until_that_ends() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let trust = || trusted_browser(&app, &phone);
        let browser = trust();
        let cookie = browser.jar.borrow().get("vestibule_trusted").cloned().expect("a cookie");
        assert_eq!(app.count(&format!("trusted_browsers WHERE secret_hash = '{cookie}'")), 0);
        assert_eq!(sign_in(&browser, "user_01"), "/dashboard");
        // A stolen session of it changes no factor.
        let reply = browser.get("/account/second-factor/remove");
        assert!(reply.location().starts_with("/reauthenticate"), "{}", reply.location());
        for form in ["remove", "recovery-codes", "passkeys/none/remove"] {
            let reply = browser.post(&format!("/account/second-factor/{form}"));
            assert!(reply.location().starts_with("/reauthenticate"), "{form}");
            let page = browser.get(reply.location()).body;
            assert!(page.contains("Nothing has been changed yet."), "{form}: {page}");
        }
        assert_eq!((app.count("authenticators"), app.count("recovery_codes")), (1, 10));
        // It is trusted for this user alone.
        let _ = set_up(&app, "user_02");
        assert_eq!(sign_in(&browser, "user_02"), "/login/second");

        assert_eq!(sign_in(&browser, "user_01"), "/dashboard");
        let page = browser.get("/account/second-factor").body;
        let end = between(&page, "action=\"/account/second-factor/trusted/", "\"").to_owned();
        let end = format!("/account/second-factor/trusted/{end}");
        for _ in 0..2 {
            assert_eq!(browser.post(&end).location(), "/account/second-factor");
        }
        let id = app.id("user_01");
        let row = format!("events WHERE event = 'trust_ended' AND actor_account = '{id}'");
        assert_eq!(app.count(&row), 1, "there was nothing to end the second time");
        assert_eq!(sign_in(&browser, "user_01"), "/login/second");

        let (browser, other) = (trust(), trust());
        app.clock.advance(Duration::from_secs(30 * 24 * 60 * 60 - 60));
        assert_eq!(sign_in(&browser, "user_01"), "/dashboard");
        app.clock.advance(Duration::from_secs(60));
        assert_eq!(sign_in(&other, "user_01"), "/login/second");

        let browser = trust();
        let fields = [("current_password", "1234"), ("new_password", "1234 battery")];
        let owner = session(&app, "user_01", &phone);
        assert_eq!(owner.post_form("/account/password", &fields).status, 303);
        assert_eq!(app.count("trusted_browsers"), 0);
        let fields = [("username", "user_01"), ("password", "1234 battery")];
        assert_eq!(browser.post_form("/login", &fields).location(), "/login/second");
    });
}

#[test]
fn a_user_trusts_twenty_browsers_and_the_next_takes_the_place_of_the_first() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let mut browsers: Vec<_> = (0..20).map(|_| trusted_browser(&app, &phone)).collect();
        assert_eq!(app.count("trusted_browsers"), 20);
        assert_eq!(sign_in(&browsers[0], "user_01"), "/dashboard");
        browsers.push(trusted_browser(&app, &phone));
        assert_eq!(app.count("trusted_browsers"), 20);
        assert_eq!(browsers[0].post("/logout").status, 303);
        assert_eq!(sign_in(&browsers[0], "user_01"), "/login/second");
        for browser in &browsers[1..] {
            assert_eq!(sign_in(browser, "user_01"), "/dashboard");
        }
    });
}

#[test]
fn trusting_a_browser_is_recorded_with_its_sign_in_or_does_not_happen() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let trusted = |browser: &Actor<'_>| {
            let fields = [("code", &*phone.next_code(&app)), ("trust", "on")];
            browser.post_form("/login/second", &fields)
        };
        let recorded = "events WHERE event = 'browser_trusted'";
        let _ = session(&app, "user_01", &phone);
        assert_eq!(app.count(recorded), 0, "the box is not ticked");
        let browser = after_password(&app, "user_01");
        assert_eq!(trusted(&browser).status, 303);
        let (id, own) = (app.id("user_01"), "sign_in IN (SELECT id FROM sign_ins)");
        let by = format!("account = '{id}' AND actor_account = '{id}' AND actor = 'user_01'");
        assert_eq!(app.count(&format!("{recorded} AND {by} AND {own}")), 1);
        assert!(browser.get("/account/events").body.contains("Browser trusted"));

        let other = after_password(&app, "user_01");
        app.sql("ALTER TABLE events RENAME TO elsewhere");
        trusted(&other).assert_page(503);
        assert!(!other.jar.borrow().contains_key("vestibule_trusted"));
        app.sql("ALTER TABLE elsewhere RENAME TO events");
        assert_eq!((app.count("trusted_browsers"), app.count(recorded)), (1, 1));
    });
}

#[test]
fn the_second_factor_is_removed_by_its_owner_who_proves_it() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let (browser, other) = (session(&app, "user_01", &phone), session(&app, "user_01", &phone));
        browser.get("/account/second-factor/remove").assert_page(200);
        let reply = browser.post("/account/second-factor/remove");
        assert_eq!((reply.status, reply.location()), (303, "/account/second-factor"));
        assert!(is_in(&browser) && !is_in(&other));
        for table in ["authenticators", "recovery_codes", "trusted_browsers"] {
            assert_eq!(app.count(table), 0, "{table}");
        }
        assert!(is_in(&app.session("user_01")), "the password alone signs in");
        assert!(events(&app).contains(&"second_factor_removed".to_owned()));
    });
}

#[test]
fn new_recovery_codes_replace_the_old_ones() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = session(&app, "user_01", &phone);
        let page = browser.get("/account/second-factor").body;
        assert!(page.contains("<dd>10</dd>"), "{page}");
        let reply = browser.post("/account/second-factor/recovery-codes");
        assert_eq!((reply.status, reply.location()), (303, "/account/second-factor"));
        let page = browser.get("/account/second-factor").body;
        let new = between(between(&page, "<ul class=\"codes\">", "</ul>"), "<code>", "</code>");
        let old = phone.recovery_codes.first().expect("a code");
        enter(&after_password(&app, "user_01"), old).assert_page(422);
        assert_eq!(enter(&after_password(&app, "user_01"), new).status, 303);
        assert!(browser.get("/account/second-factor").body.contains("<dd>9</dd>"));
    });
}

#[test]
fn recovery_codes_are_made_as_often_as_an_account_is_changed() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let (browser, program) =
            (session(&app, "user_01", &phone), program(&app, "user_01", &phone));
        let path = "/api/me/second-factor/recovery-codes";
        for _ in 0..59 {
            assert_eq!(program.post(path).status, 201);
        }
        assert_eq!(program.patch_json("/api/me", &json!({ "full_name": "Ann" })).status, 200);
        program.post(path).assert_problem(429, "too_many_attempts");
        browser.post("/account/second-factor/recovery-codes").assert_page(429);
        assert_eq!(app.count("recovery_codes"), 10);
        assert_eq!(app.count("events WHERE event = 'recovery_codes_made'"), 59);
    });
}

#[test]
fn a_form_of_another_site_takes_no_second_step() {
    on_both_with(
        |figment| figment,
        |app| {
            let phone = set_up(&app, "user_01");
            let browser = after_password(&app, "user_01");
            let request = browser.request(rocket::http::Method::Post, "/login/second");
            let request = request.header(rocket::http::ContentType::Form);
            let request =
                request.header(rocket::http::Header::new("Origin", "https://evil.example"));
            let reply = browser.send(request.body(format!("code={}", phone.code(&app))));
            assert_eq!(reply.status, 403, "{}", reply.body);
            assert!(!is_in(&browser));
        },
    );
}
