//! E-mail addresses of users, and links that are sent to them.

use std::time::Duration;

use time::OffsetDateTime;

use super::audit::{Actor, RequestSource, log_change};
use super::config::AddressPolicy;
use super::links::digest;
use super::queries;
use super::registration::of_recipient;
use super::service::Accounts;
use super::user::User;
use crate::db::{AnyConnection, write};
use crate::mail::{EmailAddress, MailKind, NewMail, Outbox};
use vestibule::guards::Authenticated;
use vestibule::throttle::{Counter, NETWORK_FACTOR, network};
use vestibule::{Error, ErrorKind};

/// The maximum number of mails in [`WINDOW`] that one account asks for, and of links to set a password to one
/// address.
const MAX_MAILS: i64 = 5;

/// For how long a mail that was asked for counts.
const WINDOW: Duration = Duration::from_secs(60 * 60);

impl Accounts {
    /// Returns the outbox, whose task sends the mails that were queued.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Queues a mail with a link that confirms a new address of a user. After five in an hour, also of
    /// registrations, no more is sent to the address, which the response does not tell: a client could
    /// see how often others asked.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `email`, 429 `too_many_attempts` after five in an hour of this account
    /// or fifty of its network, 401 `token_revoked` when the sign-in has ended meanwhile, 503
    /// `unavailable`.
    pub async fn request_address(
        &self,
        user: &impl Authenticated<Account = User>,
        address: &str,
        source: RequestSource,
    ) -> Result<(), Error> {
        let (id, actor) = (user.authentication().account().id, self.actor(user, source)?);
        let address = EmailAddress::parse(address)?;
        let of_account = Counter::new(format!("address:{id}"), MAX_MAILS);
        let of_client = of_client(MailKind::ConfirmAddress, source);
        let of_recipient = of_recipient(&address);
        self.run(move |connection| {
            write(connection, |connection| {
                count(connection, &of_account, actor.at())?;
                of_client.map_or(Ok(()), |counter| count(connection, &counter, actor.at()))
            })?;
            let limit = (&of_recipient, WINDOW);
            queries::request_address(connection, id, &address, (source.language, limit), &actor)
        })
        .await?;
        self.outbox.wake();
        Ok(())
    }

    /// Returns the user's address that is not confirmed yet.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn pending_address(&self, user: &User) -> Result<Option<String>, Error> {
        let (id, now) = (user.id, self.clock.now()?);
        self.run(move |connection| queries::pending_address(connection, id, now)).await
    }

    /// Returns the user and the address that a link confirms.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid, 503 `unavailable`.
    pub async fn check_address_link(&self, token: &str) -> Result<(User, String), Error> {
        let (hash, now) = (digest(token), self.clock.now()?);
        let found =
            self.run(move |connection| queries::owner_of_address_link(connection, &hash, now));
        found.await?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Uses up a link and returns the user with the new address.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid, 422 `invalid_field` naming `email` if another
    /// account has the address, 503 `unavailable`.
    pub async fn confirm_address(&self, token: &str, source: RequestSource) -> Result<User, Error> {
        let (user, _) = self.check_address_link(token).await?;
        let (hash, now) = (digest(token), self.clock.now()?);
        let confirmed = self.run_change(user.id, move |connection| {
            queries::confirm_address(connection, &hash, (source, now))
        });
        let changed = confirmed.await?.ok_or(ErrorKind::NotFound)?;
        log_change(&changed);
        Ok(changed.user)
    }

    /// Returns the user and the former address of a link that puts the address back.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid, 503 `unavailable`.
    pub async fn check_return_link(&self, token: &str) -> Result<(User, String), Error> {
        let (hash, now) = (digest(token), self.clock.now()?);
        let found =
            self.run(move |connection| queries::owner_of_return_link(connection, &hash, now));
        let (user, address, _) = found.await?.ok_or(ErrorKind::NotFound)?;
        Ok((user, address))
    }

    /// Uses up a link: puts a former address back, ends all sign-ins and returns the user.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid, 422 `invalid_field` naming `email` if another
    /// account has the address, 503 `unavailable`.
    pub async fn return_address(&self, token: &str, source: RequestSource) -> Result<User, Error> {
        let (user, _) = self.check_return_link(token).await?;
        let (hash, now) = (digest(token), self.clock.now()?);
        let returned = self.run_change(user.id, move |connection| {
            queries::return_address(connection, &hash, (source, now))
        });
        let changed = returned.await?.ok_or(ErrorKind::NotFound)?;
        log_change(&changed);
        Ok(changed.user)
    }

    /// Removes the address of a user.
    ///
    /// # Errors
    /// 403 `forbidden` where an address is required, 401 `token_revoked` when the account is gone, 503
    /// `unavailable`.
    pub async fn remove_address(&self, id: i64, actor: &Actor) -> Result<User, Error> {
        if self.addresses == AddressPolicy::Required {
            let detail = "An address is required. Enter another one in its place.";
            return Err(Error::new(ErrorKind::Forbidden).detail(detail));
        }
        let actor = actor.clone();
        let removed =
            self.run_change(id, move |connection| queries::remove_address(connection, id, &actor));
        let changed = removed.await?;
        log_change(&changed);
        Ok(changed.user)
    }

    /// Queues a mail with a link to set another password. Whether an account has the address is looked
    /// up when the mail is sent, so that neither the response nor its time reveals it. After five in
    /// an hour no more is sent to the address, which the response does not tell either: the earlier
    /// ones are there, and a client could see how often others asked.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `email`, 429 `too_many_attempts` for a client whose network has
    /// asked fifty times in an hour, 503 `unavailable`.
    pub async fn request_reset(&self, address: &str, source: RequestSource) -> Result<(), Error> {
        self.queue_requested(MailKind::ResetPassword, address, None, source).await
    }

    /// Queues a mail that any client can request for any address, within the limits of the network and
    /// of the address.
    ///
    /// # Errors
    /// As [`request_reset`](Self::request_reset).
    pub(super) async fn queue_requested(
        &self,
        kind: MailKind,
        address: &str,
        browser_hash: Option<String>,
        source: RequestSource,
    ) -> Result<(), Error> {
        let (address, now, word) =
            (EmailAddress::parse(address)?, self.clock.now()?, kind.as_str());
        let of_client = of_client(kind, source);
        let of_recipient = Counter::new(format!("{word}-to:{}", digest(address.key())), MAX_MAILS);
        self.run(move |connection| {
            write(connection, |connection| {
                if let Some(counter) = of_client {
                    count(connection, &counter, now)?;
                }
                if of_recipient.count(connection, now, WINDOW)?.is_some() {
                    return Ok(());
                }
                let mail = NewMail {
                    kind,
                    account: None,
                    recipient: address.key(),
                    client: source.address,
                    program: source.program.words(),
                    language: source.language,
                    browser_hash,
                    at: now,
                };
                Outbox::queue(connection, &mail)
            })
        })
        .await?;
        self.outbox.wake();
        Ok(())
    }
}

/// Counts the mails of a kind that the network of a client asks for.
fn of_client(kind: MailKind, source: RequestSource) -> Option<Counter> {
    source.address.map(|client| {
        let name = format!("{}-from:{}", kind.as_str(), network(client));
        Counter::new(name, MAX_MAILS * NETWORK_FACTOR)
    })
}

/// Counts a mail that is asked for, unless that exceeds the limit.
fn count(
    connection: &mut AnyConnection,
    counter: &Counter,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match counter.count(connection, now, WINDOW)? {
        Some(limit) => Err(limit.error(now)),
        None => Ok(()),
    }
}
