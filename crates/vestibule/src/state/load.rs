//! Loads `[default.auth]` and builds its keys, once.

use rocket::figment::Figment;

use crate::config::{Config, ConfigError, TokenConfig};
use crate::keys::Keys;
use crate::keys::foreign::ForeignKeys;
use crate::session::secret_keys::{SecretKeys, is_published};

/// A valid configuration and its keys.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) foreign_keys: Option<ForeignKeys>,
    pub(crate) secret_keys: SecretKeys,
}

impl Config {
    /// Reads and checks `[default.auth]` of the selected profile.
    ///
    /// # Errors
    /// One [`ConfigError`] per unknown key, unreadable value or value outside its limits, without
    /// secrets.
    pub fn from_figment(figment: &Figment) -> Result<Self, Vec<ConfigError>> {
        Loaded::from_figment(figment).map(|loaded| loaded.config)
    }
}

impl Loaded {
    /// Reads and checks the configuration, and builds its keys.
    pub(crate) fn from_figment(figment: &Figment) -> Result<Self, Vec<ConfigError>> {
        let config = Config::read(figment)?;
        let mut errors = config.validate(figment.profile());
        // In mode `session` nothing is signed, so no key needs to be set.
        let (token, unused) = (&config.token, TokenConfig::default());
        let token = if config.mode.has_tokens() { token } else { &unused };
        let keys = Keys::new(token).map_err(|error| errors.push(error)).ok();
        let foreign_keys = ForeignKeys::read(&token.foreign);
        let foreign_keys =
            foreign_keys.map_err(|error| errors.push(("token.foreign.jwks", error))).ok();
        // Only session cookies are encrypted with them.
        let previous = if config.mode.has_sessions() {
            config.session.previous_secret_keys.as_slice()
        } else {
            &[]
        };
        let present = figment.extract_inner::<String>("secret_key").ok();
        let secret_keys = SecretKeys::new(present.as_deref(), previous)
            .map_err(|error| errors.push(("session.previous_secret_keys", error)))
            .ok();
        let is_debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
        let published = present.filter(|text| !is_debug && is_published(text)).map(|_| {
            let problem = "is a published example; set 32 random bytes in base64, such as \
                           `openssl rand -base64 32` prints";
            ConfigError::new(figment, "secret_key", problem)
        });
        match (keys, foreign_keys, secret_keys) {
            (Some(keys), Some(foreign_keys), Some(secret_keys))
                if errors.is_empty() && published.is_none() =>
            {
                Ok(Self { config, keys, foreign_keys, secret_keys })
            }
            _ => {
                let located = |(key, error): (&str, String)| {
                    ConfigError::new(figment, &format!("auth.{key}"), error)
                };
                Err(errors.into_iter().map(located).chain(published).collect())
            }
        }
    }
}
