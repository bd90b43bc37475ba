//! Checks the claims of a token: of ours in the order of PyJWT, so that of several errors the same
//! one is reported, and of a foreign one.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Claims, identity_name, seconds};
use crate::config::{Audience, Lifetime, TokenConfig, TokenKind};
use crate::error::{Error, ErrorKind, TokenError};
use crate::sign_in::amr::Amr;

/// The first second after the year 9999.
const END_OF_TIME: i64 = 253_402_300_800;

/// Claims that passed every check except expiry.
pub(crate) struct CheckedClaims {
    claims: Claims,
    is_expired: bool,
}

impl CheckedClaims {
    /// The claims; 401 `token_expired` if they have expired.
    pub(crate) fn in_time(self) -> Result<Claims, Error> {
        if self.is_expired { Err(ErrorKind::TokenExpired.into()) } else { Ok(self.claims) }
    }

    /// The claims, even if they have expired.
    pub(crate) fn at_any_time(self) -> Claims {
        self.claims
    }

    /// Whether the issuer of `token.foreign` issued the token.
    pub(crate) fn is_foreign(&self) -> bool {
        self.claims.foreign
    }
}

/// How many seconds ahead `iat` and `nbf` may be: the clocks of two processes differ, and one that is
/// a little ahead must not issue tokens that the other refuses.
const MAX_SKEW: i64 = 5;

/// The current time, with the accepted difference between clocks.
struct Now {
    seconds: i64,
    leeway: i64,
}

impl Now {
    fn new(now: OffsetDateTime, config: &TokenConfig) -> Self {
        Self { seconds: now.unix_timestamp(), leeway: seconds(config.leeway) }
    }

    /// Whether a time is in the future, by more than clocks differ.
    fn is_before(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| time > self.seconds + self.leeway.max(MAX_SKEW))
    }

    /// Whether a token has expired: on or after `exp` (RFC 7519, section 4.1.4).
    fn is_after(&self, exp: Option<i64>) -> bool {
        exp.is_some_and(|exp| self.seconds >= exp.saturating_add(self.leeway))
    }
}

impl Claims {
    /// Reads and checks the claims of a token that a key of ours signed and whose header names this
    /// type, or none.
    pub(crate) fn check(
        typ: Option<TokenKind>,
        map: Map<String, Value>,
        config: &TokenConfig,
        now: OffsetDateTime,
    ) -> Result<CheckedClaims, TokenError> {
        let now = Now::new(now, config);
        let mut reader = Reader { map, cuts_fractions: false };
        let kind = reader.kind()?;
        if let Some(name) = config.required(kind).find(|name| !reader.has(name)) {
            return Err(TokenError::missing(name));
        }
        reader.text("type")?;
        if typ.is_some_and(|typ| typ != kind) {
            return Err(TokenError::HeaderType);
        }
        let issuer = Some(&config.issuer).filter(|issuer| !issuer.is_empty());
        let audience = config.accepted_audience(kind, typ.is_some());
        let audience = Some(&audience).filter(|audience| !audience.is_empty());
        let mut claims = reader.registered(kind, &now, issuer, audience)?;
        if config.verify_sub && reader.map.get("sub").is_some_and(|sub| !sub.is_string()) {
            return Err(TokenError::mistyped("sub"));
        }
        claims.jti = reader.text("jti")?.filter(|jti| !jti.is_empty());
        if claims.jti.is_none() && config.required(kind).any(|name| name == "jti") {
            return Err(TokenError::missing("jti"));
        }
        claims.sub = reader.identity(&config.identity_claim, config.verify_sub)?;
        claims.identity_claim = identity_name(&config.identity_claim);
        claims.fresh = reader.flag("fresh")?.unwrap_or(false);
        let Claims { iat, exp, .. } = claims;
        // Without either time it counts as issued in 1970 and is never fresh.
        claims.auth_time = reader.number("auth_time")?.or(iat).unwrap_or(0);
        // Tokens of versions before this claim were issued for a password.
        claims.amr = reader.take("amr", |names| amr_of(&names))?.unwrap_or(Amr::PASSWORD);
        claims.sid = reader.text("sid")?;
        claims.generation = reader.number("gen")?;
        claims.csrf = reader.text("csrf")?;
        claims.stamp = reader.text("stamp")?;
        // Without `iat` only the rest of its lifetime is limited.
        let issued = iat.unwrap_or(now.seconds);
        if exp.is_some_and(|exp| iat.is_some_and(|iat| exp < iat))
            || !is_within(config.limit(kind), exp.map(|exp| exp - issued))
        {
            return Err(TokenError::Lifetime);
        }
        claims.extra = reader.map;
        Ok(CheckedClaims { claims, is_expired: now.is_after(exp) })
    }

