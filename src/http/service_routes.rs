//! The routes of neither pages nor API: `/whoami`, `/health` and the public keys.

use rocket::fairing::AdHoc;
use rocket::futures::FutureExt;
use rocket::http::Header;
use rocket::{Responder, Route, Shutdown, State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Json, catchers};
use crate::accounts::CurrentUser;
use crate::db::Db;
use vestibule::config::Mode;
use vestibule::tokens::PublicKeys;
use vestibule::{Error, ErrorKind};

/// The user of the request.
#[derive(Serialize, ToSchema)]
pub struct WhoAmI {
    id: i64,
    username: String,
    /// `token`, or `session`.
    via: &'static str,
}

/// Returns the user of the request, by any credential; 401 without one.
#[get("/whoami")]
fn whoami(user: CurrentUser) -> Json<WhoAmI> {
    let via = user.authentication().method().as_str();
    Json(WhoAmI { id: user.id, username: user.username.clone(), via })
}

/// The health of the service.
#[derive(Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
    database: &'static str,
    writable: bool,
}

/// Returns whether the process is ready for requests; 503 if the database does not respond, and
/// from the signal to stop on.
///
/// 200 with `"writable": false` while the database can only be read: users stay signed in, but
/// cannot sign in or out. All processes have the same database, so taking this one out of service
/// would not help.
#[get("/health/ready")]
async fn ready(db: &State<Db>, shutdown: Shutdown) -> Result<Json<Health>, Error> {
    if shutdown.now_or_never().is_some() {
        return Err(ErrorKind::Unavailable.into());
    }
    let writable = db.is_writable().await?;
    Ok(Json(Health { status: "ok", database: db.backend().as_str(), writable }))
}

/// Returns the same as [`ready`].
#[get("/health")]
async fn health(db: &State<Db>, shutdown: Shutdown) -> Result<Json<Health>, Error> {
    ready(db, shutdown).await
}

/// The body of `/health/live`.
#[derive(Serialize, ToSchema)]
pub struct Live {
    status: &'static str,
}

/// Returns 200 while the process responds, with or without its database: a supervisor restarts
/// a process that does not.
#[get("/health/live")]
fn live() -> Json<Live> {
    Json(Live { status: "ok" })
}

/// The keys for every site, and for caches: a new key is announced in `public_keys` before it signs.
#[derive(Responder)]
#[response(content_type = "application/jwk-set+json")]
struct KeySet(String, Header<'static>, Header<'static>, Header<'static>);

/// Returns the public keys that verify tokens; an empty set for a shared secret.
#[get("/.well-known/jwks.json")]
fn jwks(keys: PublicKeys<'_>) -> KeySet {
    KeySet(
        keys.to_json().to_string(),
        Header::new("Cache-Control", "public, max-age=300"),
        Header::new("Access-Control-Allow-Origin", "*"),
        Header::new("Cross-Origin-Resource-Policy", "cross-origin"),
    )
}

/// Returns the routes of this mode.
#[must_use]
pub fn routes(mode: Mode) -> Vec<Route> {
    let mut routes = routes![health, live, ready, whoami];
    if mode.has_tokens() {
        routes.extend(routes![jwks]);
    }
    routes
}

/// Mounts the routes, with Problem JSON for their errors.
#[must_use]
pub fn stage(mode: Mode) -> AdHoc {
    AdHoc::on_ignite("Service", move |rocket| async move {
        let mut rocket = rocket.register("/whoami", catchers()).register("/health", catchers());
        if mode.has_tokens() {
            rocket = rocket.register("/.well-known", catchers());
        }
        rocket.mount("/", routes(mode))
    })
}
