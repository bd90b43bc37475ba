//! The configuration of a command.

use rocket::figment::Figment;

use super::failure::Failure;
use crate::app;
use crate::state_dir::StateDir;

/// Prepares the state directory and returns the configuration.
pub(super) fn load_figment() -> Result<(StateDir, Figment), Failure> {
    let state = StateDir::from_env();
    state.prepare().map_err(Failure::new)?;
    let figment = app::figment(&state);
    Ok((state, figment))
}
