//! Who must have a second factor, and who can remove it.

use rocket::figment::Figment;
use rocket::http::Method;
use vestibule_service::accounts::{count_unreadable, reseal_secrets};
use vestibule_service::settings::Settings;

use super::*;
use crate::passkeys::authenticator::Authenticator as Passkey;
use crate::passkeys::{options, send};
use crate::support::app::{on_both, on_both_with};

fn rule(rule: &'static str) -> impl Fn(Figment) -> Figment {
    move |figment| figment.merge(("accounts.second_factor", rule))
}

#[test]
fn a_user_who_must_have_one_sets_it_up_before_anything_else() {
    on_both_with(rule("everybody"), |app| {
        let browser = app.session("user_01");
        for path in ["/dashboard", "/account", "/account/keys", "/account/sign-ins"] {
            let reply = browser.get(path);
            let next = format!("/account/second-factor?next={}", path.replace('/', "%2F"));
            assert_eq!((reply.status, reply.location()), (303, &*next), "{path}");
        }
        let page = browser.get("/account/second-factor");
        page.assert_page(200);
        assert!(page.body.contains("needs a second factor from you"), "{}", page.body);
        browser.get("/account/second-factor/set-up").assert_page(200);
        browser.get("/logout").assert_page(200);

        let program = app.token("user_01");
        for path in ["/api/me", "/api/sign-ins", "/whoami"] {
            program.get(path).assert_problem(403, "second_factor_setup_required");
        }
        program
            .post_json("/api/keys", &json!({ "label": "x", "scopes": [] }))
            .assert_problem(403, "second_factor_setup_required");
        assert_eq!(program.get("/api/me/second-factor").json()["set_up_required"], true);
        let phone = set_up(&app, "user_01");
        let browser = session(&app, "user_01", &phone);
        assert!(is_in(&browser));
        // Who removes it stands before the same door.
        assert!(browser.get("/account/second-factor/remove").body.contains("another one at once"));
        assert_eq!(browser.post("/account/second-factor/remove").status, 303);
        let again = browser.get("/dashboard");
        assert_eq!(again.location(), "/account/second-factor?next=%2Fdashboard");
    });
}

/// The address behind `before` on a page.
fn address_in(page: &str, before: &str) -> String {
    let (_, found) = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}"));
    found.split('"').next().unwrap_or_default().replace("&#x2F;", "/").replace("&amp;", "&")
}

/// The link or the hidden field by which the page of the second factor leads on.
const GO_ON: &str = "<p class=\"actions\"><a class=\"button\" href=\"";
const NEXT: &str = "name=\"next\" value=\"";

#[test]
fn a_demanded_set_up_leads_on_to_the_page_that_was_asked_for() {
    on_both_with(rule("everybody"), |app| {
        let (browser, wanted) = (app.anonymous(), "/dashboard?x=1&y=%2F");
        let fields = [("username", "user_01"), ("password", "1234"), ("next", wanted)];
        assert_eq!(browser.post_form("/login", &fields).location(), wanted);
        let page = browser.get(browser.get(wanted).location()).body;
        let form = browser.get(&address_in(&page, GO_ON)).body;
        assert_eq!(address_in(&form, NEXT), wanted);
        let token = address_in(&form, "name=\"set_up_token\" value=\"");
        let secret = address_in(&form, "<code class=\"secret\">");
        let secret = secret.split('<').next().expect("a secret");
        let send = |code: &str| {
            let fields = [("set_up_token", &*token), ("code", code), ("next", wanted)];
            browser.post_form("/account/second-factor/set-up", &fields)
        };
        let wrong = send("000000");
        wrong.assert_page(422);
        assert_eq!(address_in(&wrong.body, NEXT), wanted);
        let page = browser.get(send(&code_of(secret, &app, 0)).location()).body;
        assert!(page.contains("<ul class=\"codes\">"), "the codes are shown: {page}");
        assert_eq!(address_in(&page, GO_ON), wanted);
        browser.get(wanted).assert_page(200);
    });
}

#[test]
fn a_form_that_is_refused_for_want_of_a_factor_says_so() {
    on_both_with(rule("everybody"), |app| {
        let browser = app.session("user_01");
        let reply = browser.post_form("/account/name", &[("full_name", "Ann")]);
        assert_eq!(reply.location(), "/account/second-factor?next=%2Faccount");
        let page = browser.get(reply.location()).body;
        assert!(page.contains("Set up a second factor, then send the form again."), "{page}");
        assert_eq!(app.count("users WHERE full_name = 'Ann'"), 0);
    });
}

