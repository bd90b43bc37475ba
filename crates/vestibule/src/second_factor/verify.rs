//! Verifying a code.

use time::OffsetDateTime;

use super::recovery_codes::RecoveryCodes;
use super::store::SecondFactorStore;
use crate::error::Error;

/// Verifies a code of an account's authenticator, or a recovery code, and uses it up; returns whether
/// it was right. [`CodeLogin`](crate::second_factors::CodeLogin) does this with a throttle, which six
/// digits need.
///
/// A wrong code takes as long as one that was used before.
///
/// # Errors
/// As the store: 503 `unavailable`.
pub async fn verify_code(
    store: &impl SecondFactorStore,
    account: &str,
    code: &str,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    if let Some(digest) = RecoveryCodes::digest(code) {
        return store.use_recovery_code(account, &digest).await;
    }
    let authenticator = store.authenticator(account).await?;
    let step = authenticator.and_then(|authenticator| authenticator.step_of(code, now));
    // Also without a step, so that the time does not tell.
    Ok(store.use_step(account, step.unwrap_or(0)).await? && step.is_some())
}
