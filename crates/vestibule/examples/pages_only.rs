//! Pages for browsers: a login form, a session cookie, a button that signs out.
//!
//! ```console
//! $ cargo run -p vestibule --example pages_only
//! $ curl -c jar -d name=ada -d password=lovelace http://127.0.0.1:5000/login
//! $ curl -b jar http://127.0.0.1:5000/
//! ```
//!
//! Users: `ada`/`lovelace` and `grace`/`hopper`.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::{Figment, providers::Env};
use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{Build, Orbit, Request, Rocket, State};
use rocket::{catch, catchers, get, launch, post, routes, uri};
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::{Account, Auth, Error, ErrorKind, Session};

type CurrentUser = vestibule::CurrentUser<User>;
type Users = HashMap<String, User>;

#[derive(Clone)]
struct User {
    name: String,
    password_hash: String,
}

#[rocket::async_trait]
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

#[derive(FromForm)]
struct Login {
    name: String,
    password: Password,
}

/// The login form; a program of yours would use a template.
fn form(message: &str) -> RawHtml<String> {
    RawHtml(format!(
        r#"<!doctype html>
<title>Sign in</title>
<p>{message}</p>
<form action="/login" method="post">
  <input name="name" autocomplete="username" required>
  <input name="password" type="password" autocomplete="current-password" required>
  <button>Sign in</button>
</form>
"#
    ))
}

#[get("/login")]
fn login_form() -> RawHtml<String> {
    form("")
}

#[post("/login", data = "<login>")]
async fn log_in(
    login: Form<Login>,
    users: &State<Users>,
    hasher: &State<Hasher>,
    session: Session<'_>,
) -> Result<Redirect, Error> {
    let user = users.get(&login.name);
    // An unknown name is verified too, so that both refusals take the same time.
    let hash = user.map(|user| user.password_hash.as_str());
    let is_right = hasher.verify(&login.password, hash).await?;
    let user = user.filter(|_| is_right).ok_or(ErrorKind::BadCredentials)?;
    session.start(user).await?;
    Ok(Redirect::to(uri!(index)))
}

#[post("/logout")]
async fn log_out(session: Session<'_>) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(login_form)))
}

#[get("/")]
fn index(user: CurrentUser) -> RawHtml<String> {
    RawHtml(format!(
        r#"<!doctype html>
<title>Home</title>
<p>Hello, {}.</p>
<form action="/logout" method="post"><button>Sign out</button></form>
"#,
        user.name
    ))
}

/// Shows the form where a login is missing or wrong, with the reason.
#[catch(401)]
fn unauthorized(request: &Request<'_>) -> RawHtml<String> {
    let error = Error::of(Status::Unauthorized, request);
    form(error.as_ref().map_or("", Error::message))
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "session"))
        .merge(Env::prefixed("ROCKET_").global());
    let hasher = Hasher::new(&PasswordConfig::default()).expect("randomness for a salt");
    let user = |(name, password): (&str, &str)| {
        let password_hash = hasher.hash_blocking(&password.into()).expect("randomness for a salt");
        (name.to_owned(), User { name: name.to_owned(), password_hash })
    };
    let users: Users = [("ada", "lovelace"), ("grace", "hopper")].map(user).into();
    rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(users)
        .mount("/", routes![index, login_form, log_in, log_out])
        .register("/", catchers![unauthorized])
}
