//! `vestibule openapi`: prints the OpenAPI document.

use super::failure::Failure;
use super::figment::load_figment;
use super::output::print_bytes;
use crate::api;
use crate::settings::Settings;

/// Prints the document of the configured mode, as `GET /api/openapi.json` returns it.
pub(super) fn run() -> Result<(), Failure> {
    let (_, figment) = load_figment()?;
    let settings = Settings::read(&figment)?;
    let document =
        api::document(&settings.auth, settings.accounts.registration, settings.mail.is_some());
    print_bytes(format!("{:#}\n", document.map_err(Failure::new)?).as_bytes());
    Ok(())
}