#[test]
fn a_passkey_that_is_demanded_leads_on_too_and_to_no_other_site() {
    on_both_with(rule("everybody"), |app| {
        let browser = app.session("user_01");
        let page = browser.get(browser.get("/account/keys").location()).body;
        assert_eq!(address_in(&page, NEXT), "/account/keys");
        let form = "/account/second-factor/passkeys";
        let answer = Passkey::new(1).create(&options(&browser, form));
        let fields = [("name", "Laptop"), ("next", "/account/keys")];
        let unnamed = send(&browser, form, &answer, &[("name", " "), fields[1]]);
        unnamed.assert_page(422);
        assert_eq!(address_in(&unnamed.body, NEXT), "/account/keys");
        let answer = Passkey::new(1).create(&options(&browser, form));
        let page = browser.get(send(&browser, form, &answer, &fields).location()).body;
        assert_eq!(address_in(&page, GO_ON), "/account/keys");
        let answer = Passkey::new(2).create(&options(&browser, form));
        let fields = [("name", "Phone"), ("next", "//evil.example")];
        let elsewhere = send(&browser, form, &answer, &fields);
        assert_eq!(elsewhere.location(), "/account/second-factor");
        let page = browser.get("/account/second-factor?next=//evil.example").body;
        assert!(!page.contains("evil"), "{page}");
    });
}

#[test]
fn a_rule_that_comes_later_stops_the_keys_of_users_without_a_factor() {
    on_both(|app| {
        let made =
            app.token("user_01").post_json("/api/keys", &json!({ "label": "a", "scopes": [] }));
        let key = app.anonymous().with_token(&text(&made.json(), "key"));
        assert_eq!(key.get("/api/me").status, 200);
        let rocket = vestibule_service::app::build(rule("everybody")(app.figment()), &app.clock);
        let strict = rocket::local::blocking::Client::untracked(rocket.expect("good settings"));
        let strict = strict.expect("a launch");
        key.at(&strict).get("/api/me").assert_problem(403, "second_factor_setup_required");
    });
}

#[test]
fn the_rule_for_administrators_is_not_for_others() {
    on_both_with(rule("administrators"), |app| {
        assert!(is_in(&app.session("user_01")));
        assert_eq!(app.token("user_01").get("/api/me").status, 200);
        assert!(!is_in(&app.session("admin")));
        app.token("admin").get("/api/users").assert_problem(403, "second_factor_setup_required");
        let phone = set_up(&app, "admin");
        assert_eq!(program(&app, "admin", &phone).get("/api/users").status, 200);
    });
}

#[test]
fn where_it_is_off_none_is_set_up_but_one_that_is_there_is_asked_for() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let off = rocket::local::blocking::Client::untracked(
            vestibule_service::app::build(rule("off")(app.figment()), &app.clock)
                .expect("good settings"),
        )
        .expect("a launch");
        let browser = app.session("user_02").at(&off);
        assert!(!browser.get("/account/second-factor").body.contains("set-up"));
        browser.get("/account/second-factor/set-up").assert_page(404);
        let visitor = app.anonymous().at(&off);
        let fields = [("username", "user_01"), ("password", "1234")];
        assert_eq!(visitor.post_form("/login", &fields).location(), "/login/second");
        assert_eq!(enter(&visitor, &phone.next_code(&app)).status, 303);
    });
}

#[test]
fn an_administrator_removes_the_second_factor_of_a_user_who_has_lost_it() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let (owner, id) = (session(&app, "user_01", &phone), app.id("user_01"));
        let admin = app.session("admin");
        let page = format!("/admin/users/{id}");
        assert!(admin.get(&page).body.contains("reset-second-factor"));
        let change = format!("{page}/reset-second-factor");
        admin.get(&change).assert_page(200);
        assert_eq!(app.session("user_02").post(&change).status, 403);
        assert_eq!(app.count("authenticators"), 1);
        assert_eq!(admin.post(&change).location(), page);
        assert!(admin.get(&page).body.contains("is removed"));
        assert_eq!(app.count("authenticators"), 0);
        assert!(!is_in(&owner) && is_in(&app.session("user_01")));

        let _ = set_up(&app, "user_01");
        let path = format!("/api/users/{id}/second-factor");
        assert_eq!(app.token("user_02").delete(&path).status, 403);
        assert_eq!(app.token("admin").delete(&path).status, 204);
        assert!(is_in(&app.session("user_01")));
        // But not the own one: that takes a code.
        let phone = set_up(&app, "admin");
        let own = format!("/api/users/{}/second-factor", app.id("admin"));
        program(&app, "admin", &phone).delete(&own).assert_problem(403, "forbidden");
    });
}

