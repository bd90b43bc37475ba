//! `/api`: JSON in and out, bearer tokens only. A session cookie opens nothing here.

mod events;
mod keys;
mod me;
mod password;
mod sign_in;
mod sign_ins;
mod users;

use rocket::fairing::AdHoc;
use rocket::routes;

use crate::http::{Guarded, catchers};
use vestibule::config::Config;

/// The path that all routes of the API are under.
pub const BASE: &str = "/api";

/// The routes, by who may enter.
#[must_use]
pub fn routes(auth: &Config, registration: bool) -> Vec<Guarded> {
    let mut groups = vec![
        Guarded::new(BASE, "anyone", routes![sign_in::login]),
        Guarded::new(BASE, "RefreshToken", routes![sign_in::refresh]),
        Guarded::new(BASE, "AnyTokenUser", routes![sign_in::logout]),
        Guarded::new(BASE, "TokenUser", routes![me::me, me::claims]),
        Guarded::new(
            BASE,
            "Scoped<OwnAccount, TokenUser>",
            routes![me::dashboard, me::profile, events::own],
        ),
        Guarded::new(
            BASE,
            "Scoped<OwnSignIns, TokenUser>",
            routes![sign_ins::list, sign_ins::end, sign_ins::end_others],
        ),
        Guarded::new(BASE, "Fresh<TokenUser>", routes![password::change]),
        Guarded::new(BASE, "ClaimedRole<Admin, Scoped<OwnAccount, TokenUser>>", routes![me::admin]),
        Guarded::new(
            BASE,
            "Require<Admin, Scoped<UsersRead, TokenUser>>",
            routes![users::list, users::one, events::all],
        ),
        Guarded::new(
            BASE,
            "Require<Admin, FreshOrKey<UsersWrite, TokenUser>>",
            routes![users::change, users::end_sign_ins, users::delete],
        ),
    ];
    if auth.takes_keys() {
        let guard = "Scoped<OwnSignIns, TokenUser>";
        groups.push(Guarded::new(BASE, guard, routes![keys::list, keys::end]));
        groups.push(Guarded::new(BASE, "Fresh<TokenUser>", routes![keys::make]));
    }
    if registration {
        groups.push(Guarded::new(BASE, "anyone", routes![sign_in::register]));
    }
    groups
}

/// Mounts the API with its catchers.
#[must_use]
pub fn stage(auth: &Config, registration: bool) -> AdHoc {
    let groups = routes(auth, registration);
    AdHoc::on_ignite("API", move |rocket| async move {
        let rocket = rocket.register(BASE, catchers());
        groups.into_iter().fold(rocket, |rocket, group| rocket.mount(group.base, group.routes))
    })
}
