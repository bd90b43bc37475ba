//! Setting a password by a link.

use super::rules::{PasswordOwner, check_form};
use crate::accounts::audit::RequestSource;
use crate::accounts::links::digest;
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use crate::db::write;
use vestibule::events::{EndedBy, EventKind};
use vestibule::password::Password;
use vestibule::throttle::{Counter, NETWORK_FACTOR, network};
use vestibule::{Error, ErrorKind};

impl Accounts {
    /// Returns the user whose password a link sets.
    ///
    /// # Errors
    /// 404 `not_found` for a link that was used, replaced or never made, that has expired, or whose
    /// user has changed the password meanwhile or was deactivated or deleted; 503 `unavailable`.
    pub async fn owner_of_link(&self, token: &str) -> Result<User, Error> {
        let (token, now) = (digest(token), self.clock.now()?);
        let found = self.run(move |connection| queries::owner_of_link(connection, &token, now));
        found.await?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Uses up a link: sets the password of its user and ends all sign-ins. `field` is the name of the
    /// password in the request.
    ///
    /// # Errors
    /// As [`owner_of_link`](Self::owner_of_link), and 422 `invalid_field` naming the field, 429
    /// `too_many_attempts` for a client that has presented many links that are not valid, 503 `busy`.
    pub async fn set_password_by_link(
        &self,
        token: &str,
        (field, password): (&'static str, &Password),
        source: RequestSource,
    ) -> Result<(), Error> {
        // First, so that a password is hashed for the holder of a link alone.
        let user = match self.owner_of_link(token).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(self.count_invalid_link(error, source).await?);
            }
            found => found?,
        };
        let username = Username::parse(&user.username)?;
        let owner =
            PasswordOwner { username: username.key(), full_name: user.full_name.as_deref() };
        check_form(field, password, owner, &self.auth.password)?;
        self.check_strength(field, password, owner).await?;
        let hash = {
            let _permit = self.acquire_permit(source.address)?;
            self.hasher.hash(password).await?
        };
        let (token, now) = (digest(token), self.clock.now()?);
        let used = self.run_change(user.id, move |connection| {
            queries::use_link(connection, &token, &hash, (source, now))
        });
        let (user, ended) = used.await?.ok_or(ErrorKind::NotFound)?;
        self.report(EventKind::PasswordChanged, user.id, None, source);
        self.report(EventKind::Ended(EndedBy::PasswordChange, ended), user.id, None, source);
        Ok(())
    }

    /// Counts a link that is not valid; returns 429 in the place of the error for a client with many.
    async fn count_invalid_link(
        &self,
        error: Error,
        source: RequestSource,
    ) -> Result<Error, Error> {
        let Some(address) = source.address else { return Ok(error) };
        let (now, limits) = (self.clock.now()?, self.auth.throttle);
        let max = i64::from(limits.failures) * NETWORK_FACTOR;
        let counter = Counter::new(format!("link:{}", network(address)), max);
        let limit = self.run(move |connection| {
            write(connection, |connection| counter.count(connection, now, limits.window))
        });
        Ok(limit.await?.map_or(error, |limit| limit.error(now)))
    }
}