#[test]
fn an_administrator_who_has_not_proven_the_second_factor_changes_no_user_on_pages() {
    on_both(|app| {
        let phone = set_up(&app, "admin");
        // A trusted browser signs in with the password alone.
        let browser = after_password(&app, "admin");
        let fields = [("code", &*phone.next_code(&app)), ("trust", "on")];
        assert_eq!(browser.post_form("/login/second", &fields).status, 303);
        assert_eq!(browser.post("/logout").status, 303);
        let fields = [("username", "admin"), ("password", "admin123")];
        assert_eq!(browser.post_form("/login", &fields).location(), "/dashboard");
        let user = format!("/admin/users/{}", app.id("user_01"));
        let helper = [("username", "helper"), ("password", "correct horse"), ("role", "admin")];
        let changes: [(&str, &[(&str, &str)]); 8] = [
            ("/role", &[("role", "admin")]),
            ("/active", &[("active", "false")]),
            ("/reset-link", &[]),
            ("/reset-second-factor", &[]),
            ("/remove-address", &[]),
            ("/end-sign-ins", &[]),
            ("/delete", &[("confirm", "user_01")]),
            ("/sign-ins/AAAAAAAAAAAAAAAAAAAAAA/end", &[]),
        ];
        let asks_first = |path: &str, fields: &[(&str, &str)]| {
            let reply = browser.post_form(path, fields);
            let location = reply.location();
            assert!(location.starts_with("/reauthenticate"), "{path}: {location} {}", reply.body);
        };
        for (change, fields) in changes {
            asks_first(&format!("{user}{change}"), fields);
        }
        asks_first("/admin/users/new", &helper);
        let page = browser.get(&user);
        page.assert_page(200);
        assert!(!page.body.contains("/role\""), "{}", page.body);

        let fields = [("password", "admin123"), ("code", &*phone.next_code(&app))];
        assert_eq!(browser.post_form("/reauthenticate", &fields).status, 303);
        assert!(browser.get(&user).body.contains("/role\""));
        assert_eq!(browser.post_form("/admin/users/new", &helper).status, 303);
    });
}

#[test]
fn an_administrator_who_has_not_proven_the_second_factor_changes_no_user_with_a_token() {
    on_both(|app| {
        let admin = app.token("admin");
        let body = json!({ "label": "a", "scopes": ["users:read", "users:write"] });
        let key = text(&admin.post_json("/api/keys", &body).json(), "key");
        // Signed in before the factor was there.
        app.sql("UPDATE users SET second_factors = 1 WHERE username = 'admin'");
        let process = app.neighbour();
        let (admin, key) = (admin.at(&process), admin.with_token(&key).at(&process));
        let user = format!("/api/users/{}", app.id("user_01"));
        let helper = json!({ "username": "helper", "password": "correct horse", "role": "admin" });
        let changes = [
            (Method::Post, "/api/users".to_owned(), helper),
            (Method::Patch, user.clone(), json!({ "role": "admin" })),
            (Method::Post, format!("{user}/reset-link"), json!({})),
            (Method::Delete, format!("{user}/second-factor"), json!({})),
            (Method::Delete, format!("{user}/sign-ins"), json!({})),
            (Method::Delete, user.clone(), json!({})),
        ];
        for (method, path, body) in changes {
            let refused = admin.json(method, &path, &body);
            refused.assert_problem(401, "second_factor_required");
        }
        assert_eq!(admin.get(&user).status, 200);
        let changed = key.patch_json(&user, &json!({ "full_name": "Ann" }));
        assert_eq!(changed.status, 200, "{}", changed.body);
    });
}

#[test]
fn removing_the_second_factor_drops_a_pending_address() {
    on_both(|app| {
        let path = format!("/api/users/{}/second-factor", app.id("user_01"));
        for by_owner in [true, false] {
            let phone = set_up(&app, "user_01");
            let user = program(&app, "user_01", &phone);
            let body = json!({ "email": "intruder@example.org" });
            assert_eq!(user.post_json("/api/me/email", &body).status, 202);
            assert_eq!(app.count("pending_addresses"), 1);
            let removed = if by_owner {
                user.delete("/api/me/second-factor")
            } else {
                app.token("admin").delete(&path)
            };
            assert_eq!(removed.status, 204, "{}", removed.body);
            assert_eq!(app.count("pending_addresses"), 0, "{by_owner}");
        }
    });
}

