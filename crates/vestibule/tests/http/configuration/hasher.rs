//! The hasher that handlers take is the fairing's.

use rocket::local::blocking::Client;
use rocket::{Build, Rocket, State, routes};
use vestibule::config::PasswordConfig;
use vestibule::password::Hasher;
use vestibule::{Auth, Error};

use crate::support::app::Setup;

#[rocket::get("/hash")]
async fn hash(hasher: &State<Hasher>) -> Result<String, Error> {
    hasher.hash(&"correct horse".into()).await
}

fn with_cost(cost: u32, auth: Auth) -> Rocket<Build> {
    let figment = Setup::new().set("auth.password.cost", cost).figment;
    rocket::custom(figment).attach(auth.stateless()).mount("/", routes![hash])
}

fn hasher(cost: u32) -> Hasher {
    Hasher::new(&PasswordConfig { cost, ..PasswordConfig::default() }).expect("randomness")
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
