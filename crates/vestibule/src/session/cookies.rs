//! Our two cookies as they travel: found on a request, set and taken back on an answer.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::{Cookie, SameSite as CookieSameSite};
use rocket::{Request, Response};
use time::OffsetDateTime;

use crate::config::{SameSite, SessionConfig};
use crate::credentials::request_state::RequestState;
use crate::state::AuthState;

/// Which of our cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Session,
    Remember,
}

impl Which {
    pub(crate) fn name(self, state: &AuthState) -> &str {
        match self {
            Self::Session => &state.cookies.session,
            Self::Remember => &state.cookies.remember,
        }
    }
}

/// What the request's cookies hold under one of our names.
pub(crate) enum Found<'r> {
    /// Nothing.
    Nothing,
    /// More than one, or one whose name is not exactly ours.
    Garbled,
    /// One, which we may have sealed.
    Sealed(&'r Cookie<'static>),
}

/// Looks for one of our cookies on a request.
pub(crate) fn find<'r>(request: &'r Request<'_>, state: &AuthState, which: Which) -> Found<'r> {
    let name = which.name(state);
    let jar = request.cookies();
    let alone = match named(request, name) {
        // Rocket's local client fills the jar without a header, and only with exact names.
        (0, _) if jar.get(name).is_none() => return Found::Nothing,
        (0, _) => !request.headers().contains("Cookie"),
        // Two cookies of our name: one of them was planted, and nothing says which.
        (count, exact) => count == 1 && exact,
    };
    jar.get(name).filter(|_| alone).map_or(Found::Garbled, Found::Sealed)
}

/// What one of the request's cookies holds, if we sealed it, and whether with an earlier secret
/// key than that of now.
pub(crate) fn open(
    request: &Request<'_>,
    state: &AuthState,
    sealed: &Cookie<'static>,
) -> Option<(String, bool)> {
    match request.cookies().get_private(sealed.name()) {
        Some(cookie) => Some((cookie.value().to_owned(), false)),
        None => state.previous_keys.open(sealed).map(|text| (text, true)),
    }
}

/// Whether a cookie that an earlier key sealed is still as it came: a sign-in or sign-out of
/// this very request has the last word.
pub(crate) fn is_untouched(request: &Request<'_>, state: &AuthState, which: Which) -> bool {
    let (jar, name) = (request.cookies(), which.name(state));
    let pending = jar.get_pending(name);
    pending.as_ref().map(Cookie::value) == jar.get(name).map(Cookie::value)
}

/// Whether the request carries more than one session cookie.
pub(crate) fn is_doubled(request: &Request<'_>, state: &AuthState) -> bool {
    named(request, Which::Session.name(state)).0 > 1
}

/// A cookie of ours with a value, for the session without an expiry: it goes with the
/// browser.
pub(crate) fn carrying(
    config: &SessionConfig,
    name: &str,
    value: String,
    expires: Option<OffsetDateTime>,
) -> Cookie<'static> {
    let mut cookie = bare(config, name, value);
    cookie.set_expires(expires);
    cookie
}

/// The cookie that takes one of ours back, with the attributes that it was set with.
pub(crate) fn removal(config: &SessionConfig, name: &str) -> Cookie<'static> {
    let mut cookie = bare(config, name, String::new());
    cookie.set_max_age(time::Duration::ZERO);
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    cookie
}

fn bare(config: &SessionConfig, name: &str, value: String) -> Cookie<'static> {
    let same_site = match config.same_site {
        SameSite::Lax => CookieSameSite::Lax,
        SameSite::Strict => CookieSameSite::Strict,
    };
    Cookie::build((name.to_owned(), value))
        .path("/")
        .http_only(true)
        .secure(config.is_secure())
        .same_site(same_site)
        .build()
}

/// How many cookies would be taken for ours, and whether the last is named exactly so: the
/// cookie parser trims all kinds of white space and decodes percent signs, under which a
/// prefix can be disguised.
pub(crate) fn named(request: &Request<'_>, name: &str) -> (usize, bool) {
    let headers = request.headers().get("Cookie");
    let pairs = headers.flat_map(|header| header.split(';'));
    let raw_names = pairs.filter_map(|pair| {
        let raw = pair.split_once('=')?.0;
        let parsed = || Cookie::parse_encoded(pair.trim()).is_ok_and(|found| found.name() == name);
        // Only a name with a percent sign is another one once it is decoded.
        (raw.trim() == name || raw.contains('%') && parsed()).then_some(raw)
    });
    raw_names.fold((0, true), |(count, exact), raw| {
        (count + 1, exact && raw.trim_matches([' ', '\t']) == name)
    })
}

/// Whether one of the request's cookies is worth nothing. A cookie set in a guard is lost when
/// the request fails, so they are taken back at the very end.
fn worthless(known: &RequestState, which: Which) -> &AtomicBool {
    match which {
        Which::Session => &known.worthless_session,
        Which::Remember => &known.worthless_remember,
    }
}

/// Notes that one of the request's cookies is worth nothing.
pub(crate) fn mark_worthless(request: &Request<'_>, which: Which) {
    worthless(RequestState::of(request), which).store(true, Ordering::Relaxed);
}

/// Takes worthless cookies back, unless the answer sets them anew.
pub(crate) fn take_back(state: &AuthState, known: &RequestState, response: &mut Response<'_>) {
    for which in [Which::Session, Which::Remember] {
        if !worthless(known, which).load(Ordering::Relaxed) {
            continue;
        }
        let name = which.name(state);
        let own = format!("{name}=");
        let replaced = response.headers().get("Set-Cookie").any(|cookie| cookie.starts_with(&own));
        if !replaced {
            response.adjoin_header(removal(&state.config.session, name));
        }
    }
}
