//! Forms that were sent after the session or its fresh password had gone: nothing is changed, the
//! pages say so, and what is no secret is filled in again.

use std::time::Duration;

use rocket::figment::Figment;

use crate::second_factor::pages::between;
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with, password};

const KEY: [(&str, &str); 3] =
    [("label", "a <b> & \"ü\""), ("expires_in", "604800"), ("sign_ins", "on")];

/// Follows the redirect to a form that asks for the password, and sends that form with the `next`
/// that it holds; returns the page after it.
#[track_caller]
fn prove_password(person: &Actor<'_>, reply: &Reply, form: &str, said: &str) -> Reply {
    prove_password_of("user_01", person, reply, form, said)
}

#[track_caller]
fn prove_password_of(
    username: &str,
    person: &Actor<'_>,
    reply: &Reply,
    form: &str,
    said: &str,
) -> Reply {
    assert!(reply.location().starts_with(form), "{}: {}", reply.location(), reply.body);
    let asked = person.get(reply.location());
    assert!(asked.body.contains(said), "{said}: {}", asked.body);
    let next = asked.body.split("name=\"next\" value=\"").nth(1).expect("a next");
    let next = next.split('"').next().expect("its end");
    let next = next.replace("&#x2F;", "/").replace("&amp;", "&");
    let fields = [("username", username), ("password", password(username)), ("next", &next)];
    let proven = person.post_form(form, &fields);
    assert_eq!((proven.status, proven.location()), (303, next.as_str()), "{}", proven.body);
    person.get(&next)
}

#[track_caller]
fn assert_filled_in(page: &Reply) {
    assert!(page.body.contains("Nothing has been changed yet."), "{}", page.body);
    assert!(page.body.contains("value=\"a &lt;b&gt; &amp; &quot;ü&quot;\""), "{}", page.body);
    assert!(page.body.contains("name=\"sign_ins\" type=\"checkbox\" checked"), "{}", page.body);
    assert!(page.body.contains("<option value=\"604800\" selected>"), "{}", page.body);
}

fn stale(app: &TestApp) -> Actor<'_> {
    let person = app.session("user_01");
    app.clock.advance(Duration::from_secs(601));
    person
}

#[test]
fn the_form_of_a_key_is_filled_in_again_after_the_password() {
    on_both(|app| {
        let person = stale(&app);
        let reply = person.post_form("/account/keys", &KEY);
        let said = "Nothing has been changed yet. Confirm your password";
        let page = prove_password(&person, &reply, "/reauthenticate", said);
        assert_filled_in(&page);
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 0);
        assert!(!person.get("/account/keys").body.contains("Nothing has been"), "said once");
        assert_eq!(person.post_form("/account/keys", &KEY).location(), "/account/keys");
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 1);
    });
}

#[test]
fn the_form_of_a_key_is_filled_in_again_after_signing_in() {
    on_both(|app| {
        let person = app.session("user_01");
        app.sql("DELETE FROM sign_ins");
        app.clock.advance(Duration::from_secs(61));
        let reply = person.post_form("/account/keys", &KEY);
        let said = "Nothing has been changed yet. Sign in";
        assert_filled_in(&prove_password(&person, &reply, "/login", said));
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 0);
    });
}

