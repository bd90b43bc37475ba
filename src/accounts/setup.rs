//! The first administrator, made through a link that is printed at the start and works once.
//!
//! The link is kept as a digest in the database, so that any process takes it, and dies with
//! the first administrator, however that came to be.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::administration::tell;
use super::audit::{Actor, AuditEvent, Changed, Record};
use super::counters::{Counter, network};
use super::queries::{self, setup, throttle};
use super::throttle::ADDRESS_FACTOR;
use super::{Accounts, Registration, Role, User};
use crate::db::{AnyConnection, write};
use vestibule::{Error, ErrorKind};

/// How long a link may be used; a restart prints another one.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What makes a link: 256 random bits; prints as `[redacted]`.
pub struct SetupToken(String);

impl SetupToken {
    /// The 43 characters that belong into the link.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SetupToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Makes a link for a service without an administrator; `None` when there is one.
///
/// # Errors
/// 503 `unavailable`.
pub fn new_setup_link(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
) -> Result<Option<SetupToken>, Error> {
    if setup::has_administrator(connection)? {
        setup::forget_links(connection)?;
        return Ok(None);
    }
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(Error::unavailable)?;
    let token = SetupToken(URL_SAFE_NO_PAD.encode(random));
    setup::keep_link(connection, &digest(token.reveal()), now + LIFE)?;
    Ok(Some(token))
}

fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

impl Accounts {
    /// Whether a link can be used.
    ///
    /// # Errors
    /// 404 `not_found` for one that cannot, 429 `too_many_attempts` for an address that has
    /// tried many, 503 `unavailable`.
    pub async fn check_setup(&self, token: &str, address: Option<IpAddr>) -> Result<(), Error> {
        let (token, now) = (digest(token), self.clock.now()?);
        let (window, failures) = (self.throttle.window, i64::from(self.throttle.failures));
        let bucket = address.map(|address| {
            Counter::new(format!("setup:{}", network(address)), failures * ADDRESS_FACTOR)
        });
        let looked_up = self.run(move |connection: &mut AnyConnection| -> Result<_, Error> {
            if !setup::has_links(connection)? {
                return Ok((false, None));
            }
            write(connection, |connection| {
                let full = match &bucket {
                    Some(bucket) => bucket.count(connection, now, window)?,
                    None => None,
                };
                let stands = full.is_none() && setup::link_stands(connection, &token, now)?;
                if let (true, Some(bucket)) = (stands, &bucket) {
                    throttle::uncount(connection, &bucket.name, 1)?;
                }
                Ok::<_, Error>((stands, full))
            })
        });
        match looked_up.await? {
            (true, _) => Ok(()),
            (false, Some(full)) => Err(full.refusal(now)?),
            (false, None) => Err(ErrorKind::NotFound.into()),
        }
    }

    /// Adds the first administrator, and with that ends every link.
    ///
    /// # Errors
    /// As [`check_setup`](Self::check_setup), and as [`register`](Self::register).
    pub async fn set_up(&self, token: &str, registration: &Registration) -> Result<User, Error> {
        self.check_setup(token, registration.address).await?;
        let mut new = self.prepare(registration).await?;
        new.role = Role::Admin;
        let (token, address) = (digest(token), registration.address);
        let set_up = move |connection: &mut AnyConnection| -> Result<Changed, Error> {
            setup::lock_links(connection)?;
            if !setup::link_stands(connection, &token, new.created_at)? {
                return Err(ErrorKind::NotFound.into());
            }
            let user = queries::insert(connection, &new)?;
            let by = Actor::account(&user, None, address, new.created_at);
            let record = Record::of(AuditEvent::Added, &user, &by);
            let records = vec![record.detail("admin, through the set-up link")];
            queries::append(connection, &records)?;
            setup::forget_links(connection)?;
            Ok(Changed { user, ended: 0, records })
        };
        let made = self.run(move |connection| write(connection, set_up)).await;
        Ok(made.inspect(tell)?.user)
    }
}
