//! An application has one type of account.

use std::convert::Infallible;

use rocket::local::blocking::Client;
use rocket::serde::json::Json;
use rocket::{Orbit, Rocket, get, post, routes};
use vestibule::tokens::TokenPair;
use vestibule::{Account, Auth, CurrentUser, Error, TokenUser, Tokens};

use crate::support::app::Setup;
use crate::support::users::User;

/// Another type with ids of the same form.
struct Staff(i64);

impl Account for Staff {
    type Id = i64;
    type Error = Infallible;

    fn id(&self) -> i64 {
        self.0
    }

    async fn find(_: &Rocket<Orbit>, id: &i64) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self(*id)))
    }
}

#[get("/customers")]
fn customers(_user: CurrentUser<User>) {}

#[get("/staff")]
fn staff(user: TokenUser<Staff>) -> String {
    user.0.to_string()
}

/// Its guard says nothing about the type.
#[post("/staff/login")]
async fn sign_in(tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    tokens.start(&Staff(1)).await.map(Json)
}

fn launch(routes: Vec<rocket::Route>) -> Result<(), String> {
    let rocket =
        rocket::custom(Setup::new().figment).attach(Auth::fairing().stateless()).mount("/", routes);
    Client::untracked(rocket).map(drop).map_err(|error| format!("{:?}", error.kind()))
}

#[test]
fn guards_for_a_second_type_refuse_to_launch() {
    assert_eq!(launch(routes![customers]), Ok(()));
    assert_eq!(launch(routes![staff]), Ok(()));
    let failure = launch(routes![customers, staff]).expect_err("two types");
    assert!(failure.contains("SentinelAborts"), "{failure}");
}

#[test]
fn no_sign_in_begins_for_a_second_type() {
    let status = |routes: Vec<rocket::Route>| {
        let rocket = rocket::custom(Setup::new().figment).attach(Auth::fairing().stateless());
        let client = Client::untracked(rocket.mount("/", routes)).expect("a launch");
        let status = client.post("/staff/login").dispatch().status();
        status.code
    };
    assert_eq!(status(routes![sign_in, staff]), 200);
    assert_eq!(status(routes![sign_in, customers]), 500);
}
