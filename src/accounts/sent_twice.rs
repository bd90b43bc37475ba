//! A form that was sent twice: the second copy finds what the first has done, and if it carries a
//! password, its user signs in with it.

use super::audit::{AuditEvent, COPY_WINDOW};
use super::password::{Credentials, NewPassword};
use super::queries;
use super::registration::{LINK_LIFETIME, Registration};
use super::second_factor::FirstStep;
use super::service::Accounts;
use super::sign_in_links::SIGN_IN_LINK_LIFETIME;
use super::user::{Role, User, Username};
use vestibule::database::sign_ins;
use vestibule::sign_ins::Amr;
use vestibule::{Error, ErrorKind, Session};

impl Accounts {
    /// Signs a browser in again when its password form was sent twice: the first copy changed the
    /// password and ended the sign-in that this one presents. Requires a session cookie that was fresh,
    /// whose sign-in has ended, and a password change in the audit log since the session began. The new
    /// password is verified and counted as at any sign-in, and the second factor is asked for.
    ///
    /// # Errors
    /// 401 `credentials_missing` without such a cookie or with a password that is not in force, 429
    /// `too_many_attempts`, 503 `busy` or `unavailable`.
    pub async fn sign_in_after_change(
        &self,
        session: &Session<'_>,
        passwords: &NewPassword,
    ) -> Result<FirstStep<()>, Error> {
        let missing = || Error::new(ErrorKind::CredentialsMissing);
        let presented = session.presented()?.filter(|presented| presented.is_fresh);
        let presented = presented.ok_or_else(missing)?;
        let (id, sign_in) =
            (presented.account.parse::<i64>().map_err(|_| missing())?, presented.sign_in);
        let found = self.run(move |connection| -> Result<_, Error> {
            let is_active = sign_ins::find(connection, sign_in.as_str())?.is_some();
            Ok(if is_active { None } else { queries::find(connection, id)? })
        });
        let user = found.await?.ok_or_else(missing)?;
        let (entries, _) = self.events(Some(id), None).await?;
        let is_changed = entries.iter().any(|entry| {
            let event = AuditEvent::parse(&entry.event);
            event == Some(AuditEvent::PasswordChanged) && entry.time() >= presented.created_at
        });
        if !is_changed {
            return Err(missing());
        }
        let (username, password) = (user.username.as_str(), &passwords.new);
        let credentials = Credentials { username, password, source: passwords.source };
        let refused = |error: Error| match error.kind() {
            ErrorKind::BadCredentials | ErrorKind::AccountInactive => missing(),
            _ => error,
        };
        let verified = self.verify_credentials(&credentials).await.map_err(refused)?;
        // The name may have been given to another account meanwhile.
        if verified.user.id != user.id {
            return Err(missing());
        }
        let remember = presented.is_remembered;
        if verified.user.has_second_factor() {
            let ticket =
                self.page_ticket(&verified.user, &verified.hash, Amr::PASSWORD, remember)?;
            return Ok(FirstStep::SecondFactor(ticket));
        }
        self.open_session(session, &verified, password, remember).await.map_err(refused)
    }

