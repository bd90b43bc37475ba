use rocket::figment::Figment;
use rocket::http::Status;
use rocket::local::asynchronous::Client;
use vestibule::database::SqlitePool;
use vestibule::testing::{self, ActAs, AssertNoCookies};

use crate::user::User;

#[rocket::async_test]
async fn a_page_is_for_a_session_and_the_api_for_a_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("database", directory.path().join("app.sqlite3")))
        .merge((
            "auth.token.secret",
            "a secret of this test, 32 bytes or more",
        ));
    let client = Client::untracked(crate::application(figment))
        .await
        .expect("a launch");
    let pool = client.rocket().state::<SqlitePool>().expect("a pool");
    let ada = User::add(pool, "ada", "not a hash".to_owned())
        .await
        .expect("a user");

    let browser = testing::session(&client, &ada).await.expect("a session");
    let page = client.get("/").act_as(&browser).dispatch().await;
    assert!(
        page.into_string()
            .await
            .is_some_and(|page| page.contains("Hello, ada."))
    );

    let program = testing::token(&client, &ada).await.expect("a token");
    let me = client
        .get("/api/me")
        .act_as(&program)
        .dispatch()
        .await
        .assert_no_cookies();
    assert_eq!(
        me.into_string().await.as_deref(),
        Some(r#"{"id":1,"name":"ada"}"#)
    );
    assert_eq!(
        client.get("/").act_as(&program).dispatch().await.status(),
        Status::Unauthorized
    );

    let visitor = client.get("/").dispatch().await;
    assert_eq!(
        visitor.headers().get_one("Location"),
        Some("/login?next=%2F")
    );
}
