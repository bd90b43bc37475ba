//! Reads and writes tickets in the cookies of a request and its response.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::Cookie;
use rocket::{Request, Response};
use time::OffsetDateTime;

use crate::credentials::cookie_header::all_named;
use crate::credentials::{RequestState, is_token_request, origin};
use crate::error::{Error, ErrorKind};
use crate::session::cookie::{CookieKind, removal, with_value};
use crate::session::ticket::Ticket;
use crate::sign_in::SignInId;
use crate::state::AuthState;

/// The tickets in a request's cookies.
#[derive(Default)]
pub(crate) struct SessionCookies {
    pub(crate) session: Option<Ticket>,
    pub(crate) remember: Option<Ticket>,
    pub(crate) accepted: Option<Ticket>,
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

/// Caches the ticket that authenticated the request; the first one counts.
pub(super) fn mark_accepted(request: &Request<'_>, ticket: Ticket) {
    AcceptedTicket::of(request).get_or_init(|| ticket);
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
        let Some(session) = read(request, state, CookieKind::Session)? else {
            // One of the two was planted; the remember cookie is not trusted either.
            return Ok(Self::default());
        };
        let remember = if config.session.remembers() {
            read(request, state, CookieKind::Remember)?.flatten()
        } else {
            None
        };
        if session.is_some() || remember.is_some() {
            origin::check(request)?;
        }
        Ok(Self { session, remember, accepted: AcceptedTicket::of(request).get().cloned() })
    }

    /// The ticket that authenticated the request, and the id of its sign-in; if no guard has asked,
    /// the session ticket before the remember ticket. 401 `credentials_missing` without one.
    pub(crate) fn current(&self) -> Result<(&Ticket, SignInId), Error> {
        let ticket = self.accepted.as_ref().or(self.session.as_ref()).or(self.remember.as_ref());
        let found = ticket.and_then(|ticket| Some((ticket, ticket.id()?)));
        found.ok_or_else(|| ErrorKind::CredentialsMissing.into())
    }

    /// Whether the accepted session counted as fresh.
    pub(crate) fn is_fresh(&self) -> bool {
        self.accepted.as_ref().is_some_and(|ticket| ticket.fresh)
    }
}

/// Reads the ticket in the cookie of this kind. Several cookies may have its name: what we did not
/// seal belongs to another program on the same host, and is ignored. What we sealed is removed with
/// the response if it has expired, or if there are several unexpired: one was planted, and nothing
/// says which. Returns `None` if none of several can be chosen, `Some(None)` without a valid ticket.
fn read(
    request: &Request<'_>,
    state: &AuthState,
    kind: CookieKind,
) -> Result<Option<Option<Ticket>>, Error> {
    let named = all_named(request, state.cookie_names.of(kind));
    if named.len() > 1 && !state.secret_keys.has_present() {
        // Rocket opens one of them only, and has generated its key.
        return Ok(None);
    }
    let opened = named.iter().filter_map(|sealed| open(request, state, sealed));
    let mut tickets: Vec<Ticket> = opened.collect();
    if tickets.is_empty() {
        return Ok(Some(None));
    }
    let now = state.clock.now()?.unix_timestamp();
    tickets.retain(|ticket| now < ticket.exp);
    if tickets.len() != 1 {
        mark_for_removal(request, kind);
    }
    let ticket = tickets.pop();
    Ok(tickets.is_empty().then_some(ticket))
}

/// Opens a cookie that Rocket's secret key, or an earlier one, sealed.
fn open(request: &Request<'_>, state: &AuthState, sealed: &Cookie<'static>) -> Option<Ticket> {
    let jar = request.cookies();
    let is_in_jar = jar.get(sealed.name()).map(Cookie::value) == Some(sealed.value());
    let in_jar = if is_in_jar { jar.get_private(sealed.name()) } else { None };
    let (text, outdated) = match in_jar {
        Some(cookie) => (cookie.value().to_owned(), false),
        None => state.secret_keys.open(sealed)?,
    };
    Some(Ticket { outdated, ..Ticket::parse(&text)? })
}

/// Seals a ticket with the present secret key if an earlier one sealed it and this request has not
/// changed the cookie. If it is lost in an error page, the next request does the same.
pub(super) fn reseal(
    request: &Request<'_>,
    state: &AuthState,
    kind: CookieKind,
    ticket: &Ticket,
) -> Result<(), Error> {
    let (jar, name) = (request.cookies(), state.cookie_names.of(kind));
    let pending = jar.get_pending(name);
    let untouched = pending.as_ref().map(Cookie::value) == jar.get(name).map(Cookie::value);
    if ticket.outdated && untouched { write(request, state, kind, ticket) } else { Ok(()) }
}

/// Puts a ticket into one of the response's cookies.
pub(crate) fn write(
    request: &Request<'_>,
    state: &AuthState,
    kind: CookieKind,
    ticket: &Ticket,
) -> Result<(), Error> {
    let value = serde_json::to_string(ticket).map_err(|_| ErrorKind::Internal)?;
    let mut cookie = with_value(&state.config.session, state.cookie_names.of(kind), value);
    if kind == CookieKind::Remember {
        let end = OffsetDateTime::from_unix_timestamp(ticket.exp).map_err(Error::internal)?;
        cookie.set_expires(end);
    }
    request.cookies().add_private(cookie);
    Ok(())
}

fn removal_mark(marks: &RequestState, kind: CookieKind) -> &AtomicBool {
    match kind {
        CookieKind::Session => &marks.remove_session,
        CookieKind::Remember => &marks.remove_remember,
    }
}

/// Records that one of the request's cookies is to be removed. A cookie set in a guard is lost when
/// the request fails, so the response fairing removes it.
pub(super) fn mark_for_removal(request: &Request<'_>, kind: CookieKind) {
    removal_mark(RequestState::of(request), kind).store(true, Ordering::Relaxed);
}

/// Removes the marked cookies, unless the response sets them.
pub(crate) fn remove_marked(request: &Request<'_>, state: &AuthState, response: &mut Response<'_>) {
    let marks = RequestState::of(request);
    for kind in CookieKind::ALL {
        if !removal_mark(marks, kind).load(Ordering::Relaxed) {
            continue;
        }
        let name = state.cookie_names.of(kind);
        let own = format!("{name}=");
        let replaced = response.headers().get("Set-Cookie").any(|cookie| cookie.starts_with(&own));
        if !replaced {
            response.adjoin_header(removal(&state.config.session, name));
        }
    }
}
