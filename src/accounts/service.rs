//! The account service: its database, its rules and its events. The rooms `throttle`, `password`
//! and `registration` and the files `access_keys` and `administration` add its methods.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::audit::{Audit, AuditEvents, RequestSource};
use super::config::{AccountsConfig, AddressPolicy, RegistrationsConfig, SecondFactorRule};
use super::network_permits::NetworkPermits;
use super::relying_party::RelyingParty;
use super::sealing::SealingKeys;
use crate::db::{AnyConnection, Db};
use crate::mail::Outbox;
use vestibule::config::{Config, PasswordConfig};
use vestibule::database::DieselThrottle;
use vestibule::events::{Event, EventKind, EventSink};
use vestibule::password::Hasher;
use vestibule::sign_ins::AuthCache;
use vestibule::{Clock, Error};

/// The account service. Forms, the API and the tests use it; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(super) db: Db,
    pub(super) hasher: Hasher,
    pub(super) clock: Clock,
    pub(super) cache: AuthCache,
    pub(super) auth: Arc<Config>,
    pub(super) throttle: DieselThrottle<Db>,
    pub(super) registrations: RegistrationsConfig,
    pub(super) addresses: AddressPolicy,
    pub(super) max_sign_ins: i64,
    pub(super) reset_link_lifetime: Duration,
    pub(super) invitation_lifetime: Duration,
    pub(super) second_factor: SecondFactorRule,
    pub(super) keys: SealingKeys,
    pub(super) relying_party: Option<RelyingParty>,
    pub(super) permits: NetworkPermits,
    /// Whether an administrator is known to exist.
    pub(super) has_administrator: Arc<AtomicBool>,
    pub(super) outbox: Outbox,
    events: AuditEvents,
}

impl Accounts {
    /// Creates the service with a database, a hasher, the cache of the login fairing, the same
    /// event listener as that fairing, the settings, and the keys that encrypt. Its clock is that of the audit log.
    #[must_use]
    pub fn new(
        db: Db,
        hasher: Hasher,
        cache: AuthCache,
        events: AuditEvents,
        (auth, accounts, keys): (&Config, &AccountsConfig, SealingKeys),
    ) -> Self {
        Self {
            throttle: DieselThrottle::new(db.clone()),
            db,
            hasher,
            clock: events.audit().clock().clone(),
            cache,
            auth: Arc::new(auth.clone()),
            registrations: accounts.registrations,
            addresses: accounts.email,
            max_sign_ins: accounts.max_sign_ins.max(1).into(),
            reset_link_lifetime: accounts.reset_link_lifetime,
            invitation_lifetime: accounts.invitation_lifetime,
            second_factor: accounts.second_factor,
            keys,
            relying_party: None,
            permits: NetworkPermits::new(auth.password.hashers + auth.password.queue),
            has_administrator: Arc::default(),
            outbox: Outbox::default(),
            events,
        }
    }

    /// Offers passkeys, which browsers bind to this relying party.
    #[must_use]
    pub fn with_passkeys(self, relying_party: Option<RelyingParty>) -> Self {
        Self { relying_party, ..self }
    }

    /// Returns what passkeys are bound to; `None` if they are not offered.
    #[must_use]
    pub fn relying_party(&self) -> Option<&RelyingParty> {
        self.relying_party.as_ref()
    }

    /// Runs one of the [`queries`](super::queries).
    ///
    /// # Errors
    /// The error of the query, or 503 `unavailable`.
    pub async fn run<T: Send + 'static, E: Into<Error>>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Error> {
        self.db.run(move |connection| query(connection).map_err(Into::into)).await
    }

    /// Runs a query that changes a user or ends its sign-ins, and then removes them from the cache
    /// of this process, even if the request is cancelled meanwhile.
    pub(super) async fn run_change<T: Send + 'static>(
        &self,
        id: i64,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let cache = self.cache.clone();
        let changed = self.run(move |connection| {
            let changed = query(connection);
            cache.invalidate_account(&id);
            changed
        });
        let changed = changed.await;
        // It may have queued a notice.
        self.outbox.wake();
        changed
    }

    /// Reports an event of an account to the event listener.
    pub(super) fn report(
        &self,
        kind: EventKind,
        account: i64,
        sign_in: Option<&str>,
        RequestSource { address, request_id, .. }: RequestSource,
    ) {
        let account = account.to_string();
        let mut event = Event::new(kind, Some(&account), sign_in, address);
        event.request_id = request_id;
        self.events.on_event(&event);
    }

    /// Returns the queue of the audit log.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        self.events.audit()
    }

    /// Returns the clock of the service.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the rules for passwords.
    #[must_use]
    pub fn limits(&self) -> &PasswordConfig {
        &self.auth.password
    }

    /// Returns whether accounts have e-mail addresses.
    #[must_use]
    pub fn addresses(&self) -> AddressPolicy {
        self.addresses
    }

    /// Returns the settings of the library, with those of access keys.
    #[must_use]
    pub fn auth(&self) -> &Config {
        &self.auth
    }
}
