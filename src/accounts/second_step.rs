//! The second step of signing in, and confirming a sign-in with password and second factor.

use super::audit::{Actor, RequestSource};
use super::links::LinkToken;
use super::queries;
use super::sealing::Purpose;
use super::second_factor::{LoginTicket, OpenTicket};
use super::service::Accounts;
use super::user::User;
use vestibule::password::Password;
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::tokens::{TokenOptions, TokenPair};
use vestibule::{Error, Session, Tokens};

/// Said of a ticket that is not valid any more.
const EXPIRED: &str = "Sign in again from the start: this step is not valid any more.";

/// Said of an empty code.
const MISSING: &str = "Enter a code of your authenticator, or a recovery code.";

/// What a client sends in the second step.
#[derive(Clone, Copy, Debug)]
pub struct SecondStep<'s> {
    /// The ticket of the first step.
    pub ticket: &'s str,
    /// A code of the authenticator, or a recovery code.
    pub code: &'s str,
    /// Where they come from.
    pub source: RequestSource,
}

impl Accounts {
    /// Returns the user whose second factor a ticket waits for, and whether the first step was the
    /// password; `None` if the ticket is not valid any more.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn owner_of_ticket(&self, ticket: &str) -> Result<Option<(User, bool)>, Error> {
        let found = self.find_ticket(Purpose::PageTicket, ticket).await?;
        Ok(found.map(|(user, ticket)| (user, ticket.amr().contains(Amr::PASSWORD))))
    }

    pub(super) async fn find_ticket(
        &self,
        purpose: Purpose,
        text: &str,
    ) -> Result<Option<(User, OpenTicket)>, Error> {
        let Some(ticket) = self.open_ticket(purpose, text)? else { return Ok(None) };
        let id = ticket.user;
        let found = self.run(move |connection| {
            let hash = queries::hash_of(connection, id)?;
            Ok::<_, Error>((queries::find(connection, id)?, hash))
        });
        let (user, hash) = found.await?;
        let is_valid =
            |user: &User| user.active && user.has_second_factor() && ticket.is_of(hash.as_deref());
        Ok(user.filter(is_valid).map(|user| (user, ticket)))
    }

    /// Returns by what a program can finish the first step of this ticket: passkeys need a page.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn login_methods(&self, ticket: &LoginTicket) -> Result<Vec<&'static str>, Error> {
        let Some(OpenTicket { user, .. }) =
            self.open_ticket(Purpose::ProgramTicket, ticket.reveal())?
        else {
            return Ok(Vec::new());
        };
        let accepts_codes = self
            .run(move |connection| queries::accepts_authenticator_codes(connection, user))
            .await?;
        let authenticator = accepts_codes.then_some("totp");
        Ok(authenticator.into_iter().chain(["recovery_code"]).collect())
    }

    /// Checks ticket and code, and uses the code up.
    async fn check_step(
        &self,
        purpose: Purpose,
        step: &SecondStep<'_>,
    ) -> Result<(User, OpenTicket), Error> {
        let found = self.find_ticket(purpose, step.ticket).await?;
        let (user, ticket) = found.ok_or_else(expired)?;
        let code = (required(step.code)?, step.ticket);
        self.check_code(&user, code, step.source, None).await?;
        self.make_room(&user, step.source).await?;
        Ok((user, ticket))
    }

    /// Returns whether the password has not changed since the ticket. Called after a sign-in was opened,
    /// which must not remain otherwise.
    async fn is_still_of(&self, ticket: &OpenTicket) -> Result<bool, Error> {
        let id = ticket.user;
        let hash = self.run(move |connection| queries::hash_of(connection, id)).await?;
        Ok(ticket.is_of(hash.as_deref()))
    }

    /// Signs a browser in; with `trust` returns the secret by which the password alone does so from now
    /// on. After a link in the place of a password the session is not fresh, and the browser not trusted.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `code` or `login_token`, 403 `account_inactive`, 429
    /// `too_many_attempts`, 503 `unavailable`.
    pub async fn finish_browser(
        &self,
        session: &Session<'_>,
        step: &SecondStep<'_>,
        trust: bool,
    ) -> Result<Option<LinkToken>, Error> {
        let checked = self.check_step(Purpose::PageTicket, step).await?;
        self.open_second_step(session, checked, Amr::OTP, (step.source, trust)).await
    }

    /// Opens the session of a browser whose second factor was right; `proven` is what it has proven.
    pub(super) async fn open_second_step(
        &self,
        session: &Session<'_>,
        (user, ticket): (User, OpenTicket),
        proven: Amr,
        (source, trust): (RequestSource, bool),
    ) -> Result<Option<LinkToken>, Error> {
        let has_password = ticket.amr().contains(Amr::PASSWORD);
        let options = SessionOptions::new().remembered_if(ticket.remember);
        let options = options.proven(ticket.amr().with(proven));
        let options = if has_password { options } else { options.not_fresh() };
        let opened = session.start_with(&user, options).await?;
        if !self.is_still_of(&ticket).await? {
            session.undo(&opened).await?;
            return Err(expired());
        }
        self.record_device(&user, source).await?;
        if trust && has_password {
            let (sign_in, now) = (Some(opened.to_string()), self.clock.now()?);
            let actor = Actor::account(&user, sign_in, source, now);
            return self.trust_browser(&user, &ticket, &actor).await;
        }
        Ok(None)
    }

    /// Signs a program in and returns its tokens.
    ///
    /// # Errors
    /// As [`finish_browser`](Self::finish_browser).
    pub async fn finish_program(
        &self,
        tokens: &Tokens<'_>,
        step: &SecondStep<'_>,
    ) -> Result<TokenPair, Error> {
        let (user, ticket) = self.check_step(Purpose::ProgramTicket, step).await?;
        let options = TokenOptions::new().proven(ticket.amr().with(Amr::OTP));
        let pair = tokens.start_with(&user, options).await?;
        if !self.is_still_of(&ticket).await? {
            tokens.end_claims(&tokens.verify(&pair.access_token)?).await?;
            return Err(expired());
        }
        self.record_device(&user, step.source).await?;
        Ok(pair)
    }

    /// Checks the password of a signed-in user and, if there is a second factor, a code; returns what was
    /// proven.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 422 `invalid_field` naming `code`, 429 `too_many_attempts`, 503 `busy` or
    /// `unavailable`.
    pub async fn confirm(
        &self,
        user: &User,
        (password, code): (&Password, &str),
        source: RequestSource,
        sign_in: Option<&str>,
    ) -> Result<Amr, Error> {
        if !user.has_second_factor() {
            self.check_password(user, password, source, sign_in).await?;
            return Ok(Amr::PASSWORD);
        }
        let code = (required(code)?, sign_in.unwrap_or_default());
        self.check_password(user, password, source, sign_in).await?;
        self.check_code(user, code, source, sign_in).await?;
        Ok(Amr::PASSWORD.with(Amr::OTP))
    }
}

fn required(code: &str) -> Result<&str, Error> {
    if code.trim().is_empty() { Err(Error::invalid_field("code", MISSING)) } else { Ok(code) }
}

/// Returns the error of a ticket that is not valid any more.
pub(super) fn expired() -> Error {
    Error::invalid_field("login_token", EXPIRED)
}
