//! Signing people in and out: the writing side of session cookies.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use super::account::Account;
use super::authentication::{current_ticket, verified};
use super::bearer::{Presented, refuse};
use super::digest::stamp_digest;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::opening::{open, succeed};
use super::origin;
use super::sign_in::{SignInId, SignInKind};
use super::state::AuthState;
use super::ticket::{Ticket, removal};

/// Guard: starts, confirms and ends the session of this request.
///
/// Without it: 400 `ambiguous_credentials` when a token was presented (a token request
/// never touches a session), 403 `cross_origin` when an unsafe request comes from another
/// site, 404 in mode `token`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::response::Redirect;
/// use vestibule::auth::{Account, Error, Session};
///
/// async fn sign_in<U: Account>(session: Session<'_>, user: &U) -> Result<Redirect, Error> {
///     session.start(user).await?;
///     Ok(Redirect::to("/"))
/// }
/// ```
#[must_use = "a session is only started when you say so"]
pub struct Session<'r> {
    request: &'r Request<'r>,
    state: &'r AuthState,
}

impl Session<'_> {
    /// Opens a new sign-in for an account and puts its ticket into the cookie; a sign-in
    /// that the request came with is ended (`login_user`).
    ///
    /// # Errors
    /// 403 `account_inactive`, 503 `unavailable`.
    pub async fn start<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        let lifetime = self.state.config.session.lifetime;
        let previous = current_ticket(self.request, self.state)?;
        let opened = open(self.request, self.state, account, SignInKind::Browser, lifetime).await?;
        let ticket = Ticket::new(&opened, true, stamp_digest(&account.stamp()));
        self.replace(previous.as_ref(), &ticket).await?;
        Ok(opened.id)
    }

    /// Gives the session a new id without asking for the password again, as after a change
    /// of rights; the old id is dead. Neither its life nor its freshness is extended.
    ///
    /// # Errors
    /// 401 `credentials_missing` without a session of this account, 403 `account_inactive`,
    /// 503 `unavailable`.
    pub async fn renew<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        let previous = current_ticket(self.request, self.state)?;
        let previous = previous.ok_or(ErrorKind::CredentialsMissing)?;
        let renewed = succeed(self.state, account, &previous).await?;
        let ticket = Ticket::new(&renewed, previous.fresh, stamp_digest(&account.stamp()));
        self.replace(Some(&previous), &ticket).await?;
        Ok(renewed.id)
    }

    async fn replace(&self, previous: Option<&Ticket>, ticket: &Ticket) -> Result<(), Error> {
        self.write(ticket)?;
        match previous.and_then(Ticket::id) {
            Some(id) => self.state.ledger.end(&id).await,
            None => Ok(()),
        }
    }

    /// Notes that the password was proven again: the session is fresh from now on
    /// (`confirm_login`).
    ///
    /// # Errors
    /// 401 `credentials_missing` without a session, 503 `unavailable`.
    pub async fn confirm(&self) -> Result<(), Error> {
        let now = self.state.clock.now()?;
        let ticket = current_ticket(self.request, self.state)?;
        let mut ticket = ticket.ok_or(ErrorKind::CredentialsMissing)?;
        let id = ticket.id().ok_or(ErrorKind::CredentialsMissing)?;
        self.state.ledger.confirm(&id, now).await?;
        ticket.auth = now.unix_timestamp();
        ticket.fresh = true;
        self.write(&ticket)
    }

    /// Ends the sign-in and takes the cookie back (`logout_user`); ending nothing is no
    /// error.
    ///
    /// # Errors
    /// 503 `unavailable`: the sign-in may still stand, and the cookie is kept.
    pub async fn end(&self) -> Result<(), Error> {
        if let Some(id) = current_ticket(self.request, self.state)?.as_ref().and_then(Ticket::id) {
            self.state.ledger.end(&id).await?;
        }
        let cookie = removal(&self.state.config.session, &self.state.cookie_name);
        self.request.cookies().remove(cookie);
        Ok(())
    }

    fn write(&self, ticket: &Ticket) -> Result<(), Error> {
        let cookie = ticket.cookie(&self.state.config.session, &self.state.cookie_name);
        self.request.cookies().add_private(cookie.ok_or(ErrorKind::Internal)?);
        Ok(())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let checked = AuthState::of(request).and_then(|state| {
            state.asked(request);
            // Only a token that verified waives the check; no session comes of it either way.
            if verified(request, state).is_err() {
                origin::check(request)?;
            }
            match Presented::on(request, state) {
                _ if !state.config.mode.has_sessions() => Err(ErrorKind::NotFound.into()),
                Presented::Nothing => Ok(state),
                _ => Err(ErrorKind::AmbiguousCredentials.into()),
            }
        });
        match checked {
            Ok(state) => Outcome::Success(Self { request, state }),
            Err(error) => refuse(request, error),
        }
    }
}

impl Sentinel for Session<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        AuthState::is_missing(rocket, "Session")
    }
}
