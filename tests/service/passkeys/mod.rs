//! Passkeys: made and used by an authenticator in software. `tests/passkeys.sh` does the same in a browser.

pub(crate) mod authenticator;
mod refused;

use std::time::Duration;

use serde_json::{Value, json};

use self::authenticator::{Authenticator, ORIGIN};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with, password};

const PAGE: &str = "/account/second-factor";
const FORM: &str = "/account/second-factor/passkeys";

/// The options for a form of passkeys.
pub(crate) fn options(browser: &Actor<'_>, form: &str) -> Value {
    let reply = request_options(browser, form);
    assert_eq!(reply.status, 200, "{form}: {}", reply.body);
    reply.json()
}

/// Asks for options, with the name that a new passkey needs.
pub(crate) fn request_options(browser: &Actor<'_>, form: &str) -> Reply {
    browser.post_form(&format!("{form}/options"), &[("name", "Key")])
}

/// Sends an answer with other fields.
pub(crate) fn send(
    browser: &Actor<'_>,
    form: &str,
    answer: &Value,
    fields: &[(&str, &str)],
) -> Reply {
    let answer = answer.to_string();
    browser.post_form(form, &[&[("passkey", answer.as_str())], fields].concat())
}

/// Adds a passkey on the page.
pub(crate) fn add(browser: &Actor<'_>, passkey: &mut Authenticator, name: &str) -> Reply {
    let answer = passkey.create(&options(browser, FORM));
    send(browser, FORM, &answer, &[("name", name)])
}

/// A user who has signed in and added a passkey, which is the first factor.
fn owner<'a>(app: &'a TestApp, username: &str, seed: u8) -> (Actor<'a>, Authenticator) {
    let (browser, mut passkey) = (app.session(username), Authenticator::new(seed));
    let added = add(&browser, &mut passkey, "Laptop");
    assert_eq!((added.status, added.location()), (303, PAGE), "{}", added.body);
    (browser, passkey)
}

/// Uses a passkey at a form.
fn use_at(browser: &Actor<'_>, passkey: &mut Authenticator, form: &str) -> Reply {
    let answer = passkey.get(&options(browser, form));
    send(browser, form, &answer, &[])
}

/// A browser after the password.
fn after_password<'a>(app: &'a TestApp, username: &str) -> Actor<'a> {
    let browser = app.anonymous();
    let fields = [("username", username), ("password", password(username))];
    let reply = browser.post_form("/login", &fields);
    assert_eq!((reply.status, reply.location()), (303, "/login/second"), "{}", reply.body);
    browser
}

fn is_in(browser: &Actor<'_>) -> bool {
    browser.get("/dashboard").status == 200
}

/// The events of the service with their details, newest first.
fn events(app: &TestApp) -> Vec<(String, String)> {
    let found = app.token("admin").get("/api/admin/events").json();
    let events = found["events"].as_array().cloned().unwrap_or_default();
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| (text(event, "event"), text(event, "detail"))).collect()
}

fn has_event(app: &TestApp, event: &str, detail: &str) -> bool {
    events(app).contains(&(event.to_owned(), detail.to_owned()))
}

#[test]
fn the_first_passkey_makes_recovery_codes_and_ends_the_other_sign_ins() {
    on_both(|app| {
        let other = app.session("user_01");
        let (browser, mut passkey) = owner(&app, "user_01", 1);
        assert!(is_in(&browser) && !is_in(&other));
        let page = browser.get(PAGE);
        page.assert_page(200);
        assert_eq!(page.body.matches("<li><code>").count(), 10, "{}", page.body);
        assert!(page.body.contains("Laptop"), "{}", page.body);
        assert!(!browser.get(PAGE).body.contains("<li><code>"), "shown once");
        assert!(has_event(&app, "passkey_added", "Laptop"));
        assert!(has_event(&app, "second_factor_added", "1 sign-in ended"));
        browser.wait_for_audit_log();
        assert!(has_event(&app, "ended", "1 sign-in"));
        // This session has proven it, and adds another; the codes stay.
        let mut phone = Authenticator::new(2);
        assert_eq!(add(&browser, &mut phone, "Phone").location(), PAGE);
        assert!(!browser.get(PAGE).body.contains("<li><code>"));
        assert_eq!((app.count("passkeys"), app.count("recovery_codes")), (2, 10));
        assert_eq!(
            app.number("SELECT second_factors AS n FROM users WHERE username = 'user_01'"),
            2
        );
        // Each signs in by itself.
        for passkey in [&mut passkey, &mut phone] {
            let browser = app.anonymous();
            let reply = use_at(&browser, passkey, "/login/passkey");
            assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{}", reply.body);
            assert!(is_in(&browser));
        }
    });
}

