//! Flask-Login: a login view, `next`, flashed messages, remembering, and what asks for the
//! password again.
//!
//! Guards are its decorators: `SessionUser` among a handler's arguments is `@login_required`,
//! `Fresh<SessionUser>` is `@fresh_login_required`. Where a refused request is redirected,
//! a catcher decides: `LoginManager` in `shared/flask_login.rs` has Flask-Login's settings under
//! their names, one for each part of the site. `Caller` in `shared/request_loader.rs` is a guard
//! of the application's own, for a credential of its own.
//!
//! ```console
//! $ cargo run --example flask_login
//! $ curl -i http://127.0.0.1:5000/secret
//! $ curl -c jar -d name=ada -d password=lovelace -d remember=on http://127.0.0.1:5000/login
//! $ curl -b jar http://127.0.0.1:5000/secret
//! $ curl http://127.0.0.1:5000/whoami?api_key=grace-and-no-other
//! ```
//!
//! Users: `ada`/`lovelace` and `grace`/`hopper`. Flask-Login itself differs in that
//! - it redirects with 302, Rocket with 303;
//! - it puts any path into `next` and takes any back; here a path that leads off the site is none;
//! - its remember cookie never changes and cannot be ended; here it names a sign-in, and logging
//!   out ends that;
//! - a session beats the request loader there; here what was presented on purpose wins.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use rocket::figment::{Figment, providers::Env};
use rocket::form::{Form, FromForm};
use rocket::http::{CookieJar, Status};
use rocket::request::FlashMessage;
use rocket::response::Redirect;
use rocket::serde::json::Json;
use rocket::{Build, Orbit, Request, Rocket, State};
use rocket::{catch, catchers, get, launch, options, post, routes, uri};
use serde_json::{Value, json};
use vestibule::config::PasswordConfig;
use vestibule::guards::{Authenticated, Fresh, Maybe};
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::{MemorySignInStore, SessionOptions};
use vestibule::{Account, Auth, Error, ErrorKind, LocalPath, PasswordAccount, Session};

#[path = "shared/flask_login.rs"]
mod flask_login;
#[path = "shared/request_loader.rs"]
mod request_loader;

use flask_login::{LoginManager, NEXT};
use request_loader::Caller;

type SessionUser = vestibule::SessionUser<User>;
type PasswordLogin<'r> = vestibule::PasswordLogin<'r, User>;
type Users = HashMap<String, User>;

#[derive(Clone)]
struct User {
    name: String,
    password_hash: String,
    api_key: &'static str,
}

impl Account for User {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.name.clone()
    }

    async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Users>().and_then(|users| users.get(id).cloned()))
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user = rocket.state::<Users>().and_then(|users| users.get(name));
        Ok(user.map(|user| (user.clone(), user.password_hash.clone())))
    }
}

#[derive(FromForm)]
struct Login {
    name: String,
    password: Password,
    remember: bool,
    /// In hours, whatever the settings say.
    remember_for: Option<u64>,
    next: Option<String>,
}

/// Redirects to the page that was requested first, if it is a path of this site.
fn onward(next: Option<&str>, cookies: &CookieJar<'_>) -> Redirect {
    let kept = cookies.get_private(NEXT);
    let next = next.or(kept.as_ref().map(|cookie| cookie.value()));
    let path = next.and_then(LocalPath::parse);
    if kept.is_some() {
        cookies.remove_private(NEXT);
    }
    path.map_or_else(|| Redirect::to(uri!(index)), LocalPath::redirect)
}

/// The form; a page of yours shows the message and has a field for `next`.
#[get("/login?<next>")]
fn login(next: Option<&str>, flash: Option<FlashMessage<'_>>) -> Json<Value> {
    let message = flash.map(|flash| json!([flash.kind(), flash.message()]));
    Json(json!({ "form": "login", "next": next, "flash": message }))
}

#[post("/login", data = "<form>")]
async fn log_in(
    form: Form<Login>,
    login: PasswordLogin<'_>,
    session: Session<'_>,
    cookies: &CookieJar<'_>,
) -> Result<Redirect, Error> {
    let user = login.verify(&form.name, &form.password).await?;
    let start = match form.remember_for {
        Some(hours) => {
            SessionOptions::new().remembered_for(Duration::from_secs(hours.saturating_mul(3600)))
        }
        None => SessionOptions::new().remembered_if(form.remember),
    };
    session.start_with(&user, start).await?;
    Ok(onward(form.next.as_deref(), cookies))
}

/// A link in a mail: no password was proven, so the session is not fresh.
#[get("/link/<secret>")]
async fn link(secret: &str, users: &State<Users>, session: Session<'_>) -> Result<Redirect, Error> {
    let user = users.get("ada").filter(|_| secret == "once").ok_or(ErrorKind::BadCredentials)?;
    session.start_with(user, SessionOptions::new().not_fresh()).await?;
    Ok(Redirect::to(uri!(index)))
}

