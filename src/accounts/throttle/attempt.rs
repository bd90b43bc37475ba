//! The throttle of failed passwords: counted by account name and by address, the same for the form,
//! the API and re-authentication.
//!
//! A stranger who keeps failing fills the account's counter, which would lock out the owner. So a
//! known client has a counter of its own: an active sign-in, and an address from which the account
//! was created or signed in to within 30 days.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::counter::{Counter, LimitReached, network};
use crate::accounts::audit::{AuditEvent, EventOwner, QueuedEvent};
use crate::accounts::queries::throttle as queries;
use crate::accounts::service::Accounts;
use crate::db::{AnyConnection, write};
use vestibule::Error;

/// The limit of an address, as a multiple of an account's: many people can share an address.
pub(in crate::accounts) const ADDRESS_FACTOR: i64 = 10;

/// How long an address is known after a sign-in from it.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The client that presents a password.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The id of the client's sign-in, if it is signed in already.
    pub sign_in: Option<String>,
}

/// An attempt to present a password. It is counted as failed in advance, so that many at once
/// cannot exceed the limit between check and count.
pub(in crate::accounts) struct Attempt {
    /// The counter of the account.
    account: String,
    /// The counter of a known client.
    known_client: Option<String>,
    /// The counter of the address.
    address: Option<String>,
    /// The mark of an address as known for the account.
    known_mark: Option<String>,
}

/// The result of counting an attempt.
struct CountedAttempt {
    /// The limit that refuses the attempt.
    refused: Option<LimitReached>,
    /// Whether the attempt was the first above the limit of the account, which is reported once
    /// per window.
    exceeds_account: bool,
    /// The same for the address.
    exceeds_address: bool,
}

/// Marks the address from which an account was created as a known one, like one that it was signed
/// in from.
pub(in crate::accounts) fn mark_known(
    connection: &mut AnyConnection,
    name_key: &str,
    address: Option<IpAddr>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let client = Client { address, sign_in: None };
    if let Some(mark) = Attempt::new(name_key, &client).known_mark {
        queries::mark(connection, &mark, now + KNOWN_FOR)?;
    }
    Ok(())
}

impl Attempt {
    fn new(name_key: &str, client: &Client) -> Self {
        // A digest, because the text has any length and may be a mistyped password.
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(name_key));
        let network = client.address.map(network);
        Self {
            known_client: client
                .sign_in
                .as_ref()
                .map(|id| format!("account:{digest}:sign-in:{id}")),
            known_mark: network.as_ref().map(|network| format!("familiar:{digest}:{network}")),
            address: network.map(|network| format!("address:{network}")),
            account: format!("account:{digest}"),
        }
    }

    /// Counts the attempt and returns the limit that refuses it. A known client is not refused for
    /// failures of strangers, also at its address. An attempt that the account's counter refuses is
    /// not counted for the address, which other people may share; one that the address refuses is
    /// not counted for the account, so that an address cannot insert rows without limit.
    fn count(
        &mut self,
        connection: &mut AnyConnection,
        now: OffsetDateTime,
        window: Duration,
        failures: i64,
    ) -> Result<CountedAttempt, Error> {
        if let (None, Some(mark)) = (&self.known_client, &self.known_mark)
            && queries::is_marked(connection, mark, now)?
        {
            self.known_client = Some(mark.replacen("familiar", "account", 1));
        }
        let is_known = self.known_client.is_some();
        if let (Some(address), false) = (&self.address, is_known)
            && let Some(limit) =
                Counter::new(address, failures * ADDRESS_FACTOR).exceeded(connection, now)?
        {
            let refused = Some(limit);
            return Ok(CountedAttempt { refused, exceeds_account: false, exceeds_address: false });
        }
        let mut count = |name: &String, max| Counter::new(name, max).count(connection, now, window);
        let account = count(&self.account, failures)?;
        let own_limit = match &self.known_client {
            Some(known_client) => count(known_client, failures)?,
            None => account,
        };
        let address = match &self.address {
            Some(address) if own_limit.is_none() => count(address, failures * ADDRESS_FACTOR)?,
            _ => None,
        };
        Ok(CountedAttempt {
            refused: if is_known { own_limit } else { own_limit.or(address) },
            exceeds_account: account.is_some_and(|limit| limit.is_first),
            exceeds_address: address.is_some_and(|limit| limit.is_first),
        })
    }

    /// Removes the failures of a client that has proven to be the owner.
    fn take_back(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        if let Some(known_client) = &self.known_client {
            // Failures counted by other clients are kept.
            let failures = queries::current(connection, known_client)?;
            queries::uncount(connection, &self.account, failures)?;
            queries::reset(connection, known_client)?;
        } else {
            queries::reset(connection, &self.account)?;
        }
        if let Some(address) = &self.address {
            queries::uncount(connection, address, 1)?;
        }
        Ok(())
    }
}

impl Accounts {
    /// Counts an attempt to present the password of an account name, known or unknown.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `unavailable`.
    pub(in crate::accounts) async fn begin_attempt(
        &self,
        name_key: &str,
        client: &Client,
    ) -> Result<Attempt, Error> {
        let mut attempt = Attempt::new(name_key, client);
        let now = self.clock.now()?;
        let (window, failures) = (self.throttle.window, i64::from(self.throttle.failures.max(1)));
        let counted = self.run(move |connection| {
            write(connection, |connection| {
                let counted = attempt.count(connection, now, window, failures)?;
                Ok::<_, Error>((attempt, counted))
            })
        });
        let (attempt, counted) = counted.await?;
        if counted.exceeds_account {
            let owner = EventOwner::Username(name_key.to_owned());
            self.report_throttled(owner, failures, client.address);
        }
        if counted.exceeds_address {
            self.report_throttled(EventOwner::None, failures * ADDRESS_FACTOR, client.address);
        }
        match counted.refused {
            None => Ok(attempt),
            Some(limit) => Err(limit.error(now)?),
        }
    }

    fn report_throttled(&self, owner: EventOwner, failures: i64, address: Option<IpAddr>) {
        self.audit().push(QueuedEvent {
            event: AuditEvent::Throttled,
            owner,
            is_own_action: false,
            sign_in: None,
            address,
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
                self.withdraw_attempt(attempt).await;
                Err(error)
            }
        }
    }

    /// Subtracts an attempt from its counters. If the database fails, it stays counted.
    async fn withdraw_attempt(&self, attempt: Attempt) {
        let withdrawn = self.run(move |connection| {
            write(connection, |connection| {
                let counters = [Some(attempt.account), attempt.address, attempt.known_client];
                for counter in counters.iter().flatten() {
                    queries::uncount(connection, counter, 1)?;
                }
                Ok::<_, Error>(())
            })
        });
        let _ = withdrawn.await;
    }

    /// Resets the account's failures after a right password, and subtracts 1 from the address,
    /// whose failures with other accounts stay. With `signs_in` the address becomes a known one.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub(in crate::accounts) async fn finish_attempt(
        &self,
        attempt: Attempt,
        signs_in: bool,
    ) -> Result<(), Error> {
        let until = self.clock.now()? + KNOWN_FOR;
        self.run(move |connection| {
            write(connection, |connection| {
                attempt.take_back(connection)?;
                if let (true, Some(mark)) = (signs_in, &attempt.known_mark) {
                    queries::mark(connection, mark, until)?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
    }
}
