//! Checks the claims of a foreign token. It counts as an access token, never fresh, without a
//! sign-in.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Claims, identity_name};
use crate::claims::check::{CheckedClaims, Now};
use crate::claims::reader::Reader;
use crate::config::{TokenConfig, TokenKind};
use crate::error::TokenError;

impl Claims {
    /// Reads and checks the claims of a token that a foreign key signed. The names of our own
    /// claims have no meaning in it and stay in `extra`.
    pub(crate) fn check_foreign(
        mut map: Map<String, Value>,
        config: &TokenConfig,
        now: OffsetDateTime,
    ) -> Result<CheckedClaims, TokenError> {
        let now = Now::new(now, config);
        let foreign = &config.foreign;
        let mut reader = Reader(&mut map);
        if let Some(name) = ["exp", "iss", "aud"].into_iter().find(|name| !reader.has(name)) {
            return Err(TokenError::missing(name));
        }
        let iat = reader.date("iat")?;
        if now.is_before(iat) {
            return Err(TokenError::IssuedInFuture);
        }
        let nbf = reader.date("nbf")?;
        if now.is_before(nbf) {
            return Err(TokenError::NotYetValid);
        }
        let exp = reader.date("exp")?;
        let iss = reader.text("iss")?;
        if iss.as_ref() != Some(&foreign.issuer) {
            return Err(TokenError::Issuer);
        }
        let aud = reader.audience()?.filter(|aud| !aud.is_empty());
        let named = aud.as_ref().ok_or_else(|| TokenError::missing("aud"))?;
        if !named.overlaps(&foreign.audience) {
            return Err(TokenError::Audience);
        }
        let jti = reader.text("jti")?;
        let sub = reader.identity(&foreign.identity_claim, config.verify_sub)?;
        if reader.0.get("type").and_then(Value::as_str) == Some(TokenKind::Refresh.as_str()) {
            return Err(TokenError::Type);
        }
        let auth_time = reader.0.get("auth_time").and_then(Value::as_i64);
        let claims = Self {
            sub,
            identity_claim: identity_name(&foreign.identity_claim),
            iss,
            aud,
            kind: TokenKind::Access,
            fresh: false,
            iat,
            nbf,
            exp,
            jti,
            sid: None,
            auth_time: auth_time.or(iat).unwrap_or(0).clamp(0, now.seconds),
            generation: None,
            csrf: None,
            stamp: None,
            foreign: true,
            extra: map,
        };
        Ok(CheckedClaims { claims, is_expired: now.is_after(exp) })
    }
}
