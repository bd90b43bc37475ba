//! `[default.auth]`: every setting of the library, its default and its limits.
//!
//! Imports no other room.

pub(crate) mod algorithm;
pub(crate) mod audience;
pub(crate) mod config_error;
pub mod duration;
pub(crate) mod foreign;
pub(crate) mod key;
pub(crate) mod lifetime;
pub(crate) mod locations;
pub(crate) mod names;
pub(crate) mod password;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod token_kind;
mod token_limits;

use std::time::Duration;

use rocket::figment::{Figment, Profile};
use serde::{Deserialize, Serialize};

pub(crate) use algorithm::Algorithm;
pub(crate) use audience::Audience;
pub use config_error::ConfigError;
use config_error::Errors;
pub(crate) use foreign::ForeignConfig;
pub(crate) use key::KeyConfig;
pub use lifetime::Lifetime;
pub use locations::Location;
pub(crate) use locations::{TokenCookiesConfig, TokenSameSite};
pub use password::PasswordConfig;
pub use secret::Secret;
pub(crate) use secret::{guessable, unusable};
pub(crate) use session::{MAX_REMEMBER, Protection, SameSite, SessionConfig};
pub use throttle::ThrottleConfig;
pub(crate) use token::TokenConfig;
pub(crate) use token_kind::TokenKind;

/// Which credentials exist: sessions for people, tokens for programs, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Session cookies only; an `Authorization` header is ignored.
    Session,
    /// Tokens only; no session cookie is read or written.
    Token,
    /// Both, kept apart by the session policy. The default.
    #[default]
    Both,
}

impl Mode {
    /// Whether session cookies exist.
    #[must_use]
    pub const fn has_sessions(self) -> bool {
        matches!(self, Self::Session | Self::Both)
    }

    /// Whether tokens exist.
    #[must_use]
    pub const fn has_tokens(self) -> bool {
        matches!(self, Self::Token | Self::Both)
    }

    /// The word in `Rocket.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Both => "both",
        }
    }
}

/// Which responses may set cookies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionPolicy {
    /// All, also those to token requests. For comparison only.
    Always,
    /// All but those to token requests. The default.
    #[default]
    UnlessToken,
    /// None; allowed in mode `token` only.
    Never,
}

impl SessionPolicy {
    /// The word in `Rocket.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::UnlessToken => "unless-token",
            Self::Never => "never",
        }
    }

    /// Whether a response may carry cookies.
    ///
    /// ```
    /// use vestibule::config::{Mode, SessionPolicy};
    ///
    /// assert!(SessionPolicy::UnlessToken.allows_cookies(Mode::Both, false));
    /// assert!(!SessionPolicy::UnlessToken.allows_cookies(Mode::Both, true));
    /// assert!(!SessionPolicy::UnlessToken.allows_cookies(Mode::Token, false));
    /// ```
    #[must_use]
    pub const fn allows_cookies(self, mode: Mode, token_request: bool) -> bool {
        match (self, mode) {
            (Self::Always, _) => true,
            (Self::Never, _) | (Self::UnlessToken, Mode::Token) => false,
            // In mode `session` only a guard of the application's own makes a token request.
            (Self::UnlessToken, Mode::Session | Mode::Both) => !token_request,
        }
    }
}

/// The whole of `[default.auth]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Which credentials exist. Defaults to `"both"`.
    pub mode: Mode,
    /// Which responses may set cookies. Defaults to `"unless-token"`.
    pub policy: SessionPolicy,
    /// How long a proven password counts as fresh. Defaults to `"10m"`.
    #[serde(with = "duration")]
    pub fresh_for: Duration,
    /// How long a sign-in and its account are cached at most, and so how long another process may
    /// still accept one that has ended; changes by this process count at once. 0 asks the store
    /// for every request. Defaults to `"1s"`.
    #[serde(with = "duration")]
    pub revocation_delay: Duration,
    /// A release tells a request with this key in the header `X-Vestibule-Refusal-Key` why it was
    /// refused, as the debug profile tells every request, in `X-Vestibule-Refused`. At least 32
    /// characters. Defaults to none.
    pub refusal_key: Option<Secret>,
    /// Session cookies.
    pub session: SessionConfig,
    /// Tokens.
    pub token: TokenConfig,
    /// Access keys.
    pub key: KeyConfig,
    /// Password hashing.
    pub password: PasswordConfig,
    /// The limit of failed passwords.
    pub throttle: ThrottleConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            policy: SessionPolicy::default(),
            fresh_for: Duration::from_secs(10 * 60),
            revocation_delay: Duration::from_secs(1),
            refusal_key: None,
            session: SessionConfig::default(),
            token: TokenConfig::default(),
            key: KeyConfig::default(),
            password: PasswordConfig::default(),
            throttle: ThrottleConfig::default(),
        }
    }
}

/// The table around `[default.auth]`, so that figment reports the full path of a key.
#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    auth: Config,
}

impl Config {
    /// Reads `[default.auth]` of the selected profile without checking its values.
    pub(crate) fn read(figment: &Figment) -> Result<Self, Vec<ConfigError>> {
        let mut config = ConfigError::read::<Root>(figment)?.auth;
        let debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
        config.session.secure.get_or_insert(!debug);
        Ok(config)
    }

    /// Checks the values; returns key and sentence of each error.
    #[must_use]
    pub fn validate(&self, profile: &Profile) -> Vec<(&'static str, String)> {
        let debug = profile == rocket::Config::DEBUG_PROFILE;
        let mut errors = Errors::default();
        let has_cookies = self.token.locations.contains(&Location::Cookies);
        let is_never = self.policy == SessionPolicy::Never;
        let token_only = "\"never\" is allowed with mode = \"token\" only";
        errors.require(!is_never || self.mode == Mode::Token, "policy", token_only);
        let no_cookies = "\"never\" does not go with tokens in cookies";
        errors.require(!is_never || !has_cookies, "policy", no_cookies);
        let own = [self.session.cookie_name(), self.session.remember_cookie_name()];
        let is_own = |name: &&str| own.iter().any(|own| own == name);
        let differ = !self.token.cookies.names().iter().any(is_own);
        errors.require(differ, "token.cookies", "must differ from the session's cookies");
        errors.require(!self.fresh_for.is_zero(), "fresh_for", "must be longer than 0");
        let is_long = self.refusal_key.as_ref().is_none_or(|key| key.reveal().len() >= 32);
        errors.require(is_long, "refusal_key", "must have 32 characters or more");
        if self.mode.has_sessions() {
            self.session.validate(&mut errors);
        }
        if self.mode.has_tokens() {
            self.token.validate(debug, &mut errors);
            self.key.validate(&mut errors);
            self.token.query.validate(&mut errors);
            self.token.json.validate(&mut errors);
            if has_cookies {
                self.token.cookies.validate_beside(&self.session, &mut errors);
            }
        }
        self.password.validate(debug, &mut errors);
        self.throttle.validate(&mut errors);
        errors.0
    }

    /// Whether access keys are accepted: tokens exist, and may be in the header.
    ///
    /// ```
    /// use vestibule::config::{Config, Location, Mode};
    ///
    /// let mut config = Config::default();
    /// assert!(config.takes_keys());
    /// config.token.locations = vec![Location::Cookies, Location::Query, Location::Json];
    /// assert!(!config.takes_keys());
    /// config = Config::default();
    /// config.mode = Mode::Session;
    /// assert!(!config.takes_keys());
    /// ```
    #[must_use]
    pub fn takes_keys(&self) -> bool {
        self.mode.has_tokens() && self.token.locations.contains(&Location::Header)
    }
}
