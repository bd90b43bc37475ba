//! `Session`: starts, renews, confirms and ends sessions.

use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};
use time::OffsetDateTime;

use crate::account::Account;
use crate::actions::create::{new_row, store};
use crate::actions::outcome;
use crate::authentication::by_token::verified;
use crate::authentication::session_cookies::{self, SessionCookies};
use crate::config::Protection;
use crate::credentials::{is_token_request, mark_depends_on_user, origin};
use crate::digest::stamp_digest;
use crate::error::{Error, ErrorKind};
use crate::events::EventKind;
use crate::guards::sentinel::{self, Proof};
use crate::session::cookie::{CookieKind, removal};
use crate::session::options::SessionOptions;
use crate::session::presented::PresentedSession;
use crate::session::ticket::{Ticket, client};
use crate::sign_in::amr::Amr;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// Guard: starts, renews, confirms and ends the session of this request.
///
/// Without it: 400 `ambiguous_credentials` if a token is presented (a token request never
/// touches a session), 403 `cross_origin` if an unsafe request comes from another site, 400
/// `insecure_connection` if it comes from a page over plain HTTP although `session.secure` is on,
/// except from this machine, 404 in mode `token`.
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
#[must_use = "it does nothing until a method is called"]
pub struct Session<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) state: &'r AuthState,
}

impl Session<'_> {
    /// Creates a sign-in for an account and sets its cookie; ends the sign-in that the request
    /// presents (`login_user`).
    ///
    /// # Errors
    /// 400 `ambiguous_credentials` if another guard found a token, in the body for example;
    /// 403 `account_inactive`, 503 `unavailable`.
    pub async fn start<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        self.start_with(account, SessionOptions::new()).await
    }

    /// As [`start`](Self::start), and sets a remember cookie, which restores the session after it
    /// has expired (`login_user(remember=True)`). The same as `start` if `session.remember` is 0.
    pub async fn start_remembered<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        self.start_with(account, SessionOptions::new().remembered()).await
    }

    /// As [`start`](Self::start), with these options.
    pub async fn start_with<U: Account>(
        &self,
        account: &U,
        options: SessionOptions,
    ) -> Result<SignInId, Error> {
        let (request, state) = (self.request, self.state);
        if is_token_request(request, &state.config) {
            // Another guard found the credential after this guard had run.
            return Err(ErrorKind::AmbiguousCredentials.into());
        }
        let cookies = SessionCookies::of(request, state)?;
        let (lifetime, remembered) = options.life(&state.config.session);
        let kind = SignInKind::Browser { remembered };
        let mut row = new_row(request, state, account, kind, lifetime)?;
        if !options.fresh {
            // The password was not proven.
            row.auth_time = OffsetDateTime::UNIX_EPOCH;
        }
        row.amr = options.amr;
        let opened = store(request, state, row).await?;
        self.set_cookies(account, &opened, options.fresh, &cookies)?;
        self.end_presented(&cookies).await?;
        Ok(opened.id)
    }

    /// Gives the session a new id and ends the old one, without asking for the password: after a
    /// change of rights for example. Neither its lifetime nor its freshness is extended, and what was
    /// proven stays.
    ///
    /// # Errors
    /// 401 `credentials_missing` without a session of this account, 403 `account_inactive`,
    /// 503 `unavailable`.
    pub async fn renew<U: Account>(&self, account: &U) -> Result<SignInId, Error> {
        let cookies = SessionCookies::of(self.request, self.state)?;
        let (previous, old) = cookies.current()?;
        let renewed = self.create_successor(account, previous, &old).await?;
        // If it was ended in the meantime, the successor must end too.
        if !self.state.end_sign_in(&old).await? {
            self.state.end_sign_in(&renewed.id).await?;
            return Err(ErrorKind::CredentialsMissing.into());
        }
        self.set_cookies(account, &renewed, cookies.is_fresh(), &cookies)?;
        self.end_presented(&cookies).await?;
        Ok(renewed.id)
    }

    /// Records that the password was proven again: the session is fresh from now on
    /// (`confirm_login`).
    ///
    /// # Errors
    /// 401 `credentials_missing` without a session, 503 `unavailable`.
    pub async fn confirm(&self) -> Result<(), Error> {
        self.confirm_with(Amr::PASSWORD).await
    }

    /// As [`confirm`](Self::confirm), where this was proven instead of the password: the session is
    /// fresh, and it is added to what the sign-in had proven.
    pub async fn confirm_with(&self, amr: Amr) -> Result<(), Error> {
        let now = self.state.clock.now()?;
        let cookies = SessionCookies::of(self.request, self.state)?;
        let (ticket, id) = cookies.current()?;
        let amr = self.state.confirm_sign_in(&id, now, ticket.amr, amr).await?;
        let confirmed = Ticket {
            amr,
            auth: now.unix_timestamp(),
            fresh: true,
            client: client(self.request),
            ..ticket.clone()
        };
        let confirmed = confirmed.within_session(&self.state.config.session, now);
        session_cookies::write(self.request, self.state, CookieKind::Session, &confirmed)?;
        self.report(EventKind::Confirmed, ticket);
        Ok(())
    }

    /// Ends the sign-in and removes both cookies (`logout_user`); no error without a session. Without
    /// a store a copy of the cookies stays good until it expires.
    ///
    /// # Errors
    /// 503 `unavailable`: the sign-in may still be active, and the cookies stay.
    pub async fn end(&self) -> Result<(), Error> {
        let cookies = SessionCookies::of(self.request, self.state)?;
        for ticket in self.end_presented(&cookies).await? {
            self.report(EventKind::SignedOut, ticket);
        }
        // Others of these names belong to another program on the same host.
        if cookies.session.is_some() || cookies.accepted.is_some() {
            self.remove_cookie(CookieKind::Session);
        }
        if cookies.remember.is_some() {
            self.remove_cookie(CookieKind::Remember);
        }
        Ok(())
    }

    /// Returns what the session cookie says, even if its sign-in has ended: for a form that is sent
    /// twice, whose first copy ended it. `None` without a cookie that we sealed, or with an expired
    /// one. Any copy of the cookie says this, so it authenticates no request.
    ///
    /// # Errors
    /// The errors of [`PresentedSession::of`].
    pub fn presented(&self) -> Result<Option<PresentedSession>, Error> {
        PresentedSession::of(self.request)
    }

    /// Ends a sign-in that this request has just created, and sends none of its cookies.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn undo(&self, opened: &SignInId) -> Result<(), Error> {
        for kind in CookieKind::ALL {
            self.remove_cookie(kind);
        }
        self.state.end_sign_in(opened).await.map(drop)
    }

    /// Creates a sign-in with a new id and the expiry of this one.
    async fn create_successor<U: Account>(
        &self,
        account: &U,
        ticket: &Ticket,
        id: &SignInId,
    ) -> Result<SignIn, Error> {
        let ended = || Error::new(ErrorKind::CredentialsMissing);
        if !account.is_active() {
            return Err(ErrorKind::AccountInactive.into());
        }
        let now = self.state.clock.now()?;
        let previous = match &self.state.store {
            Some(store) => store.get(id).await?.ok_or_else(ended)?,
            None => ticket.to_row(id, now)?,
        };
        if previous.account != account.id().to_string() || now >= previous.expires_at {
            return Err(ended());
        }
        let renewed = SignIn { id: SignInId::random()?, last_seen_at: now, ..previous };
        if let Some(store) = &self.state.store {
            store.open(&renewed).await?;
        }
        Ok(renewed)
    }

    /// Sets the cookies of a sign-in; removes the request's remember cookie, of another one.
    fn set_cookies<U: Account>(
        &self,
        account: &U,
        sign_in: &SignIn,
        fresh: bool,
        before: &SessionCookies,
    ) -> Result<(), Error> {
        let (request, state) = (self.request, self.state);
        let stamp = stamp_digest(&account.stamp());
        let now = state.clock.now()?;
        let config = &state.config.session;
        let remember = Ticket::new(request, sign_in, stamp);
        let session = Ticket { fresh, ..remember.clone() }.within_session(config, now);
        session_cookies::write(request, state, CookieKind::Session, &session)?;
        if sign_in.is_remembered() && config.remembers() {
            session_cookies::write(request, state, CookieKind::Remember, &remember)?;
        } else if before.remember.is_some() {
            self.remove_cookie(CookieKind::Remember);
        }
        Ok(())
    }

    fn report(&self, kind: EventKind, ticket: &Ticket) {
        self.state.report(self.request, kind, Some(&ticket.sub), Some(&ticket.sid));
    }

    fn remove_cookie(&self, kind: CookieKind) {
        let cookie = removal(&self.state.config.session, self.state.cookie_names.of(kind));
        self.request.cookies().remove(cookie);
    }

    /// Ends the sign-ins of the request's cookies; returns the tickets of those that were active.
    async fn end_presented<'c>(
        &self,
        cookies: &'c SessionCookies,
    ) -> Result<Vec<&'c Ticket>, Error> {
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

