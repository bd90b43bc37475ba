//! `[default.auth.token.foreign]`: tokens that somebody else issues.

use serde::{Deserialize, Serialize};

use crate::config::audience::Audience;
use crate::config::token::TokenConfig;

/// `[default.auth.token.foreign]`: access tokens of another issuer, an identity provider for
/// example, are accepted beside our own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForeignConfig {
    /// Path of a file with the issuer's public keys as a JWK set (RFC 7517, section 5), read
    /// at the start (`JWT_PUBLIC_KEY`). Defaults to none: no foreign token is accepted.
    pub jwks: Option<String>,
    /// `iss` of its tokens (`JWT_DECODE_ISSUER`). No default: it must be set with `jwks`.
    pub issuer: String,
    /// `aud` of those of its tokens that are for us, one name or several
    /// (`JWT_DECODE_AUDIENCE`). It names the API and never a client id, which is the `aud` of an
    /// ID token (OpenID Connect). No default: it must be set with `jwks`.
    pub audience: Audience,
    /// `typ` in the header of its access tokens, `"at+jwt"` for example (RFC 9068), so that no
    /// other token of the issuer is one; in any case of letters, with or without
    /// `application/`. Defaults to none: it is not looked at.
    pub typ: Option<String>,
    /// The claim that names the account (`JWT_IDENTITY_CLAIM`). Defaults to `"sub"`.
    pub identity_claim: String,
}

impl Default for ForeignConfig {
    fn default() -> Self {
        Self {
            jwks: None,
            issuer: String::new(),
            audience: Audience::One(String::new()),
            typ: None,
            identity_claim: "sub".to_owned(),
        }
    }
}

impl ForeignConfig {
    pub(super) fn validate(&self, own: &TokenConfig) -> Vec<(&'static str, String)> {
        let mut errors = Vec::new();
        let mut problem = |key, text: &str| errors.push((key, text.to_owned()));
        if self.jwks.is_none() {
            if !self.issuer.is_empty() || !self.audience.is_empty() {
                problem("token.foreign.jwks", "is missing; name the file of the issuer's keys");
            }
            return errors;
        }
        if self.issuer.is_empty() {
            problem("token.foreign.issuer", "is missing; set the iss of the tokens");
        } else if self.issuer == own.issuer {
            problem("token.foreign.issuer", "must differ from token.issuer");
        }
        if own.issuer.is_empty() {
            // Which keys verify a token is decided by its issuer.
            problem("token.issuer", "must not be empty beside token.foreign");
        }
        if self.audience.is_empty() || self.audience.names().iter().any(String::is_empty) {
            problem("token.foreign.audience", "is missing; set the aud of the tokens for us");
        }
        if self.typ.as_ref().is_some_and(|typ| typ.trim().is_empty()) {
            problem("token.foreign.typ", "must not be empty; leave it out to look at none");
        }
        errors
    }
}
