//! The settings in `[default.metrics]`.

use std::fmt;

use rocket::figment::Figment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use vestibule::config::{ConfigError, Secret};

/// The shortest token, in characters.
const MIN_TOKEN: usize = 32;

/// `[default.metrics]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// The bearer token for `GET /metrics`, at least 32 characters. Defaults to none: then there is
    /// no such route.
    pub token: Option<Secret>,
}

#[derive(Deserialize)]
struct MetricsTable {
    #[serde(default)]
    metrics: MetricsConfig,
}

/// The digest of the token: a comparison of digests tells nothing about the token by its time.
#[derive(Clone, PartialEq, Eq)]
pub struct MetricsToken([u8; 32]);

impl MetricsToken {
    /// Returns whether a header `Authorization` is `Bearer` and this token.
    #[must_use]
    pub fn is_in(&self, header: &str) -> bool {
        let Some((scheme, token)) = header.split_once(' ') else { return false };
        scheme.eq_ignore_ascii_case("Bearer") && *self == Self::of(token.trim())
    }

    fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Reads `[default.metrics]`; `None` without a token.
pub(super) fn read(figment: &Figment) -> Result<Option<MetricsToken>, Vec<ConfigError>> {
    let config = ConfigError::read::<MetricsTable>(figment)?.metrics;
    let Some(token) = config.token else { return Ok(None) };
    let token = token.reveal();
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.len() < MIN_TOKEN || !token.bytes().all(is_allowed) {
        let problem = "must be at least 32 letters, digits and -._~+/=; `openssl rand -hex 32` \
                       prints one";
        return Err(vec![ConfigError::new(figment, "metrics.token", problem)]);
    }
    Ok(Some(MetricsToken::of(token)))
}
