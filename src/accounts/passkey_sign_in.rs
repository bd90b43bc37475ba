//! Signing in by a passkey alone or in the second step, and confirming a sign-in with one.

use super::links::LinkToken;
use super::passkeys::{Ceremony, PasskeyAnswer, PasskeyOptions, is_refused, refused};
use super::sealing::Purpose;
use super::second_step::expired;
use super::service::Accounts;
use super::user::{User, Username};
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::{Error, ErrorKind, Session};

/// What a passkey proves that has verified its user.
const PROVEN: Amr = Amr::HARDWARE_KEY.with(Amr::USER_PRESENCE);

impl Accounts {
    /// Begins to sign in by a passkey alone: by any that the browser knows for this service.
    ///
    /// # Errors
    /// 404 `not_found` if passkeys are not offered, 503 `unavailable`.
    pub fn ask_to_sign_in(&self) -> Result<PasskeyOptions, Error> {
        self.ask_passkey(Ceremony::SignIn, &[])
    }

    /// Asks for a passkey of a user, for a second step or a confirmation.
    ///
    /// # Errors
    /// 404 `not_found` if the user has none, or passkeys are not offered; 503 `unavailable`.
    pub async fn ask_user(
        &self,
        ceremony: Ceremony<'_>,
        user: &User,
    ) -> Result<PasskeyOptions, Error> {
        let own = self.passkeys(user).await?;
        if own.is_empty() {
            return Err(ErrorKind::NotFound.into());
        }
        self.ask_passkey(ceremony, &own)
    }

    /// Signs a browser in by a passkey alone, which counts as two factors.
    ///
    /// # Errors
    /// 401 `bad_credentials` whatever is wrong with the answer or its account, 404 `not_found` if passkeys
    /// are not offered, 503 `unavailable`.
    pub async fn sign_in_by_passkey(
        &self,
        session: &Session<'_>,
        sent: &PasskeyAnswer<'_>,
        remember: bool,
    ) -> Result<(), Error> {
        let checked = self.check_passkey(Ceremony::SignIn, None, sent).await;
        let (user, passkey) = checked.map_err(bad_credentials)?;
        self.make_room(&user, sent.source).await?;
        let options = SessionOptions::new().remembered_if(remember);
        let options = options.proven(PROVEN.with(Amr::MULTI_FACTOR));
        let opened = session.start_with(&user, options).await;
        let opened = opened.map_err(bad_credentials)?;
        if !self.has_passkey(&user, passkey).await? {
            session.undo(&opened).await?;
            return Err(bad_credentials(refused("the passkey was removed meanwhile")));
        }
        self.record_device(&user, sent.source).await
    }

    /// Signs a browser in by a passkey in the second step; `trust` as for a code.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `passkey` or `login_token`, 403 `account_inactive`, 404 `not_found` if
    /// passkeys are not offered, 429 `too_many_attempts`, 503 `unavailable`.
    pub async fn finish_by_passkey(
        &self,
        session: &Session<'_>,
        ticket: &str,
        sent: &PasskeyAnswer<'_>,
        trust: bool,
    ) -> Result<Option<LinkToken>, Error> {
        let found = self.find_ticket(Purpose::PageTicket, ticket).await?.ok_or_else(expired)?;
        self.check_of(&found.0, Ceremony::SecondStep(ticket), sent, None).await?;
        self.make_room(&found.0, sent.source).await?;
        self.open_second_step(session, found, PROVEN, (sent.source, trust)).await
    }

    /// Confirms a sign-in by a passkey of its user; returns what was proven.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `passkey`, 404 `not_found` if passkeys are not offered, 429
    /// `too_many_attempts`, 503 `unavailable`.
    pub async fn confirm_by_passkey(
        &self,
        user: &User,
        sign_in: &str,
        sent: &PasskeyAnswer<'_>,
    ) -> Result<Amr, Error> {
        self.check_of(user, Ceremony::Confirm(sign_in), sent, Some(sign_in)).await?;
        Ok(PROVEN.with(Amr::MULTI_FACTOR))
    }

    /// Checks the answer of a passkey of this user, counted by the throttle of the password.
    async fn check_of(
        &self,
        user: &User,
        ceremony: Ceremony<'_>,
        sent: &PasskeyAnswer<'_>,
        sign_in: Option<&str>,
    ) -> Result<(), Error> {
        let username = Username::parse(&user.username)?;
        let attempt = self.begin_attempt(username.key(), sent.source, sign_in).await?;
        let check = async {
            match self.check_passkey(ceremony, Some(user), sent).await {
                Ok(_) => Ok(None),
                Err(error) if is_refused(&error) => Ok(Some(error)),
                Err(error) => Err(error),
            }
        };
        match self.check_attempt(attempt, check).await? {
            (attempt, None) => self.finish_attempt(attempt).await,
            (_, Some(error)) => Err(error),
        }
    }
}

/// Turns the error of an answer that is not accepted, or of a deactivated account, into that of a wrong
/// password.
fn bad_credentials(error: Error) -> Error {
    let error = match error.kind() {
        ErrorKind::AccountInactive => refused("the account is deactivated"),
        _ => error,
    };
    let message = error.fields().find(|(name, _)| *name == "passkey");
    match message.map(|(_, message)| message.to_owned()) {
        Some(message) => Error::new(ErrorKind::BadCredentials).detail(message),
        None => error,
    }
}