#[test]
fn a_passkey_alone_proves_two_factors_and_a_fresh_session() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let browser = app.anonymous();
        let form = browser.get("/login");
        assert!(form.body.contains("data-host=\"localhost\""), "{}", form.body);
        let policy = form.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("script-src 'self'"), "{policy}");
        let answer = passkey.get(&options(&browser, "/login/passkey"));
        let fields = [("next", PAGE), ("remember", "on")];
        let reply = send(&browser, "/login/passkey", &answer, &fields);
        assert_eq!((reply.status, reply.location()), (303, PAGE), "{}", reply.body);
        assert!(browser.jar.borrow().contains_key("remember_token"));
        assert!(!browser.jar.borrow().contains_key("vestibule_passkey"));
        assert_eq!(browser.get("/account/second-factor/remove").status, 200);
        assert_eq!(app.count("sign_ins WHERE amr = 'hwk user mfa'"), 1);
        assert_eq!(app.count("passkeys WHERE last_used_at IS NOT NULL"), 1);
        // Sent twice, it leads on as the first did.
        let again = send(&browser, "/login/passkey", &answer, &fields);
        assert_eq!((again.status, again.location()), (303, PAGE), "{}", again.body);
    });
}

#[test]
fn a_passkey_is_a_second_step() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let browser = after_password(&app, "user_01");
        let page = browser.get("/login/second");
        assert!(page.body.contains("formaction=\"/login/second/passkey\""), "{}", page.body);
        let asked = options(&browser, "/login/second/passkey");
        assert_eq!(asked["allowCredentials"][0]["id"], json!(passkey.name()));
        assert_eq!(asked["userVerification"], json!("required"));
        let answer = passkey.get(&asked);
        let fields = [("trust", "on"), ("next", "/account/keys")];
        let reply = send(&browser, "/login/second/passkey", &answer, &fields);
        assert_eq!((reply.status, reply.location()), (303, "/account/keys"), "{}", reply.body);
        // With the session that has added it.
        assert_eq!(app.count("sign_ins WHERE amr = 'pwd hwk user mfa'"), 2);
        assert_eq!(app.count("trusted_browsers"), 1);
        // Without a first step there is nothing to ask for.
        let reply = app.anonymous().post("/login/second/passkey/options");
        assert!(reply.location().starts_with("/login"), "{}", reply.body);
    });
}

#[test]
fn a_passkey_confirms_a_session_in_the_place_of_password_and_code() {
    on_both(|app| {
        let (browser, mut passkey) = owner(&app, "user_01", 1);
        app.clock.advance(Duration::from_secs(60 * 60));
        assert!(browser.get("/account/delete").location().starts_with("/reauthenticate"));
        assert!(
            browser.get("/reauthenticate").body.contains("formaction=\"/reauthenticate/passkey\"")
        );
        let answer = passkey.get(&options(&browser, "/reauthenticate/passkey"));
        let fields = [("next", "/account/delete")];
        let reply = send(&browser, "/reauthenticate/passkey", &answer, &fields);
        assert_eq!((reply.status, reply.location()), (303, "/account/delete"), "{}", reply.body);
        assert_eq!(browser.get("/account/delete").status, 200);
        // No password was confirmed, and the page of events says so.
        let log = browser.get("/account/events").body;
        assert!(log.contains("Sign-in confirmed"), "{log}");
        assert!(!log.contains("Password confirmed"), "{log}");
    });
}

