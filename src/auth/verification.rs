//! Verifying a token: whose it says it is decides which keys and which rules judge it.

use super::claims::{Checked, Claims};
use super::error::Error;
use super::keys::Jws;
use super::state::AuthState;

/// The checked claims of a token of ours, or of the foreign issuer; 401 `token_invalid`.
pub(crate) fn verify(state: &AuthState, token: &str) -> Result<Checked, Error> {
    let config = &state.config.token;
    let jws = Jws::split(token)?;
    match state.foreign_keys.as_ref().filter(|keys| keys.may_have_issued(&jws)) {
        Some(keys) => {
            let claims = keys.verify(&jws)?;
            Ok(Claims::check_foreign(claims, config, state.clock.now()?)?)
        }
        None => {
            let claims = state.keys.verify(&jws, state.find_key.as_deref())?;
            Ok(Claims::check(claims, config, state.clock.now()?)?)
        }
    }
}
