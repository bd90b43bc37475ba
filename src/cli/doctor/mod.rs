//! `vestibule doctor`: checks the installation and prints one line per finding. Changes and creates
//! nothing.

mod configuration;
mod database;
mod deployment;
mod files;
mod outside;
mod report;
mod slow_clients;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use rocket::figment::Figment;
use rocket::figment::providers::Serialized;

use super::failure::Failure;
use super::figment::lacks_key_pair;
use super::output::print_line;
use crate::app;
use crate::settings::Settings;
use crate::state_dir::{StateDir, generate_key_pair};
use report::Report;

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Check a running service from outside instead, as a client reaches it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Before the first start, adds placeholders for the secrets and the database that it will create, so
/// that the settings can be validated.
fn with_placeholders(state: &StateDir, figment: Figment) -> Figment {
    if state.secrets().exists() {
        return figment;
    }
    let secret = STANDARD.encode([1; 32]);
    let lacks_key = figment.extract().is_ok_and(|c: rocket::Config| !c.secret_key.is_provided());
    let url = figment.extract_inner::<String>("databases.main.url").unwrap_or_default();
    let lacks_file = url == state.database_url() && !state.path().exists();
    let mut figment = figment.join(Serialized::default("auth.token.secret", secret.repeat(2)));
    if lacks_key {
        figment = figment.merge(("secret_key", &secret));
    }
    if let Some(pair) = lacks_key_pair(&figment).then(generate_key_pair).and_then(Result::ok) {
        figment = figment.merge(("auth.token.private_key", pair));
    }
    if lacks_file {
        // Where the first start makes the state directory.
        let file = files::existing_parent(state.path()).join("not-made-yet.sqlite3");
        figment = figment.merge(("databases.main.url", format!("sqlite://{}", file.display())));
    }
    figment
}

/// Runs all checks; fails if one of them does.
pub(super) fn run(arguments: &DoctorArguments) -> Result<(), Failure> {
    let mut report = Report::default();
    match &arguments.url {
        Some(url) => outside::check(&mut report, url),
        None => installation(&mut report),
    }
    match (report.failed, report.warned) {
        (0, 0) => Ok(()),
        (0, warned) => {
            print_line(format_args!(
                "\nnothing keeps the service from working; warnings: {warned}"
            ));
            Ok(())
        }
        (failed, _) => Err(Failure::new(format!("errors that must be fixed: {failed}"))),
    }
}

/// Checks what is on this machine.
fn installation(report: &mut Report) {
    let state = StateDir::from_env();
    let figment = with_placeholders(&state, app::figment(&state));
    configuration::sources(report, &figment);
    files::state(report, &state, &figment);
    let settings = match Settings::read(&figment) {
        Ok(settings) => Some(settings),
        Err(errors) => {
            errors.iter().for_each(|error| report.fail("settings", error));
            None
        }
    };
    if let Some(settings) = &settings {
        configuration::weak_settings(report, &figment, settings);
        configuration::revocation(report, settings);
        configuration::links(report, &figment, settings);
        configuration::passkeys(report, settings);
        files::database(report, settings);
        database::check(report, settings);
        deployment::check(report, &figment, settings);
    }
}
