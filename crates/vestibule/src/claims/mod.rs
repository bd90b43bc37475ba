//! The claims of a token, typed.

pub(crate) mod check;
mod foreign;
mod reader;

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::config::{Audience, TokenKind};

/// The verified claims of a token (RFC 7519, section 4.1, and our own).
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the account's id, or of a foreign token whatever names the account there.
    pub sub: String,
    /// The claim that held it: `sub`, unless `token.identity_claim` says otherwise.
    pub identity_claim: Cow<'static, str>,
    /// `iss`: who issued it; always the configured issuer where there is one.
    pub iss: Option<String>,
    /// `aud`: whom it is for; one of the configured names is among them where there are any.
    pub aud: Option<Audience>,
    /// `type`: access or refresh.
    pub kind: TokenKind,
    /// `fresh`: whether the password was proven for this very token.
    pub fresh: bool,
    /// `iat`: when it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// `nbf`: before this second it is not valid; always the second of issue for ours.
    pub nbf: Option<i64>,
    /// `exp`: from this second on it is not valid; `None` for a token without an end.
    pub exp: Option<i64>,
    /// `jti`: the token's own id.
    pub jti: Option<String>,
    /// `sid`: the sign-in that it presents; `None` without a store.
    pub sid: Option<String>,
    /// `auth_time`: when the password was last proven.
    pub auth_time: i64,
    /// `gen`: the generation of a refresh token.
    pub generation: Option<i64>,
    /// `csrf`: the value that unsafe requests must show when the token rides in a cookie.
    pub csrf: Option<String>,
    /// `stamp`: a digest of the account's stamp, where it has one.
    pub stamp: Option<String>,
    /// Whether `token.foreign` issued it, and not we.
    pub foreign: bool,
    /// Everything else, as the application's [`claims`](crate::Account::claims), or the foreign
    /// issuer, gave it.
    pub extra: Map<String, Value>,
}

// By hand: the CSRF value is half of a credential.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.to_map();
        if let Some(csrf) = shown.get_mut("csrf") {
            *csrf = "[redacted]".into();
        }
        f.debug_tuple("Claims").field(&shown).finish()
    }
}

impl Claims {
    /// All claims, by the names that they have in the token.
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
        // What a foreign issuer means by these names is its own affair: it is among the rest.
        if !self.foreign {
            set("type", Some(self.kind.as_str().into()));
            set("fresh", Some(self.fresh.into()));
            set("auth_time", Some(self.auth_time.into()));
            set("sid", text(&self.sid));
            set("gen", self.generation.map(Value::from));
            set("csrf", text(&self.csrf));
            set("stamp", text(&self.stamp));
        }
        map
    }
}

/// The configured name of the identity claim; the usual one costs nothing.
pub(crate) fn identity_name(name: &str) -> Cow<'static, str> {
    if name == "sub" { Cow::Borrowed("sub") } else { Cow::Owned(name.to_owned()) }
}

/// Whole seconds, rounded up: claims have no smaller unit.
fn seconds(span: std::time::Duration) -> i64 {
    let whole = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    i64::try_from(whole).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_csrf_value_is_not_shown() {
        let claims = Claims {
            sub: "7".to_owned(),
            identity_claim: "sub".into(),
            iss: None,
            aud: None,
            kind: TokenKind::Access,
            fresh: true,
            iat: None,
            nbf: None,
            exp: None,
            jti: None,
            sid: None,
            auth_time: 0,
            generation: None,
            csrf: Some("half of it".to_owned()),
            stamp: None,
            foreign: false,
            extra: Map::new(),
        };
        let shown = format!("{claims:?}");
        assert!(shown.contains("[redacted]") && !shown.contains("half of it"), "{shown}");
    }
}
