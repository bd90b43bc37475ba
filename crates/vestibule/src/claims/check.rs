//! Every check that the claims of a token of ours must pass, in the order in which PyJWT looks
//! at them: of several faults the same one counts.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Claims, identity_name, seconds};
use crate::claims::reader::Reader;
use crate::config::{Lifetime, TokenConfig, TokenKind};
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;

/// Claims that passed every check, but for their end.
pub(crate) struct Checked {
    pub(super) claims: Claims,
    pub(super) is_over: bool,
}

impl Checked {
    /// The claims; 401 `token_expired` when their time is over.
    pub(crate) fn in_time(self) -> Result<Claims, Error> {
        if self.is_over { Err(ErrorKind::TokenExpired.into()) } else { Ok(self.claims) }
    }

    /// Whether `token.foreign` issued it.
    pub(crate) fn is_foreign(&self) -> bool {
        self.claims.foreign
    }

    /// The claims, also when their time is over.
    pub(crate) fn at_any_time(self) -> Claims {
        self.claims
    }
}

/// What time it is for somebody whose clock may differ from ours.
pub(super) struct Now {
    pub(super) seconds: i64,
    leeway: i64,
}

impl Now {
    pub(super) fn new(now: OffsetDateTime, config: &TokenConfig) -> Self {
        Self { seconds: now.unix_timestamp(), leeway: seconds(config.leeway) }
    }

    pub(super) fn is_ahead(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| time > self.seconds + self.leeway)
    }

    /// RFC 7519, 4.1.4: on or after `exp` it is over.
    pub(super) fn is_over(&self, exp: Option<i64>) -> bool {
        exp.is_some_and(|exp| self.seconds >= exp.saturating_add(self.leeway))
    }
}

impl Claims {
    /// Reads and checks a claim set whose signature was good.
    pub(crate) fn check(
        mut map: Map<String, Value>,
        config: &TokenConfig,
        now: OffsetDateTime,
    ) -> Result<Checked, TokenError> {
        let now = Now::new(now, config);
        let mut reader = Reader(&mut map);
        let kind = kind_of(&reader)?.unwrap_or(TokenKind::Access);
        if let Some(name) = config.required(kind).find(|name| !reader.has(name)) {
            return Err(TokenError::missing(name));
        }
        reader.text("type")?;
        let iat = reader.number("iat")?;
        if now.is_ahead(iat) {
            return Err(TokenError::IssuedInFuture);
        }
        let nbf = reader.number("nbf")?;
        if now.is_ahead(nbf) {
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
        // A token that says of neither when it was cannot be fresh: it is as old as time.
        let auth_time = reader.number("auth_time")?.or(iat).unwrap_or(0);
        let sid = reader.text("sid")?;
        let generation = reader.number("gen")?;
        let csrf = reader.text("csrf")?;
        let stamp = reader.text("stamp")?;
        // Without a time of issue, what is left of its life is all that can be judged.
        let since = iat.unwrap_or(now.seconds);
        if exp.is_some_and(|exp| iat.is_some_and(|iat| exp < iat))
            || !is_within(config.limit(kind), exp.map(|exp| exp - since))
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
        Ok(Checked { claims, is_over: now.is_over(exp) })
    }
}

impl Claims {
    /// Whether claims that passed every check before would pass those that depend on the time
    /// now. Without `iat` it is not certain.
    pub(crate) fn is_in_time(&self, config: &TokenConfig, now: OffsetDateTime) -> bool {
        let now = Now::new(now, config);
        let begun = self.iat.is_some() && !now.is_ahead(self.iat) && !now.is_ahead(self.nbf);
        begun && !now.is_over(self.exp)
    }
}

/// The type that a claim set says it is of.
fn kind_of(reader: &Reader<'_>) -> Result<Option<TokenKind>, TokenError> {
    match reader.0.get("type").map(Value::as_str) {
        None => Ok(None),
        Some(Some("access")) => Ok(Some(TokenKind::Access)),
        Some(Some("refresh")) => Ok(Some(TokenKind::Refresh)),
        Some(Some(_)) => Err(TokenError::Type),
        Some(None) => Err(TokenError::mistyped("type")),
    }
}

/// Whether a life, in seconds or without an end, is not above the limit.
fn is_within(limit: Lifetime, life: Option<i64>) -> bool {
    match (limit, life) {
        (Lifetime::Never, _) => true,
        (Lifetime::For(limit), Some(life)) => life <= seconds(limit),
        (Lifetime::For(_), None) => false,
    }
}
