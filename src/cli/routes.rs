//! `vestibule routes`: lists the routes and their guards.

use super::failure::Failure;
use super::figment::load_figment;
use super::output::print_line;
use crate::http::{self, Guarded};
use crate::settings::Settings;
use crate::{api, web};
use vestibule::config::Config;

/// Prints method, path and guard of every route of the configured mode.
pub(super) fn run() -> Result<(), Failure> {
    let (_, figment) = load_figment()?;
    let settings = Settings::read(&figment)?;
    for (method, path, demands) in rows(&settings) {
        print_line(format_args!("{method:<7} {path:<28} {demands}"));
    }
    Ok(())
}

fn groups(auth: &Config, registration: bool) -> Vec<Guarded> {
    let mode = auth.mode;
    let mut groups = http::routes(mode);
    if mode.has_sessions() {
        groups.extend(web::routes(auth, registration));
    }
    if mode.has_tokens() {
        groups.extend(api::routes(auth, registration));
    }
    groups
}

fn rows(settings: &Settings) -> Vec<(String, String, &'static str)> {
    let mut rows: Vec<_> = groups(&settings.auth, settings.accounts.registration)
        .iter()
        .flat_map(|group| {
            let base = group.base.trim_end_matches('/');
            group.routes.iter().map(move |route| {
                let path = format!("{base}{}", route.uri.path());
                (route.method.to_string(), path, group.demands)
            })
        })
        .collect();
    rows.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    rows
}

#[cfg(test)]
mod tests {
    use rocket::Route;

    use super::*;
    use vestibule::Auth;
    use vestibule::config::Mode;

    /// Guards that admit every client.
    const OPEN_GUARDS: [&str; 3] = ["Tokens", "SignIns", "PublicKeys"];

    #[test]
    fn the_guard_named_for_a_group_is_that_of_its_handlers() {
        let mut wrong = Vec::new();
        for mode in [Mode::Session, Mode::Token, Mode::Both] {
            let groups = groups(&Config { mode, ..Config::default() }, true);
            let routes = groups.iter().flat_map(|group| &group.routes);
            let found =
                Auth::route_guards(&rocket::Config::figment(), routes).expect("an inspection");
            let said = groups
                .iter()
                .flat_map(|group| group.routes.iter().map(|route| (route, group.demands)));
            for ((route, said), found) in said.zip(found) {
                let names = found.iter().map(|guard| guard.name().replace("<User>", ""));
                let names: Vec<_> = names.filter(|name| !OPEN_GUARDS.contains(&&**name)).collect();
                let found = if names.is_empty() { "anyone".to_owned() } else { names.join(", ") };
                if found != said {
                    let Route { method, uri, .. } = route;
                    wrong.push(format!("{method} {uri} is said to demand {said}, not {found}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
