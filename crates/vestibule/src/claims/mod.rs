//! The claims of a token: their type, and the checks that they must pass.
//!
//! Imports `config`, `error` and `sign_in` only.

pub(crate) mod check;

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::config::{Audience, TokenKind};
use crate::sign_in::amr::Amr;

/// The verified claims of a token (RFC 7519, section 4.1, and our own).
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the account's id; of a foreign token the issuer's name for it.
    pub sub: String,
    /// The name of the claim that held it: `sub`, unless `token.identity_claim` is set.
    pub identity_claim: Cow<'static, str>,
    /// `iss`: the issuer; always the configured one, if there is one.
    pub iss: Option<String>,
    /// `aud`: the audience; has one of the configured names, if there are any. Of a refresh token it
    /// is the issuer.
    pub aud: Option<Audience>,
    /// `type`: access or refresh.
    pub kind: TokenKind,
    /// `fresh`: whether the password was proven for this token.
    pub fresh: bool,
    /// `iat`: when it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// `nbf`: the second from which it is valid; in our tokens that of issue.
    pub nbf: Option<i64>,
    /// `exp`: the second from which it is expired; `None` for a token without expiry.
    pub exp: Option<i64>,
    /// `jti`: the token's own id.
    pub jti: Option<String>,
    /// `sid`: the id of its sign-in; `None` without a store.
    pub sid: Option<String>,
    /// `auth_time`: when the password was last proven.
    pub auth_time: i64,
    /// `amr`: what the user has proven (RFC 8176); the names that the library knows.
    pub amr: Amr,
    /// `gen`: how often the refresh token of its sign-in had been rotated.
    pub generation: Option<i64>,
    /// `csrf`: the value that unsafe requests must send if the token is in a cookie.
    pub csrf: Option<String>,
    /// `stamp`: a digest of the account's stamp, if it has one.
    pub stamp: Option<String>,
    /// Whether the issuer of `token.foreign` issued it.
    pub foreign: bool,
    /// All other claims: those of [`Account::claims`](crate::Account::claims) or of the foreign
    /// issuer.
    pub extra: Map<String, Value>,
}

// The CSRF value is half of a credential.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = self.to_map();
        if let Some(csrf) = map.get_mut("csrf") {
            *csrf = "[redacted]".into();
        }
        f.debug_tuple("Claims").field(&map).finish()
    }
}

impl Claims {
    /// No claim but the type, to be filled.
    pub(crate) fn empty(kind: TokenKind) -> Self {
        Self {
            sub: String::new(),
            identity_claim: "sub".into(),
            iss: None,
            aud: None,
            kind,
            fresh: false,
            iat: None,
            nbf: None,
            exp: None,
            jti: None,
            sid: None,
            auth_time: 0,
            amr: Amr::NONE,
            generation: None,
            csrf: None,
            stamp: None,
            foreign: false,
            extra: Map::new(),
        }
    }

    /// All claims by their names in the token.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = self.extra.clone();
        let mut set = |name: &str, value: Option<Value>| {
            value.map(|value| map.insert(name.to_owned(), value));
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        set(&self.identity_claim, Some(self.sub.as_str().into()));
        set("iat", self.iat.map(Value::from));
        set("nbf", self.nbf.map(Value::from));
        set("exp", self.exp.map(Value::from));
        set("jti", text(&self.jti));
        set("iss", text(&self.iss));
        set("aud", self.aud.as_ref().map(Audience::to_claim));
        // In a foreign token these names have another meaning and are in `extra`.
        if !self.foreign {
            set("type", Some(self.kind.as_str().into()));
            set("fresh", Some(self.fresh.into()));
            set("auth_time", Some(self.auth_time.into()));
            set("amr", Some(self.amr.names().collect()));
            set("sid", text(&self.sid));
            set("gen", self.generation.map(Value::from));
            set("csrf", text(&self.csrf));
            set("stamp", text(&self.stamp));
        }
        map
    }
}

/// The name of the identity claim, without an allocation for the default.
pub(crate) fn identity_name(name: &str) -> Cow<'static, str> {
    if name == "sub" { Cow::Borrowed("sub") } else { Cow::Owned(name.to_owned()) }
}

/// Whole seconds, rounded up.
fn seconds(span: std::time::Duration) -> i64 {
    let whole = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    i64::try_from(whole).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_part_of_a_second_counts_as_a_whole_one() {
        for (millis, whole) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(seconds(Duration::from_millis(millis)), whole, "{millis} ms");
        }
    }

    #[test]
    fn the_csrf_value_is_redacted_in_debug() {
        let csrf = Some("half of it".to_owned());
        let shown = format!("{:?}", Claims { csrf, ..Claims::empty(TokenKind::Access) });
        assert!(shown.contains("[redacted]") && !shown.contains("half of it"), "{shown}");
    }
}
