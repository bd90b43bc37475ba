//! The same on the asynchronous client.

use rocket::http::Status;
use rocket::local::asynchronous::Client;
use vestibule::testing::{self, ActAs, AssertNoCookies};
use vestibule::{Auth, Error};

use crate::app::{figment, rocket};
use crate::users::{ALICE, Users};

#[rocket::async_test]
async fn a_session_and_a_token_come_in_on_the_asynchronous_client() -> Result<(), Error> {
    let users = Users::new();
    let rocket = rocket(figment(), Auth::fairing().stateless(), users.clone());
    let client = Client::untracked(rocket).await.expect("a launch");
    let alice = users.get(ALICE).expect("alice");
    let browser = testing::session(&client, &alice).await?;
    let program = testing::token(&client, &alice).await?;
    for (who, said) in [(browser, "1 by session"), (program, "1 by token")] {
        let answer = client.get("/me").act_as(&who).dispatch().await.assert_no_cookies();
        assert_eq!(answer.into_string().await.as_deref(), Some(said));
        let answer = client.get("/fresh").act_as(&who.not_fresh()).dispatch().await;
        assert_eq!(answer.status(), Status::Unauthorized);
    }
    Ok(())
}

#[rocket::async_test]
#[should_panic(expected = "cookies on the answer: first, second")]
async fn cookies_are_named_on_the_asynchronous_client() {
    let rocket = rocket(figment(), Auth::fairing().stateless(), Users::new());
    let client = Client::untracked(rocket).await.expect("a launch");
    client.get("/cookies").dispatch().await.assert_no_cookies();
}
