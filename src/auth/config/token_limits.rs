//! What `[default.auth.token]` may hold.

use std::time::Duration;

use super::is_token;
use super::lifetime::Lifetime;
use super::secret::Secret;
use super::token::TokenConfig;
use crate::auth::claims::is_registered;
use crate::auth::keys::Keys;

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

impl TokenConfig {
    pub(super) fn problems(&self, debug: bool) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut problem = |key, text: &str| problems.push((key, text.to_owned()));
        let shortest = self.algorithm.hash_length();
        for (key, life) in [("token.access", self.access), ("token.refresh", self.refresh)] {
            if life < Lifetime::SHORTEST {
                problem(key, "must be at least \"1s\"");
            }
        }
        if self.refresh < self.access {
            problem("token.refresh", "must not be shorter than token.access");
        }
        if self.longest.is_some_and(|longest| longest < self.access) {
            problem("token.longest", "must not be shorter than token.access");
        }
        if self.leeway > Duration::from_secs(300) {
            problem("token.leeway", "must be at most \"5m\"");
        }
        if self.refresh_grace > Duration::from_secs(60) {
            problem("token.refresh_grace", "must be at most \"1m\"");
        }
        if self.audience.names().iter().any(String::is_empty) {
            problem("token.audience", "must not hold an empty name");
        }
        for (key, name) in [
            ("token.identity_claim", &self.identity_claim),
            ("token.foreign.identity_claim", &self.foreign.identity_claim),
        ] {
            if name.is_empty() || (name != "sub" && is_registered(name)) {
                problem(key, "must name a claim that has no other meaning");
            }
        }
        if let Some(name) = self.require.iter().flatten().find(|name| self.never_carry(name)) {
            problem("token.require", &format!("\"{name}\" is in no token of ours"));
        }
        let quotable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
        if !self.realm.bytes().all(quotable) {
            problem("token.realm", "must be printable ASCII without quotes and backslashes");
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
        for (key, text) in self.foreign.problems(self) {
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

    /// Whether the other settings keep this claim out of our tokens.
    fn never_carry(&self, name: &str) -> bool {
        match name {
            "" => true,
            "nbf" => !self.nbf,
            "exp" => self.refresh == Lifetime::Never,
            "iss" => self.issuer.is_empty(),
            "aud" => self.audience.is_empty(),
            _ => false,
        }
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
