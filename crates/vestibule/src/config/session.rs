//! `[default.auth.session]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config_error::Errors;
use super::duration;
use super::names::is_token;
use super::secret::Secret;

/// The longest lifetime of a cookie in browsers (RFC 6265bis).
pub(crate) const MAX_REMEMBER: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The `SameSite` attribute of the session cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Sent when a link leads here. The default.
    #[default]
    Lax,
    /// Never sent from another site, links included.
    Strict,
}

/// What happens if a session cookie comes from another address or user agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Protection {
    /// Nothing.
    Off,
    /// The session is not fresh for that client. The default.
    #[default]
    Basic,
    /// The sign-in ends.
    Strong,
}

/// `[default.auth.session]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SessionConfig {
    /// Name of the cookie, with the prefix `__Host-` if it is secure. Defaults to `"session"`.
    pub cookie: String,
    /// Whether browsers send the cookie over HTTPS only. Defaults to on, in debug to off.
    pub secure: Option<bool>,
    /// The `SameSite` attribute. Defaults to `"lax"`.
    pub same_site: SameSite,
    /// How long a sign-in lives without being used. Defaults to `"2h"`.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// How long a sign-in lives at most. Defaults to `"24h"`.
    #[serde(with = "duration")]
    pub lifetime: Duration,
    /// What another client's use of the cookie does (`SESSION_PROTECTION`). Defaults to `"basic"`.
    pub protection: Protection,
    /// Lifetime if remembered (`REMEMBER_COOKIE_DURATION`); 0 for off. Defaults to `"30 days"`.
    #[serde(with = "duration")]
    pub remember: Duration,
    /// Name of the remember cookie (`REMEMBER_COOKIE_NAME`), with the prefix `__Host-` if it is
    /// secure. Defaults to `"remember_token"`.
    pub remember_cookie: String,
    /// Earlier values of Rocket's `secret_key`: cookies that one of them encrypted are still
    /// accepted, and encrypted with the current key on their next use. Defaults to none.
    pub previous_secret_keys: Vec<Secret>,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            cookie: "session".to_owned(),
            secure: None,
            same_site: SameSite::Lax,
            idle: Duration::from_secs(2 * 60 * 60),
            lifetime: Duration::from_secs(24 * 60 * 60),
            protection: Protection::Basic,
            remember: Duration::from_secs(30 * 24 * 60 * 60),
            remember_cookie: "remember_token".to_owned(),
            previous_secret_keys: Vec::new(),
        }
    }
}

impl SessionConfig {
    /// Whether the cookie is for HTTPS only; on unless set.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure.unwrap_or(true)
    }

    /// The full name of the session cookie.
    #[must_use]
    pub fn cookie_name(&self) -> String {
        self.prefixed(&self.cookie)
    }

    /// The full name of the remember cookie.
    #[must_use]
    pub fn remember_cookie_name(&self) -> String {
        self.prefixed(&self.remember_cookie)
    }

    /// Whether remember cookies are enabled.
    #[must_use]
    pub fn remembers(&self) -> bool {
        !self.remember.is_zero()
    }

    fn prefixed(&self, name: &str) -> String {
        let prefix = if self.is_secure() { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }

    pub(super) fn validate(&self, errors: &mut Errors) {
        let names =
            [("session.cookie", &self.cookie), ("session.remember_cookie", &self.remember_cookie)];
        for (key, name) in names {
            let allowed = "must be letters, digits, - or _, without a __ prefix of its own";
            errors.require(is_token(name) && !name.starts_with("__"), key, allowed);
        }
        let (key, differs) = ("session.remember_cookie", self.cookie != self.remember_cookie);
        errors.require(differs, key, "must differ from session.cookie");
        let key = "session.remember";
        errors.require(self.remember <= MAX_REMEMBER, key, "must be at most \"400 days\"");
        let is_longer = !self.remembers() || self.remember >= self.lifetime;
        errors.require(is_longer, key, "must not be shorter than session.lifetime, or 0 for off");
        for (key, span) in [("session.idle", self.idle), ("session.lifetime", self.lifetime)] {
            errors.require(span >= Duration::from_secs(1), key, "must be at least \"1s\"");
        }
    }
}
