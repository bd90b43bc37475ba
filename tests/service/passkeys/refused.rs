//! Answers that are refused, all with the same sentence.

use super::*;

const REFUSED: &str = "This passkey was not accepted.";

/// Fails unless the browser stays signed out after the answer.
fn assert_refused(browser: &Actor<'_>, reply: &Reply, why: &str) {
    reply.assert_page(401);
    assert!(reply.body.contains(REFUSED), "{why}: {}", reply.body);
    assert!(!is_in(browser), "{why}");
}

/// Uses a passkey by itself, and fails unless it is refused.
fn refuse(app: &TestApp, passkey: &mut Authenticator, why: &str) {
    let browser = app.anonymous();
    let reply = use_at(&browser, passkey, "/login/passkey");
    assert_refused(&browser, &reply, why);
}

#[test]
fn an_answer_counts_once() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let (browser, thief) = (app.anonymous(), app.anonymous());
        let answer = passkey.get(&options(&browser, "/login/passkey"));
        *thief.jar.borrow_mut() = browser.jar.borrow().clone();
        assert_eq!(send(&browser, "/login/passkey", &answer, &[]).status, 303);
        assert_refused(&thief, &send(&thief, "/login/passkey", &answer, &[]), "used before");
        // It was no copy of the passkey.
        assert_eq!(app.count("events WHERE event = 'passkey_counter'"), 0);
    });
}

#[test]
fn an_answer_of_a_passkey_without_a_counter_counts_once_too() {
    on_both(|app| {
        let browser = app.session("user_01");
        let mut passkey = Authenticator::new(1);
        passkey.step = 0;
        passkey.counter = 0;
        assert_eq!(add(&browser, &mut passkey, "Synchronised").location(), PAGE);
        let (browser, thief) = (app.anonymous(), app.anonymous());
        let answer = passkey.get(&options(&browser, "/login/passkey"));
        *thief.jar.borrow_mut() = browser.jar.borrow().clone();
        assert_eq!(send(&browser, "/login/passkey", &answer, &[]).status, 303);
        assert_refused(&thief, &send(&thief, "/login/passkey", &answer, &[]), "used before");
        assert_eq!(use_at(&thief, &mut passkey, "/login/passkey").status, 303);
    });
}

#[test]
fn an_answer_needs_the_challenge_of_its_browser_in_time_and_for_its_purpose() {
    on_both(|app| {
        let (session, mut passkey) = owner(&app, "user_01", 1);
        let browser = app.anonymous();
        let answer = passkey.get(&options(&browser, "/login/passkey"));
        let thief = app.anonymous();
        assert_refused(&thief, &send(&thief, "/login/passkey", &answer, &[]), "no challenge");
        app.anonymous().post("/login/passkey/options");
        options(&thief, "/login/passkey");
        assert_refused(&thief, &send(&thief, "/login/passkey", &answer, &[]), "another challenge");
        app.clock.advance(Duration::from_secs(5 * 60));
        assert_refused(&browser, &send(&browser, "/login/passkey", &answer, &[]), "too late");
        // That of a confirmation does not sign in.
        let answer = passkey.get(&options(&session, "/reauthenticate/passkey"));
        let state = session.jar.borrow()["vestibule_passkey"].clone();
        thief.jar.borrow_mut().insert("vestibule_passkey".to_owned(), state);
        assert_refused(&thief, &send(&thief, "/login/passkey", &answer, &[]), "another purpose");
    });
}

#[test]
fn an_answer_confirms_the_sign_in_that_asked_and_no_other() {
    on_both(|app| {
        let (session, mut passkey) = owner(&app, "user_01", 1);
        let other = after_password(&app, "user_01");
        assert_eq!(use_at(&other, &mut passkey, "/login/second/passkey").status, 303);
        let form = "/reauthenticate/passkey";
        let answer = passkey.get(&options(&session, form));
        let state = session.jar.borrow()["vestibule_passkey"].clone();
        other.jar.borrow_mut().insert("vestibule_passkey".to_owned(), state);
        let refused = send(&other, form, &answer, &[]);
        refused.assert_page(422);
        assert!(refused.body.contains(REFUSED), "{}", refused.body);
        assert_eq!(send(&session, form, &answer, &[]).status, 303);
    });
}

