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

/// The tickets that a request carries.
#[derive(Default)]
pub(crate) struct SessionCookies {
    pub(crate) session: Option<Ticket>,
    pub(crate) remember: Option<Ticket>,
    /// The one of the two that the verdict let in, if it was asked for one; fresh only if the
    /// verdict found it so.
    admitted: Option<Ticket>,
}

/// RequestErrors on the request by the verdict: a ticket in good time may still name a sign-in that has
/// ended, and then it is the other one that counts.
#[derive(Default)]
struct AcceptedTicket(OnceLock<Ticket>);

impl AcceptedTicket {
    fn on<'r>(request: &'r Request<'_>) -> &'r OnceLock<Ticket> {
        &request.local_cache(Self::default).0
    }
}

/// Whether a session was let in on this request already: for a data guard, kind comes after the
/// other guards and may find a second answer to "who?" in the body.
pub(crate) fn was_accepted(request: &Request<'_>) -> bool {
    AcceptedTicket::on(request).get().is_some()
}

impl SessionCookies {
    /// The tickets in the request's cookies, if sessions exist and no token was presented; 403
    /// `cross_origin` when there is one and the request is unsafe and from another site.
    pub(crate) fn by(request: &Request<'_>, state: &AuthState) -> Result<Self, Error> {
        let config = &state.config;
        if !config.mode.has_sessions() || is_token_request(request, &state.config) {
            return Ok(Self::default());
        }
        let session = read(request, state, CookieKind::Session)?;
        if is_doubled(request, state) {
            // One of the two was planted; then the remembered one is not asked either.
            return Ok(Self::default());
        }
        let remember = match config.session.remembers() {
            true => read(request, state, CookieKind::Remember)?,
            false => None,
        };
        if session.is_some() || remember.is_some() {
            origin::check(request)?;
        }
        Ok(Self { session, remember, admitted: AcceptedTicket::on(request).get().cloned() })
    }

    /// The ticket that counts: the one that was let in, or, where nobody asked, the session's
    /// before the remembered one.
    pub(crate) fn best(&self) -> Option<&Ticket> {
        self.admitted.as_ref().or(self.session.as_ref()).or(self.remember.as_ref())
    }

    /// Whether a session was let in as fresh.
    pub(crate) fn is_fresh(&self) -> bool {
        self.admitted.as_ref().is_some_and(|ticket| ticket.fresh)
    }
}

/// Whoever the cookies name, if the sign-in stands.
pub(super) async fn by_session<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
) -> Result<Option<Authentication<U>>, Error> {
    let cookies = SessionCookies::by(request, state)?;
    if let Some(ticket) = &cookies.session {
        let found = admit(request, state, ticket, CookieKind::Session).await?;
        if found.is_some() {
            if let Some(remember) = &cookies.remember {
                reseal(request, state, CookieKind::Remember, remember)?;
            }
            return Ok(found);
        }
    }
    match &cookies.remember {
        Some(ticket) => admit(request, state, ticket, CookieKind::Remember).await,
        None => Ok(None),
    }
}

/// The account behind one ticket; a ticket that is good for nothing is taken back.
async fn admit<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    ticket: &Ticket,
    kind: CookieKind,
) -> Result<Option<Authentication<U>>, Error> {
    let credential = SignInClaim {
        sid: Some(&ticket.sid),
        sub: &ticket.sub,
        stamp: ticket.stamp.as_deref(),
        kind: SignInKind::Browser,
        // Being remembered is what outlives the idle limit; it only ends the session.
        idle: (kind == CookieKind::Session).then_some(state.config.session.idle),
    };
    let Ok(found) = find_active::<U>(request, state, &credential).await? else {
        mark_for_removal(request, kind);
        return Ok(None);
    };
    let moved =
        state.config.session.protection != Protection::Off && ticket.client != client(request);
    if moved {
        state.report(request, EventKind::Protected, Some(&ticket.sub), Some(&ticket.sid));
        if state.config.session.protection == Protection::Strong {
            if let Some(id) = ticket.id() {
                state.end_sign_in(&id).await?;
            }
            mark_for_removal(request, kind);
            return Ok(None);
        }
    }
    if moved && kind == CookieKind::Session {
        // Told once: this client goes on with a ticket of its own, kind is not fresh.
        let own = Ticket { client: client(request), fresh: false, ..ticket.clone() };
        write(request, state, CookieKind::Session, &own)?;
    } else {
        reseal(request, state, kind, ticket)?;
    }
    if kind == CookieKind::Remember {
        restore(request, state, ticket, &found)?;
    }
    let fresh = kind == CookieKind::Session && ticket.fresh && !moved;
    AcceptedTicket::on(request).get_or_init(|| Ticket { fresh, ..ticket.clone() });
    Ok(Some(Authentication {
        account: found.account,
        method: AuthMethod::Session,
        // The ticket's own: a proof in another copy of the cookie must not make this one fresh.
        auth_time: ticket.auth_time()?,
        sign_in: found.sign_in,
        claims: None,
        location: None,
        fresh,
        remembered: ticket.remembered,
    }))
}

/// Gives a remembered browser a session again. Were the cookie lost in an error page, the
/// next request would do the same.
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
