//! Signing people in and out: the writing side of session cookies.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};

use crate::account::Account;
use crate::actions::create::{open_session, succeed};
use crate::authentication::by_session::SessionCookies;
use crate::authentication::by_token::verified;
use crate::authentication::session_cookies;
use crate::credentials::is_token_request;
use crate::credentials::origin;
use crate::credentials::request_state::mark_depends_on_user;
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::request_errors::refuse;
use crate::events::EventKind;
use crate::guards::sentinel::{self, Proof};
use crate::session::cookie::{CookieKind, removal};
use crate::session::options::SessionOptions;
use crate::session::ticket::{Ticket, client};
use crate::sign_in::{SignIn, SignInId};
use crate::state::AuthState;

/// Guard: starts, confirms and ends the session of this request.
///
/// Without it: 400 `ambiguous_credentials` when a token was presented (a token request
/// never touches a session), 403 `cross_origin` when an unsafe request comes from another
/// site, 404 in mode `token`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::response::Redirect;
/// use vestibule::{Account, Error, Session};
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
    /// 400 `ambiguous_credentials` when another guard found a token, in the body for example;
    /// 403 `account_inactive`, 503 `unavailable`.
    pub async fn start<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        self.start_with(account, SessionOptions::new()).await
    }

    /// As [`start`](Self::start), and gives the browser a remember cookie, which brings the
    /// session back when it is over (`login_user(remember=True)`). With `session.remember`
    /// at 0 it is just `start`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_remembered<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        self.start_with(account, SessionOptions::new().remembered()).await
    }

    /// As [`start`](Self::start), remembered for another time or not fresh: see [`Start`].
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with<U: Account>(
        &self,
        account: &U,
        start: SessionOptions,
    ) -> Result<SignInId, Error> {
        let (request, state) = (self.request, self.state);
        if is_token_request(request, &state.config) {
            // Known only now: another guard found the credential, after this guard had looked.
            return Err(ErrorKind::AmbiguousCredentials.into());
        }
        let cookies = SessionCookies::by(request, state)?;
        let opened = open_session(request, state, account, start).await?;
        self.give(account, &opened, start.fresh)?;
        self.end_carried(&cookies).await?;
        Ok(opened.id)
    }

    /// Gives the session a new id without asking for the password again, as after a change
    /// of rights; the old id is dead. Neither its life nor its freshness is extended.
    ///
    /// # Errors
    /// 401 `credentials_missing` without a session of this account, 403 `account_inactive`,
    /// 503 `unavailable`.
    pub async fn renew<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        let cookies = SessionCookies::by(self.request, self.state)?;
        let previous = cookies.best().ok_or(ErrorKind::CredentialsMissing)?;
        let renewed = succeed(self.state, account, previous).await?;
        // Who signs out meanwhile has ended the old one first: then there is none to succeed.
        let old = previous.id().ok_or(ErrorKind::CredentialsMissing)?;
        if !self.state.end_sign_in(&old).await? {
            self.state.end_sign_in(&renewed.id).await?;
            return Err(ErrorKind::CredentialsMissing.into());
        }
        self.give(account, &renewed, cookies.is_fresh())?;
        self.end_carried(&cookies).await?;
        Ok(renewed.id)
    }

    /// Notes that the password was proven again: the session is fresh from now on
    /// (`confirm_login`).
    ///
    /// # Errors
    /// 401 `credentials_missing` without a session, 503 `unavailable`.
    pub async fn confirm(&self) -> Result<(), Error> {
        let now = self.state.clock.now()?;
        let cookies = SessionCookies::by(self.request, self.state)?;
        let ticket = cookies.best().ok_or(ErrorKind::CredentialsMissing)?;
        let id = ticket.id().ok_or(ErrorKind::CredentialsMissing)?;
        self.state.confirm_sign_in(&id, now).await?;
        let confirmed = Ticket {
            auth: now.unix_timestamp(),
            fresh: true,
            client: client(self.request),
            ..ticket.clone()
        };
        let confirmed = confirmed.within_session(&self.state.config.session, now);
        session_cookies::write(self.request, self.state, CookieKind::Session, &confirmed)?;
        self.state.report(self.request, EventKind::Confirmed, Some(&ticket.sub), Some(&ticket.sid));
        Ok(())
    }

    /// Ends the sign-in and takes both cookies back (`logout_user`); ending nothing is no
    /// error.
    ///
    /// # Errors
    /// 503 `unavailable`: the sign-in may still stand, and the cookies are kept.
    pub async fn end(&self) -> Result<(), Error> {
        let cookies = SessionCookies::by(self.request, self.state)?;
        for ticket in self.end_carried(&cookies).await? {
            self.state.report(
                self.request,
                EventKind::SignedOut,
                Some(&ticket.sub),
                Some(&ticket.sid),
            );
        }
        for kind in CookieKind::ALL {
            self.take_back(kind);
        }
        Ok(())
    }

    /// Ends a sign-in that this request has just opened, and sends no cookie of it.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn undo(&self, opened: &SignInId) -> Result<(), Error> {
        for kind in CookieKind::ALL {
            self.take_back(kind);
        }
        self.state.end_sign_in(opened).await.map(drop)
    }

    /// Puts the tickets of a sign-in into the cookies; a remember cookie of another sign-in
    /// does not stay.
    fn give<U: Account>(&self, account: &U, sign_in: &SignIn, fresh: bool) -> Result<(), Error> {
        let (request, state) = (self.request, self.state);
        let stamp = stamp_digest(&account.stamp());
        let now = state.clock.now()?;
        let config = &state.config.session;
        let remember = Ticket::new(request, sign_in, stamp);
        let session = Ticket { fresh, ..remember.clone() }.within_session(config, now);
        session_cookies::write(request, state, CookieKind::Session, &session)?;
        if sign_in.remembered && config.remembers() {
            session_cookies::write(request, state, CookieKind::Remember, &remember)
        } else {
            self.take_back(CookieKind::Remember);
            Ok(())
        }
    }

    fn take_back(&self, kind: CookieKind) {
        let cookie = removal(&self.state.config.session, self.state.cookie_names.of(kind));
        self.request.cookies().remove(cookie);
    }

    /// Ends what the request came with; answers the tickets whose sign-in stood until now.
    async fn end_carried<'c>(&self, cookies: &'c SessionCookies) -> Result<Vec<&'c Ticket>, Error> {
        let mut ended = Vec::new();
        for ticket in [&cookies.session, &cookies.remember].into_iter().flatten() {
            if let Some(id) = ticket.id()
                && self.state.end_sign_in(&id).await?
            {
                ended.push(ticket);
            }
        }
        Ok(ended)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let checked = AuthState::of(request).and_then(|state| {
            mark_depends_on_user(request);
            // Only a token that verified waives the check; no session comes of it either way.
            if verified(request, state).is_err() {
                origin::check(request)?;
            }
            if !state.config.mode.has_sessions() {
                Err(ErrorKind::NotFound.into())
            } else if is_token_request(request, &state.config) {
                Err(ErrorKind::AmbiguousCredentials.into())
            } else {
                Ok(state)
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
        sentinel::abort(rocket, "Session", Proof::Nothing)
    }
}
