//! Accepts the tokens of `accounts`: no passwords, no sign-ins, and no tokens of its own.

use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Rocket, get, routes};
use serde_json::{Value, json};
use vestibule::catchers::problems;
use vestibule::tokens::Claims;
use vestibule::{Account, Auth, TokenUser};

/// A customer, by the name of a user of `accounts`.
struct Customer(String);

impl Account for Customer {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.0.clone()
    }

    /// No token is ours.
    async fn find(_: &Rocket<Orbit>, _: &String) -> Result<Option<Self>, Infallible> {
        Ok(None)
    }

    /// Every user is a customer. If customers are rows of yours, find the one for `claims.sub`.
    async fn find_foreign(_: &Rocket<Orbit>, claims: &Claims) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self(claims.sub.clone())))
    }
}

#[get("/orders")]
fn orders(customer: TokenUser<Customer>) -> Json<Value> {
    let all = [("ada", "a loom"), ("grace", "a compiler"), ("ada", "punched cards")];
    let own = all.iter().filter(|(name, _)| *name == customer.0);
    Json(own.map(|(_, goods)| json!(goods)).collect())
}

pub(crate) fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5001))
        .merge(("auth.mode", "token"))
        .merge(("auth.token.foreign.jwks", "var/accounts.jwks.json"))
        .merge(("auth.token.foreign.issuer", "https://accounts.example"))
        .merge(("auth.token.foreign.audience", "orders"))
        .merge(Env::prefixed("ORDERS_").global());
    rocket::custom(figment)
        .attach(Auth::fairing().stateless())
        .mount("/", routes![orders])
        .register("/", problems())
}
