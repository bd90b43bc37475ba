//! An attempt to present a password.
//!
//! A stranger who keeps failing fills the account's counter, which would lock out the owner. So a
//! known client has a counter of its own: an active sign-in, and an address at which the account was
//! created, or its password was right, within 30 days.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::checks::{RunningCheck, RunningChecks};
use super::counter::{Counter, Counters, LimitReached, network};
use crate::config::ThrottleConfig;
use crate::error::Error;

/// The limit of a network, as a multiple of an account's: many people can share an address.
pub const NETWORK_FACTOR: i64 = 10;

/// How long an address is known after a right password from it.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The client that presents a password.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The id of the client's sign-in to the same account, if it is signed in already.
    pub sign_in: Option<String>,
}

/// An attempt to present a password. It is counted as failed in advance, so that many at once
/// cannot exceed the limit between check and count.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The counter of the account.
    account: String,
    /// The counter of a known client.
    known_client: Option<String>,
    /// That counter for a client whose network is known.
    known_network: Option<String>,
    /// The counter of the network.
    network: Option<String>,
    /// The mark of a network as known for the account.
    known_mark: Option<String>,
    /// The other attempts that this process checks.
    checks: RunningChecks,
    /// This attempt among them, once it is counted and until it is dropped.
    _check: Option<Arc<RunningCheck>>,
}

/// An attempt that was counted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CountedAttempt {
    /// The attempt, for [`succeed`](Attempt::succeed) or [`withdraw`](Attempt::withdraw).
    pub attempt: Attempt,
    /// The limit that refuses the attempt.
    pub refused: Option<LimitReached>,
    /// Whether the attempt was the first above the limit of the account in its window.
    pub exceeds_account: bool,
    /// The same for the network.
    pub exceeds_network: bool,
}

impl Attempt {
    /// Creates an attempt for an account name, known or unknown, in the one form in which it is
    /// compared.
    #[must_use]
    pub fn new(name: &str, client: &Client) -> Self {
        // A digest, because the text has any length and may be a mistyped password.
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(name));
        let network = client.address.map(network);
        Self {
            known_client: client
                .sign_in
                .as_ref()
                .map(|id| format!("account:{digest}:sign-in:{id}")),
            known_network: network.as_ref().map(|network| format!("account:{digest}:{network}")),
            known_mark: network.as_ref().map(|network| format!("known:{digest}:{network}")),
            network: network.map(|network| format!("address:{network}")),
            account: format!("account:{digest}"),
            checks: RunningChecks::default(),
            _check: None,
        }
    }

    /// Joins the attempts of a store, whose refusals are short while one of them is checked.
    pub(crate) fn beside(mut self, checks: &RunningChecks) -> Self {
        self.checks = checks.clone();
        self
    }

    /// Counts the attempt. A known client is not refused for failures of strangers, also at its
    /// address. An attempt that the account's counter refuses is not counted for the network, which
    /// other people may share; one that the network refuses is not counted for the account, so that
    /// a network cannot insert rows without limit. While a counted attempt is checked, the account's
    /// counter refuses others for a second only, because a right password takes its failures back.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub fn begin(
        mut self,
        counters: &mut impl Counters,
        now: OffsetDateTime,
        limits: ThrottleConfig,
    ) -> Result<CountedAttempt, Error> {
        let failures = i64::from(limits.failures);
        if let (None, Some(mark)) = (&self.known_client, &self.known_mark)
            && counters.state(mark, now)?.is_some()
        {
            self.known_client = self.known_network.clone();
        }
        let is_known = self.known_client.is_some();
        let network =
            self.network.as_ref().map(|name| Counter::new(name, failures * NETWORK_FACTOR));
        if let (Some(network), false) = (&network, is_known)
            && let Some(limit) = network.exceeded(counters, now, limits.window)?
        {
            let (attempt, refused) = (self, Some(limit));
            let (exceeds_account, exceeds_network) = (false, false);
            return Ok(CountedAttempt { attempt, refused, exceeds_account, exceeds_network });
        }
        let mut count = |counter: Counter| counter.count(counters, now, limits.window);
        let account = count(Counter::new(&self.account, failures))?;
        let (own, own_limit) = match &self.known_client {
            Some(own) => (own, count(Counter::new(own, failures))?),
            None => (&self.account, account),
        };
        let network = match network {
            Some(network) if own_limit.is_none() => count(network)?,
            _ => None,
        };
        let own_limit = match own_limit {
            Some(limit) if self.checks.has(own) => Some(limit.until(now)),
            own_limit => own_limit,
        };
        let refused = if is_known { own_limit } else { own_limit.or(network) };
        if refused.is_none() {
            self._check = Some(Arc::new(self.checks.start(own)));
        }
        Ok(CountedAttempt {
            attempt: self,
            refused,
            exceeds_account: account.is_some_and(|limit| limit.is_first),
            exceeds_network: network.is_some_and(|limit| limit.is_first),
        })
    }

    /// Removes the failures of a client that has proven to be the owner: those of the account, but
    /// of a known client only its own, and 1 from the network, whose failures with other accounts
    /// stay. Its address becomes a known one.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub fn succeed(&self, counters: &mut impl Counters, now: OffsetDateTime) -> Result<(), Error> {
        if let Some(known_client) = &self.known_client {
            let (own, account) =
                (counters.state(known_client, now)?, counters.state(&self.account, now)?);
            // If the account's counter began later, the earlier failures of this client are not in
            // it, and taking them back would forgive those of others.
            let count = match (own, account) {
                (Some(own), Some(account)) if account.ends_at <= own.ends_at => own.count,
                _ => 1,
            };
            counters.uncount(&self.account, count)?;
            counters.reset(known_client)?;
        } else {
            counters.reset(&self.account)?;
        }
        if let Some(network) = &self.network {
            counters.uncount(network, 1)?;
        }
        self.mark_known(counters, now)
    }

    /// Marks the address as a known one, for example when the account is created.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub fn mark_known(
        &self,
        counters: &mut impl Counters,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.known_mark.as_ref().map_or(Ok(()), |mark| counters.mark(mark, now + KNOWN_FOR))
    }

    /// Subtracts the attempt from its counters: its check failed with an error, so nothing was
    /// guessed.
    ///
    /// # Errors
    /// 503 `unavailable`: it stays counted.
    pub fn withdraw(&self, counters: &mut impl Counters) -> Result<(), Error> {
        let names = [Some(&self.account), self.network.as_ref(), self.known_client.as_ref()];
        names.into_iter().flatten().try_for_each(|name| counters.uncount(name, 1))
    }
}
