//! `[default.auth.token.foreign]`: tokens of another issuer.

use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::config_error::Errors;
use super::token::TokenConfig;

/// `[default.auth.token.foreign]`: access tokens of another issuer, accepted beside our own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ForeignConfig {
    /// Path of a file with the issuer's public keys as a JWK set (RFC 7517, section 5), read
    /// at launch (`JWT_PUBLIC_KEY`). Defaults to none: no foreign token is accepted.
    pub jwks: Option<String>,
    /// `iss` of its tokens (`JWT_DECODE_ISSUER`). No default: it must be set with `jwks`.
    pub issuer: String,
    /// `aud` of its tokens for us, one name or several (`JWT_DECODE_AUDIENCE`): the name of the
    /// API, never a client id, as ID tokens have. No default: it must be set with `jwks`.
    pub audience: Audience,
    /// `typ` in the header of its access tokens, such as `"at+jwt"` (RFC 9068); case and the prefix
    /// `application/` do not matter. Defaults to none: other tokens of the issuer are accepted too.
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
    pub(super) fn validate(&self, own: &TokenConfig, errors: &mut Errors) {
        if self.jwks.is_none() {
            let is_named = !self.issuer.is_empty() || !self.audience.is_empty();
            let is_unset = !is_named && self.typ.is_none() && self.identity_claim == "sub";
            let problem = "is missing; name the file of the issuer's keys";
            return errors.require(is_unset, "token.foreign.jwks", problem);
        }
        let (key, has_issuer) = ("token.foreign.issuer", !self.issuer.is_empty());
        errors.require(has_issuer, key, "is missing; set the iss of the tokens");
        let differs = !has_issuer || self.issuer != own.issuer;
        errors.require(differs, key, "must differ from token.issuer");
        // The issuer of a token decides which keys verify it.
        let problem = "must not be empty beside token.foreign";
        errors.require(!own.issuer.is_empty(), "token.issuer", problem);
        let names = self.audience.names();
        let has_audience = !names.is_empty() && !names.iter().any(String::is_empty);
        let problem = "is missing; set the aud of the tokens for us";
        errors.require(has_audience, "token.foreign.audience", problem);
        let is_empty = self.typ.as_ref().is_some_and(|typ| typ.trim().is_empty());
        let problem = "must not be empty; leave it out to accept any";
        errors.require(!is_empty, "token.foreign.typ", problem);
    }
}
