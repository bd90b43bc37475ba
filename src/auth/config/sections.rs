//! `[default.auth.session]` and `[default.auth.token]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;
use super::secret::Secret;
use crate::auth::keys::Algorithm;

/// Secrets of tutorials: whoever uses one has published the key.
const KNOWN_EXAMPLES: &[&str] = &[
    "change-me-change-me-change-me-change-me",
    "super-secret-key-change-in-production",
    "your-256-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "your-secret-key",
    "super-secret",
    "changeme",
    "secret",
    "jose",
];

/// What the `SameSite` attribute of the session cookie says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Sent along when a link leads here. The default.
    #[default]
    Lax,
    /// Never sent from another site, links included.
    Strict,
}

/// What happens when a session cookie comes from another client (address or user agent) than
/// it was given to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    /// Nothing.
    Off,
    /// The session is not fresh there. The default.
    #[default]
    Basic,
    /// The sign-in ends.
    Strong,
}

/// `[default.auth.session]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// Name of the cookie; `__Host-` is put before it when it is secure. Defaults to
    /// `"session"`.
    pub cookie: String,
    /// Whether browsers send the cookie over HTTPS only. Defaults to on outside the debug
    /// profile.
    pub secure: Option<bool>,
    /// The `SameSite` attribute. Defaults to `"lax"`.
    pub same_site: SameSite,
    /// How long a sign-in lives without being used. Defaults to `"2h"`.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// How long a sign-in lives at the most. Defaults to `"24h"`.
    #[serde(with = "duration")]
    pub lifetime: Duration,
    /// What happens when the cookie comes from another client (`SESSION_PROTECTION`).
    /// Defaults to `"basic"`.
    pub protection: Protection,
    /// How long a remembered sign-in lives (`REMEMBER_COOKIE_DURATION`); 0 switches
    /// remembering off. Defaults to `"30 days"`.
    #[serde(with = "duration")]
    pub remember: Duration,
    /// Name of the remember cookie (`REMEMBER_COOKIE_NAME`); `__Host-` is put before it when
    /// it is secure. Defaults to `"remember_token"`.
    pub remember_cookie: String,
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
        }
    }
}

impl SessionConfig {
    /// Whether the cookie is for HTTPS only; on when nobody said otherwise.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure.unwrap_or(true)
    }

    /// The name that goes over the wire.
    #[must_use]
    pub fn cookie_name(&self) -> String {
        self.prefixed(&self.cookie)
    }

    /// The name of the remember cookie that goes over the wire.
    #[must_use]
    pub fn remember_cookie_name(&self) -> String {
        self.prefixed(&self.remember_cookie)
    }

    /// Whether sign-ins can be remembered.
    #[must_use]
    pub fn remembers(&self) -> bool {
        !self.remember.is_zero()
    }

    fn prefixed(&self, name: &str) -> String {
        let prefix = if self.is_secure() { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }

    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let names =
            [("session.cookie", &self.cookie), ("session.remember_cookie", &self.remember_cookie)];
        for (key, name) in names {
            if !is_token(name) || name.starts_with("__") {
                let allowed = "must be letters, digits, - or _, without a __ prefix of its own";
                problems.push((key, allowed.to_owned()));
            }
        }
        if self.cookie == self.remember_cookie {
            let problem = "must differ from session.cookie";
            problems.push(("session.remember_cookie", problem.to_owned()));
        }
        // RFC 6265bis: browsers cut longer lives to 400 days.
        if self.remember > Duration::from_secs(400 * 24 * 60 * 60) {
            problems.push(("session.remember", "must be at most \"400 days\"".to_owned()));
        }
        if self.remembers() && self.remember < self.lifetime {
            let problem = "must not be shorter than session.lifetime, or 0 for off";
            problems.push(("session.remember", problem.to_owned()));
        }
        for (key, span) in [("session.idle", self.idle), ("session.lifetime", self.lifetime)] {
            if span < Duration::from_secs(1) {
                problems.push((key, "must be at least \"1s\"".to_owned()));
            }
        }
        problems
    }
}

