//! Checks the values of `[default.auth.token]`.

use std::time::Duration;

use crate::config::lifetime::Lifetime;
use crate::config::locations::Location;
use crate::config::names::is_registered_claim;
use crate::config::names::is_token;
use crate::config::secret::{Secret, guessable, unusable};
use crate::config::token::TokenConfig;

impl TokenConfig {
    pub(super) fn validate(&self, debug: bool) -> Vec<(&'static str, String)> {
        let mut errors = Vec::new();
        let mut problem = |key, text: &str| errors.push((key, text.to_owned()));
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
        if self.refresh_retry > Duration::from_secs(24 * 60 * 60) {
            problem("token.refresh_retry", "must be at most \"1d\"");
        }
        if self.audience.names().iter().any(String::is_empty) {
            problem("token.audience", "must not hold an empty name");
        }
        for (key, name) in [
            ("token.identity_claim", &self.identity_claim),
            ("token.foreign.identity_claim", &self.foreign.identity_claim),
        ] {
            if name.is_empty() || (name != "sub" && is_registered_claim(name)) {
                problem(key, "must name a claim that has no other meaning");
            }
        }
        if let Some(name) = self.require.iter().flatten().find(|name| self.never_has(name)) {
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
        // These have another meaning to a server or a browser.
        let reserved = ["cookie", "host", "content-type", "content-length", "origin"];
        if reserved.iter().any(|name| self.header.eq_ignore_ascii_case(name)) {
            problem("token.header", "must not be a header with another meaning");
        }
        if self.header.eq_ignore_ascii_case(&self.cookies.csrf_header) {
            problem("token.cookies", "csrf_header must differ from token.header");
        }
        if self.locations.is_empty() {
            problem("token.locations", "must name at least one of header, cookies, query, json");
        }
        for (key, text) in self.cookies.validate() {
            problem(key, &text);
        }
        for (key, text) in self.foreign.validate(self) {
            problem(key, &text);
        }
        if self.allow_weak_secret && !debug {
            problem("token.allow_weak_secret", "is allowed in the debug profile only");
        }
        if self.algorithm.is_asymmetric() {
            return errors;
        }
        match &self.secret {
            None => {
                let missing = format!("is missing; set at least {shortest} random bytes");
                problem("token.secret", &missing);
            }
            Some(secret) => {
                if let Some(weakness) = self.weakness(secret, debug) {
                    problem("token.secret", &weakness);
                }
            }
        }
        for secret in &self.previous_secrets {
            if let Some(weakness) = self.weakness(secret, debug) {
                problem("token.previous_secrets", &weakness);
            }
        }
        errors
    }

    /// Whether other settings keep this claim out of our tokens.
    fn never_has(&self, name: &str) -> bool {
        match name {
            "" => true,
            "nbf" => !self.nbf,
            "exp" => self.refresh == Lifetime::Never,
            "iss" => self.issuer.is_empty(),
            "aud" => self.audience.is_empty(),
            "csrf" => !(self.cookies.csrf && self.locations.contains(&Location::Cookies)),
            "sub" => self.identity_claim != "sub",
            // Only refresh tokens have one, and a required claim is required of both types.
            "gen" => true,
            _ => false,
        }
    }

    /// The error of a setting that needs a store, as key and sentence.
    pub(crate) fn error_without_store(&self) -> Option<(&'static str, &'static str)> {
        let required = self.require.iter().flatten().any(|name| name == "sid");
        required.then_some(("token.require", "\"sid\" is in no token of ours without a store"))
    }

    /// Why a secret must not be used, if it must not.
    fn weakness(&self, secret: &Secret, debug: bool) -> Option<String> {
        let value = secret.reveal().trim().as_bytes();
        let shortest = self.algorithm.hash_length();
        let weakness = match unusable(value) {
            None if self.allow_weak_secret && debug => None,
            None => guessable(value, shortest),
            unusable => unusable,
        }?;
        Some(format!("{weakness}; set at least {shortest} random bytes of your own"))
    }
}