    /// Returns the user whom the session cookie names, if the user ended all sign-ins a moment ago, by a form
    /// that was first, and has none since.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn just_signed_out_everywhere(
        &self,
        session: &Session<'_>,
    ) -> Result<Option<User>, Error> {
        let presented = session.presented()?;
        let Some(Ok(id)) = presented.map(|presented| presented.account.parse()) else {
            return Ok(None);
        };
        let (now, idle) = (self.clock.now()?, self.auth.session.idle);
        let found = self.run(move |connection| {
            let (_, active) = queries::active_sign_ins(connection, id, (now, idle), 1)?;
            if active == 0 { queries::find(connection, id) } else { Ok(None) }
        });
        let Some(user) = found.await? else { return Ok(None) };
        Ok(self.has_just_done(id, AuditEvent::Ended).await?.then_some(user))
    }

    /// Returns whether the user caused this event of the own account within `COPY_WINDOW`.
    async fn has_just_done(&self, id: i64, event: AuditEvent) -> Result<bool, Error> {
        let now = self.clock.now()?;
        let (entries, _) = self.events(Some(id), None).await?;
        Ok(entries.iter().any(|entry| {
            AuditEvent::parse(&entry.event) == Some(event)
                && entry.actor_account == Some(id)
                && now < entry.time() + COPY_WINDOW
        }))
    }

    /// Returns whether the user of a session has deleted the own account, by a form that was first. The
    /// session cookie names the account; it must have been fresh, and the audit log has the deletion,
    /// under the name that was `typed`.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn has_deleted_itself(
        &self,
        session: &Session<'_>,
        typed: &str,
    ) -> Result<bool, Error> {
        let presented = session.presented()?.filter(|presented| presented.is_fresh);
        let id = presented.and_then(|presented| presented.account.parse::<i64>().ok());
        let (Some(id), Ok(typed)) = (id, Username::parse(typed)) else { return Ok(false) };
        let (entries, _) = self.events(Some(id), None).await?;
        Ok(entries.iter().any(|entry| {
            let name = entry.username.as_deref().map(Username::parse);
            AuditEvent::parse(&entry.event) == Some(AuditEvent::Deleted)
                && entry.actor_account == Some(id)
                && name.is_some_and(|name| name.is_ok_and(|name| name.key() == typed.key()))
        }))
    }

    /// Signs a browser in to the account that a registration names, because an equal one was first:
    /// returns whether its password opens the account, as at any sign-in. For a set-up only an
    /// administrator created within `LINK_LIFETIME`, so that `/setup` is no other sign-in form.
    ///
    /// # Errors
    /// 503 `busy` or `unavailable`.
    pub async fn sign_in_registered(
        &self,
        session: &Session<'_>,
        registration: &Registration,
    ) -> Result<bool, Error> {
        let (username, password) = (registration.username.as_str(), &registration.password);
        let credentials = Credentials { username, password, source: registration.source };
        let opened = async {
            let verified = self.verify_credentials(&credentials).await?;
            let (user, now) = (&verified.user, self.clock.now()?);
            let is_new_admin = user.role == Role::Admin && now < user.created_at + LINK_LIFETIME;
            let is_refused = registration.role == Role::Admin && !is_new_admin;
            if is_refused || user.has_second_factor() {
                return Err(ErrorKind::BadCredentials.into());
            }
            self.open_session(session, &verified, password, false).await
        };
        match opened.await {
            Ok(FirstStep::SignedIn(())) => Ok(true),
            Ok(FirstStep::SecondFactor(_)) => Ok(false),
            Err(error) => match error.kind() {
                ErrorKind::BadCredentials
                | ErrorKind::AccountInactive
                | ErrorKind::TooManyAttempts => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Returns whether the password of a refused change is in force already, because an equal request was
    /// first. The password counts as at any sign-in.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `busy` or `unavailable`.
    async fn is_set_already(&self, credentials: &Credentials<'_>) -> Result<bool, Error> {
        match self.verify_credentials(credentials).await {
            Ok(_) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::BadCredentials | ErrorKind::AccountInactive => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Returns whether the user changed the password to the new one within the last minute, by an equal
    /// request. Without such a change in the audit log the new password is not verified, so that a
    /// mistyped current one counts once.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `busy` or `unavailable`.
    pub async fn has_just_set(&self, user: &User, passwords: &NewPassword) -> Result<bool, Error> {
        let (username, password) = (user.username.as_str(), &passwords.new);
        let credentials = Credentials { username, password, source: passwords.source };
        Ok(self.has_just_done(user.id, AuditEvent::PasswordChanged).await?
            && self.is_set_already(&credentials).await?)
    }

    /// Returns whether the password is in force and a link has set it within the last minute, by an equal
    /// form. Without such a link in the audit log the password is not verified: this is no other place to try
    /// passwords.
    ///
    /// # Errors
    /// 429 `too_many_attempts` with `Retry-After`, 503 `busy` or `unavailable`.
    pub async fn has_just_set_by_link(&self, set: &Credentials<'_>) -> Result<bool, Error> {
        let Ok(name) = Username::parse(set.username) else { return Ok(false) };
        let user = self.run(move |connection| queries::named(connection, &name)).await?;
        // An unknown name takes as long as one without such a link: no account has the id 0.
        let id = user.map_or(0, |user| user.id);
        Ok(self.has_just_done(id, AuditEvent::LinkUsed).await? && self.is_set_already(set).await?)
    }

    /// Returns whether an account has this address now: an equal request has confirmed it.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn has_address(&self, id: i64, address: &str) -> Result<bool, Error> {
        let user = self.run(move |connection| queries::find(connection, id)).await?;
        Ok(user.is_some_and(|user| user.email.as_deref() == Some(address)))
    }

    /// Returns whether a link or code of this user was used within its lifetime, as the second copy of a
    /// form finds it. The audit log tells.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn has_just_used_link(&self, user: &User) -> Result<bool, Error> {
        let now = self.clock.now()?;
        let (entries, _) = self.events(Some(user.id), None).await?;
        Ok(entries.iter().any(|entry| {
            let is_used = AuditEvent::parse(&entry.event) == Some(AuditEvent::SignInLinkUsed);
            is_used && now < entry.time() + SIGN_IN_LINK_LIFETIME
        }))
    }
}
