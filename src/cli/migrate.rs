//! `vestibule migrate`: brings the schema up to date without starting the service.

use super::database::open_migrated;
use super::failure::Failure;
use super::figment::load_figment;
use super::output::print_line;
use crate::db;
use vestibule::Error;

/// Applies pending migrations; prints how many, and the version of the schema.
pub(super) fn run() -> Result<(), Failure> {
    let (_, figment) = load_figment()?;
    let (mut connection, applied) = open_migrated(&figment, true)?;
    let version = db::schema_status(&mut connection).map_err(Error::from)?.found;
    print_line(format_args!("applied {applied}; the schema has version {version}"));
    Ok(())
}
