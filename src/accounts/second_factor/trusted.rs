//! Trusted browsers, in which the password alone signs a user in.

use std::time::Duration;

use super::ticket::OpenTicket;
use crate::accounts::audit::{Actor, log_change};
use crate::accounts::links::{LinkToken, digest};
use crate::accounts::queries::{self, TrustedBrowser};
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::Error;

/// How long a browser is trusted. A change of the password ends it earlier.
pub const TRUSTED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Accounts {
    /// Trusts the browser of a user, and returns the secret for its cookie; `None` if the password has
    /// changed since the ticket.
    pub(in crate::accounts) async fn trust_browser(
        &self,
        user: &User,
        ticket: &OpenTicket,
        actor: &Actor,
    ) -> Result<Option<LinkToken>, Error> {
        let (secret, source, now) = (LinkToken::generate()?, actor.source, actor.at());
        let browser = TrustedBrowser {
            id: digest(secret.reveal()),
            program: source.program.words(),
            address: source.address.map(|address| address.to_string()),
            created_at: now,
            expires_at: now + TRUSTED_FOR,
        };
        let (user, password, actor) = (user.clone(), ticket.password.clone(), actor.clone());
        let trusted = self.run(move |connection| {
            queries::trust_browser(connection, &user, &password, &browser, &actor)
        });
        Ok(trusted.await?.map(|changed| {
            log_change(&changed);
            secret
        }))
    }

    /// Returns whether a user trusts the browser with this secret.
    pub(in crate::accounts) async fn is_trusted(
        &self,
        user: &User,
        secret: Option<&str>,
    ) -> Result<bool, Error> {
        let Some(secret) = secret else { return Ok(false) };
        let (id, hash, now) = (user.id, digest(secret), self.clock.now()?);
        self.run(move |connection| queries::is_trusted(connection, id, &hash, now)).await
    }

    /// Ends the trust in a browser; one that is not there is no error.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn end_trust(&self, user: &User, browser: &str, actor: &Actor) -> Result<(), Error> {
        let (user, browser, actor) = (user.clone(), browser.to_owned(), actor.clone());
        let ended =
            self.run(move |connection| queries::end_trust(connection, &user, &browser, &actor));
        if let Some(changed) = ended.await? {
            log_change(&changed);
        }
        Ok(())
    }
}
