//! Signing a browser in by a link or a code in a mail.

use std::time::Duration;

use super::audit::{RequestSource, log_change};
use super::links::{LinkToken, digest, plain_code};
use super::queries::{self, SignInProof};
use super::second_factor::FirstStep;
use super::service::Accounts;
use super::user::User;
use crate::mail::MailKind;
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::{Error, ErrorKind, Session};

/// How long a link and its code sign in, from when the mail is sent.
pub const SIGN_IN_LINK_LIFETIME: Duration = Duration::from_secs(15 * 60);

impl Accounts {
    /// Queues a mail with a link and a code to sign in, and returns the secret for the browser that
    /// asks: only with it they are valid. Whether an account has the address is looked up when the mail
    /// is sent. After five in an hour no more is sent to the address, which the response does not tell.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `email`, 429 `too_many_attempts` for a client whose network has
    /// asked fifty times in an hour, 503 `unavailable`.
    pub async fn request_sign_in_link(
        &self,
        address: &str,
        source: RequestSource,
    ) -> Result<LinkToken, Error> {
        let browser = LinkToken::generate()?;
        let hash = Some(digest(browser.reveal()));
        self.queue_requested(MailKind::SignIn, address, hash, source).await?;
        Ok(browser)
    }

    /// Returns the user whom a link signs in in the browser with this secret; uses nothing up.
    ///
    /// # Errors
    /// 404 `not_found` for a link that is not valid here, 503 `unavailable`.
    pub async fn owner_of_sign_in_link(&self, browser: &str, token: &str) -> Result<User, Error> {
        let (browser, token, now) = (digest(browser), digest(token), self.clock.now()?);
        let found = self.run(move |connection| {
            queries::owner_of_sign_in_link(connection, (&browser, &token), now)
        });
        found.await?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Signs in the browser with this secret by the token of its link, or else by its code, and uses
    /// both up. No password was proven, so the session is not fresh. A user who has a second factor gets
    /// a ticket for it instead.
    ///
    /// # Errors
    /// 404 `not_found` for what is not valid here, or after five wrong codes; 503 `unavailable`.
    pub async fn sign_in_by_link(
        &self,
        session: &Session<'_>,
        browser: &str,
        (token, code): (&str, &str),
        source: RequestSource,
    ) -> Result<FirstStep<()>, Error> {
        let proof = if token.is_empty() {
            SignInProof::Code(digest(&plain_code(code)))
        } else {
            SignInProof::Token(digest(token))
        };
        let (browser, now) = (digest(browser), self.clock.now()?);
        let used = self.run(move |connection| {
            queries::use_sign_in_link(connection, &browser, &proof, (source, now))
        });
        let (used, hash) = used.await?.ok_or(ErrorKind::NotFound)?;
        log_change(&used);
        let user = used.user;
        if user.has_second_factor() {
            let hash = hash.ok_or(ErrorKind::NotFound)?;
            let ticket = self.page_ticket(&user, &hash, Amr::NONE, false)?;
            return Ok(FirstStep::SecondFactor(ticket));
        }
        self.make_room(&user, source).await?;
        let options = SessionOptions::new().not_fresh().proven(Amr::NONE);
        let opened = session.start_with(&user, options).await;
        let opened = opened.map_err(|error| match error.kind() {
            ErrorKind::AccountInactive => ErrorKind::NotFound.into(),
            _ => error,
        })?;
        // A change of the password, or a second factor that was set up meanwhile, did not see this
        // sign-in.
        let id = user.id;
        let found = self.run(move |connection| {
            let hash = queries::hash_of(connection, id)?;
            Ok::<_, Error>((hash, queries::find(connection, id)?))
        });
        let (present, user_now) = found.await?;
        let has_factor = user_now.is_some_and(|user| user.has_second_factor());
        if present != hash || has_factor {
            session.undo(&opened).await?;
        }
        if present != hash {
            return Err(ErrorKind::NotFound.into());
        }
        if let (Some(hash), true) = (hash, has_factor) {
            return Ok(FirstStep::SecondFactor(self.page_ticket(
                &user,
                &hash,
                Amr::NONE,
                false,
            )?));
        }
        self.record_device(&user, source).await?;
        Ok(FirstStep::SignedIn(()))
    }
}
