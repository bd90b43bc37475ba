//! The first administrator, created through a set-up link that is printed at the start and works
//! once.
//!
//! All links become invalid when an administrator exists, however it was created.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use time::OffsetDateTime;

use super::register::Registration;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, append, log_change};
use crate::accounts::links::{LinkToken, digest};
use crate::accounts::queries::{self, setup};
use crate::accounts::service::Accounts;
use crate::accounts::user::{Role, User};
use crate::db::{AnyConnection, write};
use vestibule::throttle::{Attempt, Client, Counter, NETWORK_FACTOR, network};
use vestibule::{Error, ErrorKind};

/// How long a link is valid; a restart prints another one.
pub(in crate::accounts) const LINK_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Said of a link that cannot be used.
const INVALID_LINK: &str = "This link is not valid. It works once, for a day, and until there is an \
                            administrator. If you have an account, sign in; if there is no \
                            administrator, use the link of the latest start of the service.";

/// Creates a link; returns `None` if an administrator exists.
///
/// # Errors
/// 503 `unavailable`.
pub fn new_setup_link(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
) -> Result<Option<LinkToken>, Error> {
    if setup::has_administrator(connection)? {
        setup::delete_links(connection)?;
        return Ok(None);
    }
    let token = LinkToken::generate()?;
    setup::store_link(connection, &digest(token.reveal()), now + LINK_LIFETIME)?;
    Ok(Some(token))
}

impl Accounts {
    /// Returns whether no administrator exists. Once there is one, the database is not asked again; if
    /// it fails, nothing is due.
    pub async fn is_setup_due(&self) -> bool {
        if self.has_administrator.load(Ordering::Relaxed) {
            return false;
        }
        match self.run(setup::has_administrator).await {
            Ok(found) => {
                self.has_administrator.store(found, Ordering::Relaxed);
                !found
            }
            Err(_) => false,
        }
    }

    /// Checks that a link is valid.
    ///
    /// # Errors
    /// 404 `not_found` for an invalid link, 429 `too_many_attempts` for an address with many
    /// attempts, 503 `unavailable`.
    pub async fn check_setup(&self, token: &str, address: Option<IpAddr>) -> Result<(), Error> {
        let (token, now) = (digest(token), self.clock.now()?);
        let (window, failures) =
            (self.auth.throttle.window, i64::from(self.auth.throttle.failures));
        let counter = address.map(|address| {
            Counter::new(format!("setup:{}", network(address)), failures * NETWORK_FACTOR)
        });
        let looked_up = self.run(move |connection: &mut AnyConnection| -> Result<_, Error> {
            if !setup::has_links(connection)? {
                return Ok((false, None));
            }
            write(connection, |connection| {
                let reached = match &counter {
                    Some(counter) => counter.count(connection, now, window)?,
                    None => None,
                };
                let is_valid = reached.is_none() && setup::is_link_valid(connection, &token, now)?;
                if let (true, Some(counter)) = (is_valid, &counter) {
                    counter.uncount(connection)?;
                }
                Ok::<_, Error>((is_valid, reached))
            })
        });
        match looked_up.await? {
            (true, _) => Ok(()),
            (false, Some(limit)) => Err(limit.error(now)),
            (false, None) => Err(Error::new(ErrorKind::NotFound).detail(INVALID_LINK)),
        }
    }

    /// Adds the first administrator and deletes every link.
    ///
    /// # Errors
    /// The errors of [`check_setup`](Self::check_setup) and [`register`](Self::register).
    pub async fn set_up(&self, token: &str, registration: &Registration) -> Result<User, Error> {
        self.check_setup(token, registration.source.address).await?;
        let mut new = self.prepare(registration).await?;
        new.role = Role::Admin;
        let (token, source) = (digest(token), registration.source);
        let set_up = move |connection: &mut AnyConnection| -> Result<ChangedUser, Error> {
            setup::lock_links(connection)?;
            if !setup::is_link_valid(connection, &token, new.created_at)? {
                return Err(Error::new(ErrorKind::NotFound).detail(INVALID_LINK));
            }
            let user = queries::insert(connection, &new)?;
            let client = Client { address: source.address, sign_in: None };
            Attempt::new(new.username.key(), &client).mark_known(connection, new.created_at)?;
            let actor = Actor::account(&user, None, source, new.created_at);
            let record = Record::about(AuditEvent::Added, &user, &actor);
            let records = vec![record.detail("admin, through the set-up link")];
            append(connection, &records)?;
            setup::delete_links(connection)?;
            Ok(ChangedUser { user, ended: 0, records })
        };
        let added = self.run(move |connection| write(connection, set_up)).await?;
        log_change(&added);
        Ok(added.user)
    }
}
