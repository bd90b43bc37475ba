//! `[default.auth.token]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::algorithm::Algorithm;
use crate::config::audience::Audience;
use crate::config::duration;
use crate::config::foreign::ForeignConfig;
use crate::config::lifetime::Lifetime;
use crate::config::locations::{Location, TokenCookiesConfig, TokenJsonConfig, TokenQueryConfig};
use crate::config::secret::Secret;
use crate::config::token_kind::{AccessTyp, TokenKind};

/// `[default.auth.token]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenConfig {
    /// Lifetime of an access token, or `"never"` (`JWT_ACCESS_TOKEN_EXPIRES`). Defaults to `"15m"`.
    pub access: Lifetime,
    /// Lifetime of a token sign-in and of its refresh tokens, never extended, or `"never"`
    /// (`JWT_REFRESH_TOKEN_EXPIRES`). Defaults to `"30 days"`.
    pub refresh: Lifetime,
    /// The longest lifetime that [`TokenOptions`](crate::tokens::TokenOptions) may request and a
    /// token may have; it counts where it is longer than `access` or `refresh`. Defaults to none:
    /// those two are the limits.
    pub longest: Option<Lifetime>,
    /// How long after a rotation, or after the repetition of one whose response was lost, the refresh tokens
    /// of the same burst of requests are accepted, each for the newest successor. Defaults to `"10s"`, at
    /// most `"1m"`.
    #[serde(with = "duration")]
    pub refresh_grace: Duration,
    /// How long after its rotation a refresh token is accepted whose successor was never used, as
    /// after a lost response. Defaults to `"5m"`, at most `"1d"`.
    #[serde(with = "duration")]
    pub refresh_retry: Duration,
    /// Accepted difference of clocks (`JWT_DECODE_LEEWAY`), at most `"5m"`. Defaults to `"0s"`.
    #[serde(with = "duration")]
    pub leeway: Duration,
    /// `iss` of every token; `""` neither writes nor requires one (`JWT_ENCODE_ISSUER`,
    /// `JWT_DECODE_ISSUER`). Defaults to `"vestibule"`.
    pub issuer: String,
    /// `aud` of access tokens; one name in common is accepted. `""` and `[]` neither write nor
    /// require one (`JWT_ENCODE_AUDIENCE`, `JWT_DECODE_AUDIENCE`). Refresh tokens are for the
    /// `issuer`, if there is one. Defaults to `"vestibule-api"`.
    pub audience: Audience,
    /// `typ` in the header of new access tokens, `"at+jwt"` or `"JWT"`; both are accepted. Refresh
    /// tokens have `rt+jwt`. Defaults to `"at+jwt"`.
    pub typ: AccessTyp,
    /// The claim that holds the account's id (`JWT_IDENTITY_CLAIM`). Defaults to `"sub"`.
    pub identity_claim: String,
    /// Whether that claim must be a string; if off, a whole number is accepted too
    /// (`JWT_VERIFY_SUB`). Our tokens always have a string. Defaults to on.
    pub verify_sub: bool,
    /// Whether new tokens carry `nbf` (`JWT_ENCODE_NBF`). Defaults to on.
    pub nbf: bool,
    /// The claims that a token must have besides those that other settings require (`require`
    /// of PyJWT). Defaults to what our own tokens carry: `iat`, `jti`, `nbf`, `type`, and with
    /// an `issuer` also `auth_time` and `fresh`.
    pub require: Option<Vec<String>>,
    /// The signature algorithm (`JWT_ALGORITHM`). Defaults to `"HS256"`.
    pub algorithm: Algorithm,
    /// The signing key, at least as long as the hash of the algorithm: 32 bytes for HS256, 48
    /// for HS384, 64 for HS512 (`JWT_SECRET_KEY`). No default; optional beside `foreign.jwks`:
    /// without it no token is issued, and only foreign ones are accepted.
    pub secret: Option<Secret>,
    /// Earlier signing keys, which still verify tokens. Defaults to none.
    pub previous_secrets: Vec<Secret>,
    /// The signing key of a key pair: PEM text, or a file's path (`JWT_PRIVATE_KEY`). No default.
    pub private_key: Option<Secret>,
    /// Further verifying keys: PEM texts or paths of files (`JWT_PUBLIC_KEY`). Defaults to none.
    pub public_keys: Vec<String>,
    /// Where tokens are looked for (`JWT_TOKEN_LOCATION`). Defaults to `["header"]`.
    pub locations: Vec<Location>,
    /// Tokens in cookies.
    pub cookies: TokenCookiesConfig,
    /// Tokens in the query string.
    pub query: TokenQueryConfig,
    /// Tokens in the JSON body.
    pub json: TokenJsonConfig,
    /// The header that carries the token (`JWT_HEADER_NAME`). Defaults to `"Authorization"`.
    pub header: String,
    /// The scheme before the token (`JWT_HEADER_TYPE`). Defaults to `"Bearer"`.
    pub scheme: String,
    /// The realm in the challenge of a 401 (RFC 9110, section 11.5). Defaults to `"vestibule"`.
    pub realm: String,
    /// Accepts a weak secret; debug profile only. Defaults to off.
    pub allow_weak_secret: bool,
    /// Tokens of another issuer.
    pub foreign: ForeignConfig,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            access: Lifetime::For(Duration::from_secs(15 * 60)),
            refresh: Lifetime::For(Duration::from_secs(30 * 24 * 60 * 60)),
            longest: None,
            refresh_grace: Duration::from_secs(10),
            refresh_retry: Duration::from_secs(5 * 60),
            leeway: Duration::ZERO,
            issuer: "vestibule".to_owned(),
            audience: Audience::from("vestibule-api"),
            typ: AccessTyp::default(),
            identity_claim: "sub".to_owned(),
            verify_sub: true,
            nbf: true,
            require: None,
            algorithm: Algorithm::HS256,
            secret: None,
            previous_secrets: Vec::new(),
            private_key: None,
            public_keys: Vec::new(),
            locations: vec![Location::Header],
            cookies: TokenCookiesConfig::default(),
            query: TokenQueryConfig::default(),
            json: TokenJsonConfig::default(),
            header: "Authorization".to_owned(),
            scheme: "Bearer".to_owned(),
            realm: "vestibule".to_owned(),
            allow_weak_secret: false,
            foreign: ForeignConfig::default(),
        }
    }
}