/// `[default.auth.token]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// Life of an access token (`JWT_ACCESS_TOKEN_EXPIRES`). Defaults to `"15m"`.
    #[serde(with = "duration")]
    pub access: Duration,
    /// Life of a token sign-in and of its refresh tokens, never extended
    /// (`JWT_REFRESH_TOKEN_EXPIRES`). Defaults to `"30 days"`.
    #[serde(with = "duration")]
    pub refresh: Duration,
    /// How long the refresh token before the newest still answers with the same successor.
    /// Defaults to `"10s"`.
    #[serde(with = "duration")]
    pub refresh_grace: Duration,
    /// How far clocks may differ (`JWT_DECODE_LEEWAY`). Defaults to `"0s"`, at most `"5m"`.
    #[serde(with = "duration")]
    pub leeway: Duration,
    /// `iss` of every token (`JWT_ENCODE_ISSUER`, `JWT_DECODE_ISSUER`). Defaults to
    /// `"vestibule"`.
    pub issuer: String,
    /// `aud` of every token (`JWT_ENCODE_AUDIENCE`, `JWT_DECODE_AUDIENCE`). Defaults to
    /// `"vestibule"`.
    pub audience: String,
    /// How tokens are signed (`JWT_ALGORITHM`). Defaults to `"HS256"`.
    pub algorithm: Algorithm,
    /// The signing key, at least as long as the hash of the algorithm: 32 bytes for HS256, 48
    /// for HS384, 64 for HS512 (`JWT_SECRET_KEY`). No default.
    pub secret: Option<Secret>,
    /// Keys that signed earlier tokens and still verify them. Defaults to none.
    pub previous_secrets: Vec<Secret>,
    /// The header that carries the token (`JWT_HEADER_NAME`). Defaults to `"Authorization"`.
    pub header: String,
    /// The scheme before the token (`JWT_HEADER_TYPE`). Defaults to `"Bearer"`.
    pub scheme: String,
    /// Accepts a tutorial's short secret; debug profile only. Defaults to off.
    pub allow_weak_secret: bool,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            access: Duration::from_secs(15 * 60),
            refresh: Duration::from_secs(30 * 24 * 60 * 60),
            refresh_grace: Duration::from_secs(10),
            leeway: Duration::ZERO,
            issuer: "vestibule".to_owned(),
            audience: "vestibule".to_owned(),
            algorithm: Algorithm::HS256,
            secret: None,
            previous_secrets: Vec::new(),
            header: "Authorization".to_owned(),
            scheme: "Bearer".to_owned(),
            allow_weak_secret: false,
        }
    }
}

impl TokenConfig {
    pub(super) fn problems(&self, debug: bool) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut problem = |key, text: &str| problems.push((key, text.to_owned()));
        let shortest = self.algorithm.hash_length();
        for (key, span) in [("token.access", self.access), ("token.refresh", self.refresh)] {
            if span < Duration::from_secs(1) {
                problem(key, "must be at least \"1s\"");
            }
        }
        if self.refresh < self.access {
            problem("token.refresh", "must not be shorter than token.access");
        }
        if self.leeway > Duration::from_secs(300) {
            problem("token.leeway", "must be at most \"5m\"");
        }
        if self.refresh_grace > Duration::from_secs(60) {
            problem("token.refresh_grace", "must be at most \"1m\"");
        }
        if self.issuer.is_empty() {
            problem("token.issuer", "must not be empty");
        }
        if self.audience.is_empty() {
            problem("token.audience", "must not be empty");
        }
        for (key, name) in [("token.header", &self.header), ("token.scheme", &self.scheme)] {
            if !is_token(name) {
                problem(key, "must be letters, digits, - or _");
            }
        }
        if self.allow_weak_secret && !debug {
            problem("token.allow_weak_secret", "is allowed in the debug profile only");
        }
        match &self.secret {
            None => {
                let missing = format!("is missing; set at least {shortest} random bytes");
                problem("token.secret", &missing);
            }
            Some(secret) => {
                if let Some(fault) = self.weakness(secret, debug) {
                    problem("token.secret", &fault);
                }
            }
        }
        for secret in &self.previous_secrets {
            if let Some(fault) = self.weakness(secret, debug) {
                problem("token.previous_secrets", &fault);
            }
        }
        problems
    }

    fn weakness(&self, secret: &Secret, debug: bool) -> Option<String> {
        let value = secret.reveal().trim();
        // RFC 7518, section 3.2: an HMAC key is at least as long as its hash.
        let shortest = self.algorithm.hash_length();
        let fault = if value.is_empty() {
            "is empty"
        } else if value.starts_with("-----BEGIN") {
            "is a PEM key, which belongs to another algorithm"
        } else if self.allow_weak_secret && debug {
            return None;
        } else if KNOWN_EXAMPLES.iter().any(|known| known.eq_ignore_ascii_case(value)) {
            "is a published example"
        } else if value.len() < shortest {
            "is too short"
        } else {
            return None;
        };
        Some(format!("{fault}; set at least {shortest} random bytes of your own"))
    }
}

/// Whether a name can stand in a header or as a cookie's name.
fn is_token(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits)
}
