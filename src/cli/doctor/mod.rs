//! `vestibule doctor`: what is well, what is doubtful and what will not work, one line each.
//!
//! Nothing is changed and nothing is made: a first start still finds nothing there.

mod configuration;
mod database;
mod files;
mod surroundings;

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::figment::Figment;
use rocket::figment::providers::Serialized;

use super::{Failure, print_line};
use crate::app;
use crate::settings::Settings;
use crate::state_dir::StateDir;

/// What was found so far.
#[derive(Debug, Default)]
struct Report {
    failed: usize,
    warned: usize,
}

impl Report {
    fn ok(&mut self, what: &str, says: impl Display) {
        print_line(format_args!("ok    {what:<14} {says}"));
    }

    /// It works, but not as it should; says what to do.
    fn warn(&mut self, what: &str, says: impl Display) {
        self.warned += 1;
        print_line(format_args!("warn  {what:<14} {says}"));
    }

    /// The service does not start, or does not work; says what to do.
    fn fail(&mut self, what: &str, says: impl Display) {
        self.failed += 1;
        print_line(format_args!("FAIL  {what:<14} {says}"));
    }
}

/// Before the first start, something in the place of the secrets and the directory that it will
/// make, so that the settings can be read.
fn with_stand_ins(state: &StateDir, figment: Figment) -> Figment {
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
    if lacks_file {
        figment = figment.merge(("databases.main.url", "sqlite:///not-made-yet.sqlite3"));
    }
    figment
}

/// Looks at everything; fails when anything does.
pub(super) fn run() -> Result<(), Failure> {
    let state = StateDir::from_env();
    let figment = with_stand_ins(&state, app::figment(&state));
    let mut report = Report::default();
    configuration::sources(&mut report, &figment);
    files::state(&mut report, &state, &figment);
    let settings = match Settings::read(&figment) {
        Ok(settings) => Some(settings),
        Err(faults) => {
            faults.iter().for_each(|fault| report.fail("settings", fault));
            None
        }
    };
    if let Some(settings) = &settings {
        configuration::weak_settings(&mut report, &figment, settings);
        configuration::revocation(&mut report, settings);
        files::database(&mut report, settings);
        database::check(&mut report, settings);
        surroundings::check(&mut report, &figment, settings);
    }
    match (report.failed, report.warned) {
        (0, 0) => Ok(()),
        (0, warned) => {
            print_line(format_args!("\n{warned} to look at, nothing that keeps it from working"));
            Ok(())
        }
        (failed, _) => Err(Failure::new(format!("{failed} that must be mended"))),
    }
}
