//! Registration where an address is required: the account is made once its address is confirmed. The
//! response is the same for an address that an account has; its owner gets another mail.

use std::time::Duration;

use super::register::{CheckedFields, Registration};
use crate::accounts::audit::RequestSource;
use crate::accounts::links::digest;
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use crate::accounts::user::Username;
use crate::mail::EmailAddress;
use vestibule::events::EventKind;
use vestibule::throttle::Counter;
use vestibule::{Error, ErrorKind};

/// The maximum number of confirmation mails to one address in [`WINDOW`].
const MAX_MAILS: i64 = 5;

/// For how long a mail counts.
const WINDOW: Duration = Duration::from_secs(60 * 60);

impl Accounts {
    /// Stores a registration after checking every field, and sends a link to its address. Whether an
    /// account has the address is looked up when the mail is sent, so that neither the response nor its
    /// time reveals it. An equal registration, with the password of the one that waits, has the mail sent
    /// again.
    ///
    /// # Errors
    /// As [`register`](Self::register); 409 `username_taken` also for the name of another registration
    /// that waits.
    pub async fn register_address(
        &self,
        registration: &Registration,
        email: &str,
    ) -> Result<(), Error> {
        let mut fields = CheckedFields::check(registration, &self.auth.password);
        let parsed = EmailAddress::parse(email);
        fields.address = parsed.clone().map(Some);
        fields.refuse_address_as_name();
        let source = registration.source;
        let client = source.address;
        let reserved = self.reserve(client).await?;
        let stored = async {
            let _permit =
                fields.password.is_ok().then(|| self.acquire_permit(client)).transpose()?;
            let new = self.prepare_fields(registration, fields).await?;
            let address = parsed?;
            let counter = of_recipient(&address);
            self.run(move |connection| {
                let limit = (&counter, WINDOW);
                queries::store_registration(connection, &new, &address, source, limit)
            })
            .await
        };
        if let Err(error) = stored.await {
            self.release(reserved).await;
            if error.kind() != ErrorKind::UsernameTaken
                || !self.send_again(registration, email).await?
            {
                return Err(error);
            }
        }
        self.outbox.wake();
        Ok(())
    }

    /// Returns the user name and the address of a link.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid, 503 `unavailable`.
    pub async fn check_registration(&self, token: &str) -> Result<(String, String), Error> {
        let (hash, now) = (digest(token), self.clock.now()?);
        let found =
            self.run(move |connection| queries::registration_of_link(connection, &hash, now));
        found.await?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Uses up a link and makes the account.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid, 409 `username_taken`, 422 `invalid_field` naming
    /// `email` if another account has the address by now, 503 `unavailable`.
    pub async fn confirm_registration(
        &self,
        token: &str,
        source: RequestSource,
    ) -> Result<(), Error> {
        let (hash, now) = (digest(token), self.clock.now()?);
        let confirmed = self
            .run(move |connection| queries::confirm_registration(connection, &hash, (source, now)));
        let id = confirmed.await?.ok_or(ErrorKind::NotFound)?;
        self.report(EventKind::Registered, id, None, source);
        Ok(())
    }

    /// Returns whether an equal registration waits already, whose mail is lost, or by an equal form that
    /// was first; queues its mail again if that was not done just now. The password counts as at any
    /// sign-in.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `busy` or `unavailable`.
    async fn send_again(&self, registration: &Registration, email: &str) -> Result<bool, Error> {
        let username = Username::parse(&registration.username);
        let (Ok(username), Ok(address)) = (username, EmailAddress::parse(email)) else {
            return Ok(false);
        };
        let (name, to, now) = (username.clone(), address.clone(), self.clock.now()?);
        let waiting =
            self.run(move |connection| queries::waiting_hash(connection, &name, &to, now));
        let Some(hash) = waiting.await? else { return Ok(false) };
        let source = registration.source;
        let attempt = self.begin_attempt(username.key(), source, None).await?;
        let check = async {
            let _permit = self.acquire_permit(source.address)?;
            self.hasher.verify(&registration.password, Some(&hash)).await
        };
        let (attempt, is_right) = self.check_attempt(attempt, check).await?;
        if !is_right {
            return Ok(false);
        }
        self.finish_attempt(attempt).await?;
        let queued = self.run(move |connection| {
            let (row, limit) = ((&username, hash.as_str()), (&of_recipient(&address), WINDOW));
            queries::queue_registration_again(connection, row, &address, (source, now), limit)
        });
        queued.await?;
        Ok(true)
    }
}

/// Counts the mails that confirm an address, for a registration or an account.
pub(in crate::accounts) fn of_recipient(address: &EmailAddress) -> Counter {
    Counter::new(format!("confirm-to:{}", digest(address.key())), MAX_MAILS)
}
