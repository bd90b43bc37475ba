//! Checks the claims of our own tokens, in the order of PyJWT, so that of several errors the same
//! one is reported.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Claims, identity_name, seconds};
use crate::claims::reader::Reader;
use crate::config::{Lifetime, TokenConfig, TokenKind};
use crate::error::{Error, ErrorKind, TokenError};

/// Claims that passed every check except expiry.
pub(crate) struct CheckedClaims {
    pub(super) claims: Claims,
    pub(super) is_expired: bool,
}

impl CheckedClaims {
    /// The claims; 401 `token_expired` if they have expired.
    pub(crate) fn in_time(self) -> Result<Claims, Error> {
        if self.is_expired { Err(ErrorKind::TokenExpired.into()) } else { Ok(self.claims) }
    }

    /// Whether the issuer of `token.foreign` issued the token.
    pub(crate) fn is_foreign(&self) -> bool {
        self.claims.foreign
    }

    /// The claims, even if they have expired.
    pub(crate) fn at_any_time(self) -> Claims {
        self.claims
    }
}

/// The current time, with the accepted difference between clocks.
pub(super) struct Now {
    pub(super) seconds: i64,
    leeway: i64,
}

impl Now {
    pub(super) fn new(now: OffsetDateTime, config: &TokenConfig) -> Self {
        Self { seconds: now.unix_timestamp(), leeway: seconds(config.leeway) }
    }

    /// Whether a time is in the future.
    pub(super) fn is_before(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| time > self.seconds + self.leeway)
    }

    /// Whether a token has expired: on or after `exp` (RFC 7519, section 4.1.4).
    pub(super) fn is_after(&self, exp: Option<i64>) -> bool {
        exp.is_some_and(|exp| self.seconds >= exp.saturating_add(self.leeway))
    }
}

impl Claims {
    /// Reads and checks the claims of a token with a good signature.
    pub(crate) fn check(
        mut map: Map<String, Value>,
        config: &TokenConfig,
        now: OffsetDateTime,
    ) -> Result<CheckedClaims, TokenError> {
        let now = Now::new(now, config);
        let mut reader = Reader(&mut map);
        let kind = kind(&reader)?.unwrap_or(TokenKind::Access);
        if let Some(name) = config.required(kind).find(|name| !reader.has(name)) {
            return Err(TokenError::missing(name));
        }
        reader.text("type")?;
        let iat = reader.number("iat")?;
        if now.is_before(iat) {
            return Err(TokenError::IssuedInFuture);
        }
        let nbf = reader.number("nbf")?;
        if now.is_before(nbf) {
            return Err(TokenError::NotYetValid);
        }
        let exp = reader.number("exp")?;
        let iss = reader.text("iss")?;
        if !config.issuer.is_empty() && iss.as_ref() != Some(&config.issuer) {
            return Err(TokenError::Issuer);
        }
        let aud = reader.audience()?.filter(|aud| !aud.is_empty());
        if !config.audience.is_empty() {
            let named = aud.as_ref().ok_or_else(|| TokenError::missing("aud"))?;
            if !named.overlaps(&config.audience) {
                return Err(TokenError::Audience);
            }
        }
        if config.verify_sub && reader.0.get("sub").is_some_and(|sub| !sub.is_string()) {
            return Err(TokenError::mistyped("sub"));
        }
        let jti = reader.text("jti")?.filter(|jti| !jti.is_empty());
        if jti.is_none() && config.required(kind).any(|name| name == "jti") {
            return Err(TokenError::missing("jti"));
        }
        let sub = reader.identity(&config.identity_claim, config.verify_sub)?;
        let fresh = reader.flag("fresh")?.unwrap_or(false);
        // Without either time it counts as issued in 1970 and is never fresh.
        let auth_time = reader.number("auth_time")?.or(iat).unwrap_or(0);
        let sid = reader.text("sid")?;
        let generation = reader.number("gen")?;
        let csrf = reader.text("csrf")?;
        let stamp = reader.text("stamp")?;
        // Without `iat` only the rest of its lifetime is limited.
        let issued = iat.unwrap_or(now.seconds);
        if exp.is_some_and(|exp| iat.is_some_and(|iat| exp < iat))
            || !is_within(config.limit(kind), exp.map(|exp| exp - issued))
        {
            return Err(TokenError::Lifetime);
        }
        let claims = Self {
            sub,
            identity_claim: identity_name(&config.identity_claim),
            iss,
            aud,
            kind,
            fresh,
            iat,
            nbf,
            exp,
            jti,
            sid,
            auth_time,
            generation,
            csrf,
            stamp,
            foreign: false,
            extra: map,
        };
        Ok(CheckedClaims { claims, is_expired: now.is_after(exp) })
    }

    /// Whether claims that were checked before still pass the checks of time; `false` without
    /// `iat`, where the lifetime depends on the current time.
    pub(crate) fn is_in_time(&self, config: &TokenConfig, now: OffsetDateTime) -> bool {
        let now = Now::new(now, config);
        let is_valid = self.iat.is_some() && !now.is_before(self.iat) && !now.is_before(self.nbf);
        is_valid && !now.is_after(self.exp)
    }
}

/// Reads the `type` claim.
fn kind(reader: &Reader<'_>) -> Result<Option<TokenKind>, TokenError> {
    match reader.0.get("type").map(Value::as_str) {
        None => Ok(None),
        Some(Some("access")) => Ok(Some(TokenKind::Access)),
        Some(Some("refresh")) => Ok(Some(TokenKind::Refresh)),
        Some(Some(_)) => Err(TokenError::Type),
        Some(None) => Err(TokenError::mistyped("type")),
    }
}

/// Whether a lifetime in seconds, `None` without expiry, is within the limit.
fn is_within(limit: Lifetime, lifetime: Option<i64>) -> bool {
    match (limit, lifetime) {
        (Lifetime::Never, _) => true,
        (Lifetime::For(limit), Some(lifetime)) => lifetime <= seconds(limit),
        (Lifetime::For(_), None) => false,
    }
}
