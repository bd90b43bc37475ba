//! The claims of a token, typed, and every check that the times and names must pass.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::config::TokenConfig;
use super::error::Error;
use super::error_kind::ErrorKind;

/// The two types of token; neither is accepted in the other's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Presented on every request.
    Access,
    /// Presented only to get the next pair.
    Refresh,
}

impl TokenKind {
    /// The value of the `type` claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// Claims that we write ourselves; an application's further claims cannot replace them.
const REGISTERED: &[&str] = &[
    "aud",
    "auth_time",
    "csrf",
    "exp",
    "fresh",
    "gen",
    "iat",
    "iss",
    "jti",
    "nbf",
    "sid",
    "stamp",
    "sub",
    "type",
];

/// The claims of a token of ours (RFC 7519, section 4.1, and our own).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the account's id.
    pub sub: String,
    /// `iss`: who issued it; always the configured issuer.
    pub iss: String,
    /// `aud`: whom it is for; always the configured audience.
    pub aud: String,
    /// `type`: access or refresh.
    pub kind: TokenKind,
    /// `fresh`: whether the password was proven for this very token.
    pub fresh: bool,
    /// `iat`: when it was issued, in seconds since 1970.
    pub iat: i64,
    /// `nbf`: before this second it is not valid; always the second of issue for ours.
    pub nbf: i64,
    /// `exp`: from this second on it is not valid.
    pub exp: i64,
    /// `jti`: the token's own id.
    pub jti: String,
    /// `sid`: the sign-in that it presents; `None` without a ledger.
    pub sid: Option<String>,
    /// `auth_time`: when the password was last proven.
    pub auth_time: i64,
    /// `gen`: the generation of a refresh token.
    pub generation: Option<i64>,
    /// `csrf`: the value that unsafe requests must show when the token rides in a cookie.
    pub csrf: Option<String>,
    /// `stamp`: a digest of the account's stamp, where it has one.
    pub stamp: Option<String>,
    /// Everything else, as the application's [`claims`](super::Account::claims) gave it.
    pub extra: Map<String, Value>,
}

impl Claims {
    /// All claims as they stand in the token.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = self.extra.clone();
        map.retain(|name, _| !REGISTERED.contains(&name.as_str()));
        let mut set = |name: &str, value: Value| map.insert(name.to_owned(), value);
        set("sub", self.sub.as_str().into());
        set("type", self.kind.as_str().into());
        set("fresh", self.fresh.into());
        set("iat", self.iat.into());
        set("nbf", self.nbf.into());
        set("exp", self.exp.into());
        set("jti", self.jti.as_str().into());
        set("iss", self.iss.as_str().into());
        set("aud", self.aud.as_str().into());
        set("auth_time", self.auth_time.into());
        if let Some(sid) = &self.sid {
            set("sid", sid.as_str().into());
        }
        if let Some(generation) = self.generation {
            set("gen", generation.into());
        }
        if let Some(csrf) = &self.csrf {
            set("csrf", csrf.as_str().into());
        }
        if let Some(stamp) = &self.stamp {
            set("stamp", stamp.as_str().into());
        }
        map
    }

    /// Reads and checks a claim set whose signature was good; 401 `token_expired` when only
    /// its time is over, 401 `token_invalid` for every other fault.
    pub(crate) fn check(
        mut map: Map<String, Value>,
        config: &TokenConfig,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let claims = Self::read(&mut map, config).ok_or(ErrorKind::TokenInvalid)?;
        let now = now.unix_timestamp();
        let leeway = seconds(config.leeway);
        let longest = match claims.kind {
            TokenKind::Access => seconds(config.access),
            TokenKind::Refresh => seconds(config.refresh),
        };
        if claims.nbf > now + leeway
            || claims.iat > now + leeway
            || claims.exp < claims.iat
            || claims.exp - claims.iat > longest
        {
            return Err(ErrorKind::TokenInvalid.into());
        }
        // RFC 7519, 4.1.4: on or after `exp` it is over.
        if now >= claims.exp.saturating_add(leeway) {
            return Err(ErrorKind::TokenExpired.into());
        }
        Ok(claims)
    }

    /// Takes the claims out of the map by name and type; `None` when one is missing or of
    /// another JSON type than it must be.
    fn read(map: &mut Map<String, Value>, config: &TokenConfig) -> Option<Self> {
        let audience = match map.remove("aud")? {
            Value::String(one) => one == config.audience,
            Value::Array(several) => {
                several.iter().all(Value::is_string)
                    && several.iter().any(|one| one.as_str() == Some(&config.audience))
            }
            _ => false,
        };
        let issuer = text(map, "iss")? == config.issuer;
        if !audience || !issuer {
            return None;
        }
        let kind = match text(map, "type")?.as_str() {
            "access" => TokenKind::Access,
            "refresh" => TokenKind::Refresh,
            _ => return None,
        };
        Some(Self {
            sub: text(map, "sub").filter(|sub| !sub.is_empty())?,
            iss: config.issuer.clone(),
            aud: config.audience.clone(),
            kind,
            fresh: map.remove("fresh")?.as_bool()?,
            iat: number(map, "iat")?,
            nbf: number(map, "nbf")?,
            exp: number(map, "exp")?,
            jti: text(map, "jti").filter(|jti| !jti.is_empty())?,
            sid: optional(map, "sid", text)?,
            auth_time: number(map, "auth_time")?,
            generation: optional(map, "gen", number)?,
            csrf: optional(map, "csrf", text)?,
            stamp: optional(map, "stamp", text)?,
            extra: std::mem::take(map),
        })
    }
}

/// Whole seconds, rounded up: claims have no smaller unit.
fn seconds(span: std::time::Duration) -> i64 {
    let whole = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    i64::try_from(whole).unwrap_or(i64::MAX)
}

fn text(map: &mut Map<String, Value>, name: &str) -> Option<String> {
    match map.remove(name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A NumericDate or a counter. A fraction is refused: we never write one, and a time beyond
/// the year 9999 is no time.
fn number(map: &mut Map<String, Value>, name: &str) -> Option<i64> {
    map.remove(name)?.as_i64().filter(|number| (0..253_402_300_800).contains(number))
}

/// A claim that may be absent but not of the wrong type.
fn optional<T>(
    map: &mut Map<String, Value>,
    name: &str,
    read: impl Fn(&mut Map<String, Value>, &str) -> Option<T>,
) -> Option<Option<T>> {
    if map.contains_key(name) { read(map, name).map(Some) } else { Some(None) }
}
