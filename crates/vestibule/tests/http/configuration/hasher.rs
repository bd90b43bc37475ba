//! The hasher that handlers take is the fairing's.

use rocket::local::blocking::Client;
use rocket::{Build, Rocket, State, routes};
use serde_json::json;
use vestibule::config::PasswordConfig;
use vestibule::password::Hasher;
use vestibule::{Auth, Error};

use crate::support::app::Setup;

#[rocket::get("/check/<password>")]
async fn check(password: &str, hasher: &State<Hasher>) -> Result<(), Error> {
    hasher.check(&password.into(), &[]).await
}

#[rocket::get("/hash")]
async fn hash(hasher: &State<Hasher>) -> Result<String, Error> {
    hasher.hash(&"correct horse".into()).await
}

fn with_cost(cost: u32, auth: Auth) -> Rocket<Build> {
    let settings = json!({ "cost": cost, "min_length": 6 });
    let figment = Setup::new().set("auth.password", settings).figment;
    rocket::custom(figment).attach(auth.stateless()).mount("/", routes![check, hash])
}

fn hasher(cost: u32) -> Hasher {
    let mut config = PasswordConfig::default();
    (config.cost, config.min_length) = (cost, 6);
    Hasher::new(&config).expect("randomness")
}

fn launch(rocket: Rocket<Build>) -> Result<Client, String> {
    Client::untracked(rocket).map_err(|error| format!("{:?}", error.kind()))
}

#[test]
fn the_hasher_of_a_handler_has_the_settings_of_the_configuration() {
    for auth in [Auth::fairing(), Auth::fairing().hasher(hasher(5))] {
        let client = launch(with_cost(5, auth)).expect("a launch");
        let hash = client.get("/hash").dispatch().into_string().expect("a hash");
        assert!(hash.starts_with("$bcrypt-sha256$v=2,t=2b,r=5$"), "{hash}");
    }
}

#[test]
fn a_hasher_with_other_settings_or_managed_by_the_application_does_not_launch() {
    let other = with_cost(5, Auth::fairing().hasher(hasher(4)));
    let managed = with_cost(5, Auth::fairing()).manage(hasher(5));
    for rocket in [other, managed] {
        assert!(launch(rocket).expect_err("a failure").contains("Authentication"));
    }
}

#[test]
fn a_new_password_is_checked_by_the_settings() {
    let client = launch(with_cost(4, Auth::fairing())).expect("a launch");
    let status = |password| client.get(format!("/check/{password}")).dispatch().status().code;
    assert_eq!((status("x7Kq$"), status("x7Kq$2vP")), (422, 200));
    let is_rated = PasswordConfig::default().strength > 0;
    assert_eq!(status("password"), if is_rated { 422 } else { 200 });
}

#[test]
fn a_strength_without_the_feature_that_rates_it_does_not_launch() {
    let with = |strength: u8| {
        let figment = Setup::new().set("auth.password.strength", strength).figment;
        launch(rocket::custom(figment).attach(Auth::fairing().stateless())).map(drop)
    };
    assert_eq!(with(0), Ok(()));
    assert_eq!(with(2).is_ok(), PasswordConfig::default().strength > 0);
    assert!(with(5).is_err());
}
