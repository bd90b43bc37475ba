//! `[default.auth.token.foreign]`: tokens of another issuer.

use serde::{Deserialize, Serialize};

use crate::config::audience::Audience;
use crate::config::token::TokenConfig;

/// `[default.auth.token.foreign]`: access tokens of another issuer, such as an identity provider,
/// that are accepted beside our own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForeignConfig {
    /// Path of a file with the issuer's public keys as a JWK set (RFC 7517, section 5), read
    /// at launch (`JWT_PUBLIC_KEY`). Defaults to none: no foreign token is accepted.
    pub jwks: Option<String>,
    /// `iss` of its tokens (`JWT_DECODE_ISSUER`). No default: it must be set with `jwks`.
    pub issuer: String,
    /// `aud` of its tokens for us, one name or several (`JWT_DECODE_AUDIENCE`): the name of the
    /// API, never a client id, which is the `aud` of an ID token (OpenID Connect). No default: it
    /// must be set with `jwks`.
    pub audience: Audience,
    /// `typ` in the header of its access tokens, such as `"at+jwt"` (RFC 9068), so that no other
    /// token of the issuer is accepted; case and the prefix `application/` do not matter. Defaults
    /// to none: it is not checked.
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
            // The issuer of a token decides which keys verify it.
            problem("token.issuer", "must not be empty beside token.foreign");
        }
        if self.audience.is_empty() || self.audience.names().iter().any(String::is_empty) {
            problem("token.foreign.audience", "is missing; set the aud of the tokens for us");
        }
        if self.typ.as_ref().is_some_and(|typ| typ.trim().is_empty()) {
            problem("token.foreign.typ", "must not be empty; leave it out to accept any");
        }
        errors
    }
}