#[post("/logout")]
async fn log_out(session: Session<'_>) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(index)))
}

/// `refresh_view`
#[get("/confirm?<next>")]
fn confirm(_user: SessionUser, next: Option<&str>, flash: Option<FlashMessage<'_>>) -> Json<Value> {
    let message = flash.map(|flash| json!([flash.kind(), flash.message()]));
    Json(json!({ "form": "confirm", "next": next, "flash": message }))
}

#[post("/confirm", data = "<form>")]
async fn confirmed(
    user: SessionUser,
    form: Form<Login>,
    login: PasswordLogin<'_>,
    session: Session<'_>,
    cookies: &CookieJar<'_>,
) -> Result<Redirect, Error> {
    let proven = login.verify(&form.name, &form.password).await?;
    if proven.name != user.name {
        return Err(ErrorKind::BadCredentials.into());
    }
    session.confirm().await?;
    Ok(onward(form.next.as_deref(), cookies))
}

/// `current_user` where a login is optional; `anonymous_user` is what `None` becomes.
#[get("/")]
fn index(user: Maybe<SessionUser>) -> String {
    user.0.map_or_else(|| "Hello, guest.".to_owned(), |user| format!("Hello, {}.", user.name))
}

/// `@login_required`
#[get("/secret")]
fn secret(user: SessionUser) -> Json<Value> {
    let how = user.authentication();
    Json(json!({
        "name": user.name,
        "login_fresh": how.is_fresh(),
        "login_remembered": how.is_remembered(),
    }))
}

/// A method that needs no user is a route without a guard.
#[options("/secret")]
fn secret_options() -> Status {
    Status::NoContent
}

/// `@fresh_login_required`
#[get("/settings")]
fn settings(user: Fresh<SessionUser>) -> String {
    format!("Settings of {}.", user.name)
}

#[get("/whoami")]
fn whoami(caller: Caller) -> Json<Value> {
    let how = caller.authentication();
    Json(json!({ "name": how.account().name, "via": how.method().as_str() }))
}

#[get("/fresh-caller")]
fn fresh_caller(caller: Fresh<Caller>) -> String {
    caller.authentication().account().name.clone()
}

/// `unauthorized_handler`: the response is whatever this says.
#[catch(401)]
fn refused(_: &Request<'_>) -> (Status, Json<Value>) {
    (Status::ImATeapot, Json(json!({ "error": "not without a login" })))
}

/// `localize_callback`
fn localized(request: &Request<'_>, text: &'static str) -> &'static str {
    let german = request.headers().get_one("Accept-Language").is_some_and(|l| l.starts_with("de"));
    match text {
        "Staff only." if german => "Nur für Personal.",
        text => text,
    }
}

fn managers() -> [(&'static str, LoginManager); 4] {
    let main = LoginManager {
        login_view: Some(|next| uri!(login(next))),
        refresh_view: Some(|next| uri!(confirm(next))),
        ..LoginManager::default()
    };
    let staff = LoginManager {
        login_view: Some(|next| uri!("/staff", login(next))),
        login_message: "Staff only.",
        login_message_category: "warning",
        localize_callback: localized,
        ..LoginManager::default()
    };
    let shop = LoginManager { use_session_for_next: true, ..main.clone() };
    let moved = LoginManager { force_host_for_redirects: Some("good.example"), ..main.clone() };
    [("/", main), ("/staff", staff), ("/shop", shop), ("/moved", moved)]
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        // Sessions only: no key that signs tokens is needed.
        .merge(("auth.mode", "session"))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let user = |(name, password, api_key): (&str, &str, &'static str)| {
        let password_hash = hasher.hash_blocking(&password.into()).expect("randomness for a salt");
        (name.to_owned(), User { name: name.to_owned(), password_hash, api_key })
    };
    let users: Users =
        [("ada", "lovelace", "ada-and-no-other"), ("grace", "hopper", "grace-and-no-other")]
            .map(user)
            .into();
    let site = routes![
        index,
        login,
        log_in,
        link,
        log_out,
        confirm,
        confirmed,
        secret,
        secret_options,
        settings,
        whoami,
        fresh_caller
    ];
    let rocket = rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(users)
        .mount("/", site)
        .mount("/staff", routes![login, secret])
        .mount("/shop", routes![secret, settings])
        .mount("/moved", routes![secret])
        .mount("/api", routes![secret, settings])
        // No view: a plain 401.
        .mount("/plain", routes![secret, settings])
        .register("/plain", LoginManager::default())
        .register("/api", catchers![refused]);
    managers().into_iter().fold(rocket, |rocket, (base, part)| rocket.register(base, part))
}
