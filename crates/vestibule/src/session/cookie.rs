//! The session cookie and the remember cookie: names, setting and removal.

use rocket::http::{Cookie, SameSite as CookieSameSite};
use time::OffsetDateTime;

use crate::config::{SameSite, SessionConfig};

/// The two cookies of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieKind {
    Session,
    Remember,
}

impl CookieKind {
    pub(crate) const ALL: [Self; 2] = [Self::Session, Self::Remember];
}

/// The full names of the two cookies.
pub(crate) struct CookieNames {
    session: String,
    remember: String,
}

impl CookieNames {
    pub(crate) fn new(config: &SessionConfig) -> Self {
        Self { session: config.cookie_name(), remember: config.remember_cookie_name() }
    }

    pub(crate) fn of(&self, kind: CookieKind) -> &str {
        match kind {
            CookieKind::Session => &self.session,
            CookieKind::Remember => &self.remember,
        }
    }
}

/// Makes a cookie remove the one of the same name and attributes.
pub(crate) fn expired(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.set_max_age(time::Duration::ZERO);
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    cookie
}

/// The cookie that removes ours.
pub(crate) fn removal(config: &SessionConfig, name: &str) -> Cookie<'static> {
    expired(with_value(config, name, String::new()))
}

/// Our cookie with a value, which ends with the browser session.
pub(crate) fn with_value(config: &SessionConfig, name: &str, value: String) -> Cookie<'static> {
    let same_site = match config.same_site {
        SameSite::Lax => CookieSameSite::Lax,
        SameSite::Strict => CookieSameSite::Strict,
    };
    Cookie::build((name.to_owned(), value))
        .path("/")
        .http_only(true)
        .secure(config.is_secure())
        .same_site(same_site)
        // Not left out: Rocket would set a week.
        .expires(None::<OffsetDateTime>)
        .build()
}
