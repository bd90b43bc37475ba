//! Encrypting the secrets of authenticators anew after a rotation of `secret_key`.

use crate::accounts::queries;
use crate::accounts::sealing::{Purpose, SealingKeys};
use crate::db::AnyConnection;
use vestibule::Error;

/// How many secrets are read at a time.
const BATCH: i64 = 500;

/// How many secrets were encrypted anew, and how many no key opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Those that the present key encrypts now.
    pub resealed: usize,
    /// Those of a key that the service no longer has.
    pub unreadable: usize,
}

/// Encrypts the secrets of previous keys with the present one.
///
/// # Errors
/// 503 `unavailable`.
pub fn reseal_secrets(
    connection: &mut AnyConnection,
    keys: &SealingKeys,
) -> Result<Resealed, Error> {
    let (name, mut after, mut done) = (keys.name(), 0, Resealed::default());
    loop {
        let found = queries::sealed_by_others(connection, &name, (after, BATCH))?;
        let Some((last, _)) = found.last() else { return Ok(done) };
        after = *last;
        for (account, sealed) in &found {
            let owner = account.to_string();
            match keys.open(Purpose::Authenticator, &owner, sealed) {
                Some(secret) => {
                    let anew = keys.seal(Purpose::Authenticator, &owner, &secret)?;
                    done.resealed += queries::reseal(connection, *account, (sealed, &anew), &name)?;
                }
                None => done.unreadable += 1,
            }
        }
    }
}

/// Counts the secrets that no key opens, and changes nothing.
///
/// # Errors
/// 503 `unavailable`.
pub fn count_unreadable(
    connection: &mut AnyConnection,
    keys: &SealingKeys,
) -> Result<usize, Error> {
    let (name, mut after, mut unreadable) = (keys.name(), 0, 0);
    loop {
        let found = queries::sealed_by_others(connection, &name, (after, BATCH))?;
        let Some((last, _)) = found.last() else { return Ok(unreadable) };
        after = *last;
        for (account, sealed) in &found {
            let opened = keys.open(Purpose::Authenticator, &account.to_string(), sealed);
            unreadable += usize::from(opened.is_none());
        }
    }
}

/// Returns the warning about this many secrets that no key opens.
#[must_use]
pub fn unreadable_warning(count: usize) -> String {
    format!(
        "authenticators set up under another secret_key: {count}; put that key into \
         auth.session.previous_secret_keys for one start, which encrypts them anew; until then their users \
         need a recovery code or a passkey"
    )
}
