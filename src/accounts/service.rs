//! What the accounts of the service can do, for whoever asks: form, API and command line.

use super::audit::Audit;
use super::{AccountsConfig, RegistrationsConfig, ThrottleConfig};
use crate::db::{AnyConnection, Db};
use vestibule::{AuthCache, Clock, Config, Error, Hasher, KeyConfig, PasswordConfig};

/// The accounts: the database, the hasher of passwords, and the rules. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(super) db: Db,
    pub(super) hasher: Hasher,
    pub(super) clock: Clock,
    pub(super) standings: AuthCache,
    pub(super) limits: PasswordConfig,
    pub(super) keys: KeyConfig,
    pub(super) throttle: ThrottleConfig,
    pub(super) audit: Audit,
    pub(super) registrations: RegistrationsConfig,
}

impl Accounts {
    /// The accounts in this database.
    #[must_use]
    pub fn new(
        db: Db,
        hasher: Hasher,
        clock: Clock,
        standings: AuthCache,
        auth: &Config,
        config: &AccountsConfig,
        audit: Audit,
    ) -> Self {
        let (limits, keys) = (auth.password.clone(), auth.key.clone());
        let (throttle, registrations) = (config.throttle, config.registrations);
        Self { db, hasher, clock, standings, limits, keys, throttle, registrations, audit }
    }

    /// Runs one of the [`queries`](super::queries).
    ///
    /// # Errors
    /// What the query answers, or 503 `unavailable`.
    pub async fn run<T: Send + 'static, E: Into<Error>>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Error> {
        self.db.run(move |connection| query(connection).map_err(Into::into)).await
    }

    /// Runs a query that changes a user or ends sign-ins of it; then this process forgets what it
    /// remembers of them, also when nobody waits for the answer any more.
    pub(super) async fn run_change<T: Send + 'static>(
        &self,
        id: i64,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let standings = self.standings.clone();
        let changed = self.run(move |connection| {
            let changed = query(connection);
            standings.invalidate_account(&id);
            changed
        });
        changed.await
    }

    /// The rules for passwords.
    #[must_use]
    pub fn limits(&self) -> &PasswordConfig {
        &self.limits
    }

    /// How long access keys live.
    #[must_use]
    pub fn keys(&self) -> &KeyConfig {
        &self.keys
    }
}
