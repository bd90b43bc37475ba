//! Checking a code.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::accounts::audit::{AuditEvent, EventOwner, QueuedEvent, RequestSource, log_change};
use crate::accounts::links::digest;
use crate::accounts::queries::{self, WrongCode};
use crate::accounts::sealing::Purpose;
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use vestibule::second_factors::{Authenticator, SecondFactorStore, verify_code};
use vestibule::{Error, ErrorKind};

/// Said of every code that is not accepted: one that was used before is not told from a wrong one.
const WRONG: &str = "This code is not valid, or was used before. Enter another one.";

/// Said of every code of an authenticator, right or wrong, after too many wrong ones.
const BLOCKED: &str = "After too many wrong codes, no code of the authenticator is accepted. Use a \
                       recovery code or a passkey, or ask an administrator.";

impl Accounts {
    /// Checks a code of a user's authenticator, or a recovery code, and uses it up. It is counted by the
    /// throttle of the password, and a wrong one also for the authenticator, which accepts no code after a
    /// hundred in a row. The audit log names `sign_in`.
    ///
    /// `sent` is the code and the credential sent with it, a login ticket or the id of a sign-in. Within ten
    /// seconds the same two are accepted again, because a form may be sent twice.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `code`, 429 `too_many_attempts`, 503 `unavailable`.
    pub async fn check_code(
        &self,
        user: &User,
        sent: (&str, &str),
        source: RequestSource,
        sign_in: Option<&str>,
    ) -> Result<(), Error> {
        let username = Username::parse(&user.username)?;
        // Not by the counter of the sign-in: in a trusted browser each sign-in would buy ten guesses more.
        let attempt = self.begin_attempt(username.key(), source, None).await?;
        let (id, now) = (user.id.to_string(), self.clock.now()?);
        let store = CodeStore { marker: copy_marker(&id, sent), ..self.code_store(source) };
        let check = verify_code(&store, &id, sent.0, now);
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
            let is_blocked = store.is_blocked.load(Ordering::Relaxed);
            return Err(Error::invalid_field("code", if is_blocked { BLOCKED } else { WRONG }));
        }
        self.finish_attempt(attempt).await
    }

    /// Returns the store of codes for a request from `source`, which the audit log names.
    #[must_use]
    pub const fn code_store(&self, source: RequestSource) -> CodeStore<'_> {
        CodeStore { accounts: self, source, marker: None, is_blocked: AtomicBool::new(false) }
    }
}

/// Returns the marker of a code that was used with one credential; `None` without one.
fn copy_marker(account: &str, (code, credential): (&str, &str)) -> Option<String> {
    let name = || format!("code:{}", digest(&format!("{account} {credential} {}", code.trim())));
    (!credential.is_empty()).then(name)
}

/// The codes of users in the database, for requests from one source.
pub struct CodeStore<'a> {
    accounts: &'a Accounts,
    source: RequestSource,
    /// By what the second copy of a request is recognised.
    marker: Option<String>,
    /// Whether a code was refused after too many wrong ones.
    is_blocked: AtomicBool,
}

#[rocket::async_trait]
impl SecondFactorStore for CodeStore<'_> {
    async fn authenticator(&self, account: &str) -> Result<Option<Authenticator>, Error> {
        let id = user_id(account)?;
        let stored =
            self.accounts.run(move |connection| queries::sealed_authenticator(connection, id));
        let Some(sealed) = stored.await? else { return Ok(None) };
        let secret = self.accounts.keys.open(Purpose::Authenticator, account, &sealed);
        let secret = secret.ok_or_else(|| {
            let cause = "the secret of an authenticator was encrypted with another secret_key";
            Error::unavailable(std::io::Error::other(cause))
        })?;
        Ok(Some(Authenticator::from_secret(secret)))
    }

    async fn use_step(&self, account: &str, step: i64) -> Result<bool, Error> {
        let id = user_id(account)?;
        let (source, now, marker) = (self.source, self.accounts.clock.now()?, self.marker.clone());
        let wrong = self.accounts.run(move |connection| {
            if queries::use_step(connection, id, step, (marker.as_deref(), now))? {
                return Ok(None);
            }
            queries::count_wrong_code(connection, id, (source, now)).map(Some)
        });
        let Some(WrongCode { is_blocked, told }) = wrong.await? else { return Ok(true) };
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
        if let Some(told) = told {
            log_change(&told);
            self.accounts.outbox.wake();
        }
        Ok(false)
    }

    async fn use_recovery_code(&self, account: &str, digest: &str) -> Result<bool, Error> {
        let (id, hash) = (user_id(account)?, digest.to_owned());
        let (source, now, marker) = (self.source, self.accounts.clock.now()?, self.marker.clone());
        let changed = self.accounts.run_change(id, move |connection| {
            queries::use_recovery_code(connection, id, &hash, marker.as_deref(), (source, now))
        });
        Ok(changed.await?.as_ref().inspect(|changed| log_change(changed)).is_some())
    }
}

fn user_id(account: &str) -> Result<i64, Error> {
    account.parse().map_err(|_| ErrorKind::Internal.into())
}
