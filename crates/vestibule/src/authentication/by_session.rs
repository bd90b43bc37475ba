//! Authentication by the session cookie, or else the remember cookie.

use rocket::Request;

use super::find_active::{ActiveSignIn, SignInClaim, find_active};
use super::result::{AuthMethod, Authentication};
use super::session_cookies::{SessionCookies, mark_accepted, mark_for_removal, reseal, write};
use crate::account::Account;
use crate::config::Protection;
use crate::error::Error;
use crate::events::EventKind;
use crate::session::cookie::CookieKind;
use crate::session::ticket::{Ticket, client};
use crate::sign_in::SignInKind;
use crate::state::AuthState;

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
        generation: 0,
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
    mark_accepted(request, Ticket { fresh, ..ticket.clone() });
    Ok(Some(Authentication {
        // Both, because a cached row may be older than the ticket; what was proven stays so.
        amr: found.sign_in.as_ref().map_or(ticket.amr, |row| row.amr.with(ticket.amr)),
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
    let row = found.sign_in.as_ref();
    let session = Ticket {
        auth: row.map_or(ticket.auth, |row| row.auth_time.unix_timestamp()),
        amr: row.map_or(ticket.amr, |row| row.amr),
        client: client(request),
        fresh: false,
        ..ticket.clone()
    };
    let session = session.within_session(&state.config.session, now);
    write(request, state, CookieKind::Session, &session)?;
    state.report(request, EventKind::Restored, Some(&ticket.sub), Some(&ticket.sid));
    Ok(())
}
