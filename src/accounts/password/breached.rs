//! What is done when a breached password signs in.

use std::time::Duration;

use super::sign_in::VerifiedUser;
use crate::accounts::links::digest;
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use vestibule::Error;
use vestibule::password::Password;
use vestibule::throttle::Counter;

/// For how long a user is not told again of the same password.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Accounts {
    /// Tells a user that the password which has just signed in is in the file of
    /// `auth.password.breached`: by an event, and by mail if there is an address. A file that cannot be
    /// read does not refuse the sign-in.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub(super) async fn report_breached(
        &self,
        verified: &VerifiedUser,
        password: &Password,
    ) -> Result<(), Error> {
        match self.hasher.is_breached(password).await {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                let cause = cause.unwrap_or_else(|| error.to_string());
                log::warn!("a password was not looked up in auth.password.breached: {cause}");
                return Ok(());
            }
        }
        let (id, source, now) = (verified.user.id, verified.source, self.clock.now()?);
        // The hash, so that another breached password is told at once.
        let counter = Counter::new(format!("breached:{}", digest(&verified.hash)), 1);
        let told = self.run(move |connection| {
            let limit = (&counter, TOLD_AGAIN_AFTER);
            queries::record_breached_password(connection, id, (source, now), limit)
        });
        told.await?;
        self.outbox.wake();
        Ok(())
    }
}
