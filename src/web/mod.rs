//! Pages for people: sessions only. A token opens nothing here.

mod account;
mod admin;
mod assets;
mod catchers;
mod events;
mod flash;
mod keys;
mod pages;
mod registration;
mod renderer;
mod session;
mod setup;
mod sign_ins;
mod templates;
mod unique_fields;

use rocket::fairing::AdHoc;
use rocket::routes;

pub use templates::Templates;

use crate::http::Guarded;
use crate::settings::Settings;
use vestibule::config::Config;

/// The routes, by who may enter.
#[must_use]
pub fn routes(auth: &Config, registration: bool) -> Vec<Guarded> {
    let mut groups = vec![
        Guarded::new("/", "anyone", routes![assets::asset]),
        Guarded::new("/", "Maybe<SessionUser>", routes![pages::home, session::form, setup::form]),
        Guarded::new("/", "Session", routes![session::login]),
        Guarded::new("/", "Maybe<SessionUser>, Session", routes![session::logout, setup::set_up]),
        Guarded::new(
            "/",
            "SessionUser",
            routes![
                pages::dashboard,
                account::account,
                account::reauthenticate,
                sign_ins::list,
                sign_ins::end,
                sign_ins::end_others,
                events::own
            ],
        ),
        Guarded::new("/", "SessionUser, Session", routes![account::confirm, sign_ins::end_all]),
        Guarded::new("/", "Fresh<SessionUser>, Session", routes![account::change_password]),
        Guarded::new(
            "/",
            "Require<Admin, SessionUser>",
            routes![admin::users::list, admin::user::page, events::all],
        ),
        Guarded::new(
            "/",
            "Require<Admin, Fresh<SessionUser>>",
            routes![admin::user::set_role, admin::deletion::ask],
        ),
        Guarded::new(
            "/",
            "Require<Admin, Fresh<SessionUser>>, Session",
            routes![admin::user::set_active, admin::user::end_sign_ins, admin::deletion::delete],
        ),
    ];
    if auth.takes_keys() {
        groups.push(Guarded::new("/", "SessionUser", routes![keys::list, keys::end]));
        groups.push(Guarded::new("/", "Fresh<SessionUser>", routes![keys::make]));
    }
    if registration {
        let form = routes![registration::form];
        groups.push(Guarded::new("/", "Maybe<SessionUser>", form));
        groups.push(Guarded::new("/", "Session", routes![registration::register]));
    }
    groups
}

/// Mounts the pages with their templates and catchers.
#[must_use]
pub fn stage(settings: &Settings) -> AdHoc {
    let groups = routes(&settings.auth, settings.accounts.registration);
    let secure = settings.auth.session.is_secure();
    AdHoc::on_ignite("Pages", move |rocket| async move {
        let engine = templates::Engine::default();
        let rocket = rocket
            .attach(engine.fairing())
            .manage(engine)
            .attach(flash::FlashCookie { secure })
            .manage(assets::Assets::new())
            .register("/", catchers::catchers());
        groups.into_iter().fold(rocket, |rocket, group| rocket.mount(group.base, group.routes))
    })
}
