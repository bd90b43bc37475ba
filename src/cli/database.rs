//! The database connection of a command.

use std::time::Duration;

use rocket::figment::Figment;

use super::failure::Failure;
use super::figment::{load_figment, load_with_database};
use crate::db::{self, AnyConnection};
use crate::settings;
use vestibule::Error;

/// How long a command waits for the database.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a database with the current schema, and the settings.
pub(super) struct Database {
    pub(super) connection: AnyConnection,
    pub(super) auth: vestibule::config::Config,
    pub(super) figment: Figment,
}

impl Database {
    /// Opens the configured database, which must exist, and applies pending migrations.
    pub(super) fn open() -> Result<Self, Failure> {
        Self::of(load_with_database()?.1, false)
    }

    /// As [`open`](Self::open), and creates a missing SQLite file.
    pub(super) fn open_or_create() -> Result<Self, Failure> {
        Self::of(load_figment()?.1, true)
    }

    fn of(figment: Figment, create: bool) -> Result<Self, Failure> {
        let auth = vestibule::config::Config::from_figment(&figment)?;
        let (connection, _) = open_migrated(&figment, create)?;
        Ok(Self { connection, auth, figment })
    }
}

/// Opens the configured database and applies pending migrations; returns how many. A missing SQLite file is
/// created only if `create` is set.
pub(super) fn open_migrated(
    figment: &Figment,
    create: bool,
) -> Result<(AnyConnection, usize), Failure> {
    let address = settings::database(figment)?.address;
    let mut connection = db::connect(&address, TIMEOUT, create).map_err(Error::from)?;
    let applied = db::migrate(&mut connection).map_err(|error| Failure::new(error.to_string()))?;
    Ok((connection, applied))
}
