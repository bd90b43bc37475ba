//! Pages for people: sessions only. A token opens nothing here.

mod account;
mod assets;
mod catchers;
mod once;
mod pages;
mod registration;
mod session;
mod sign_ins;
mod templates;
mod view;

use rocket::fairing::AdHoc;
use rocket::routes;

pub use templates::Templates;

use crate::http::Guarded;
use crate::settings::Settings;

/// The routes, by who may enter.
#[must_use]
pub fn routes(registration: bool) -> Vec<Guarded> {
    let mut groups = vec![
        Guarded::new("/", "anyone", routes![assets::asset]),
        Guarded::new("/", "Maybe<SessionUser>", routes![pages::home, session::form]),
        Guarded::new("/", "Session", routes![session::login]),
        Guarded::new("/", "Maybe<SessionUser>, Session", routes![session::logout]),
        Guarded::new(
            "/",
            "SessionUser",
            routes![
                pages::dashboard,
                account::account,
                account::reauthenticate,
                account::confirm,
                sign_ins::list,
                sign_ins::end,
                sign_ins::end_others
            ],
        ),
        Guarded::new("/", "SessionUser, Session", routes![sign_ins::end_all]),
        Guarded::new("/", "Fresh<SessionUser>", routes![account::change_password]),
    ];
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
    let registration = settings.accounts.registration;
    AdHoc::on_ignite("Pages", move |rocket| async move {
        let rocket = rocket
            .attach(templates::fairing())
            .manage(assets::Assets::new())
            .register("/", catchers::catchers());
        let groups = routes(registration).into_iter();
        groups.fold(rocket, |rocket, group| rocket.mount(group.base, group.routes))
    })
}