#[test]
fn the_last_passkey_takes_codes_trusted_browsers_and_other_sign_ins_with_it() {
    on_both(|app| {
        let (browser, mut passkey) = owner(&app, "user_01", 1);
        let mut phone = Authenticator::new(2);
        add(&browser, &mut phone, "Phone");
        let other = after_password(&app, "user_01");
        let answer = passkey.get(&options(&other, "/login/second/passkey"));
        send(&other, "/login/second/passkey", &answer, &[("trust", "on")]);
        assert!(is_in(&other));

        let remove = |id: &str| browser.post_form(&format!("{FORM}/{id}/remove"), &[]);
        assert_eq!(remove(&phone.name()).location(), PAGE);
        assert!(is_in(&other), "one is left");
        assert_eq!((app.count("recovery_codes"), app.count("trusted_browsers")), (10, 1));
        assert_eq!(remove(&passkey.name()).location(), PAGE);
        assert!(is_in(&browser) && !is_in(&other));
        assert_eq!((app.count("recovery_codes"), app.count("trusted_browsers")), (0, 0));
        assert!(has_event(&app, "passkey_removed", "Phone"));
        assert!(has_event(&app, "second_factor_removed", "1 sign-in ended"));
        // Removed twice is removed; the password alone signs in again.
        assert_eq!(remove(&passkey.name()).location(), PAGE);
        assert!(is_in(&app.session("user_01")));
    });
}

#[test]
fn who_has_a_factor_proves_it_before_adding_another() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let browser = after_password(&app, "user_01");
        let answer = passkey.get(&options(&browser, "/login/second/passkey"));
        send(&browser, "/login/second/passkey", &answer, &[("trust", "on")]);
        browser.post("/logout");
        // A trusted browser, in which the password alone signs in.
        let fields = [("username", "user_01"), ("password", "1234")];
        assert_eq!(browser.post_form("/login", &fields).location(), "/dashboard");
        for path in [FORM, "/account/second-factor/set-up"] {
            let reply = browser.post_form(path, &[("name", "Stolen")]);
            assert!(reply.location().starts_with("/reauthenticate"), "{path}: {}", reply.body);
        }
        assert!(
            browser.get("/account/second-factor/set-up").location().starts_with("/reauthenticate")
        );
        assert_eq!(
            request_options(&browser, FORM).location().split('?').next(),
            Some("/reauthenticate")
        );
        let program = app.anonymous();
        let body = json!({ "username": "user_01", "password": "1234" });
        let refused = program.post_json("/api/login", &body);
        refused.assert_problem(401, "second_factor_required");
        assert_eq!(refused.json()["methods"], json!(["recovery_code"]), "{}", refused.body);
    });
}

#[test]
fn programs_list_and_remove_passkeys() {
    on_both(|app| {
        let (browser, passkey) = owner(&app, "user_01", 1);
        let codes = browser.get(PAGE).body;
        let (_, codes) = codes.split_once("<li><code>").expect("recovery codes");
        let body = json!({ "username": "user_01", "password": "1234" });
        let ticket = app.anonymous().post_json("/api/login", &body).json()["login_token"].clone();
        let body =
            json!({ "login_token": ticket, "code": codes.split_once('<').expect("a code").0 });
        let mut program = app.anonymous();
        let signed_in = program.post_json("/api/login/second", &body);
        assert_eq!(signed_in.status, 200, "{}", signed_in.body);
        program.token = signed_in.json()["access_token"].as_str().map(str::to_owned);

        let shown = program.get("/api/me/second-factor").json();
        let found = &shown["passkeys"][0];
        assert_eq!(found["id"], json!(passkey.name()), "{shown}");
        assert_eq!((&found["name"], &found["last_used_at"]), (&json!("Laptop"), &Value::Null));
        let path = format!("/api/me/second-factor/passkeys/{}", passkey.name());
        assert_eq!(program.delete(&path).status, 204);
        program.delete(&path).assert_problem(404, "not_found");
        assert_eq!((app.count("passkeys"), app.count("recovery_codes")), (0, 0));
        assert!(!is_in(&browser));
    });
}

