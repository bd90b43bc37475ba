//! `vestibule routes`: lists the routes and their guards.

use super::failure::Failure;
use super::figment::load_figment;
use super::output::print_table;
use crate::settings::Settings;
use crate::{api, http, metrics, web};

/// Prints method, path and guards of every route of the configured mode.
pub(super) fn run() -> Result<(), Failure> {
    let (_, figment) = load_figment()?;
    let settings = Settings::read(&figment)?;
    let rows = rows(&settings).ok_or_else(|| Failure::new("the routes could not be inspected"))?;
    let rows: Vec<_> =
        rows.into_iter().map(|(path, method, guards)| [method.to_owned(), path, guards]).collect();
    print_table(["METHOD", "PATH", "GUARDS"], &rows);
    Ok(())
}

/// Returns path, method and guards of each route, sorted; `None` if the guards cannot be found.
fn rows(settings: &Settings) -> Option<Vec<(String, &'static str, String)>> {
    let (auth, registration) = (&settings.auth, settings.accounts.registration);
    let mail = settings.mail.is_some();
    let mut mounted = vec![("", http::routes(auth.mode))];
    if settings.metrics.is_some() {
        mounted.push(("", metrics::routes()));
    }
    if auth.mode.has_sessions() {
        mounted.push(("", web::routes(auth, registration, mail)));
        if settings.has_sign_in_links() {
            mounted.push(("", web::sign_in_link_routes()));
        }
    }
    if auth.mode.has_tokens() {
        mounted.push((api::BASE, api::routes(auth, registration, mail)));
    }
    let mut rows = Vec::new();
    for (base, routes) in mounted {
        let guards = http::guard_names(&routes)?;
        rows.extend(routes.iter().zip(guards).map(|(route, guards)| {
            (format!("{base}{}", route.uri.path()), route.method.as_str(), guards)
        }));
    }
    rows.sort();
    Some(rows)
}
