//! Cases in which Flask-JWT fails, and that no other test here covers.

use std::convert::Infallible;

use rocket::local::blocking::Client;
use rocket::{Orbit, Rocket, get, post, routes};
use serde_json::{Map, Value, json};
use vestibule::tokens::TokenKind;
use vestibule::{Account, Auth, Error, Session, Tokens};

use crate::support::app::Setup;
use crate::support::forged_tokens::claims;

/// An account whose number is 0, and whose identity is an object.
#[derive(Clone)]
struct Zero;

impl Account for Zero {
    type Id = u64;
    type Error = Infallible;

    fn id(&self) -> u64 {
        0
    }

    async fn find(_: &Rocket<Orbit>, id: &u64) -> Result<Option<Self>, Infallible> {
        Ok((*id == 0).then_some(Self))
    }

    fn claims(&self, _: TokenKind) -> Map<String, Value> {
        Map::from_iter([("identity".to_owned(), json!({ "number": 0, "kind": "root" }))])
    }
}

#[post("/start")]
async fn start(session: Session<'_>, tokens: Tokens<'_>) -> Result<String, Error> {
    session.start(&Zero).await?;
    Ok(tokens.start(&Zero).await?.access_token)
}

#[get("/who")]
fn who(user: vestibule::CurrentUser<Zero>) -> String {
    let claims = user.authentication().claims();
    let kind = claims.and_then(|claims| claims.extra["identity"]["kind"].as_str());
    format!("{} {}", user.id(), kind.unwrap_or("-"))
}

#[test]
fn the_id_0_is_an_id_and_an_identity_may_be_an_object() {
    let rocket = rocket::custom(Setup::new().figment).attach(Auth::fairing().stateless());
    let client = Client::tracked(rocket.mount("/", routes![start, who])).expect("a rocket");
    let token = client.post("/start").dispatch().into_string().expect("a token");
    assert_eq!(claims(&token).get("stamp"), None, "the account has none");
    let session = client.get("/who").dispatch();
    assert_eq!(session.into_string().as_deref(), Some("0 -"));
    let bearer = rocket::http::Header::new("Authorization", format!("Bearer {token}"));
    let token = client.get("/who").header(bearer).dispatch();
    assert_eq!(token.into_string().as_deref(), Some("0 root"));
}
