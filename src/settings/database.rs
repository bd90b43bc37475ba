//! The settings in `[default.databases.main]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rocket::figment::Figment;
use serde::Deserialize;

use super::profiles;
use crate::db::{Address, DbConfig};
use vestibule::config::ConfigError;

#[derive(Deserialize)]
struct DatabasesTable {
    databases: Databases,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Databases {
    main: Main,
}

/// The keys are those of Rocket's database pools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Main {
    url: String,
    #[serde(default = "default_pool_size")]
    pool_size: u32,
    #[serde(default = "default_timeout", with = "vestibule::config::duration")]
    timeout: Duration,
}

/// With this default a request with two look-ups responds within three seconds, even if both time
/// out.
const fn default_timeout() -> Duration {
    Duration::from_secs(1)
}

const fn default_pool_size() -> u32 {
    8
}

/// Reads `[default.databases.main]` alone, for commands that need nothing else.
///
/// # Errors
/// One [`ConfigError`] per problem.
pub fn database(figment: &Figment) -> Result<DbConfig, Vec<ConfigError>> {
    let (main, address) = read(figment)?;
    let error = |key: &str, problem: &str| Err(vec![config_error(figment, key, problem)]);
    if let Address::Sqlite(path) = &address
        && let Err(problem) = check_directory_of(path)
    {
        return error("url", &problem);
    }
    if !(1..=256).contains(&main.pool_size) {
        return error("pool_size", "must be 1 to 256");
    }
    let limits = Duration::from_millis(100)..=Duration::from_secs(60);
    if !limits.contains(&main.timeout) {
        return error("timeout", "must be a duration from \"100ms\" to \"1m\"");
    }
    Ok(DbConfig { address, pool_size: main.pool_size, timeout: main.timeout })
}

/// Reads the address alone; the directory of a SQLite file may be missing.
///
/// # Errors
/// As [`database`].
pub fn database_address(figment: &Figment) -> Result<Address, Vec<ConfigError>> {
    Ok(read(figment)?.1)
}

fn read(figment: &Figment) -> Result<(Main, Address), Vec<ConfigError>> {
    let misplaced = profiles::misplaced(figment);
    if !misplaced.is_empty() {
        return Err(misplaced);
    }
    let main = ConfigError::read::<DatabasesTable>(figment)?.databases.main;
    let address = Address::parse(&main.url);
    let address = address.map_err(|problem| vec![config_error(figment, "url", problem)])?;
    Ok((main, address))
}

fn config_error(figment: &Figment, key: &str, problem: &str) -> ConfigError {
    ConfigError::new(figment, &format!("databases.main.{key}"), problem)
}

fn check_directory_of(path: &Path) -> Result<(), String> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    if directory.is_dir() {
        Ok(())
    } else {
        Err(format!("the directory {} does not exist", directory.display()))
    }
}
