//! The configuration of a command.

use std::path::Path;

use rocket::figment::Figment;
use rocket::figment::providers::Env;

use super::failure::Failure;
use crate::app;
use crate::db::Address;
use crate::settings;
use crate::state_dir::StateDir;
use vestibule::config::Mode;
use vestibule::tokens::Algorithm;

/// Prepares the state directory and returns the configuration.
pub(super) fn load_figment() -> Result<(StateDir, Figment), Failure> {
    let state = StateDir::from_env();
    config_file(&app::figment(&state)).map_err(Failure::new)?;
    state.prepare().map_err(Failure::new)?;
    let mut figment = app::figment(&state);
    if lacks_key_pair(&figment) {
        state.add_key_pair().map_err(Failure::new)?;
        figment = app::figment(&state);
    }
    Ok((state, figment))
}

/// As [`load_figment`], for a command that needs a database. Fails, and creates nothing, if the SQLite file is
/// missing, for example in a wrong working directory.
pub(super) fn load_with_database() -> Result<(StateDir, Figment), Failure> {
    let figment = app::figment(&StateDir::from_env());
    config_file(&figment).map_err(Failure::new)?;
    let address = settings::database_address(&figment)?;
    if let Address::Sqlite(path) = address
        && path.try_exists().is_ok_and(|exists| !exists)
    {
        return Err(Failure::new(format!(
            "there is no database at {}; run this where the service runs, or set VESTIBULE_STATE",
            path.display()
        )));
    }
    load_figment()
}

/// Returns whether tokens are signed with a pair of keys that the service generates.
pub(super) fn lacks_key_pair(figment: &Figment) -> bool {
    let has_tokens = figment.extract_inner::<Mode>("auth.mode").unwrap_or_default().has_tokens();
    let algorithm = figment.extract_inner("auth.token.algorithm");
    let keys = ["auth.token.private_key", "auth.token.public_keys"];
    has_tokens
        && matches!(algorithm, Ok(Algorithm::EdDSA))
        && keys.iter().all(|key| !figment.contains(key))
}

/// Returns the path of the configuration file, if there is one.
///
/// # Errors
/// A sentence, if the file is a directory, a link to nothing, or does not exist and is named by `ROCKET_CONFIG`:
/// figment would ignore all of these.
pub(super) fn config_file(figment: &Figment) -> Result<Option<&Path>, String> {
    let files = figment.metadata().filter_map(|metadata| metadata.source.as_ref()?.file_path());
    let file = files.filter(|path| !path.ends_with("secrets.toml")).last();
    let named = Env::var("ROCKET_CONFIG").filter(|named| !named.is_empty());
    let path = Path::new(named.as_deref().unwrap_or("Rocket.toml"));
    let shown = path.display();
    if path.is_dir() {
        return Err(format!("the configuration file {shown} is a directory"));
    }
    if path.is_symlink() && !path.exists() {
        return Err(format!("the configuration file {shown} is a link to nothing"));
    }
    // /dev/null is there, and means no file.
    if file.is_none() && named.is_some() && !path.exists() {
        return Err(format!(
            "the configuration file {shown} does not exist; correct the name or ROCKET_CONFIG"
        ));
    }
    Ok(file)
}
