//! Routes of neither half: who am I, and is the service well?

use rocket::fairing::AdHoc;
use rocket::http::ContentType;
use rocket::{Route, State, get, routes};
use serde::Serialize;

use super::{Json, catchers};
use crate::accounts::CurrentUser;
use crate::db::Db;
use vestibule::Error;
use vestibule::config::Mode;
use vestibule::tokens::PublicKeys;

#[derive(Serialize)]
struct WhoAmI {
    id: i64,
    username: String,
    via: &'static str,
}

/// Who is asking, by whichever credential; 401 for nobody.
#[get("/whoami")]
fn whoami(user: CurrentUser) -> Json<WhoAmI> {
    let via = user.authentication().method().as_str();
    Json(WhoAmI { id: user.id, username: user.username.clone(), via })
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    database: &'static str,
    writable: bool,
}

/// Whether the service can do its work; 503 when the database does not answer.
///
/// 200 with `"writable": false` while the database can only be read: everybody stays signed in,
/// nobody signs in or out. Taking the process out of service would help nobody then, because all
/// processes have the same database.
#[get("/health")]
async fn health(db: &State<Db>) -> Result<Json<Health>, Error> {
    let writable = db.is_writable().await?;
    Ok(Json(Health { status: "ok", database: db.backend().as_str(), writable }))
}

/// The public keys that verify our tokens; an empty set for a shared secret.
#[get("/.well-known/jwks.json")]
fn jwks(keys: PublicKeys<'_>) -> (ContentType, String) {
    (ContentType::new("application", "jwk-set+json"), keys.to_json().to_string())
}

/// Returns the routes of this mode.
#[must_use]
pub fn routes(mode: Mode) -> Vec<Route> {
    let mut routes = routes![health, whoami];
    if mode.has_tokens() {
        routes.extend(routes![jwks]);
    }
    routes
}

/// Mounts the probes; they answer Problem JSON.
#[must_use]
pub fn stage(mode: Mode) -> AdHoc {
    AdHoc::on_ignite("Probes", move |rocket| async move {
        let mut rocket = rocket.register("/whoami", catchers()).register("/health", catchers());
        if mode.has_tokens() {
            rocket = rocket.register("/.well-known", catchers());
        }
        rocket.mount("/", routes(mode))
    })
}
