//! Pages for people, with sessions. A token gives no access here.

mod account;
mod address;
mod address_return;
mod admin;
mod assets;
mod authenticator;
mod catchers;
mod checkbox;
mod events;
mod filters;
mod forgotten;
mod form;
mod form_body;
mod keys;
mod language;
mod link_cookie;
mod new_key;
mod notice;
mod own_deletion;
mod page_language;
mod pages;
mod passkey_sign_in;
mod passkeys;
mod password_link;
mod registration;
mod registration_link;
mod renderer;
mod second_factor;
mod second_step;
mod session;
mod setup;
mod shown_once;
mod shown_to;
mod sign_in_link;
mod sign_ins;
mod templates;
mod texts;
mod unique_fields;
mod words;

use rocket::fairing::AdHoc;
use rocket::{Route, routes};

pub use assets::Assets;
pub use templates::Templates;

use crate::settings::Settings;
use vestibule::config::Config;

/// Returns the routes of these settings.
#[must_use]
pub fn routes(auth: &Config, registration: bool, mail: bool) -> Vec<Route> {
    let mut routes = routes![
        assets::asset,
        pages::home,
        pages::dashboard,
        session::form,
        session::login,
        session::ask_to_log_out,
        session::logout,
        second_step::form,
        second_step::sign_in,
        second_factor::show,
        authenticator::ask,
        authenticator::set_up,
        second_factor::make_codes,
        second_factor::ask_to_remove,
        second_factor::remove,
        second_factor::end_trust,
        passkeys::options,
        passkeys::add,
        passkeys::remove,
        passkey_sign_in::options,
        passkey_sign_in::sign_in,
        passkey_sign_in::second_options,
        passkey_sign_in::second,
        passkey_sign_in::confirm_options,
        passkey_sign_in::confirm,
        setup::form,
        setup::set_up,
        forgotten::change_password,
        password_link::form,
        password_link::set,
        account::account,
        account::change_name,
        account::change_password,
        language::change,
        account::reauthenticate,
        account::confirm,
        own_deletion::ask,
        own_deletion::delete,
        sign_ins::list,
        sign_ins::end,
        sign_ins::end_others,
        sign_ins::end_all,
        events::own,
        events::all,
        admin::users::list,
        admin::new::ask,
        admin::new::add,
        admin::sign_ins::list,
        admin::sign_ins::end,
        admin::user::page,
        admin::questions::role,
        admin::questions::active,
        admin::questions::end_sign_ins,
        admin::questions::reset_link,
        admin::questions::remove_address,
        admin::questions::reset_second_factor,
        admin::links::make,
        admin::user::set_role,
        admin::user::set_active,
        admin::user::end_sign_ins,
        admin::user::remove_address,
        admin::user::reset_second_factor,
        admin::deletion::ask,
        admin::deletion::delete,
    ];
    if auth.takes_keys() {
        routes.extend(routes![keys::list, keys::make, keys::end]);
    }
    if mail {
        routes.extend(routes![
            address::form,
            address::request,
            address::remove,
            address::set_notices,
            address::ask,
            address::confirm,
            address_return::ask,
            address_return::put_back,
            forgotten::form,
            forgotten::request,
        ]);
    }
    if registration {
        routes.extend(routes![registration::form, registration::register]);
        if mail {
            routes.extend(routes![registration_link::ask, registration_link::confirm]);
        }
    }
    routes
}

/// Returns the routes of signing in by a link in a mail.
#[must_use]
pub fn sign_in_link_routes() -> Vec<Route> {
    sign_in_link::link_routes()
}

/// Mounts the pages with their templates, files and catchers.
#[must_use]
pub fn stage(settings: &Settings, assets: Assets) -> AdHoc {
    let (registration, mail) = (settings.accounts.registration, settings.mail.is_some());
    let mut routes = routes(&settings.auth, registration, mail);
    if settings.has_sign_in_links() {
        routes.extend(sign_in_link_routes());
    }
    let engine = templates::Engine::default();
    AdHoc::on_ignite("Pages", move |rocket| async move {
        rocket
            .attach(engine.fairing())
            .manage(engine)
            .manage(assets)
            .register("/", catchers::catchers())
            .mount("/", routes)
    })
}
