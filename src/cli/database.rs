//! The database connection of a command.

use std::time::Duration;

use super::failure::Failure;
use super::figment::load_figment;
use crate::db::{self, AnyConnection};
use crate::settings;
use vestibule::Error;

/// How long a command waits for the database.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a database with the current schema, and the settings of `[default.auth]`.
pub(super) struct Database {
    pub(super) connection: AnyConnection,
    pub(super) auth: vestibule::config::Config,
}

impl Database {
    /// Opens the configured database and applies pending migrations.
    pub(super) fn open() -> Result<Self, Failure> {
        let (_, figment) = load_figment()?;
        let config = settings::database(&figment)?;
        let auth = vestibule::config::Config::from_figment(&figment)?;
        let mut connection = db::connect(&config.address, TIMEOUT, true).map_err(Error::from)?;
        db::migrate(&mut connection).map_err(Error::from)?;
        Ok(Self { connection, auth })
    }
}
