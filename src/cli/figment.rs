//! The configuration of a command.

use rocket::figment::Figment;

use super::failure::Failure;
use crate::app;
use crate::state_dir::StateDir;
use vestibule::config::Mode;
use vestibule::tokens::Algorithm;

/// Prepares the state directory and returns the configuration.
pub(super) fn load_figment() -> Result<(StateDir, Figment), Failure> {
    let state = StateDir::from_env();
    state.prepare().map_err(Failure::new)?;
    let mut figment = app::figment(&state);
    if lacks_key_pair(&figment) {
        state.add_key_pair().map_err(Failure::new)?;
        figment = app::figment(&state);
    }
    Ok((state, figment))
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
