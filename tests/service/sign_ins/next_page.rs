//! The page that a person wanted is kept on every way to it.

use std::time::Duration;

use crate::support::app::{TestApp, on_both};

#[test]
fn a_fresh_session_need_not_confirm_again() {
    on_both(|app| {
        let person = app.session("user_01");
        let on = person.get("/reauthenticate?next=/account");
        assert_eq!((on.status, on.location()), (303, "/account"));
        assert_eq!(person.get("/reauthenticate").status, 200, "there is nowhere to go");
        assert_eq!(person.get("/reauthenticate?next=//evil.com").status, 200);

        // Signing in on the way to a confirmation.
        let visitor = app.anonymous();
        let fields = [
            ("username", "user_01"),
            ("password", "1234"),
            ("next", "/reauthenticate?next=/account/keys"),
        ];
        let reply = visitor.post_form("/login", &fields);
        assert_eq!(visitor.get(reply.location()).location(), "/account/keys");

        app.clock.advance(Duration::from_secs(20 * 60));
        let form = person.get("/reauthenticate?next=/account");
        assert!(form.status == 200 && form.body.contains("value=\"&#x2F;account\""));
    });
}

#[test]
fn registering_instead_of_signing_in_leads_to_the_page() {
    on_both(|app| {
        let visitor = app.anonymous();
        let login = visitor.get("/login?next=/account/keys").body;
        let link = "href=\"&#x2F;register?next=%2Faccount%2Fkeys\"";
        assert_eq!(login.matches(link).count(), 2, "both links: {login}");
        let form = visitor.get("/register?next=%2Faccount%2Fkeys").body;
        assert!(form.contains("name=\"next\" value=\"&#x2F;account&#x2F;keys\""), "{form}");
        assert_eq!(form.matches("href=\"&#x2F;login?next=%2Faccount%2Fkeys\"").count(), 2);
        let next = ("next", "/account/keys");
        let weak = [("username", "ann"), ("password", "short"), next];
        let again = visitor.post_form("/register", &weak);
        assert!(again.status == 422 && again.body.contains("name=\"next\""), "{}", again.body);
        let fields = [("username", "ann"), ("password", "correct horse"), next];
        for _ in 0..2 {
            let reply = app.anonymous().post_form("/register", &fields);
            assert_eq!((reply.status, reply.location()), (303, "/account/keys"));
        }
        let person = app.session("user_01");
        assert_eq!(person.get("/register?next=/account/keys").location(), "/account/keys");
        assert!(!visitor.get("/register?next=//evil.com").body.contains("evil"));
        let fields = [("username", "ben"), ("password", "correct horse"), ("next", "//evil.com")];
        assert_eq!(app.anonymous().post_form("/register", &fields).location(), "/dashboard");
    });
}

#[test]
fn a_confirmation_after_the_end_of_the_session_keeps_the_page() {
    let assert_kept = |app: &TestApp, next: &str, location: &str| {
        let person = app.session("user_01");
        let kept = person.credentials();
        person.post("/logout");
        for person in [kept.at(&app.client), app.anonymous()] {
            let fields = [("password", "1234"), ("next", next)];
            let reply = person.post_form("/reauthenticate", &fields);
            assert_eq!((reply.status, reply.location()), (303, location));
            assert_eq!(person.get("/dashboard").status, 303, "no sign-in");
        }
    };
    on_both(|app| {
        assert_kept(&app, "/account/keys", "/login?next=%2Faccount%2Fkeys");
        assert_kept(&app, "//evil.com", "/login");
        assert_kept(&app, "", "/login");
    });
}