#[test]
fn a_challenge_adds_one_passkey() {
    on_both(|app| {
        let (browser, _) = owner(&app, "user_01", 1);
        let asked = options(&browser, FORM);
        let copy = browser.at(&app.client);
        for (browser, seed) in [(&browser, 2), (&copy, 3)] {
            let answer = Authenticator::new(seed).create(&asked);
            let reply = send(browser, FORM, &answer, &[("name", "Key")]);
            assert_eq!((reply.status, reply.location()), (303, PAGE), "{}", reply.body);
        }
        assert_eq!(app.count("passkeys"), 2);
    });
}

#[test]
fn answers_of_another_site_or_without_verification_are_refused() {
    on_both(|app| {
        let (_, passkey) = owner(&app, "user_01", 1);
        let wrong = |change: &dyn Fn(&mut Authenticator), why: &str| {
            let mut passkey = passkey.clone();
            change(&mut passkey);
            refuse(&app, &mut passkey, why);
        };
        wrong(&|passkey| passkey.origin = "https://evil.example", "another origin");
        wrong(&|passkey| passkey.origin = "http://localhost:8001", "another port");
        wrong(&|passkey| passkey.host = "evil.example", "another relying party");
        wrong(&|passkey| passkey.is_verified = false, "no verification");
        wrong(&|passkey| passkey.handle = vec![0; 16], "another user");
        wrong(&|passkey| passkey.id = vec![9; 32], "an unknown passkey");
        wrong(
            &|passkey| {
                let (id, handle) = (passkey.id.clone(), passkey.handle.clone());
                *passkey = Authenticator::new(3);
                (passkey.id, passkey.handle) = (id, handle);
            },
            "another key",
        );
        for answer in ["", "{}", "nonsense"] {
            let browser = app.anonymous();
            options(&browser, "/login/passkey");
            let reply = browser.post_form("/login/passkey", &[("passkey", answer)]);
            assert_refused(&browser, &reply, answer);
        }
    });
}

#[test]
fn a_deactivated_account_and_a_removed_passkey_are_refused_alike() {
    on_both(|app| {
        let (browser, mut passkey) = owner(&app, "user_01", 1);
        let (_, mut other) = owner(&app, "user_02", 2);
        let mut phone = Authenticator::new(3);
        add(&browser, &mut phone, "Phone");
        browser.post_form(&format!("{FORM}/{}/remove", passkey.name()), &[]);
        refuse(&app, &mut passkey, "removed");
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_02'");
        refuse(&app, &mut other, "deactivated");
    });
}

#[test]
fn the_passkey_of_another_user_is_no_second_step_and_no_confirmation() {
    on_both(|app| {
        let (session, mut passkey) = owner(&app, "user_01", 1);
        let (_, mut other) = owner(&app, "user_02", 2);
        let browser = after_password(&app, "user_01");
        for (browser, form) in
            [(&browser, "/login/second/passkey"), (&session, "/reauthenticate/passkey")]
        {
            let refused = use_at(browser, &mut other, form);
            refused.assert_page(422);
            assert!(refused.body.contains(REFUSED), "{form}: {}", refused.body);
            assert_eq!(use_at(browser, &mut passkey, form).status, 303, "{form}");
        }
        assert!(is_in(&browser));
        // Nor is it removed.
        let path = format!("{FORM}/{}/remove", other.name());
        session.post_form(&path, &[]);
        assert_eq!(app.count("passkeys"), 2);
    });
}

#[test]
fn a_counter_that_went_back_is_refused_and_recorded() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let mut copy = passkey.clone();
        let browser = app.anonymous();
        assert_eq!(use_at(&browser, &mut passkey, "/login/passkey").status, 303);
        refuse(&app, &mut copy, "the counter of a copy");
        assert!(has_event(&app, "passkey_counter", "Laptop"));
        assert_eq!(app.count("events WHERE event = 'passkey_counter' AND outcome = 'failure'"), 1);
        // Where the counter goes on, it is let in.
        assert_eq!(use_at(&app.anonymous(), &mut passkey, "/login/passkey").status, 303);
    });
}

