//! Second factors of programs.

use rocket::http::Method;

use super::*;
use crate::passkeys::{self, authenticator::Authenticator as Passkey};
use crate::support::app::on_both;
use vestibule_service::accounts::audit::Actor as AuditActor;
use vestibule_service::accounts::queries;

/// The claims of an access token.
fn claims(actor: &Actor<'_>) -> Value {
    actor.get("/api/claims").json()
}

#[test]
fn a_program_signs_in_in_two_steps_and_its_tokens_say_what_was_proven() {
    on_both(|app| {
        assert_eq!(claims(&app.token("user_01"))["amr"], json!(["pwd"]));
        let phone = set_up(&app, "user_01");
        let body = json!({ "username": "user_01", "password": "1234" });
        let reply = app.anonymous().post_json("/api/login", &body);
        reply.assert_problem(401, "second_factor_required");
        reply.assert_no_cookies();
        assert_eq!(reply.json()["methods"], json!(["totp", "recovery_code"]));
        assert!(!reply.header("www-authenticate").unwrap_or_default().contains("error="));
        let mut program = program(&app, "user_01", &phone);
        assert_eq!(claims(&program)["amr"], json!(["pwd", "otp", "mfa"]));
        let begun = claims(&program)["auth_time"].clone();
        app.clock.advance(Duration::from_secs(60));
        assert_eq!(program.refresh().status, 200);
        let refreshed = claims(&program);
        assert_eq!(
            (&refreshed["amr"], &refreshed["auth_time"]),
            (&json!(["pwd", "otp", "mfa"]), &begun)
        );
        assert_eq!(refreshed["fresh"], false);
    });
}

#[test]
fn a_login_token_opens_nothing_but_the_second_step() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let ticket = login_token(&app, "user_01");
        let thief = app.anonymous().with_token(&ticket);
        for path in ["/api/me", "/whoami", "/api/me/second-factor"] {
            assert_eq!(thief.get(path).status, 401, "{path}");
        }
        let refresh =
            app.anonymous().post_json("/api/refresh", &json!({ "refresh_token": ticket }));
        assert_eq!(refresh.status, 401, "{}", refresh.body);
        // A ticket that was changed, cut off or is none.
        for other in [&ticket[..ticket.len() - 1], &format!("{ticket}A"), "", "x"] {
            second(&app, other, &phone.code(&app)).assert_problem(422, "invalid_field");
        }
        let lost = second(&app, &ticket, "");
        assert!(lost.json()["fields"]["code"].is_string(), "{}", lost.body);
        assert_eq!(app.count("sign_ins"), 0);
        assert_eq!(second(&app, &ticket, &phone.code(&app)).status, 200);
    });
}

#[test]
fn a_hash_that_the_first_step_replaces_leaves_its_login_token_valid() {
    // As Django makes it of "pässword".
    const HASH: &str = "pbkdf2_sha256$1000$salt$zaPBw25cko7Ca8lZz1fxPhI2duvzpPRkKl9tLENcH14=";
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        app.sql(&format!("UPDATE users SET password_hash = '{HASH}' WHERE username = 'user_01'"));
        let body = json!({ "username": "user_01", "password": "pässword" });
        let reply = app.anonymous().post_json("/api/login", &body);
        reply.assert_problem(401, "second_factor_required");
        assert_eq!(app.count(&format!("users WHERE password_hash = '{HASH}'")), 0);
        let done = second(&app, &text(&reply.json(), "login_token"), &phone.next_code(&app));
        assert_eq!(done.status, 200, "{}", done.body);
    });
}

#[test]
fn a_login_token_ends_with_the_account_and_with_its_second_factor() {
    on_both(|app| {
        let (phone, admin) = (set_up(&app, "user_01"), app.token("admin"));
        let (user, ticket) =
            (format!("/api/users/{}", app.id("user_01")), login_token(&app, "user_01"));
        let assert_ended = || {
            let reply = second(&app, &ticket, &phone.code(&app));
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["login_token"].is_string(), "{}", reply.body);
        };
        assert_eq!(admin.patch_json(&user, &json!({ "active": false })).status, 200);
        assert_ended();
        assert_eq!(admin.patch_json(&user, &json!({ "active": true })).status, 200);
        assert_eq!(admin.delete(&format!("{user}/second-factor")).status, 204);
        assert_ended();
    });
}

