//! Checks the values of `[default.auth.token]`.

use std::time::Duration;

use super::config_error::Errors;
use super::lifetime::Lifetime;
use super::locations::Location;
use super::names::{is_registered_claim, is_token};
use super::secret::{Secret, guessable, unusable};
use super::token::TokenConfig;

impl TokenConfig {
    pub(super) fn validate(&self, debug: bool, errors: &mut Errors) {
        for (key, life) in [("token.access", self.access), ("token.refresh", self.refresh)] {
            errors.require(life >= Lifetime::SHORTEST, key, "must be at least \"1s\"");
        }
        let shorter = "must not be shorter than token.access";
        errors.require(self.refresh >= self.access, "token.refresh", shorter);
        let is_longer = self.longest.is_none_or(|longest| longest >= self.access);
        errors.require(is_longer, "token.longest", shorter);
        let leeway = self.leeway <= Duration::from_secs(300);
        errors.require(leeway, "token.leeway", "must be at most \"5m\"");
        let grace = self.refresh_grace <= Duration::from_secs(60);
        errors.require(grace, "token.refresh_grace", "must be at most \"1m\"");
        let retry = self.refresh_retry <= Duration::from_secs(24 * 60 * 60);
        errors.require(retry, "token.refresh_retry", "must be at most \"1d\"");
        let has_empty_name = self.audience.names().iter().any(String::is_empty);
        errors.require(!has_empty_name, "token.audience", "must not hold an empty name");
        let names_issuer = !self.issuer.is_empty() && self.audience.names().contains(&self.issuer);
        let problem = "must not name token.issuer, which is the audience of refresh tokens";
        errors.require(!names_issuer, "token.audience", problem);
        // Verifiers that only know the published keys tell the types apart by these two.
        for (key, is_empty) in
            [("token.issuer", self.issuer.is_empty()), ("token.audience", self.audience.is_empty())]
        {
            let problem = "must not be empty with a pair of keys";
            errors.require(!(is_empty && self.algorithm.is_asymmetric()), key, problem);
        }
        for (key, name) in [
            ("token.identity_claim", &self.identity_claim),
            ("token.foreign.identity_claim", &self.foreign.identity_claim),
        ] {
            let is_free = !name.is_empty() && (name == "sub" || !is_registered_claim(name));
            errors.require(is_free, key, "must name a claim that has no other meaning");
        }
        let unknown = self.require.iter().flatten().find(|name| self.never_has(name));
        let problem = unknown.map(|name| format!("\"{name}\" is in no token of ours"));
        errors.add("token.require", problem);
        let quotable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
        let problem = "must be printable ASCII without quotes and backslashes";
        errors.require(self.realm.bytes().all(quotable), "token.realm", problem);
        for (key, name) in [("token.header", &self.header), ("token.scheme", &self.scheme)] {
            errors.require(is_token(name), key, "must be letters, digits, - or _");
        }
        // These have another meaning to a server or a browser.
        let reserved = ["cookie", "host", "content-type", "content-length", "origin"];
        let is_free = !reserved.iter().any(|name| self.header.eq_ignore_ascii_case(name));
        errors.require(is_free, "token.header", "must not be a header with another meaning");
        let differs = !self.header.eq_ignore_ascii_case(&self.cookies.csrf_header);
        errors.require(differs, "token.cookies", "csrf_header must differ from token.header");
        let problem = "must name at least one of header, cookies, query, json";
        errors.require(!self.locations.is_empty(), "token.locations", problem);
        self.cookies.validate(errors);
        self.foreign.validate(self, errors);
        let allowed = debug || !self.allow_weak_secret;
        errors.require(allowed, "token.allow_weak_secret", "is allowed in the debug profile only");
        if self.algorithm.is_asymmetric() {
            return;
        }
        let missing = format!("is missing; set at least {} random bytes", self.shortest());
        // Foreign tokens may be the only ones.
        let is_optional = self.foreign.jwks.is_some();
        errors.require(is_optional || self.secret.is_some(), "token.secret", missing);
        let secret = self.secret.iter().map(|secret| ("token.secret", secret));
        let previous = self.previous_secrets.iter();
        for (key, secret) in secret.chain(previous.map(|one| ("token.previous_secrets", one))) {
            errors.add(key, self.weakness(secret, debug));
        }
    }

    /// Length of the shortest secret, in bytes.
    fn shortest(&self) -> usize {
        self.algorithm.hash_length()
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
        let shortest = self.shortest();
        let weakness = match unusable(value) {
            None if self.allow_weak_secret && debug => None,
            None => guessable(value, shortest),
            unusable => unusable,
        }?;
        Some(format!("{weakness}; set at least {shortest} random bytes of your own"))
    }
}
