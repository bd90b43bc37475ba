//! Reads and writes tickets in the cookies of a request and its response.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::Cookie;
use rocket::{Request, Response};
use time::OffsetDateTime;

use crate::credentials::RequestState;
use crate::credentials::cookie_header::count_named;
use crate::error::{Error, ErrorKind};
use crate::session::cookie::{CookieKind, removal, with_value};
use crate::session::ticket::Ticket;
use crate::state::AuthState;

/// What a request's cookies hold under one name.
enum SealedCookie<'r> {
    Missing,
    /// More than one cookie, or one whose name is not exactly ours.
    Garbled,
    /// One cookie, not opened yet.
    One(&'r Cookie<'static>),
}

fn find<'r>(request: &'r Request<'_>, state: &AuthState, kind: CookieKind) -> SealedCookie<'r> {
    let name = state.cookie_names.of(kind);
    let jar = request.cookies();
    let is_only_one = match count_named(request, name) {
        // Rocket's local client fills the jar without a header, and only with exact names.
        (0, _) if jar.get(name).is_none() => return SealedCookie::Missing,
        (0, _) => !request.headers().contains("Cookie"),
        // Of two cookies with our name one was planted, and nothing says which.
        (count, exact) => count == 1 && exact,
    };
    jar.get(name).filter(|_| is_only_one).map_or(SealedCookie::Garbled, SealedCookie::One)
}

/// Whether the request carries more than one session cookie.
pub(super) fn is_doubled(request: &Request<'_>, state: &AuthState) -> bool {
    count_named(request, state.cookie_names.of(CookieKind::Session)).0 > 1
}

/// Reads one of the request's cookies; a garbled or expired one is removed with the response.
pub(super) fn read(
    request: &Request<'_>,
    state: &AuthState,
    kind: CookieKind,
) -> Result<Option<Ticket>, Error> {
    let ticket = match find(request, state, kind) {
        SealedCookie::Missing => return Ok(None),
        SealedCookie::Garbled => None,
        SealedCookie::One(cookie) => open(request, state, cookie),
    };
    let now = state.clock.now()?.unix_timestamp();
    let valid = ticket.filter(|ticket| now < ticket.exp);
    if valid.is_none() {
        mark_for_removal(request, kind);
    }
    Ok(valid)
}

/// Opens a cookie that Rocket's secret key, or an earlier one, sealed.
fn open(request: &Request<'_>, state: &AuthState, sealed: &Cookie<'static>) -> Option<Ticket> {
    let (text, outdated) = match request.cookies().get_private(sealed.name()) {
        Some(cookie) => (cookie.value().to_owned(), false),
        None => (state.previous_keys.open(sealed)?, true),
    };
    let ticket = serde_json::from_str::<Ticket>(&text).ok()?;
    Some(Ticket { outdated, ..ticket })
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
