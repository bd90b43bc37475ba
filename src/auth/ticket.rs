//! What the session cookie holds, sealed by Rocket's secret key.

use rocket::Request;
use rocket::http::{Cookie, SameSite as CookieSameSite};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::config::{SameSite, SessionConfig};
use super::sign_in::{SignIn, SignInId};
use super::state::AuthState;

/// The ticket: names a sign-in and its account, and carries what a store-less application
/// needs. The short names keep the cookie small.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    pub(crate) sid: String,
    pub(crate) sub: String,
    /// Created, absolute end and last proof of the password, in seconds since 1970.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) auth: i64,
    /// Whether the password was proven for this very session.
    pub(crate) fresh: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<String>,
}

/// What the request's cookies hold under our name.
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// Something that is no ticket of ours; it is taken back.
    Garbled,
    /// A ticket; whether its sign-in still stands is not known yet.
    Ticket(Ticket),
}

impl Ticket {
    pub(crate) fn new(sign_in: &SignIn, fresh: bool, stamp: Option<String>) -> Self {
        Self {
            sid: sign_in.id.as_str().to_owned(),
            sub: sign_in.account.clone(),
            iat: sign_in.created_at.unix_timestamp(),
            exp: sign_in.expires_at.unix_timestamp(),
            auth: sign_in.auth_time.unix_timestamp(),
            fresh,
            stamp,
        }
    }

    pub(crate) fn id(&self) -> Option<SignInId> {
        SignInId::parse(&self.sid)
    }

    pub(crate) fn has_expired(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() >= self.exp
    }

    /// Looks for a ticket in the request's own cookies.
    pub(crate) fn find(request: &Request<'_>, state: &AuthState) -> Found {
        let name = state.cookie_name.as_str();
        match named(request, name) {
            // Rocket's local client fills the jar without a header, and only with exact names.
            (0, _) if request.cookies().get(name).is_none() => Found::Nothing,
            (0, _) if request.headers().contains("Cookie") => Found::Garbled,
            (0, _) => Self::open(request, name),
            // Two cookies of our name: one of them was planted, and nothing says which.
            (1, true) => Self::open(request, name),
            _ => Found::Garbled,
        }
    }

    fn open(request: &Request<'_>, name: &str) -> Found {
        let cookie = request.cookies().get_private(name);
        let ticket = cookie.and_then(|cookie| serde_json::from_str(cookie.value()).ok());
        ticket.map_or(Found::Garbled, Found::Ticket)
    }

    /// The cookie that carries this ticket, without an expiry: it goes with the browser.
    pub(crate) fn cookie(&self, config: &SessionConfig, name: &str) -> Option<Cookie<'static>> {
        let value = serde_json::to_string(self).ok()?;
        let mut cookie = bare_cookie(config, name, value);
        cookie.set_expires(None);
        Some(cookie)
    }
}

/// The cookie that takes a ticket back, with the attributes that it was set with.
pub(crate) fn removal(config: &SessionConfig, name: &str) -> Cookie<'static> {
    let mut cookie = bare_cookie(config, name, String::new());
    cookie.set_max_age(time::Duration::ZERO);
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    cookie
}

fn bare_cookie(config: &SessionConfig, name: &str, value: String) -> Cookie<'static> {
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
fn named(request: &Request<'_>, name: &str) -> (usize, bool) {
    let headers = request.headers().get("Cookie");
    let pairs = headers.flat_map(|header| header.split(';'));
    let raw_names = pairs.filter_map(|pair| {
        let raw = pair.split_once('=')?.0;
        let parsed = || Cookie::parse_encoded(pair.trim()).is_ok_and(|found| found.name() == name);
        (raw.trim() == name || parsed()).then_some(raw)
    });
    raw_names.fold((0, true), |(count, exact), raw| {
        (count + 1, exact && raw.trim_matches([' ', '\t']) == name)
    })
}
