//! How often a password may be guessed: counted for each account name and each address, the
//! same for the form, the API and re-authentication, in the database, so that neither a
//! restart nor a second process forgets.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Accounts;
use super::audit::{Noted, What, Whose};
use super::queries::throttle::{self, Counted};
use crate::auth::{Error, ErrorKind, from_micros};
use crate::db::{AnyConnection, write};

/// How many times the failures of an account an address may have: many people can share one.
const ADDRESS_FACTOR: i64 = 10;

/// An attempt that has been counted as failed in advance: of many at once none slips through
/// between looking and counting.
pub(super) struct Attempt {
    account: String,
    address: Option<String>,
}

impl Accounts {
    /// Counts an attempt to prove the password of an account name, known or unknown.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `unavailable`.
    pub(super) async fn attempt(
        &self,
        name_key: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt, Error> {
        // A digest, because a name is as long as somebody likes, and may be a mistyped password.
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(name_key));
        let attempt = Attempt {
            account: format!("account:{digest}"),
            address: address.map(|address| format!("address:{address}")),
        };
        let now = self.clock.now()?;
        let (window, limit) = (self.throttle.window, i64::from(self.throttle.failures.max(1)));
        let (account, from) = (attempt.account.clone(), attempt.address.clone());
        let counted = self.run(move |connection: &mut AnyConnection| -> Result<_, Error> {
            write(connection, |connection| {
                let by_account = throttle::count(connection, &account, now, window)?;
                let by_address = match &from {
                    Some(from) => Some(throttle::count(connection, from, now, window)?),
                    None => None,
                };
                Ok((by_account, by_address))
            })
        });
        let (by_account, by_address) = counted.await?;
        // Told where the limit is crossed, and so once a window however many come after.
        let crossed = |counted: &Counted, limit: i64| counted.failures == limit + 1;
        if crossed(&by_account, limit) {
            self.throttled(Whose::Key(name_key.to_owned()), limit, address);
        }
        if by_address.is_some_and(|counted| crossed(&counted, limit * ADDRESS_FACTOR)) {
            self.throttled(Whose::Nobody, limit * ADDRESS_FACTOR, address);
        }
        let over = |counted: &Counted, limit: i64| counted.failures > limit;
        let full = Some(by_account).filter(|counted| over(counted, limit));
        let full =
            full.or_else(|| by_address.filter(|counted| over(counted, limit * ADDRESS_FACTOR)));
        match full {
            None => Ok(attempt),
            Some(counted) => {
                let wait = from_micros(counted.ends_at)? - now;
                let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
                Err(Error::new(ErrorKind::TooManyAttempts).retry_after(seconds))
            }
        }
    }

    fn throttled(&self, whose: Whose, failures: i64, address: Option<IpAddr>) {
        let (what, count) = (What::Throttled, u64::try_from(failures).ok());
        self.audit.note(Noted { what, whose, by_itself: false, sign_in: None, address, count });
    }

    /// The attempt succeeded: the account's failures are forgotten, the address has one less.
    /// A success of one account does not clear the failures of another.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub(super) async fn succeeded(&self, attempt: Attempt) -> Result<(), Error> {
        self.run(move |connection| {
            throttle::forget(connection, &attempt.account)?;
            match &attempt.address {
                Some(address) => throttle::uncount(connection, address),
                None => Ok(0),
            }
        })
        .await
        .map(drop)
    }
}
