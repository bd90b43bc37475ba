//! `[default.auth.key]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config_error::Errors;
use super::duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[default.auth.key]`: access keys, which people create for programs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct KeyConfig {
    /// Lifetime of a key, unless another is requested. Defaults to `"90 days"`.
    #[serde(with = "duration")]
    pub lifetime: Duration,
    /// The longest lifetime that may be requested. Defaults to `"365 days"`.
    #[serde(with = "duration")]
    pub longest: Duration,
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self { lifetime: 90 * DAY, longest: 365 * DAY }
    }
}

impl KeyConfig {
    pub(super) fn validate(&self, errors: &mut Errors) {
        let is_positive = self.lifetime >= Duration::from_secs(1);
        errors.require(is_positive, "key.lifetime", "must be at least \"1s\"");
        let is_longer = self.longest >= self.lifetime;
        errors.require(is_longer, "key.longest", "must not be shorter than key.lifetime");
    }
}
