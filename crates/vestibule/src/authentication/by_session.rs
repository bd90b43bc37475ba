//! Authentication by the session cookie, or else the remember cookie.

use std::sync::OnceLock;

use rocket::Request;

use super::find_active::{ActiveSignIn, SignInClaim, find_active};
use super::result::{AuthMethod, Authentication};
use super::session_cookies::{is_doubled, mark_for_removal, read, reseal, write};
use crate::account::Account;
use crate::config::Protection;
use crate::credentials::{is_token_request, origin};
use crate::error::Error;
use crate::events::EventKind;
use crate::session::cookie::CookieKind;
use crate::session::ticket::{Ticket, client};
use crate::sign_in::SignInKind;
use crate::state::AuthState;

/// The tickets in a request's cookies.
#[derive(Default)]
pub(crate) struct SessionCookies {
    pub(crate) session: Option<Ticket>,
    pub(crate) remember: Option<Ticket>,
    accepted: Option<Ticket>,
}

/// The ticket that authenticated this request, cached on it; fresh only if it counted as fresh. An
/// unexpired session ticket may name a sign-in that has ended; then the remember ticket counts.
#[derive(Default)]
struct AcceptedTicket(OnceLock<Ticket>);

impl AcceptedTicket {
    fn of<'r>(request: &'r Request<'_>) -> &'r OnceLock<Ticket> {
        &request.local_cache(Self::default).0
    }
}

/// Whether a session has authenticated this request already: data guards run after the other
/// guards and may find a token in the body beside it.
pub(crate) fn was_accepted(request: &Request<'_>) -> bool {
    AcceptedTicket::of(request).get().is_some()
}

impl SessionCookies {
    /// Reads the tickets, if the mode has sessions and no token is presented; 403 `cross_origin`
    /// if there is one and the request is unsafe and from another site.
    pub(crate) fn of(request: &Request<'_>, state: &AuthState) -> Result<Self, Error> {
        let config = &state.config;
        if !config.mode.has_sessions() || is_token_request(request, &state.config) {
            return Ok(Self::default());
        }
        let session = read(request, state, CookieKind::Session)?;
        if is_doubled(request, state) {
            // One of the two was planted; the remember cookie is not trusted either.
            return Ok(Self::default());
        }
        let remember = if config.session.remembers() {
            read(request, state, CookieKind::Remember)?
        } else {
            None
        };
        if session.is_some() || remember.is_some() {
            origin::check(request)?;
        }
        Ok(Self { session, remember, accepted: AcceptedTicket::of(request).get().cloned() })
    }

    /// The ticket that authenticated the request; if no guard has asked, the session ticket before
    /// the remember ticket.
    pub(crate) fn current(&self) -> Option<&Ticket> {
        self.accepted.as_ref().or(self.session.as_ref()).or(self.remember.as_ref())
    }

    /// Whether the accepted session counted as fresh.
    pub(crate) fn is_fresh(&self) -> bool {
        self.accepted.as_ref().is_some_and(|ticket| ticket.fresh)
    }
}

/// Authenticates by the cookies; `None` without an active sign-in.
pub(super) async fn by_session<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
) -> Result<Option<Authentication<U>>, Error> {
    let cookies = SessionCookies::of(request, state)?;
    if let Some(ticket) = &cookies.session {
        let found = accept(request, state, ticket, CookieKind::Session).await?;
        if found.is_some() {
            if let Some(remember) = &cookies.remember {
                reseal(request, state, CookieKind::Remember, remember)?;
            }
            return Ok(found);
        }
    }
    match &cookies.remember {
        Some(ticket) => accept(request, state, ticket, CookieKind::Remember).await,
        None => Ok(None),
    }
}

/// Authenticates by one ticket; removes the cookie if its sign-in is not active.
async fn accept<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    ticket: &Ticket,
    kind: CookieKind,
) -> Result<Option<Authentication<U>>, Error> {
    let claim = SignInClaim {
        sid: Some(&ticket.sid),
        sub: &ticket.sub,
        stamp: ticket.stamp.as_deref(),
        is_kind: SignInKind::is_browser,
        // The idle limit ends the session only; the remember cookie outlives it.
        idle: (kind == CookieKind::Session).then_some(state.config.session.idle),
    };
    let Ok(found) = find_active::<U>(request, state, &claim).await? else {
        mark_for_removal(request, kind);
        return Ok(None);
    };
    let client_changed =
        state.config.session.protection != Protection::Off && ticket.client != client(request);
    if client_changed {
        state.report(request, EventKind::Protected, Some(&ticket.sub), Some(&ticket.sid));
        if state.config.session.protection == Protection::Strong {
            if let Some(id) = ticket.id() {
                state.end_sign_in(&id).await?;
            }
            mark_for_removal(request, kind);
            return Ok(None);
        }
    }
    if client_changed && kind == CookieKind::Session {
        // Reported once: this client continues with a ticket of its own, which is not fresh.
        let own = Ticket { client: client(request), fresh: false, ..ticket.clone() };
        write(request, state, CookieKind::Session, &own)?;
    } else {
        reseal(request, state, kind, ticket)?;
    }
    if kind == CookieKind::Remember {
        restore(request, state, ticket, &found)?;
    }
    let fresh = kind == CookieKind::Session && ticket.fresh && !client_changed;
    AcceptedTicket::of(request).get_or_init(|| Ticket { fresh, ..ticket.clone() });
    Ok(Some(Authentication {
        account: found.account,
        method: AuthMethod::Session,
        // From the ticket: a proof with another copy of the cookie must not make this one fresh.
        auth_time: ticket.auth_time()?,
        sign_in: found.sign_in,
        claims: None,
        location: None,
        fresh,
        remembered: ticket.remembered,
    }))
}

/// Sets a new session cookie for a remember cookie. If it is lost in an error page, the next
/// request does the same.
fn restore<U>(
    request: &Request<'_>,
    state: &AuthState,
    ticket: &Ticket,
    found: &ActiveSignIn<U>,
) -> Result<(), Error> {
    let now = state.clock.now()?;
    let auth_time = found.sign_in.as_ref().map_or(ticket.auth, |s| s.auth_time.unix_timestamp());
    let session =
        Ticket { auth: auth_time, client: client(request), fresh: false, ..ticket.clone() };
    let session = session.within_session(&state.config.session, now);
    write(request, state, CookieKind::Session, &session)?;
    state.report(request, EventKind::Restored, Some(&ticket.sub), Some(&ticket.sid));
    Ok(())
}
