//! `vestibule routes`: who may enter where.

use super::{Failure, figment, print_line};
use crate::http::{self, Guarded};
use crate::settings::Settings;
use crate::{api, web};

/// Prints method, path and guard of every route of the configured mode.
pub(super) fn list() -> Result<(), Failure> {
    let (_, figment) = figment()?;
    let settings = Settings::read(&figment)?;
    for (method, path, demands) in rows(&settings) {
        print_line(format_args!("{method:<7} {path:<28} {demands}"));
    }
    Ok(())
}

fn rows(settings: &Settings) -> Vec<(String, String, &'static str)> {
    let registration = settings.accounts.registration;
    let mut groups: Vec<Guarded> = http::routes(settings.auth.mode);
    if settings.auth.mode.has_sessions() {
        groups.extend(web::routes(registration));
    }
    if settings.auth.mode.has_tokens() {
        groups.extend(api::routes(registration));
    }
    let mut rows: Vec<_> = groups
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