#[test]
fn what_was_not_done_is_said_on_the_page_of_each_form() {
    on_both(|app| {
        let other = format!("/admin/users/{}/delete", app.id("user_02"));
        let new = [("username", "Ann"), ("full_name", "Ann Lee"), ("role", "admin")];
        let new_kept = ["value=\"Ann\"", "value=\"Ann Lee\"", "<option value=\"user\" selected>"];
        for (path, fields, kept) in [
            ("/admin/users/new", &new[..], &new_kept[..]),
            (&other, &[("confirm", "on")], &[]),
            ("/account/delete", &[("username", "admin")], &[]),
        ] {
            let admin = app.session("admin");
            app.clock.advance(Duration::from_secs(601));
            let reply = admin.post_form(path, fields);
            let said = "Nothing has been changed yet. Confirm your password";
            let page = prove_password_of("admin", &admin, &reply, "/reauthenticate", said);
            assert!(page.body.contains("Nothing has been changed yet."), "{path}: {}", page.body);
            for value in kept {
                assert!(page.body.contains(value), "{value}: {}", page.body);
            }
        }
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn the_secret_of_an_authenticator_is_shown_again_after_the_password() {
    on_both(|app| {
        let person = app.session("user_01");
        let shown = person.get("/account/second-factor/set-up").body;
        let secret = between(&shown, "<code class=\"secret\">", "</code>");
        let token = between(&shown, "name=\"set_up_token\" value=\"", "\"");
        app.clock.advance(Duration::from_secs(601));
        let fields = [("set_up_token", token), ("code", "no code")];
        let reply = person.post_form("/account/second-factor/set-up", &fields);
        let said = "Nothing has been changed yet. Confirm your password";
        let page = prove_password(&person, &reply, "/reauthenticate", said);
        assert!(page.body.contains("Nothing has been changed yet."), "{}", page.body);
        assert_eq!(between(&page.body, "<code class=\"secret\">", "</code>"), secret);
        let again = person.post_form("/account/second-factor/set-up", &fields);
        again.assert_page(422);
        assert_eq!(between(&again.body, "<code class=\"secret\">", "</code>"), secret);
    });
}

#[test]
fn a_form_too_long_for_an_address_leads_to_its_own_page() {
    on_both(|app| {
        let label = "x".repeat(3000);
        let fields = [("label", label.as_str()), ("expires_in", "604800")];
        let reply = stale(&app).post_form("/account/keys", &fields);
        assert_eq!(reply.location(), "/reauthenticate?next=%2Faccount%2Fkeys");
        let reply = app.anonymous().post_form("/account/keys", &fields);
        assert_eq!(reply.location(), "/login?next=%2Faccount%2Fkeys");
    });
}

#[test]
fn a_stale_change_of_the_password_says_that_nothing_has_changed() {
    on_both(|app| {
        let person = stale(&app);
        let fields = [("current_password", "1234"), ("new_password", "a longer one")];
        let reply = person.post_form("/account/password", &fields);
        assert!(!reply.location().contains("longer"), "{}", reply.location());
        let said = "Nothing has been changed yet. Confirm your password";
        let page = prove_password(&person, &reply, "/reauthenticate", said);
        assert!(page.body.contains("Nothing has been changed yet."), "{}", page.body);
        assert!(!page.body.contains("1234") && !page.body.contains("longer one"));
        app.session("user_01");
    });
}

#[test]
fn a_throttled_change_of_the_password_shows_the_form_and_says_once_how_long() {
    let few = |figment: Figment| figment.merge(("auth.throttle.failures", 1));
    on_both_with(few, |app| {
        let person = app.session("user_01");
        let fields = [("current_password", "wrong"), ("new_password", "a longer one")];
        assert_eq!(person.post_form("/account/password", &fields).status, 401);
        let reply = person.post_form("/account/password", &fields);
        reply.assert_page(429);
        assert!(reply.header("retry-after").is_some());
        assert!(reply.body.contains("action=\"/account/password\""), "{}", reply.body);
        assert_eq!(reply.body.matches("Wait ").count(), 1, "{}", reply.body);
        assert!(!reply.body.contains("longer one"));
    });
}

#[test]
fn only_the_page_of_the_form_says_that_it_can_be_sent_again() {
    const NOTICE: &str = "Nothing has been changed yet.";
    on_both(|app| {
        let person = app.anonymous();
        let fields = [("current_password", "1234"), ("new_password", "a longer one")];
        let reply = person.post_form("/account/password", &fields);
        assert!(!person.get("/").body.contains(NOTICE), "there is no form");
        let login = [("username", "user_01"), ("password", "1234")];
        assert_eq!(person.post_form("/login", &login).status, 303);
        for other in ["/", "/dashboard", "/account/keys", "/account/sign-ins"] {
            assert!(!person.get(other).body.contains(NOTICE), "{other}");
        }
        assert_eq!(reply.location(), "/login?next=%2Faccount");
        assert!(person.get("/account").body.contains(NOTICE), "it waits for the page of the form");
        assert!(!person.get("/account").body.contains(NOTICE), "said once");
    });
}

#[test]
fn a_planted_notice_shows_no_words_of_its_own() {
    on_both(|app| {
        let person = app.session("user_01");
        let planted = ["7successCall 555-1234", "Call 555-1234", "\"call-555-1234\"", "{", ""];
        for planted in planted {
            for (actor, page) in [(&app.anonymous(), "/login"), (&person, "/account")] {
                let value = crate::support::actor::encoded(planted);
                actor.jar.borrow_mut().insert("vestibule_notice".to_owned(), value);
                let page = actor.get(page);
                assert_eq!(page.status, 200);
                assert!(!page.body.contains("555"), "{}", page.body);
                assert!(!page.body.contains("class=\"notice"), "{}", page.body);
            }
        }
        // A known one, but not of the form to sign in.
        let stranger = app.anonymous();
        stranger
            .jar
            .borrow_mut()
            .insert("vestibule_notice".to_owned(), "%22own-deleted%22".to_owned());
        assert!(!stranger.get("/login").body.contains("class=\"notice"));
        assert!(stranger.get("/").body.contains("Your account is deleted."));
    });
}

#[test]
fn what_is_hard_to_take_back_is_asked_about_first() {
    on_both(|app| {
        let admin = app.session("admin");
        let user = format!("/admin/users/{}", app.id("user_01"));
        let page = admin.get(&user).body.replace("&#x2F;", "/");
        assert!(!page.contains("<form method=\"post\" action=\"/admin"), "no change at one click");
        for (change, question, field) in [
            ("role", "Make an administrator: user_01", Some(("role", "admin"))),
            ("role", "Make an ordinary user: user_01", Some(("role", "user"))),
            ("active", "Deactivate: user_01", Some(("active", "false"))),
            ("active", "Activate: user_01", Some(("active", "true"))),
            ("end-sign-ins", "Sign out everywhere: user_01", None),
        ] {
            let path = format!("{user}/{change}");
            assert!(page.contains(&format!("href=\"{path}\"")), "{path}: {page}");
            let asked = admin.get(&path);
            assert!(asked.status == 200 && asked.body.contains(question), "{}", asked.body);
            if let Some((name, value)) = field {
                let hidden = format!("name=\"{name}\" value=\"{value}\"");
                assert!(asked.body.contains(&hidden), "{hidden}: {}", asked.body);
            }
            let fields: Vec<_> = field.into_iter().collect();
            assert_eq!(admin.post_form(&path, &fields).location(), user, "{path}");
        }
        for change in ["role", "active", "end-sign-ins"] {
            app.session("user_02").get(&format!("{user}/{change}")).assert_page(403);
            admin.get(&format!("/admin/users/999/{change}")).assert_page(404);
        }
    });
}