impl TokenConfig {
    /// The configured lifetime of a new token of this type.
    pub(crate) fn lifetime(&self, kind: TokenKind) -> Lifetime {
        kind.pick(self.access, self.refresh)
    }

    /// The longest lifetime that a token of this type may have.
    pub(crate) fn limit(&self, kind: TokenKind) -> Lifetime {
        let usual = self.lifetime(kind);
        self.longest.map_or(usual, |longest| longest.max(usual))
    }

    /// The `typ` in the header of new tokens of this type.
    pub(crate) fn typ(&self, kind: TokenKind) -> &'static str {
        match (kind, self.typ) {
            (TokenKind::Access, AccessTyp::Jwt) => "JWT",
            _ => kind.typ(),
        }
    }

    /// The audience of new tokens of this type: that of a refresh token is the issuer, so that no
    /// service that verifies access tokens accepts it.
    pub(crate) fn audience_of(&self, kind: TokenKind) -> Audience {
        if kind == TokenKind::Refresh && !self.issuer.is_empty() {
            Audience::from(self.issuer.as_str())
        } else {
            self.audience.clone()
        }
    }

    /// The names of which a token must have one; empty if any will do. A token whose header has no
    /// `typ` of its own may be from before there were two audiences, when either was for both types.
    pub(crate) fn accepted_audience(&self, kind: TokenKind, is_typed: bool) -> Audience {
        if self.audience.is_empty() || self.issuer.is_empty() {
            self.audience.clone()
        } else if is_typed {
            self.audience_of(kind)
        } else {
            let names = self.audience.names().iter().chain([&self.issuer]);
            Audience::Several(names.cloned().collect())
        }
    }

    /// The claims that a token of this type must have besides the account's id.
    pub(crate) fn required(&self, kind: TokenKind) -> impl Iterator<Item = &str> {
        let by_default = self.require.is_none();
        // A token with our issuer is ours, and each of ours has `auth_time` and `fresh`.
        let has_issuer = !self.issuer.is_empty();
        let implied = [
            ("iss", has_issuer),
            ("aud", !self.audience.is_empty()),
            // Without `exp` its lifetime would exceed every limit.
            ("exp", self.limit(kind) != Lifetime::Never),
            ("iat", by_default),
            ("jti", by_default),
            ("nbf", by_default && self.nbf),
            ("type", by_default),
            ("auth_time", by_default && has_issuer),
            ("fresh", by_default && has_issuer),
        ];
        let implied = implied.into_iter().filter_map(|(name, on)| on.then_some(name));
        implied.chain(self.require.iter().flatten().map(String::as_str))
    }
}
