//! A small application as yours may be: notes in SQLite, pages with a login form and "remember me",
//! `/api` with tokens, administrators, and a password that asks for a fresh login.
//!
//! ```console
//! $ cargo run --example notes
//! $ curl -c jar -d 'name=ada&password=correct horse' http://127.0.0.1:5000/login
//! $ curl -b jar http://127.0.0.1:5000/
//! $ curl --json '{"name":"ada","password":"correct horse"}' http://127.0.0.1:5000/api/login
//! ```
//!
//! Users: `ada`, an administrator, and `ben`, both with the password `correct horse`. The database is
//! `var/notes.sqlite3`; `ROCKET_DATABASE` names another file. Sign-ins are kept there, so that a
//! restart signs no user out.

mod database;
mod pages;
mod programs;

use rocket::figment::{Figment, providers::Env};
use rocket::fs::relative;
use rocket::{Build, Rocket, launch};
use rocket_dyn_templates::Template;
use vestibule::Auth;
use vestibule::catchers::{LoginPage, problems};
use vestibule::config::PasswordConfig;
use vestibule::database::open_sqlite;
use vestibule::password::Hasher;

/// What works without a login. A route that is neither here nor has a guard does not launch.
const OPEN: &[&str] = &["GET /login", "POST /login", "POST /logout", "POST /api/login"];

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("database", "var/notes.sqlite3"))
        .merge(("template_dir", relative!("examples/notes/templates")))
        // These secrets are public. Yours are 32 random bytes each, in Rocket.toml: the first seals
        // cookies, the second signs tokens.
        .merge(("secret_key", "cHVibGljOiB5b3VycyBpcyByYW5kb20sIDMyIGJ5dGU="))
        .merge(("auth.token.secret", "the public secret of an example: replace it"))
        .merge(Env::prefixed("ROCKET_").global());
    let passwords: PasswordConfig = figment.extract_inner("auth.password").unwrap_or_default();
    let hasher = Hasher::new(&passwords).expect("randomness for a salt");
    let path: String = figment.extract_inner("database").expect("a path");
    let pool = open_sqlite(path, |connection| database::create(connection, &hasher));
    let pool = pool.expect("a database");
    let auth = Auth::fairing().database(pool.clone()).hasher(hasher).login_required_except(OPEN);
    rocket::custom(figment)
        .attach(Template::fairing())
        .attach(auth)
        .manage(pool)
        .mount("/", pages::routes())
        .mount("/api", programs::routes())
        .register("/", LoginPage::at("/login").confirm_at("/confirm"))
        .register("/api", problems())
}
