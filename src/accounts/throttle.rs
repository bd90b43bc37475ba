//! How often a password may be guessed: counted for each account name and each address, the
//! same for the form, the API and re-authentication, in the database, so that neither a
//! restart nor a second process forgets.
//!
//! A stranger who keeps failing fills the account's bucket, and would keep the owner out for
//! as long as he likes. So whoever is known has a bucket of their own: a sign-in that stands,
//! and an address from which the account was signed in to lately.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::Accounts;
use super::audit::{AuditEvent, EventOwner, QueuedEvent};
use super::counters::{Counter, LimitReached, network};
use super::queries::throttle as queries;
use crate::db::{AnyConnection, write};
use vestibule::Error;

/// How many times the failures of an account an address may have: many people can share one.
pub(super) const ADDRESS_FACTOR: i64 = 10;

/// How long an address is known after a sign-in from it.
const FAMILIAR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where a proof of a password comes from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The sign-in of whoever is signed in already.
    pub sign_in: Option<String>,
}

/// An attempt that has been counted as failed in advance: of many at once none slips through
/// between looking and counting.
pub(super) struct Attempt {
    account: String,
    /// The bucket of somebody who is known.
    own: Option<String>,
    address: Option<String>,
    /// What makes the address a known one.
    familiar: Option<String>,
}

/// What counting an attempt showed.
struct Counted {
    /// What holds the attempt up.
    full: Option<LimitReached>,
    /// Whether it filled the bucket of the account, and that of the address: told once a
    /// window however many come after.
    filled: (bool, bool),
}

impl Attempt {
    fn new(name_key: &str, caller: &Client) -> Self {
        // A digest, because a name is as long as somebody likes, and may be a mistyped password.
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(name_key));
        let network = caller.address.map(network);
        Self {
            own: caller.sign_in.as_ref().map(|id| format!("account:{digest}:sign-in:{id}")),
            familiar: network.as_ref().map(|network| format!("familiar:{digest}:{network}")),
            address: network.map(|network| format!("address:{network}")),
            account: format!("account:{digest}"),
        }
    }

    /// Counts it, and then looks where it matters: somebody who is known is not held up by what
    /// strangers do to the account. Whom the account's own bucket holds up guesses nothing, so
    /// the address, which others share, does not pay for it.
    fn count(
        &mut self,
        connection: &mut AnyConnection,
        now: OffsetDateTime,
        window: Duration,
        failures: i64,
    ) -> Result<Counted, Error> {
        let is_signed_in = self.own.is_some();
        if let (None, Some(familiar)) = (&self.own, &self.familiar)
            && queries::is_noted(connection, familiar, now)?
        {
            self.own = Some(familiar.replacen("familiar", "account", 1));
        }
        let mut count = |name: &String, max| Counter::new(name, max).count(connection, now, window);
        let account = count(&self.account, failures)?;
        let held_up = match &self.own {
            Some(own) => count(own, failures)?,
            None => account,
        };
        let address = match &self.address {
            Some(address) if held_up.is_none() => count(address, failures * ADDRESS_FACTOR)?,
            _ => None,
        };
        let is_first = |full: Option<LimitReached>| full.is_some_and(|full| full.first);
        let filled = (is_first(account), is_first(address));
        let full = if is_signed_in { held_up } else { held_up.or(address) };
        Ok(Counted { full, filled })
    }

    /// Takes back what was counted of somebody who turned out to be the owner.
    fn take_back(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        match &self.own {
            // What strangers did to the account stays.
            Some(own) => {
                let failures = queries::failures(connection, own)?;
                queries::uncount(connection, &self.account, failures)?;
                queries::forget(connection, own)?;
            }
            None => {
                queries::forget(connection, &self.account)?;
            }
        }
        if let Some(address) = &self.address {
            queries::uncount(connection, address, 1)?;
        }
        Ok(())
    }
}

impl Accounts {
    /// Counts an attempt to prove the password of an account name, known or unknown.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `unavailable`.
    pub(super) async fn attempt(&self, name_key: &str, caller: &Client) -> Result<Attempt, Error> {
        let mut attempt = Attempt::new(name_key, caller);
        let now = self.clock.now()?;
        let (window, failures) = (self.throttle.window, i64::from(self.throttle.failures.max(1)));
        let counted = self.run(move |connection| {
            write(connection, |connection| {
                let counted = attempt.count(connection, now, window, failures)?;
                Ok::<_, Error>((attempt, counted))
            })
        });
        let (attempt, counted) = counted.await?;
        if counted.filled.0 {
            self.throttled(EventOwner::Key(name_key.to_owned()), failures, caller.address);
        }
        if counted.filled.1 {
            self.throttled(EventOwner::Nobody, failures * ADDRESS_FACTOR, caller.address);
        }
        match counted.full {
            None => Ok(attempt),
            Some(full) => Err(full.refusal(now)?),
        }
    }

    fn throttled(&self, whose: EventOwner, failures: i64, address: Option<IpAddr>) {
        let (what, count) = (AuditEvent::Throttled, u64::try_from(failures).ok());
        self.audit.note(QueuedEvent {
            what,
            whose,
            by_itself: false,
            sign_in: None,
            address,
            count,
        });
    }

    /// The password was not looked at after all: nothing was guessed. When that cannot be
    /// written either, it counts.
    pub(super) async fn withdraw(&self, attempt: Attempt) {
        let withdrawn = self.run(move |connection| {
            write(connection, |connection| {
                let buckets = [Some(attempt.account), attempt.address, attempt.own];
                for bucket in buckets.iter().flatten() {
                    queries::uncount(connection, bucket, 1)?;
                }
                Ok::<_, Error>(())
            })
        });
        let _ = withdrawn.await;
    }

    /// The attempt succeeded: the account's failures are forgotten, the address has one less.
    /// A success of one account does not clear the failures of another. Whoever signs in
    /// makes the address a known one.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub(super) async fn succeeded(&self, attempt: Attempt, signs_in: bool) -> Result<(), Error> {
        let until = self.clock.now()? + FAMILIAR;
        self.run(move |connection| {
            write(connection, |connection| {
                attempt.take_back(connection)?;
                match &attempt.familiar {
                    Some(familiar) if signs_in => queries::note(connection, familiar, until)?,
                    _ => 0,
                };
                Ok::<_, Error>(())
            })
        })
        .await
    }
}
