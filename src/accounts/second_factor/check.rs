//! Checking a code.

use super::{authenticator, recovery};
use crate::accounts::audit::{AuditEvent, EventOwner, QueuedEvent, RequestSource, log_change};
use crate::accounts::queries;
use crate::accounts::sealing::Purpose;
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use vestibule::Error;

/// Said of every code that is not accepted: one that was used before is not told from a wrong one.
const WRONG: &str = "This code is not valid, or was used before. Wait for the next one.";

impl Accounts {
    /// Checks a code of a user's authenticator, or a recovery code, and uses it up. It is counted by the
    /// throttle of the password.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `code`, 429 `too_many_attempts`, 503 `unavailable`.
    pub async fn check_code(
        &self,
        user: &User,
        code: &str,
        source: RequestSource,
        sign_in: Option<&str>,
    ) -> Result<(), Error> {
        let username = Username::parse(&user.username)?;
        let attempt = self.begin_attempt(username.key(), source, sign_in).await?;
        let check = async {
            match recovery::hash_of(code) {
                Some(hash) => self.use_recovery_code(user, hash, source).await,
                None => self.use_code(user, code).await,
            }
        };
        let (attempt, is_right) = self.check_attempt(attempt, check).await?;
        if !is_right {
            self.audit().push(QueuedEvent {
                event: AuditEvent::BadCode,
                owner: EventOwner::Account(user.id),
                is_own_action: false,
                sign_in: sign_in.map(str::to_owned),
                source,
                count: None,
            });
            return Err(Error::invalid_field("code", WRONG));
        }
        self.finish_attempt(attempt).await
    }

    async fn use_code(&self, user: &User, code: &str) -> Result<bool, Error> {
        let (id, now) = (user.id, self.clock.now()?);
        let stored = self.run(move |connection| queries::sealed_authenticator(connection, id));
        let secret = match stored.await? {
            Some(sealed) => Some(self.open_secret(id, &sealed)?),
            None => None,
        };
        let step = secret.and_then(|secret| authenticator::step_of(&secret, code, now));
        // Also without a step, so that a wrong code takes as long as one that was used before.
        self.run(move |connection| queries::use_step(connection, id, step.unwrap_or(0))).await
    }

    /// Decrypts the secret of a user's authenticator.
    fn open_secret(&self, user: i64, sealed: &str) -> Result<Vec<u8>, Error> {
        let opened = self.keys.open(Purpose::Authenticator, &user.to_string(), sealed);
        opened.ok_or_else(|| {
            let cause = "the secret of an authenticator was encrypted with another secret_key";
            Error::unavailable(std::io::Error::other(cause))
        })
    }

    async fn use_recovery_code(
        &self,
        user: &User,
        hash: String,
        source: RequestSource,
    ) -> Result<bool, Error> {
        let (user, now) = (user.clone(), self.clock.now()?);
        let used = self.run_change(user.id, move |connection| {
            queries::use_recovery_code(connection, &user, &hash, (source, now))
        });
        let used = used.await?;
        Ok(used.as_ref().inspect(|changed| log_change(changed)).is_some())
    }
}