impl PresentedSession {
    /// As [`Session::presented`], for catchers and guards of your own.
    ///
    /// # Errors
    /// 403 `cross_origin` for an unsafe request from another site, 503 `unavailable` when the
    /// system clock is not usable.
    pub fn of(request: &Request<'_>) -> Result<Option<Self>, Error> {
        let state = AuthState::of(request)?;
        let (config, now) = (&state.config, state.clock.now()?.unix_timestamp());
        mark_depends_on_user(request);
        let cookies = SessionCookies::of(request, state)?;
        let Some(ticket) = cookies.session else { return Ok(None) };
        let Some(sign_in) = ticket.id() else { return Ok(None) };
        let is_same_client =
            config.session.protection == Protection::Off || ticket.client == client(request);
        let limit = i64::try_from(config.fresh_for.as_secs()).unwrap_or(i64::MAX);
        let is_recent = now.saturating_sub(ticket.auth) <= limit;
        Ok(Some(Self {
            sign_in,
            created_at: OffsetDateTime::from_unix_timestamp(ticket.iat).map_err(Error::internal)?,
            is_fresh: ticket.fresh && is_same_client && is_recent,
            is_remembered: ticket.remembered,
            account: ticket.sub,
        }))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        outcome(request, |state| {
            mark_depends_on_user(request);
            // Only a verified token waives the check; it gets no session either way.
            if verified(request, state).is_err() {
                origin::check(request)?;
                if state.config.session.is_secure() {
                    origin::check_secure(request)?;
                }
            }
            if !state.config.mode.has_sessions() {
                Err(ErrorKind::NotFound.into())
            } else if is_token_request(request, &state.config) {
                Err(ErrorKind::AmbiguousCredentials.into())
            } else {
                Ok(Self { request, state })
            }
        })
    }
}

impl Sentinel for Session<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "Session", Proof::Nothing)
    }
}