#[test]
fn an_access_key_signs_in_with_no_second_factor_and_changes_none() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let owner = program(&app, "user_01", &phone);
        let body = json!({ "label": "backup", "scopes": ["sign-ins"] });
        let made = owner.post_json("/api/keys", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        let key = app.anonymous().with_token(&text(&made.json(), "key"));
        assert_eq!(key.get("/api/me").status, 200);
        assert_eq!(key.delete("/api/me/second-factor").status, 401);
        assert_eq!(key.post("/api/me/second-factor/recovery-codes").status, 401);
        assert_eq!(app.count("authenticators"), 1);
    });
}

#[test]
fn confirming_over_the_api_takes_a_code_too() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let mut owner = program(&app, "user_01", &phone);
        assert_eq!(owner.refresh().status, 200);
        let stale = owner.post("/api/me/second-factor/recovery-codes");
        stale.assert_problem(401, "fresh_login_required");
        let confirm = |body: Value| owner.post_json("/api/confirm", &body);
        for body in [json!({ "password": "1234" }), json!({ "password": "1234", "code": "000000" })]
        {
            let reply = confirm(body);
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["code"].is_string(), "{}", reply.body);
        }
        let done = confirm(json!({ "password": "1234", "code": phone.next_code(&app) }));
        assert_eq!(done.status, 200, "{}", done.body);
        let fresh = owner.with_token(&text(&done.json(), "access_token"));
        assert_eq!(claims(&fresh)["amr"], json!(["pwd", "otp", "mfa"]));
        let made = fresh.post("/api/me/second-factor/recovery-codes");
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(fresh.delete("/api/me/second-factor").status, 204);
        assert!(fresh.get("/api/me/second-factor").json()["authenticator_since"].is_null());
        assert_eq!(app.token("user_01").get("/api/me").status, 200);
    });
}

#[test]
fn setting_up_takes_the_owners_secret_and_its_first_code_in_time() {
    on_both(|app| {
        let owner = app.token("user_01");
        let begun = owner.post("/api/me/second-factor").json();
        let (secret, ticket) = (text(&begun, "secret"), text(&begun, "set_up_token"));
        let confirm = |actor: &Actor<'_>, code: &str| {
            let body = json!({ "set_up_token": ticket, "code": code });
            actor.post_json("/api/me/second-factor/confirm", &body)
        };
        let other = app.token("user_02");
        let stolen = confirm(&other, &code_of(&secret, &app, 0));
        assert!(stolen.json()["fields"]["set_up_token"].is_string(), "{}", stolen.body);
        let wrong = confirm(&owner, "000000");
        assert!(wrong.json()["fields"]["code"].is_string(), "{}", wrong.body);
        app.clock.advance(Duration::from_secs(15 * 60));
        let owner = app.token("user_01");
        let late = confirm(&owner, &code_of(&secret, &app, 0));
        assert!(late.json()["fields"]["set_up_token"].is_string(), "{}", late.body);
        assert_eq!(app.count("authenticators"), 0);
        let _ = set_up(&app, "user_02");
        // Not twice.
        let phone = set_up(&app, "user_01");
        let again = program(&app, "user_01", &phone).post("/api/me/second-factor");
        again.assert_problem(409, "already_made");
    });
}

#[test]
fn the_database_holds_no_secret_and_no_recovery_code() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let plain = Secret::try_from_base32(&phone.secret).expect("base32");
        let hex: String = plain.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        for needle in [phone.secret.as_str(), &hex] {
            let found = format!("authenticators WHERE lower(secret) LIKE lower('%{needle}%')");
            assert_eq!(app.count(&found), 0, "{needle}");
        }
        for code in &phone.recovery_codes {
            let plain = code.replace('-', "");
            let found = format!("recovery_codes WHERE code_hash LIKE '%{plain}%'");
            assert_eq!(app.count(&found), 0, "{code}");
        }
        assert_eq!(app.count("recovery_codes"), 10);
        let reply = app.token("admin").json(Method::Get, "/api/users/2/sign-ins", &json!({}));
        assert!(!reply.body.contains(&phone.secret));
    });
}

