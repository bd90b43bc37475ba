//! The test kit on the account service, whose store is a database.

use rocket::http::Status;
use vestibule::testing::{ActAs, AssertNoCookies, blocking as testing};
use vestibule_service::accounts::{User, queries};

use crate::support::app::on_both;

#[test]
fn sign_ins_of_the_kit_are_rows_of_the_database_and_open_the_service() {
    on_both(|app| {
        let id = app.id("user_01");
        let user: User = queries::find(&mut app.connection(), id).unwrap().expect("user_01");
        let browser = testing::session(&app.client, &user).expect("a session");
        let program = testing::token(&app.client, &user).expect("a token");
        assert_eq!(app.count(&format!("sign_ins WHERE account = '{id}'")), 2);

        let get = |path: &'static str| app.client.get(path);
        let page = get("/account").act_as(&browser).dispatch().assert_no_cookies();
        assert!(
            page.into_string().is_some_and(|page| page.contains("action=\"/account/password\""))
        );
        let me = get("/api/me").act_as(&program).dispatch().assert_no_cookies();
        assert!(me.into_string().is_some_and(|me| me.contains("\"username\":\"user_01\"")));

        let out = app.client.post("/logout").act_as(&browser).dispatch();
        assert_eq!(out.status(), Status::SeeOther);
        assert_eq!(get("/account").act_as(&browser).dispatch().status(), Status::SeeOther);
        assert_eq!(app.count(&format!("sign_ins WHERE account = '{id}'")), 1);
    });
}
