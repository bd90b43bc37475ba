//! The throttle of failed passwords, the same for the form, the API and re-authentication: that of
//! the library, with its events in the audit log.

use crate::accounts::audit::{AuditEvent, EventOwner, QueuedEvent, RequestSource};
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::Error;
use vestibule::throttle::{Attempt, Client, NETWORK_FACTOR, ThrottleStore};

impl Accounts {
    /// Counts an attempt to present the password of an account name, known or unknown.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `unavailable`.
    pub(in crate::accounts) async fn begin_attempt(
        &self,
        name_key: &str,
        source: RequestSource,
        sign_in: Option<&str>,
    ) -> Result<Attempt, Error> {
        let (now, limits) = (self.clock.now()?, self.auth.throttle);
        let client = Client { address: source.address, sign_in: sign_in.map(str::to_owned) };
        let counted = self.throttle.begin(Attempt::new(name_key, &client), now, limits).await?;
        let failures = i64::from(limits.failures);
        if counted.exceeds_account {
            let owner = EventOwner::Username(name_key.to_owned());
            self.report_throttled(owner, failures, source);
        }
        if counted.exceeds_network {
            self.report_throttled(EventOwner::None, failures * NETWORK_FACTOR, source);
        }
        match counted.refused {
            None => Ok(counted.attempt),
            Some(limit) => Err(limit.error(now)),
        }
    }

    fn report_throttled(&self, owner: EventOwner, failures: i64, source: RequestSource) {
        self.audit().push(QueuedEvent {
            event: AuditEvent::Throttled,
            owner,
            is_own_action: false,
            sign_in: None,
            source,
            count: u64::try_from(failures).ok(),
        });
    }

    /// Runs the check of a password and returns its result with the attempt. If the check fails
    /// with an error, nothing was guessed, and the attempt is not counted.
    pub(in crate::accounts) async fn check_attempt<T>(
        &self,
        attempt: Attempt,
        check: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Attempt, T), Error> {
        match check.await {
            Ok(result) => Ok((attempt, result)),
            Err(error) => {
                // If the database fails too, it stays counted.
                let _ = self.throttle.withdraw(attempt).await;
                Err(error)
            }
        }
    }

    /// Ends an attempt with a right password: forgives earlier failures, unless the user has a second
    /// factor; else each right password would buy more guesses at the code.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub(in crate::accounts) async fn finish_password_attempt(
        &self,
        attempt: Attempt,
        user: &User,
    ) -> Result<(), Error> {
        if user.has_second_factor() {
            self.throttle.withdraw(attempt).await
        } else {
            self.finish_attempt(attempt).await
        }
    }

    /// Takes back the failures after a right password, or the right code of a second factor.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub(in crate::accounts) async fn finish_attempt(&self, attempt: Attempt) -> Result<(), Error> {
        self.throttle.succeed(attempt, self.clock.now()?).await
    }
}