#[test]
fn a_ticket_of_a_page_is_none_of_the_api_and_the_reverse() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = after_password(&app, "user_01");
        let ticket = browser.jar.borrow()["vestibule_ticket"].clone();
        second(&app, &ticket, &phone.code(&app)).assert_problem(422, "invalid_field");
        let swapped = login_token(&app, "user_01");
        browser.jar.borrow_mut().insert("vestibule_ticket".to_owned(), swapped);
        assert!(enter(&browser, &phone.code(&app)).location().starts_with("/login"));
        assert!(!is_in(&browser));
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn the_program_that_sets_a_factor_up_has_proven_it() {
    on_both(|app| {
        let program = app.token("user_01");
        let begun = program.post("/api/me/second-factor").json();
        let secret = text(&begun, "secret");
        let body = json!({
            "set_up_token": text(&begun, "set_up_token"), "code": code_of(&secret, &app, 0),
        });
        let done = program.post_json("/api/me/second-factor/confirm", &body);
        assert_eq!(done.status, 201, "{}", done.body);
        assert_eq!(program.delete("/api/me/second-factor").status, 204);
    });
}

#[test]
fn of_new_factors_and_of_new_passwords_in_an_hour_the_thirty_first_is_refused() {
    on_both(|app| {
        let program = app.token("user_01");
        let add = || {
            let begun = program.post("/api/me/second-factor").json();
            let code = code_of(&text(&begun, "secret"), &app, 0);
            let body = json!({ "set_up_token": text(&begun, "set_up_token"), "code": code });
            program.post_json("/api/me/second-factor/confirm", &body)
        };
        for _ in 0..30 {
            assert_eq!(add().status, 201);
            assert_eq!(program.delete("/api/me/second-factor").status, 204);
        }
        add().assert_problem(429, "too_many_attempts");
        let browser = app.session("user_01");
        let refused = passkeys::add(&browser, &mut Passkey::new(1), "Key");
        refused.assert_page(429);
        assert!(refused.body.contains("Too many attempts"), "{}", refused.body);
        assert_eq!(app.count("events WHERE event = 'second_factor_added'"), 30);

        let change = |current: &str, new: &str| {
            let body = json!({ "current_password": current, "new_password": new });
            program.post_json("/api/password", &body)
        };
        assert_eq!(change("1234", "correct horse 0").status, 204);
        for number in 1..30 {
            let [old, new] = [number - 1, number].map(|number| format!("correct horse {number}"));
            assert_eq!(change(&old, &new).status, 204);
        }
        let refused = change("correct horse 29", "battery staple");
        refused.assert_problem(429, "too_many_attempts");
        assert_eq!(app.count("events WHERE event = 'password_changed'"), 30);

        app.clock.advance(Duration::from_secs(60 * 60 + 1));
        let browser = app.anonymous();
        let fields = [("username", "user_01"), ("password", "correct horse 29")];
        assert_eq!(browser.post_form("/login", &fields).status, 303);
        assert_eq!(passkeys::add(&browser, &mut Passkey::new(1), "Key").status, 303);

        // The owner who gets the account back may set up a factor at once.
        assert_eq!(app.count("throttle WHERE bucket LIKE 'factors:%'"), 1);
        let actor = AuditActor::command_line(app.clock.now().expect("a time"));
        let mut connection = app.connection();
        let user = queries::find(&mut connection, app.id("user_01")).expect("a connection");
        let user = user.expect("a user");
        queries::set_password(&mut connection, &user, "no hash", &actor).expect("a connection");
        assert_eq!(app.count("throttle WHERE bucket LIKE 'factors:%'"), 0);
    });
}