    /// Reads and checks the claims of a token that a foreign key signed: an access token, never
    /// fresh, without a sign-in. The names of our own claims have no meaning in it and stay in
    /// `extra`.
    pub(crate) fn check_foreign(
        map: Map<String, Value>,
        config: &TokenConfig,
        now: OffsetDateTime,
    ) -> Result<CheckedClaims, TokenError> {
        let now = Now::new(now, config);
        let foreign = &config.foreign;
        let mut reader = Reader { map, cuts_fractions: true };
        if let Some(name) = ["exp", "iss", "aud"].into_iter().find(|name| !reader.has(name)) {
            return Err(TokenError::missing(name));
        }
        let (issuer, audience) = (Some(&foreign.issuer), Some(&foreign.audience));
        let mut claims = reader.registered(TokenKind::Access, &now, issuer, audience)?;
        claims.foreign = true;
        claims.jti = reader.text("jti")?;
        claims.sub = reader.identity(&foreign.identity_claim, config.verify_sub)?;
        claims.identity_claim = identity_name(&foreign.identity_claim);
        if reader.map.get("type").and_then(Value::as_str) == Some(TokenKind::Refresh.as_str()) {
            return Err(TokenError::Type);
        }
        let auth_time = reader.map.get("auth_time").and_then(Value::as_i64);
        claims.auth_time = auth_time.or(claims.iat).unwrap_or(0).clamp(0, now.seconds);
        claims.amr = reader.map.get("amr").and_then(amr_of).unwrap_or(Amr::NONE);
        claims.extra = reader.map;
        Ok(CheckedClaims { is_expired: now.is_after(claims.exp), claims })
    }

    /// Whether claims that were checked before still pass the checks of time; `false` without
    /// `iat`, where the lifetime depends on the current time.
    pub(crate) fn is_in_time(&self, config: &TokenConfig, now: OffsetDateTime) -> bool {
        let now = Now::new(now, config);
        let is_valid = self.iat.is_some() && !now.is_before(self.iat) && !now.is_before(self.nbf);
        is_valid && !now.is_after(self.exp)
    }
}

/// The known names in a list; `None` if it is no list of names.
fn amr_of(names: &Value) -> Option<Amr> {
    let names: Option<Vec<&str>> = names.as_array()?.iter().map(Value::as_str).collect();
    names.map(Amr::of_names)
}

/// Whether a lifetime in seconds, `None` without expiry, is within the limit.
fn is_within(limit: Lifetime, lifetime: Option<i64>) -> bool {
    match (limit, lifetime) {
        (Lifetime::Never, _) => true,
        (Lifetime::For(limit), Some(lifetime)) => lifetime <= seconds(limit),
        (Lifetime::For(_), None) => false,
    }
}

/// Takes claims out of a claim set. A missing claim is `None`; a wrong type is an error.
struct Reader {
    map: Map<String, Value>,
    /// Whether fractions of numbers are cut off (RFC 7519, section 2) or refused, as our tokens
    /// have none.
    cuts_fractions: bool,
}

impl Reader {
    fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// The `type` claim, which stays; access without one.
    fn kind(&self) -> Result<TokenKind, TokenError> {
        match self.map.get("type").map(Value::as_str) {
            None | Some(Some("access")) => Ok(TokenKind::Access),
            Some(Some("refresh")) => Ok(TokenKind::Refresh),
            Some(Some(_)) => Err(TokenError::Type),
            Some(None) => Err(TokenError::mistyped("type")),
        }
    }

    /// The times except for expiry, the issuer and the audience, checked; all other claims are
    /// empty.
    fn registered(
        &mut self,
        kind: TokenKind,
        now: &Now,
        issuer: Option<&String>,
        audience: Option<&Audience>,
    ) -> Result<Claims, TokenError> {
        let iat = self.number("iat")?;
        if now.is_before(iat) {
            return Err(TokenError::IssuedInFuture);
        }
        let nbf = self.number("nbf")?;
        if now.is_before(nbf) {
            return Err(TokenError::NotYetValid);
        }
        let exp = self.number("exp")?;
        let iss = self.text("iss")?;
        if issuer.is_some() && iss.as_ref() != issuer {
            return Err(TokenError::Issuer);
        }
        let aud = self.take("aud", Audience::of_claim)?.filter(|aud| !aud.is_empty());
        if let Some(audience) = audience {
            let named = aud.as_ref().ok_or_else(|| TokenError::missing("aud"))?;
            if !named.overlaps(audience) {
                return Err(TokenError::Audience);
            }
        }
        Ok(Claims { iat, nbf, exp, iss, aud, ..Claims::empty(kind) })
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, TokenError> {
        self.take(name, |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, TokenError> {
        self.take(name, |value| value.as_bool())
    }

    /// A NumericDate or a counter.
    fn number(&mut self, name: &str) -> Result<Option<i64>, TokenError> {
        let cuts = self.cuts_fractions;
        self.take(name, |value| {
            let cut = || value.as_f64().filter(|_| cuts).map(|number| number as i64);
            let whole = value.as_i64().or_else(cut);
            whole.filter(|number| (0..END_OF_TIME).contains(number))
        })
    }

    /// The account's id. `strict` requires a string; otherwise a whole number is accepted too.
    fn identity(&mut self, name: &str, strict: bool) -> Result<String, TokenError> {
        let identity = self.take(name, |value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) if !strict && !number.is_f64() => Some(number.to_string()),
            _ => None,
        })?;
        identity.filter(|text| !text.is_empty()).ok_or_else(|| TokenError::missing(name))
    }

    fn take<T>(
        &mut self,
        name: &str,
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<Option<T>, TokenError> {
        let value = self.map.remove(name);
        value.map(|value| read(value).ok_or_else(|| TokenError::mistyped(name))).transpose()
    }
}