#[test]
fn names_are_checked_and_an_account_has_at_most_twenty_passkeys() {
    on_both(|app| {
        let browser = app.session("user_01");
        for name in ["", " ", &"x".repeat(61), "a\u{202e}b", "a\nb"] {
            let refused = add(&browser, &mut Authenticator::new(1), name);
            refused.assert_page(422);
            assert!(refused.body.contains("1 to 60 characters"), "{}", refused.body);
            // Before the browser makes the passkey.
            browser.post_form(&format!("{FORM}/options"), &[("name", name)]).assert_page(422);
        }
        for seed in 1..=19 {
            assert_eq!(add(&browser, &mut Authenticator::new(seed), "Key").status, 303, "{seed}");
        }
        // Created before another page adds the twentieth.
        let late = Authenticator::new(21).create(&options(&browser, FORM));
        let other = app.anonymous();
        *other.jar.borrow_mut() = browser.jar.borrow().clone();
        assert_eq!(add(&other, &mut Authenticator::new(20), "Key").status, 303);
        let refused = send(&browser, FORM, &late, &[("name", "Key")]);
        refused.assert_page(422);
        assert!(refused.body.contains("at most 20 passkeys"), "{}", refused.body);
        assert_eq!(app.count("passkeys"), 20);
    });
}

#[test]
fn one_passkey_too_many_is_refused_before_the_browser_makes_it() {
    on_both(|app| {
        let browser = app.session("user_01");
        for seed in 1..=20 {
            assert_eq!(add(&browser, &mut Authenticator::new(seed), "Key").status, 303, "{seed}");
        }
        let refused = request_options(&browser, FORM);
        refused.assert_page(422);
        assert!(!refused.body.contains("challenge"), "{}", refused.body);
        // The script then sends the form without an answer, and the page says why.
        let said = browser.post_form(FORM, &[("name", "Key"), ("passkey", "")]);
        said.assert_page(422);
        assert!(said.body.contains("at most 20 passkeys"), "{}", said.body);
        let one = browser.get(PAGE).body;
        let (_, one) = one.split_once(&format!("{FORM}/")).expect("a passkey");
        let (one, _) = one.split_once('/').expect("a form");
        assert_eq!(browser.post_form(&format!("{FORM}/{one}/remove"), &[]).status, 303);
        assert_eq!(add(&browser, &mut Authenticator::new(21), "Key").status, 303);
    });
}

#[test]
fn a_page_has_a_script_where_passkeys_are_offered_and_nowhere_else() {
    let policy =
        |reply: &Reply| reply.header("content-security-policy").unwrap_or_default().to_owned();
    on_both(|app| {
        let browser = app.session("user_01");
        for (path, reply, has_script) in [
            ("/login", app.anonymous().get("/login"), true),
            (PAGE, browser.get(PAGE), true),
            ("/reauthenticate", browser.get("/reauthenticate"), true),
            ("/account", browser.get("/account"), false),
            ("/", app.anonymous().get("/"), false),
        ] {
            assert_eq!(reply.body.contains("passkeys.js"), has_script, "{path}: {}", reply.body);
            assert_eq!(
                policy(&reply).contains("script-src 'self'"),
                has_script,
                "{path}: {:?}",
                reply.headers
            );
        }
        assert!(app.anonymous().get("/login").body.contains("autocomplete=\"username webauthn\""));
        let page = browser.get(PAGE).body.replace("&#x2F;", "/");
        assert!(page.contains(&format!("open this page at {ORIGIN} in a browser")), "{page}");
        let script = app.anonymous().get("/static/passkeys.js");
        assert_eq!(script.header("content-type"), Some("text/javascript"));
    });
    // Browsers take no passkey at an address or without TLS.
    for url in ["http://127.0.0.1:8000", "https://192.0.2.7", "http://login.example"] {
        on_both_with(
            |figment| figment.merge(("public_url", url)).merge(("auth.session.secure", false)),
            |app| {
                let browser = app.session("user_01");
                for reply in [app.anonymous().get("/login"), browser.get(PAGE)] {
                    assert!(!reply.body.contains("data-passkey"), "{url}: {}", reply.body);
                    assert!(!policy(&reply).contains("script-src"), "{url}");
                }
                assert_eq!(request_options(&browser, FORM).status, 404, "{url}");
                assert_eq!(app.anonymous().post("/login/passkey/options").status, 404, "{url}");
            },
        );
    }
}
