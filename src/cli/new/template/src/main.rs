mod login;
#[cfg(test)]
mod tests;
mod user;

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use rocket::figment::Figment;
use rocket::serde::json::Json;
use rocket::{Build, Rocket, get, launch, routes};
use rocket_dyn_templates::{Template, context};
use vestibule::catchers::{LoginPage, problems};
use vestibule::database::open_sqlite;
use vestibule::token_routes;

use user::User;

type SessionUser = vestibule::SessionUser<User>;
type TokenUser = vestibule::TokenUser<User>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

#[get("/")]
fn home(user: SessionUser) -> Template {
    Template::render("home", context! { user: user.account() })
}

#[get("/api/me")]
fn me(user: TokenUser) -> Json<User> {
    Json(user.account().clone())
}

#[launch]
fn rocket() -> _ {
    application(rocket::Config::figment())
}

fn application(figment: Figment) -> Rocket<Build> {
    let path: String = figment
        .extract_inner("database")
        .expect("`database` in Rocket.toml");
    let pool = open_sqlite(path, |db| db.run_pending_migrations(MIGRATIONS).map(drop));
    let pool = pool.expect("the database");
    rocket::custom(figment)
        .attach(Template::fairing())
        .attach(login::fairing(&pool))
        .manage(pool)
        .mount("/", routes![home, me])
        .mount("/", login::routes())
        .mount("/api", token_routes!(User))
        .register("/", LoginPage::at("/login"))
        .register("/api", problems())
}
