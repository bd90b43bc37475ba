//! `[default.auth.token]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::locations::{Location, TokenCookiesConfig, TokenJsonConfig, TokenQueryConfig};
use super::secret::Secret;
use super::{duration, is_token};
use crate::auth::keys::{Algorithm, Keys};

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
    /// The signing key of an algorithm with key pairs: PEM text, or the path of a PEM file
    /// (`JWT_PRIVATE_KEY`). No default.
    pub private_key: Option<Secret>,
    /// Further keys that verify: PEM texts or paths of PEM files (`JWT_PUBLIC_KEY`).
    /// Defaults to none.
    pub public_keys: Vec<String>,
    /// Where tokens are looked for (`JWT_TOKEN_LOCATION`). Defaults to `["header"]`.
    pub locations: Vec<Location>,
    /// Tokens in cookies.
    pub cookies: TokenCookiesConfig,
    /// Tokens in the query string.
    pub query: TokenQueryConfig,
    /// Tokens in the JSON body.
    pub json: TokenJsonConfig,
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
            private_key: None,
            public_keys: Vec::new(),
            locations: vec![Location::Header],
            cookies: TokenCookiesConfig::default(),
            query: TokenQueryConfig::default(),
            json: TokenJsonConfig::default(),
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
        if self.locations.is_empty() {
            problem("token.locations", "must name at least one of header, cookies, query, json");
        }
        for (key, text) in self.cookies.problems() {
            problem(key, &text);
        }
        if self.allow_weak_secret && !debug {
            problem("token.allow_weak_secret", "is allowed in the debug profile only");
        }
        if self.algorithm.is_asymmetric() {
            if let Err((key, fault)) = Keys::new(self) {
                problem(key, &fault);
            }
            return problems;
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
