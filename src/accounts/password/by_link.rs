//! Setting a password by a link.

use super::rules::{PasswordOwner, check_form};
use super::sign_in::Credentials;
use crate::accounts::audit::RequestSource;
use crate::accounts::links::digest;
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use vestibule::events::{EndedBy, EventKind};
use vestibule::password::Password;
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

    /// Uses up a link: sets the password of its user and ends all sign-ins.
    ///
    /// # Errors
    /// As [`owner_of_link`](Self::owner_of_link), and 422 `invalid_field` naming `password`, 503
    /// `busy`.
    pub async fn set_password_by_link(
        &self,
        token: &str,
        password: &Password,
        source: RequestSource,
    ) -> Result<(), Error> {
        // First, so that a password is hashed for the holder of a link alone.
        let user = self.owner_of_link(token).await?;
        let username = Username::parse(&user.username)?;
        let owner =
            PasswordOwner { username: username.key(), full_name: user.full_name.as_deref() };
        check_form("password", password, owner, &self.auth.password)?;
        self.check_strength("password", password, owner).await?;
        let hash = {
            let _share = self.take_share(source.address)?;
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

    /// Returns whether a form with a link that is not valid any more holds the password in force:
    /// an equal form was first. The password counts as at any sign-in.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `busy` or `unavailable`.
    pub async fn is_set_already(&self, credentials: &Credentials<'_>) -> Result<bool, Error> {
        match self.verify_credentials(credentials).await {
            Ok(_) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::BadCredentials | ErrorKind::AccountInactive => Ok(false),
                _ => Err(error),
            },
        }
    }
}
