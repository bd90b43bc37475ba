//! An application has one type of account.

use std::convert::Infallible;

use rocket::local::blocking::Client;
use rocket::{Orbit, Rocket, get, routes};
use vestibule::{Account, Auth, CurrentUser, TokenUser};

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
