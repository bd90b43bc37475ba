//! What pages say.

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use serde_json::json;

use crate::support::app::on_both_with;

#[test]
fn an_error_page_says_once_to_try_again() {
    let limited = |figment: Figment| {
        figment.merge(Serialized::default("accounts.throttle", json!({ "failures": 1 })))
    };
    on_both_with(limited, |app| {
        let person = app.session("user_01");
        let fields = [("current_password", "wrong"), ("new_password", "correct horse battery")];
        assert_eq!(person.post_form("/account/password", &fields).status, 401);
        let page = person.post_form("/account/password", &fields);
        page.assert_page(429);
        let advice = |text: &str| text.matches("again").count();
        assert!(page.body.contains("Too many attempts. Wait 5 minutes, then try again."));
        assert_eq!(advice(&page.body), 1, "{}", page.body);

        app.sql("ALTER TABLE sign_ins RENAME TO elsewhere");
        let page = person.get("/account/sign-ins");
        page.assert_page(503);
        assert!(page.body.contains("Try again in a moment."), "{}", page.body);
        assert_eq!(page.body.matches("ry again").count(), 1, "{}", page.body);
    });
}
