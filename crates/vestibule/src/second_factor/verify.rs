//! Verifying a code.

use time::OffsetDateTime;

use super::recovery_codes::RecoveryCodes;
use super::store::SecondFactorStore;
use crate::error::Error;

/// Verifies a code of an account's authenticator, or a recovery code, and uses it up; returns whether it
/// was right.
///
/// It limits no guesses: six digits are guessed soon, so use it behind a throttle of your own, or use
/// [`CodeLogin`](crate::second_factors::CodeLogin).
///
/// # Errors
/// The error of the store.
pub async fn verify_code(
    store: &(impl SecondFactorStore + ?Sized),
    account: &str,
    code: &str,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    if let Some(digest) = RecoveryCodes::digest(code) {
        return store.use_recovery_code(account, &digest).await;
    }
    let authenticator = store.authenticator(account).await?;
    let step = authenticator.and_then(|authenticator| authenticator.matching_step(code, now));
    // Also for a wrong code, whose response then takes as long as that of a used one. A store may count
    // step 0, so the step is asked too.
    Ok(store.use_step(account, step.unwrap_or(0)).await? && step.is_some())
}
