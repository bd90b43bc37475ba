//! `/api`: JSON in and out, for tokens and access keys. A session cookie gives no access here.

mod address;
mod events;
mod introspect;
mod issued;
mod keys;
mod linked;
mod me;
mod openapi;
mod password;
mod password_links;
mod second_factor;
mod sign_in;
mod sign_ins;
mod users;

use rocket::fairing::AdHoc;
use rocket::{Route, routes};

use crate::http::catchers;
use crate::settings::Settings;
use vestibule::config::Config;

use issued::TokenCookies;
use openapi::Document;
pub use openapi::document;

/// The path under which all routes of the API are mounted.
pub const BASE: &str = "/api";

/// Returns the routes of these settings, to be mounted at [`BASE`].
#[must_use]
pub fn routes(auth: &Config, registration: bool, mail: bool) -> Vec<Route> {
    let mut routes = routes![
        openapi::get_document,
        openapi::get_page,
        openapi::get_stylesheet,
        me::me,
        me::change,
        me::delete,
        sign_in::login,
        sign_in::second_step,
        sign_in::refresh,
        sign_in::logout,
        me::claims,
        me::dashboard,
        me::profile,
        me::admin,
        events::own,
        events::all,
        sign_ins::list,
        sign_ins::end,
        sign_ins::end_others,
        password::change,
        password::confirm,
        second_factor::show,
        second_factor::begin,
        second_factor::confirm,
        second_factor::make_recovery_codes,
        second_factor::remove,
        second_factor::remove_passkey,
        second_factor::reset,
        introspect::introspect,
        users::list,
        users::one,
        users::add,
        users::change,
        users::sign_ins,
        users::end_sign_in,
        users::end_sign_ins,
        users::delete,
    ];
    if auth.takes_keys() {
        routes.extend(routes![keys::list, keys::make, keys::end]);
    }
    // Links lead to pages.
    if auth.mode.has_sessions() {
        routes.extend(routes![password_links::make, password_links::reset]);
        if mail {
            routes.extend(routes![address::request, address::remove, address::forgot]);
        }
    }
    if registration {
        routes.extend(routes![sign_in::register]);
    }
    routes
}

/// Mounts the API with its catchers.
#[must_use]
pub fn stage(settings: &Settings) -> AdHoc {
    let auth = &settings.auth;
    let (registration, mail) = (settings.accounts.registration, settings.mail.is_some());
    let routes = routes(auth, registration, mail);
    let document = Document::new(auth, registration, mail);
    let cookies = TokenCookies::of(auth);
    AdHoc::on_ignite("API", move |rocket| async move {
        rocket.register(BASE, catchers()).manage(document).manage(cookies).mount(BASE, routes)
    })
}