#[test]
fn a_passkey_belongs_to_one_account() {
    on_both(|app| {
        let (_, passkey) = owner(&app, "user_01", 1);
        let browser = app.session("user_02");
        let mut same = passkey;
        let refused = add(&browser, &mut same, "Mine");
        refused.assert_page(422);
        assert!(refused.body.contains("This passkey belongs to another account."));
        assert_eq!(app.count("passkeys WHERE name = 'Mine'"), 0);
        assert_eq!(app.count("recovery_codes"), 10, "of the first");
    });
}

#[test]
fn wrong_answers_in_the_second_step_count_as_wrong_passwords() {
    on_both_with(
        |figment| figment.merge(("auth.throttle.failures", 3)),
        |app| {
            let (_, mut passkey) = owner(&app, "user_01", 1);
            let browser = after_password(&app, "user_01");
            for _ in 0..3 {
                options(&browser, "/login/second/passkey");
                let wrong = browser.post_form("/login/second/passkey", &[("passkey", "{}")]);
                wrong.assert_page(422);
            }
            use_at(&browser, &mut passkey, "/login/second/passkey").assert_page(429);
            // A guess at the password keeps no passkey out.
            let other = app.anonymous();
            assert_eq!(use_at(&other, &mut passkey, "/login/passkey").status, 303);
        },
    );
}

#[test]
fn an_answer_that_could_not_be_checked_counts_as_no_wrong_one() {
    on_both_with(
        |figment| figment.merge(("auth.throttle.failures", 3)),
        |app| {
            let (_, mut passkey) = owner(&app, "user_01", 1);
            let (browser, form) = (after_password(&app, "user_01"), "/login/second/passkey");
            for _ in 0..3 {
                let answer = passkey.get(&options(&browser, form));
                app.sql("ALTER TABLE passkeys RENAME TO elsewhere");
                send(&browser, form, &answer, &[]).assert_page(503);
                app.sql("ALTER TABLE elsewhere RENAME TO passkeys");
            }
            assert_eq!(use_at(&browser, &mut passkey, form).status, 303);
        },
    );
}

#[test]
fn an_answer_that_names_no_user_is_a_second_step_of_its_owner_and_no_first() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let (_, mut other) = owner(&app, "user_02", 2);
        let use_unnamed = |browser: &Actor<'_>, passkey: &mut Authenticator, form: &str| {
            let mut answer = passkey.get(&options(browser, form));
            answer["response"]["userHandle"] = Value::Null;
            send(browser, form, &answer, &[])
        };
        let browser = app.anonymous();
        let reply = use_unnamed(&browser, &mut passkey, "/login/passkey");
        assert_refused(&browser, &reply, "no user");
        let (browser, form) = (after_password(&app, "user_01"), "/login/second/passkey");
        use_unnamed(&browser, &mut other, form).assert_page(422);
        assert_eq!(use_unnamed(&browser, &mut passkey, form).status, 303);
        assert!(is_in(&browser));
    });
}

#[test]
fn a_passkey_that_is_removed_while_it_signs_in_leaves_no_sign_in() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let before = app.count("sign_ins");
        // Another request removes it at the moment at which the sign-in is stored.
        app.meanwhile("INSERT ON sign_ins", "DELETE FROM passkeys");
        refuse(&app, &mut passkey, "removed meanwhile");
        assert_eq!((app.count("passkeys"), app.count("sign_ins")), (0, before));
    });
}

#[test]
fn an_account_that_is_deactivated_while_it_signs_in_is_refused_alike() {
    on_both(|app| {
        let (_, mut passkey) = owner(&app, "user_01", 1);
        let before = app.count("sign_ins");
        // Another request deactivates it once the answer is checked.
        let deactivate = "UPDATE users SET active = FALSE WHERE id = NEW.account";
        app.meanwhile("UPDATE ON passkeys", deactivate);
        refuse(&app, &mut passkey, "deactivated meanwhile");
        assert_eq!(app.count("users WHERE active"), 2);
        assert_eq!(app.count("sign_ins"), before);
    });
}