#[test]
fn another_password_by_a_link_leaves_the_second_factor() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let path = format!("/api/users/{}/reset-link", app.id("user_01"));
        let made = app.token("admin").post(&path);
        let link = text(&made.json(), "link");
        let (_, token) = link.split_once("token=").expect("a token");
        let body = json!({ "token": token, "new_password": "battery staple" });
        assert_eq!(app.anonymous().post_json("/api/password/reset", &body).status, 204);
        let browser = app.anonymous();
        let fields = [("username", "user_01"), ("password", "battery staple")];
        assert_eq!(browser.post_form("/login", &fields).location(), "/login/second");
        assert_eq!(enter(&browser, &phone.next_code(&app)).status, 303);
        assert!(is_in(&browser));
    });
}

#[test]
fn a_password_that_changes_while_it_or_the_second_step_signs_in_leaves_no_sign_in() {
    on_both(|app| {
        let (phone, other) = (set_up(&app, "user_01"), set_up(&app, "user_02"));
        let (ticket, browser) = (login_token(&app, "user_01"), after_password(&app, "user_02"));
        // Another request changes it at the moment at which the sign-in is stored.
        let change = "UPDATE users SET password_hash = 'x' WHERE CAST(id AS TEXT) = NEW.account";
        app.meanwhile("INSERT ON sign_ins", change);
        let refused = second(&app, &ticket, &phone.code(&app));
        refused.assert_problem(422, "invalid_field");
        assert!(refused.json()["fields"]["login_token"].is_string(), "{}", refused.body);
        assert!(enter(&browser, &other.code(&app)).location().starts_with("/login"));
        assert!(!is_in(&browser));
        // One without a second step.
        let (browser, fields) =
            (app.anonymous(), [("username", "admin"), ("password", "admin123")]);
        browser.post_form("/login", &fields).assert_page(401);
        assert!(!is_in(&browser));
        assert_eq!(app.count("users WHERE password_hash = 'x'"), 3, "each was stored");
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn secrets_of_a_previous_key_are_counted_and_those_of_a_lost_one_too() {
    on_both(|app| {
        for username in ["user_01", "user_02"] {
            let _ = set_up(&app, username);
        }
        let present: String = app.figment().extract_inner("secret_key").expect("a key");
        let next = "aGVsbG8gdGhpcyBpcyBhbm90aGVyIGtleSBvZiAzMiE=";
        let rotated = app.figment().merge(("secret_key", next));
        let keys = |figment: &Figment| match Settings::read(figment) {
            Ok(settings) => settings.sealing_keys,
            Err(_) => panic!("good settings"),
        };
        let mut connection = app.connection();
        let mut reseal = |figment: &Figment| {
            let unreadable = count_unreadable(&mut connection, &keys(figment)).expect("a database");
            let done = reseal_secrets(&mut connection, &keys(figment)).expect("a database");
            assert_eq!(done.unreadable, unreadable);
            (done.resealed, unreadable)
        };
        assert_eq!(reseal(&app.figment()), (0, 0), "they are of this key");
        assert_eq!(reseal(&rotated), (0, 2), "it is lost");
        let previous = ("auth.session.previous_secret_keys", [present]);
        assert_eq!(reseal(&rotated.merge(previous)), (2, 0));
        assert_eq!(reseal(&app.figment()), (0, 2));
    });
}

#[test]
fn a_rotation_of_the_secret_key_keeps_every_authenticator() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let figment = app.figment();
        let present: String = figment.extract_inner("secret_key").expect("a key");
        let next = "aGVsbG8gdGhpcyBpcyBhbm90aGVyIGtleSBvZiAzMiE=";
        let build = |figment: Figment| {
            let rocket = vestibule_service::app::build(figment, &app.clock).expect("good settings");
            rocket::local::blocking::Client::untracked(rocket).expect("a launch")
        };
        let sealed = || app.count("authenticators WHERE sealed_by <> ''");
        let figment = figment.merge(("secret_key", next));
        let rotated =
            build(figment.clone().merge(("auth.session.previous_secret_keys", [present])));
        assert_eq!(sealed(), 1);
        drop(rotated);
        // The start has encrypted it anew, so that the former key is not needed any more.
        let later = build(figment);
        let visitor = app.anonymous().at(&later);
        let fields = [("username", "user_01"), ("password", "1234")];
        assert_eq!(visitor.post_form("/login", &fields).location(), "/login/second");
        assert_eq!(enter(&visitor, &phone.next_code(&app)).status, 303);
        // With a key that is lost, a code is 503 and never a wrong one; a recovery code signs in.
        let lost = build(app.figment());
        let visitor = app.anonymous().at(&lost);
        assert_eq!(visitor.post_form("/login", &fields).location(), "/login/second");
        assert_eq!(enter(&visitor, &phone.next_code(&app)).status, 503);
        assert_eq!(enter(&visitor, &phone.recovery_codes[0]).status, 303);
    });
}
